import pytest

from ketway.api.scaleway import errors
from ketway.domain.accounts import Action
from ketway.domain.batches import BatchStatus
from ketway.domain.errors import (
    BRANCHES,
    AlreadyFinished,
    BadField,
    BadToken,
    BatchClosed,
    Deleted,
    Gone,
    IllegalMove,
    JobStillLives,
    Malformed,
    NotAllowed,
    OverBound,
    OverQuota,
    PlatformUnserved,
    Several,
    ShotsOverLimit,
    Stale,
    StoreBusy,
    TooManyJobs,
    Unknown,
)
from ketway.domain.jobs import JobStatus
from tests.builders import NOON

#: What clients need beside `message`, by type.
KEYS = {
    "invalid_arguments": {"details"},
    "denied_authentication": {"method", "reason"},
    "permissions_denied": {"details"},
    "quotas_exceeded": {"details"},
    "not_found": {"resource", "resource_id"},
    "transient_state": {"resource", "resource_id", "current_state"},
    "expired": {"resource", "resource_id", "expired_since"},
    "precondition_failed": {"precondition", "help_message"},
    "out_of_stock": {"resource"},
    "internal": set(),
}


def test_every_branch_of_refusals_has_an_answer():
    assert errors.HTTP.keys() >= set(BRANCHES)


def test_every_right_names_the_resource_it_is_about():
    assert errors.ACTS_ON.keys() == set(Action)


@pytest.mark.parametrize(
    ("refusal", "status", "type"),
    [
        (BadToken("missing"), 401, "denied_authentication"),
        (NotAllowed("cancel this job"), 403, "permissions_denied"),
        (OverQuota(), 403, "quotas_exceeded"),
        (Unknown("batch", "1"), 404, "not_found"),
        (Gone(), 410, "expired"),
        (AlreadyFinished("batch", "1", "done"), 409, "transient_state"),
        (BatchClosed("1", "stopping"), 409, "transient_state"),
        (IllegalMove("job", "done", "running"), 409, "transient_state"),
        (Stale("job", "1"), 409, "transient_state"),
        (JobStillLives("1", "queued"), 412, "precondition_failed"),
        (BadField(("name",), "is wrong"), 400, "invalid_arguments"),
        (Malformed("not JSON"), 400, "invalid_arguments"),
        (TooManyJobs(2, 1), 400, "invalid_arguments"),
        (OverBound("The program", 1), 400, "invalid_arguments"),
        (Deleted("batch", "1"), 410, "expired"),
        (PlatformUnserved("being cooled"), 503, "out_of_stock"),
        (StoreBusy(), 503, "internal"),
    ],
)
def test_a_refusal_is_answered_with_every_key_of_its_type(refusal, status, type):
    answered, body = errors.body(refusal, NOON)

    assert (answered, body["type"]) == (status, type)
    assert body.keys() == {"type", "message"} | KEYS[type]
    assert all(value is not None for value in body.values())


def test_every_argument_that_is_wrong_has_its_detail():
    refusal = Several([BadField(("circuit", "qiskit_circuit"), "is wrong", "format"), ShotsOverLimit(5, 1)])

    _, body = errors.body(refusal, NOON)

    assert body["details"] == [
        {"argument_name": "circuit.qiskit_circuit", "reason": "format", "help_message": "is wrong"},
        {
            "argument_name": "parameters",
            "reason": "constraint",
            "help_message": "5 shots asked, at most 1 allowed",
        },
    ]


@pytest.mark.parametrize("status", BatchStatus)
def test_the_state_of_a_session_is_told_in_the_dialects_words(status):
    _, body = errors.body(AlreadyFinished("batch", "1", status.value), NOON)

    assert body["current_state"] in {"starting", "running", "stopping", "stopped"}
    assert body["resource"] == "qaas_session"


@pytest.mark.parametrize("status", JobStatus)
def test_the_state_of_a_job_is_told_in_the_dialects_words(status):
    _, body = errors.body(AlreadyFinished("job", "1", status.value), NOON)

    assert body["current_state"] in {"waiting", "running", "completed", "error", "cancelled"}


def test_a_sentence_speaks_of_sessions():
    _, body = errors.body(NotAllowed(Action.CHANGE_BATCH.value), NOON)

    assert body["message"] == "You are not allowed to change this session."
    assert body["details"] == [{"resource": "qaas_session", "action": "write"}]


@pytest.mark.parametrize("reason", errors.TOKEN_REASONS)
def test_what_is_wrong_with_a_key_is_told_without_a_word_of_tokens_and_logins(reason):
    _, body = errors.body(BadToken(reason), NOON)

    assert body["reason"] in {"invalid_argument", "not_found", "expired"}
    assert "key" in body["message"]
    assert "log in" not in body["message"]


def test_what_was_made_and_is_gone_is_named():
    _, body = errors.body(Deleted("batch", "17"), NOON)

    assert (body["resource"], body["resource_id"]) == ("qaas_session", "17")
    assert body["expired_since"] == "2026-01-15T12:00:00.000000Z"
    assert body["message"] == "The session that this request made has been deleted."


def test_what_its_operator_holds_says_why():
    _, body = errors.body(PlatformUnserved("being cooled"), NOON)

    assert body["resource"] == "qaas_platform"
    assert "being cooled" in body["message"]
