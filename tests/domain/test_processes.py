"""The life of a process."""

from __future__ import annotations

from itertools import product

import pytest

from ketway.domain.applications import application_id
from ketway.domain.errors import AlreadyFinished, BadField, IllegalMove, NoResult, NotStarted
from ketway.domain.jobs import FINISHED, JobStatus
from ketway.domain.platforms import platform_id
from tests.builders import NOON, a_platform, a_process, an_application

ALLOWED = {
    (JobStatus.QUEUED, JobStatus.RUNNING),
    (JobStatus.QUEUED, JobStatus.FAILED),
    (JobStatus.QUEUED, JobStatus.CANCELLED),
    *product([JobStatus.RUNNING], FINISHED),
}


@pytest.mark.parametrize(("old", "new"), list(product(JobStatus, JobStatus)))
def test_a_process_moves_as_a_job_does_but_never_waits_twice(old, new):
    process = a_process(status=old, result_key="processes/1")

    if (old, new) in ALLOWED:
        moved = process.become(new, NOON)
        assert (moved.status, moved.ended_at) == (new, NOON if new in FINISHED else None)
    else:
        with pytest.raises(IllegalMove):
            process.become(new, NOON)


def test_it_advances_while_it_runs_and_never_back():
    running = a_process(status=JobStatus.RUNNING, progress=20, message="begun")

    assert running.advance(30, None, NOON).progress == 30
    assert running.advance(10, None, NOON).progress == 20
    assert running.advance(1000, "almost", NOON).progress == 100
    assert (running.advance(30, None, NOON).message, running.advance(30, "", NOON).message) == ("begun", "")


@pytest.mark.parametrize(
    ("status", "refusal"),
    [(JobStatus.QUEUED, NotStarted), *((status, AlreadyFinished) for status in FINISHED)],
)
def test_it_does_not_advance_before_or_after(status, refusal):
    with pytest.raises(refusal):
        a_process(status=status).advance(1, None, NOON)


def test_an_application_is_told_by_its_name_everywhere():
    known = an_application()

    assert known.id == application_id(known.name) != application_id("another")
    assert known.platform_ids == (platform_id("EMU_TEST"),)


def test_an_application_uses_its_platforms_alone():
    an_application().must_use(a_platform())

    with pytest.raises(BadField, match="it can use EMU_TEST"):
        an_application().must_use(a_platform(name="QPU"))


def test_without_a_result_it_is_not_done():
    with pytest.raises(NoResult):
        a_process(status=JobStatus.RUNNING).become(JobStatus.DONE, NOON)


@pytest.mark.parametrize("status", FINISHED)
def test_what_has_ended_neither_fails_nor_is_cancelled_nor_gets_a_result(status):
    process = a_process(status=status)

    for act in (
        lambda: process.cancel(NOON),
        lambda: process.fail(["why"], NOON),
        lambda: process.keep_result("key", NOON),
    ):
        with pytest.raises(AlreadyFinished):
            act()
