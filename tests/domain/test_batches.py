"""The life of a batch, and its limits."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.batches import MOVES, BatchStatus, limits
from ketway.domain.errors import AlreadyFinished, BatchClosed, IllegalMove
from ketway.domain.slots import BookingId, Period
from tests.builders import NOON, a_batch, a_platform

LATER = NOON + timedelta(minutes=1)
MINUTE = timedelta(minutes=1)
NO_TIME = timedelta(0)
QUEUED, ACTIVE, PAUSED, STOPPING, DONE, CANCELLED, TIMED_OUT, FAILED = BatchStatus
ENDS = (DONE, CANCELLED, TIMED_OUT, FAILED)
ALLOWED = {
    (QUEUED, ACTIVE),
    (ACTIVE, STOPPING),
    (QUEUED, PAUSED),
    (ACTIVE, PAUSED),
    (PAUSED, QUEUED),
    (PAUSED, ACTIVE),
    (PAUSED, STOPPING),
    *product((QUEUED, ACTIVE, PAUSED), ENDS),
    *product((STOPPING,), (CANCELLED, TIMED_OUT, FAILED)),
}


def deadline_of(batch) -> float:
    return (batch.idle_deadline() - NOON).total_seconds()


@pytest.mark.parametrize(("old", "new"), list(product(BatchStatus, BatchStatus)))
def test_a_batch_makes_the_moves_of_the_table_and_no_others(old, new):
    batch = a_batch(status=old)

    if (old, new) in ALLOWED:
        assert batch.become(new, LATER).status is new
    else:
        with pytest.raises(IllegalMove):
            batch.become(new, LATER)


@pytest.mark.parametrize("end", ENDS)
def test_an_end_is_final_and_closes(end):
    ended = a_batch(status=ACTIVE, is_open=True).become(end, LATER)

    assert ended.is_finished
    assert (ended.ended_at, ended.is_open, ended.takes_jobs) == (LATER, False, False)
    assert end not in MOVES


def test_a_batch_holds_its_platform_until_it_ends():
    active = a_batch().acquire(NOON)
    stopping = active.become(STOPPING, NOON + MINUTE)

    assert a_batch().become(CANCELLED, LATER).held == NO_TIME
    assert active.become(DONE, NOON + 2 * MINUTE).held == 2 * MINUTE
    assert stopping.become(CANCELLED, NOON + 3 * MINUTE).held == 3 * MINUTE
    assert (active.held_from, stopping.held_from) == (NOON, NOON)
    assert stopping.become(CANCELLED, LATER).held_from is None


def test_a_batch_does_not_hold_its_platform_while_it_is_paused():
    paused = a_batch().acquire(NOON).pause(NOON + MINUTE)
    again = paused.resume(NOON + 5 * MINUTE, running=0).acquire(NOON + 10 * MINUTE)
    at_once = paused.resume(NOON + 5 * MINUTE, running=1)
    stopping = paused.become(STOPPING, NOON + 5 * MINUTE)

    assert (paused.held_from, paused.held) == (None, MINUTE)
    assert paused.become(CANCELLED, NOON + 9 * MINUTE).held == MINUTE
    assert again.become(DONE, NOON + 12 * MINUTE).held == 3 * MINUTE
    assert at_once.become(DONE, NOON + 6 * MINUTE).held == 2 * MINUTE
    assert stopping.become(CANCELLED, NOON + 6 * MINUTE).held == 2 * MINUTE


def test_a_clock_that_was_set_back_makes_no_hold_negative():
    assert a_batch().acquire(LATER).become(DONE, NOON).held == NO_TIME


def test_a_batch_acquires_its_platform_once():
    batch = a_batch().acquire(LATER)

    assert (batch.status, batch.started_at) == (ACTIVE, LATER)
    assert batch.acquire(LATER + timedelta(hours=1)) is batch


@pytest.mark.parametrize("status", [STOPPING, *ENDS])
def test_a_batch_that_ends_acquires_nothing(status):
    with pytest.raises(IllegalMove):
        a_batch(status=status).acquire(LATER)


@pytest.mark.parametrize(("status", "is_open"), list(product(BatchStatus, [True, False])))
def test_only_a_living_open_batch_takes_jobs(status, is_open):
    batch = a_batch(status=status, is_open=is_open)

    if is_open and status in (QUEUED, ACTIVE, PAUSED):
        batch.must_take_jobs()
    else:
        with pytest.raises(BatchClosed):
            batch.must_take_jobs()


def test_closing_twice_changes_nothing():
    closed = a_batch(is_open=True).close(LATER)

    assert not closed.is_open
    assert closed.close(LATER + timedelta(hours=1)) is closed


@pytest.mark.parametrize("end", [CANCELLED, TIMED_OUT, FAILED])
def test_a_stopped_batch_ends_at_once_where_nothing_runs(end):
    stopped = a_batch(status=ACTIVE).stop(end, LATER, running=0, message="why")

    assert (stopped.status, stopped.ended_at, stopped.message) == (end, LATER, "why")


@pytest.mark.parametrize("end", [CANCELLED, TIMED_OUT, FAILED])
def test_a_stopped_batch_waits_for_what_runs_and_then_ends_as_meant(end):
    stopping = a_batch(status=ACTIVE, is_open=True).stop(end, LATER, running=2)

    assert (stopping.status, stopping.ends_as, stopping.is_open) == (STOPPING, end, False)
    assert stopping.settle(LATER, is_busy=True, ran=1) is stopping
    ended = stopping.settle(LATER, is_busy=False, ran=2)
    assert (ended.status, ended.ends_as) == (end, None)


def test_a_second_stop_does_not_change_how_it_ends():
    stopping = a_batch(status=ACTIVE).stop(TIMED_OUT, NOON, running=1, message="too long")

    again = stopping.stop(CANCELLED, LATER, running=1)

    assert (again.status, again.ends_as, again.message) == (STOPPING, TIMED_OUT, "too long")


@pytest.mark.parametrize("status", ENDS)
def test_what_has_ended_cannot_be_stopped(status):
    with pytest.raises(AlreadyFinished):
        a_batch(status=status).stop(CANCELLED, LATER, running=0)


def test_a_closed_batch_is_done_with_its_last_job():
    batch = a_batch(status=ACTIVE, last_ended_at=NOON)

    assert batch.settle(LATER, is_busy=True, ran=3) is batch
    assert batch.settle(LATER, is_busy=False, ran=3).status is DONE


def test_an_open_batch_waits_for_more():
    batch = a_batch(status=ACTIVE, is_open=True, last_ended_at=NOON)

    assert batch.settle(LATER, is_busy=False, ran=3) is batch


def test_a_batch_whose_jobs_were_all_cancelled_before_they_ran_is_cancelled():
    batch = a_batch(last_ended_at=NOON)

    assert batch.settle(LATER, is_busy=False, ran=0).status is CANCELLED


def test_a_batch_that_closes_without_ever_having_had_a_job_is_done():
    assert a_batch().settle(LATER, is_busy=False, ran=0).status is DONE


@pytest.mark.parametrize("status", ENDS)
def test_what_has_ended_settles_no_further(status):
    batch = a_batch(status=status)

    assert batch.settle(LATER, is_busy=False, ran=0) is batch


def test_idleness_counts_from_the_latest_of_creation_start_and_end():
    def moment(seconds: float):
        return NOON + timedelta(seconds=seconds)

    assert deadline_of(a_batch(max_idle_s=60.0)) == 60
    assert deadline_of(a_batch(max_idle_s=60.0, started_at=moment(10))) == 70
    started = {"max_idle_s": 60.0, "started_at": moment(10)}
    assert deadline_of(a_batch(**started, last_ended_at=moment(30))) == 90
    assert deadline_of(a_batch(**started, last_ended_at=moment(5))) == 70


def test_the_total_limit_runs_from_the_start():
    assert a_batch(max_total_s=60.0).total_deadline() is None
    assert a_batch(max_total_s=60.0, started_at=LATER).total_deadline() == LATER + timedelta(seconds=60)


def test_without_wishes_the_platform_s_defaults_hold():
    platform = a_platform(default_idle_s=10.0, default_total_s=100.0)

    assert limits(platform, None, None) == (10.0, 100.0)


WISH = st.none() | st.floats(0, 1e7)
LIMIT = st.floats(0, 1e6)


@given(WISH, WISH, LIMIT, LIMIT, LIMIT, LIMIT)
def test_wishes_are_cut_to_what_the_platform_grants(
    idle_s, total_s, default_idle, idle, default_total, total
):
    platform = a_platform(
        default_idle_s=default_idle, max_idle_s=idle, default_total_s=default_total, max_total_s=total
    )

    granted_idle, granted_total = limits(platform, idle_s, total_s)

    assert granted_total <= total
    assert granted_idle <= min(idle, granted_total)
    if idle_s is not None:
        assert granted_idle <= idle_s
    if total_s is not None:
        assert granted_total == min(total_s, total)


def a_booked_batch(**changes):
    slot = {"slot_starts_at": LATER, "slot_ends_at": LATER + timedelta(minutes=1)}
    return a_batch(**{"booking_id": BookingId(uuid4()), "is_open": True} | slot | changes)


def test_a_booked_batch_has_the_length_of_its_slot_for_a_limit():
    slot = Period(starts_at=LATER, ends_at=LATER + timedelta(seconds=90))

    booked = a_batch(max_total_s=10.0, max_idle_s=300.0).book(BookingId(uuid4()), slot)

    assert (booked.slot, booked.max_total_s, booked.max_idle_s) == (slot, 90.0, 90.0)
    assert booked.acquire(LATER).total_deadline() is None


def test_a_booked_batch_is_let_in_within_its_slot_and_any_other_at_all_times():
    minutes = {minute: LATER + timedelta(minutes=minute) for minute in (-1, 0, 1)}

    assert [a_booked_batch().is_let_in(moment) for moment in minutes.values()] == [False, True, False]
    assert all(a_batch().is_let_in(moment) for moment in minutes.values())


def test_a_booked_batch_is_not_idle_before_it_has_its_platform():
    assert a_booked_batch(max_idle_s=5.0).idle_deadline() is None
    assert a_booked_batch(max_idle_s=5.0).acquire(LATER).idle_deadline() == LATER + timedelta(seconds=5)


def test_idleness_counts_from_the_end_of_a_slot_that_made_it_wait():
    assert a_batch(max_idle_s=60.0).idle_deadline(LATER) == LATER + timedelta(seconds=60)


def test_a_batch_that_made_room_knows_since_when_until_anything_else_happens_to_it():
    yielded = a_batch(status=ACTIVE).make_room(LATER)

    assert (yielded.status, yielded.yielded_at) == (PAUSED, LATER)
    for moved in (
        yielded.acquire(LATER),
        yielded.resume(LATER, running=0),
        yielded.stop(CANCELLED, LATER, running=1),
        yielded.stop(CANCELLED, LATER, running=0),
    ):
        assert moved.yielded_at is None


def test_an_operator_who_pauses_what_a_slot_paused_holds_it_on():
    held = a_batch(status=ACTIVE).make_room(NOON).pause(LATER)

    assert (held.status, held.yielded_at) == (PAUSED, None)
    with pytest.raises(IllegalMove):
        held.pause(LATER)
