"""Lists, filters and orders through the official `scaleway` SDK, against a running ketway."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from scaleway.qaas import v1alpha1 as qaas
from scaleway_core.api import ScalewayException

from tests.parity.scaleway_sdk import (
    NOBODY,
    PLATFORM,
    a_document,
    an_sdk,
    bell,
    run,
    submit,
    the_error,
    the_platform,
)
from tests.system.processes import Server


@pytest.fixture
def waiting(idle_server: Server) -> Iterator[tuple[qaas.QaasV1Alpha1API, qaas.Session]]:
    """Where nobody works, and what is sent goes on waiting."""
    sdk = an_sdk(idle_server)
    session = sdk.create_session(platform_id=the_platform(sdk).id, name="waiting", max_duration="600s")
    yield sdk, session
    sdk.delete_session(session_id=session.id)


class TestPlatforms:
    def test_every_filter_is_exact(self, sdk):
        def names(**asked: object) -> list[str]:
            return [found.name for found in sdk.list_platforms_all(**asked)]

        assert names(name=PLATFORM) == [PLATFORM]
        assert names(name=PLATFORM.lower()) == []
        assert PLATFORM in names(provider_name="scaleway", backend_name="aer")
        assert PLATFORM not in names(backend_name="qsim")
        assert PLATFORM in names(platform_type=qaas.PlatformType.SIMULATOR)
        assert PLATFORM not in names(platform_type=qaas.PlatformType.QPU)
        assert PLATFORM in names(platform_technology=qaas.PlatformTechnology.GENERAL_PURPOSE)
        assert PLATFORM not in names(platform_technology=qaas.PlatformTechnology.PHOTONIC)

    @pytest.mark.parametrize("order", list(qaas.ListPlatformsRequestOrderBy))
    def test_every_order_sorts_by_what_it_says(self, sdk, order):
        field, _, direction = order.value.rpartition("_")

        name = "type_" if field == "type" else field  # the SDK keeps clear of the builtin
        found = [str(getattr(one, name)) for one in sdk.list_platforms_all(order_by=order)]

        assert found == sorted(found, reverse=direction == "desc")

    def test_pages_are_counted_from_one_and_joined(self, sdk):
        first = sdk.list_platforms(page=1, page_size=2)
        second = sdk.list_platforms(page=2, page_size=2)
        every = sdk.list_platforms_all(page_size=2)

        assert len(first.platforms) == len(second.platforms) == 2
        assert first.total_count == len(every) > 4
        assert every[:4] == first.platforms + second.platforms
        assert sdk.list_platforms(page=1000, page_size=2).platforms == []

    def test_an_unknown_one_is_not_found(self, sdk):
        with pytest.raises(ScalewayException) as gone:
            sdk.get_platform(platform_id=NOBODY)

        assert the_error(gone.value)["resource"] == "qaas_platform"


class TestSessions:
    def test_tags_must_all_be_there(self, sdk, platform):
        made = sdk.create_session(platform_id=platform.id, name="tagged", tags=["lists-a", "lists-b"])

        both = sdk.list_sessions(tags=["lists-a", "lists-b"])
        other = sdk.list_sessions(tags=["lists-a", "lists-c"])

        assert [found.id for found in both.sessions] == [made.id]
        assert (other.sessions, other.total_count) == ([], 0)
        sdk.delete_session(session_id=made.id)

    @pytest.mark.parametrize("order", list(qaas.ListSessionsRequestOrderBy))
    def test_every_order_lists_every_session(self, sdk, session, order):
        assert session.id in [found.id for found in sdk.list_sessions_all(order_by=order)]

    def test_access_is_listed_as_words(self, sdk, session):
        one = sdk.list_session_ac_ls(session_id=session.id)
        every = sdk.list_session_ac_ls_all(session_id=session.id)

        assert (one.total_count, one.acls) == (1, [qaas.SessionAccess.FULL])
        assert every == one.acls

    def test_on_an_unknown_platform_there_are_none(self, sdk):
        assert sdk.list_sessions(platform_id=NOBODY).total_count == 0


class TestJobs:
    def test_the_newest_is_first_unless_asked_otherwise(self, sdk, session):
        made = [submit(sdk, session, a_document(bell()), name=name).id for name in ("b", "a", "c")]

        newest = sdk.list_jobs_all(session_id=session.id)
        oldest = sdk.list_jobs_all(session_id=session.id, order_by=qaas.ListJobsRequestOrderBy.CREATED_AT_ASC)
        named = sdk.list_jobs_all(session_id=session.id, order_by=qaas.ListJobsRequestOrderBy.NAME_ASC)

        assert [job.id for job in newest] == made[::-1]
        assert [job.id for job in oldest] == made
        assert [job.name for job in named] == ["a", "b", "c"]

    @pytest.mark.parametrize("order", list(qaas.ListJobsRequestOrderBy))
    def test_every_order_is_answered(self, sdk, order):
        assert isinstance(sdk.list_jobs(order_by=order, page_size=1).jobs, list)

    def test_the_jobs_of_a_project_are_those_of_its_sessions(self, sdk, server, session):
        job = submit(sdk, session, a_document(bell()))

        mine = sdk.list_jobs_all(project_id=server.credentials.project_id)

        assert job.id in [found.id for found in mine]

    def test_a_job_has_one_result_however_many_circuits(self, sdk, session):
        job = run(sdk, session, bell(), bell())

        found = sdk.list_job_results(job_id=job.id)

        assert (found.total_count, len(found.job_results)) == (1, 1)
        assert found.job_results[0].job_id == job.id
        assert sdk.list_job_results_all(job_id=job.id) == found.job_results

    def test_a_waiting_job_is_cancelled_at_once_and_cannot_be_deleted_before(self, waiting):
        sdk, session = waiting
        job = submit(sdk, session, a_document(bell()))

        with pytest.raises(ScalewayException) as refusal:
            sdk.delete_job(job_id=job.id)
        cancelled = sdk.cancel_job(job_id=job.id)

        assert the_error(refusal.value)["type"] == "precondition_failed"
        assert cancelled.status == qaas.JobStatus.CANCELLED
        assert sdk.wait_for_job(job_id=job.id).status == qaas.JobStatus.CANCELLED
        assert sdk.list_job_results_all(job_id=job.id) == []
        sdk.delete_job(job_id=job.id)

    def test_terminating_cancels_what_waits(self, waiting):
        sdk, session = waiting
        job = submit(sdk, session, a_document(bell()))

        sdk.terminate_session(session_id=session.id)

        assert sdk.wait_for_job(job_id=job.id).status == qaas.JobStatus.CANCELLED
        ended = sdk.wait_for_session(session_id=session.id)
        assert (ended.status, ended.finished_job_count) == (qaas.SessionStatus.STOPPED, 1)


class TestModels:
    def test_models_are_listed_newest_first(self, sdk):
        made = [sdk.create_model(payload=a_document(bell())).id for _ in range(3)]

        newest = sdk.list_models(page_size=3)
        oldest = sdk.list_models_all(order_by=qaas.ListModelsRequestOrderBy.CREATED_AT_ASC)

        assert [model.id for model in newest.models] == made[::-1]
        assert newest.total_count == len(oldest)
        assert [model.id for model in oldest[-3:]] == made

    def test_an_unknown_one_is_not_found(self, sdk):
        with pytest.raises(ScalewayException) as gone:
            sdk.get_model(model_id=NOBODY)

        assert the_error(gone.value)["resource"] == "qaas_model"
