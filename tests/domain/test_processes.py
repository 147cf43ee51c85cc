"""The life of a process."""

from __future__ import annotations

from itertools import product

import pytest

from ketway.domain.errors import AlreadyFinished, IllegalMove, NoResult
from ketway.domain.jobs import FINISHED, JobStatus
from tests.builders import NOON, a_process

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
