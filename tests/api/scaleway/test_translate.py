import pytest
from scaleway.qaas.v1alpha1 import types as sdk

from ketway.api.scaleway import translate, wire
from ketway.domain.accounts import Role
from ketway.domain.batches import BatchStatus
from ketway.domain.jobs import JobStatus
from tests.builders import ACCOUNT, NOON, a_batch, a_job, a_member

NO_JOBS = dict.fromkeys(JobStatus, 0)


def words(enum):
    return {member.value for member in enum if not member.value.startswith("unknown_")}


def test_every_batch_status_has_a_session_word():
    assert translate.SESSION_STATUS.keys() == set(BatchStatus)


def test_every_job_status_has_a_word():
    assert translate.JOB_STATUS.keys() == set(JobStatus)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (wire.PlatformType, sdk.PlatformType),
        (wire.Technology, sdk.PlatformTechnology),
        (wire.Availability, sdk.PlatformAvailability),
        (wire.SessionStatus, sdk.SessionStatus),
        (wire.SessionAccess, sdk.SessionAccess),
        (wire.JobStatus, sdk.JobStatus),
    ],
)
def test_every_word_is_one_that_the_official_client_knows(ours, theirs):
    assert words(ours) == words(theirs)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (translate.JOB_ORDERS, sdk.ListJobsRequestOrderBy),
        (translate.SESSION_ORDERS, sdk.ListSessionsRequestOrderBy),
        (translate.CREATION_ORDERS, sdk.ListModelsRequestOrderBy),
        (translate.CREATION_ORDERS, sdk.ListJobResultsRequestOrderBy),
        (translate.PLATFORM_ORDERS, sdk.ListPlatformsRequestOrderBy),
        (translate.ACL_ORDERS, sdk.ListSessionACLsRequestOrderBy),
    ],
)
def test_every_order_that_the_official_client_can_ask_for_is_known(ours, theirs):
    assert ours.keys() == words(theirs)


@pytest.mark.parametrize(
    ("page", "page_size", "offset", "limit"),
    [(1, 0, 0, 100), (0, 0, 0, 100), (3, 20, 40, 20), (2, 5000, 1000, 1000)],
)
def test_pages_begin_at_one_and_their_size_is_cut_to_the_most(page, page_size, offset, limit):
    query = wire.ListQuery(page=page, page_size=page_size)

    found = translate.page(query, translate.CREATION_ORDERS, "created_at_desc", (100, 1000))

    assert (found.offset, found.limit) == (offset, limit)


def test_a_running_job_that_was_asked_to_stop_is_cancelling():
    job = a_job(status=JobStatus.RUNNING, started_at=NOON, cancel_requested_at=NOON)

    assert translate.job(job).status == "cancelling"


def test_a_job_that_waits_again_has_not_started():
    job = a_job(status=JobStatus.QUEUED, started_at=NOON, attempt=1)

    assert translate.job(job).started_at is None


def test_a_job_tells_all_its_errors():
    job = a_job(status=JobStatus.FAILED, errors=("too many qubits", "given up"))

    assert translate.job(job).progress_message == "too many qubits; given up"


def test_every_way_to_end_counts_as_a_finished_job():
    counts = dict.fromkeys(JobStatus, 1)

    session = translate.session(a_batch(), counts)

    assert (session.waiting_job_count, session.finished_job_count) == (1, 3)


def test_a_session_that_was_stopped_says_why():
    batch = a_batch(status=BatchStatus.TIMED_OUT, ended_at=NOON, message="idle too long")

    session = translate.session(batch, NO_JOBS)

    assert (session.status, session.progress_message, session.terminated_at) == (
        "stopped",
        "idle too long",
        NOON,
    )


def test_a_platform_without_workers_is_short():
    assert translate.availability(is_down=False, is_served=False) == "shortage"


def test_who_made_a_session_may_do_everything_with_it():
    batch = a_batch(creator_id=ACCOUNT)

    assert translate.access(a_member(), batch) == ["full"]


def test_other_members_may_send_jobs_to_a_session_that_has_a_key():
    batch = a_batch(creator_id="somebody else", deduplication_key="ours")

    assert translate.access(a_member(Role.MEMBER), batch) == [
        *("read_write_job", "read_job_circuit", "read_job_result", "read_session"),
    ]


def test_other_members_may_read_a_session():
    batch = a_batch(creator_id="somebody else")

    assert all(word.startswith("read_") for word in translate.access(a_member(Role.MEMBER), batch))
