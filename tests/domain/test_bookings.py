"""The life of a booking: it is checked, and then goes where its batch goes."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain import booking_errors
from ketway.domain.batches import BatchStatus
from ketway.domain.booking_errors import SlotAgainstRule, SlotTaken, TooLateToCancel
from ketway.domain.bookings import LIVE, MOVES, BookingStatus
from ketway.domain.errors import BRANCHES, IllegalMove, QuotaReached, Refusal
from ketway.domain.slots import BookingRules
from tests.builders import NOON, a_batch, a_booking

REFUSALS = [
    kind for _, kind in inspect.getmembers(booking_errors, inspect.isclass) if issubclass(kind, Refusal)
]
RULES = BookingRules(max_per_day=2, max_per_week=3)
BEFORE, DURING, AFTER = NOON, NOON + timedelta(minutes=61), NOON + timedelta(hours=3)
ENDED = [BatchStatus.CANCELLED, BatchStatus.TIMED_OUT, BatchStatus.FAILED]


@pytest.mark.parametrize("status", BookingStatus)
@pytest.mark.parametrize("wanted", BookingStatus)
def test_a_booking_moves_by_its_table_alone(status, wanted):
    booking = a_booking(status=status)

    if wanted in MOVES.get(status, ()):
        assert booking.become(wanted, DURING).status is wanted
    else:
        with pytest.raises(IllegalMove):
            booking.become(wanted, DURING)


def test_a_booking_within_the_rules_is_valid():
    booking = a_booking(status=BookingStatus.WAITING).validate(RULES, BEFORE, that_day=1, that_week=2)

    assert booking.status is BookingStatus.VALIDATED
    assert booking.is_live


def test_a_booking_against_a_rule_is_refused():
    with pytest.raises(SlotAgainstRule):
        a_booking(status=BookingStatus.WAITING).validate(RULES, AFTER, that_day=0, that_week=0)


@given(st.integers(0, 5), st.integers(0, 5))
def test_no_more_than_so_many_are_booked_in_a_day_and_in_a_week(day, more_in_the_week):
    week = day + more_in_the_week
    booking = a_booking(status=BookingStatus.WAITING)

    if day < RULES.max_per_day and week < RULES.max_per_week:
        booking.validate(RULES, BEFORE, that_day=day, that_week=week)
        return
    with pytest.raises(QuotaReached) as refused:
        booking.validate(RULES, BEFORE, that_day=day, that_week=week)
    told = refused.value
    assert (told.kind, told.project_id) == ("booking", str(booking.project_id))
    expected = ("day", day, 2) if day >= 2 else ("week", week, 3)
    assert (told.per, told.current, told.quota) == expected


@pytest.mark.parametrize(
    ("seconds_before", "is_allowed"), [(3600, True), (60, True), (59.9, False), (0.1, False), (0, True)]
)
def test_a_booking_is_given_up_in_time_or_once_it_has_begun(seconds_before, is_allowed):
    booking = a_booking(cancel_ahead_s=60.0)
    now = booking.starts_at - timedelta(seconds=seconds_before)

    if is_allowed:
        booking.must_be_cancellable(now)
        return
    with pytest.raises(TooLateToCancel, match="60 s before"):
        booking.must_be_cancellable(now)


def test_a_booking_that_is_given_up_already_can_be_given_up_again():
    booking = a_booking(status=BookingStatus.CANCELLING, cancel_ahead_s=7200.0)

    booking.must_be_cancellable(BEFORE)


@pytest.mark.parametrize("end", ENDED)
def test_a_batch_that_ends_before_its_slot_is_over_cancels_it(end):
    booking = a_booking().follow(a_batch(status=end), BEFORE)

    assert (booking.status, booking.cancelled_at) == (BookingStatus.CANCELLED, BEFORE)
    assert not booking.counts


def test_a_booking_is_cancelling_while_its_batch_waits_for_a_job():
    cancelling = a_booking().follow(a_batch(status=BatchStatus.STOPPING), DURING)
    cancelled = cancelling.follow(a_batch(status=BatchStatus.CANCELLED), AFTER)

    assert cancelling.status is BookingStatus.CANCELLING
    assert cancelling.follow(a_batch(status=BatchStatus.STOPPING), DURING) is cancelling
    assert (cancelled.status, cancelled.cancelled_at) == (BookingStatus.CANCELLED, DURING)


def test_a_slot_that_had_begun_counts_however_it_was_left():
    assert a_booking().follow(a_batch(status=BatchStatus.CANCELLED), DURING).counts


@pytest.mark.parametrize("status", [BatchStatus.STOPPING, *ENDED])
def test_a_booking_outlasts_its_slot(status):
    booking = a_booking()

    assert booking.follow(a_batch(status=status), AFTER) is booking


@pytest.mark.parametrize(
    "status", [BatchStatus.QUEUED, BatchStatus.ACTIVE, BatchStatus.PAUSED, BatchStatus.DONE]
)
def test_a_batch_that_lives_or_did_all_of_its_jobs_keeps_its_booking(status):
    booking = a_booking()

    assert booking.follow(a_batch(status=status), DURING) is booking


def test_a_booking_says_why_its_batch_ended_whatever_that_makes_of_it():
    ended = a_batch(status=BatchStatus.TIMED_OUT, message="because")

    for now, status in ((DURING, BookingStatus.CANCELLED), (AFTER, BookingStatus.VALIDATED)):
        told = a_booking().follow(ended, now)
        assert (told.status, told.message, told.updated_at) == (status, "because", now)
        assert told.follow(ended, AFTER) is told


def test_strangers_learn_when_a_platform_is_taken_and_nothing_else():
    booking = a_booking(description="our secret", message="so is this", time_zone="Europe/Paris")

    shown = booking.for_strangers()

    assert (shown.starts_at, shown.ends_at) == (booking.starts_at, booking.ends_at)
    assert (shown.description, shown.message, shown.time_zone) == ("", "", "UTC")


def test_a_live_booking_is_one_that_may_still_hold_its_slot():
    assert set(LIVE) == {
        status for status in BookingStatus if BookingStatus.CANCELLING in MOVES.get(status, ())
    }


@pytest.mark.parametrize("kind", REFUSALS)
def test_every_refusal_stands_under_one_branch(kind):
    assert kind in BRANCHES or sum(issubclass(kind, branch) for branch in BRANCHES) == 1


def test_what_is_taken_is_told_as_an_existing_booking():
    assert "existing booking" in str(SlotTaken())
