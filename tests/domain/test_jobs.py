"""The life of a job."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.errors import AlreadyFinished, IllegalMove
from ketway.domain.jobs import FINISHED, MAX_CHILD_DEATHS, MAX_LOST_LEASES, MOVES, Job, JobId, JobStatus
from tests.builders import NOON, a_job

LATER = NOON + timedelta(minutes=1)
QUEUED, RUNNING, DONE, FAILED, CANCELLED = JobStatus
ALLOWED = {
    (QUEUED, RUNNING),
    (QUEUED, FAILED),
    (QUEUED, CANCELLED),
    (RUNNING, DONE),
    (RUNNING, FAILED),
    (RUNNING, CANCELLED),
    (RUNNING, QUEUED),
}


def a_running_job(**changes) -> Job:
    return a_job(**{"status": RUNNING, "attempt": 1, "started_at": NOON} | changes)


@pytest.mark.parametrize(("old", "new"), list(product(JobStatus, JobStatus)))
def test_a_job_makes_the_moves_of_the_table_and_no_others(old, new):
    job = a_job(status=old)

    if (old, new) in ALLOWED:
        assert job.become(new, LATER).status is new
        assert job.become(new, LATER).updated_at == LATER
    else:
        with pytest.raises(IllegalMove):
            job.become(new, LATER)


def test_nothing_leads_out_of_a_finished_status():
    assert {DONE, FAILED, CANCELLED} == set(FINISHED)
    assert not set(FINISHED) & MOVES.keys()


def test_a_start_is_a_new_attempt():
    job = a_job(progress=40, attempt=2).start(LATER)

    assert (job.status, job.attempt, job.progress, job.started_at) == (RUNNING, 3, 0, LATER)


def test_a_job_whose_attempt_speaks_again_runs_on_as_the_same_attempt():
    lost = a_job(attempt=1, started_at=NOON)

    assert (lost.resume(LATER).status, lost.resume(LATER).attempt) == (RUNNING, 1)
    assert a_running_job().resume(LATER).attempt == 1


def test_a_finished_job_is_done_with_the_shots_that_were_made_known():
    asked, decided = a_running_job(shots=100), a_running_job(shots=None)

    assert asked.finish(90, LATER).shots == 100
    assert decided.finish(90, LATER).shots == 90
    done = decided.finish(90, LATER)
    assert (done.status, done.progress, done.ended_at, done.is_finished) == (DONE, 100, LATER, True)


def test_a_failure_keeps_every_reason():
    failed = a_running_job(errors=("first",)).fail("second", LATER)

    assert (failed.status, failed.errors, failed.ended_at) == (FAILED, ("first", "second"), LATER)


def test_a_waiting_job_is_cancelled_at_once():
    cancelled = a_job().cancel(LATER)

    assert (cancelled.status, cancelled.ended_at) == (CANCELLED, LATER)


def test_a_running_job_is_asked_to_stop_and_remembers_the_first_time_it_was():
    asked = a_running_job().cancel(LATER)

    assert (asked.status, asked.cancel_requested_at) == (RUNNING, LATER)
    assert asked.cancel(LATER + timedelta(hours=1)).cancel_requested_at == LATER


@pytest.mark.parametrize("status", FINISHED)
def test_a_finished_job_cannot_be_cancelled(status):
    with pytest.raises(AlreadyFinished):
        a_job(status=status).cancel(LATER)


@pytest.mark.parametrize(
    "end",
    [
        lambda job: job.finish(1, LATER),
        lambda job: job.fail("why", LATER),
        lambda job: job.lose_child("why", LATER),
        lambda job: job.lose_worker(LATER),
        lambda job: job.give_back(LATER),
    ],
    ids=["result", "failure", "death", "lost worker", "return"],
)
def test_a_job_that_was_asked_to_stop_ends_cancelled_however_its_attempt_ends(end):
    asked = a_running_job(child_deaths=MAX_CHILD_DEATHS - 1, lost_leases=MAX_LOST_LEASES - 1).cancel(NOON)

    ended = end(asked)

    assert (ended.status, ended.ended_at, ended.errors) == (CANCELLED, LATER, ())


def test_a_job_is_tried_again_until_its_child_has_died_too_often():
    job = a_job()
    for death in range(1, MAX_CHILD_DEATHS):
        job = job.start(NOON).lose_child("killed at 5 GiB", LATER)
        assert (job.status, job.child_deaths, job.errors) == (QUEUED, death, ())

    job = job.start(NOON).lose_child("killed at 5 GiB", LATER)

    assert (job.status, job.child_deaths) == (FAILED, MAX_CHILD_DEATHS)
    assert job.errors == (f"killed at 5 GiB; given up after {MAX_CHILD_DEATHS} tries",)


def test_a_job_has_more_patience_with_lost_workers_but_not_for_ever():
    job = a_job()
    for _ in range(MAX_LOST_LEASES - 1):
        job = job.start(NOON).lose_worker(LATER)
    assert (job.status, job.child_deaths) == (QUEUED, 0)

    job = job.start(NOON).lose_worker(LATER)

    assert job.status is FAILED
    assert str(MAX_LOST_LEASES) in job.errors[0]


def test_a_job_that_was_given_back_waits_unharmed():
    back = a_running_job(progress=50).give_back(LATER)

    assert (back.status, back.progress, back.child_deaths, back.lost_leases) == (QUEUED, 0, 0, 0)


@given(st.lists(st.integers(-1000, 1000)))
def test_progress_never_goes_back_and_stays_within_a_hundred(reports):
    seen = [0]
    job = a_running_job()
    for report in reports:
        job = job.advance(report, LATER)
        seen.append(job.progress)

    assert seen == sorted(seen)
    assert 0 <= seen[0] <= seen[-1] <= 100


@given(st.uuids())
def test_the_seed_is_drawn_with_the_id_and_fits(id: UUID):
    job = a_job(id=JobId(id))

    assert 0 <= job.seed < 2**32
    assert job.seed == job.start(NOON).lose_worker(LATER).start(LATER).seed


EVENTS = {
    "start": lambda job: job.start(NOON),
    "resume": lambda job: job.resume(NOON),
    "finish": lambda job: job.finish(1, NOON),
    "fail": lambda job: job.fail("why", NOON),
    "cancel": lambda job: job.cancel(NOON),
    "die": lambda job: job.lose_child("why", NOON),
    "lose": lambda job: job.lose_worker(NOON),
    "return": lambda job: job.give_back(NOON),
}


@given(st.lists(st.sampled_from(sorted(EVENTS))))
def test_whatever_happens_a_finished_job_stays_as_it_ended(events):
    job = a_job()
    for event in events:
        before = job
        try:
            job = EVENTS[event](job)
        except (IllegalMove, AlreadyFinished):
            continue
        assert not before.is_finished
        assert job.attempt - before.attempt == (event == "start")
        assert job.is_finished == (job.ended_at is not None)
