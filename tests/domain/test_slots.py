"""What a slot is, the rules it keeps to, and the days and weeks that it is counted in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.booking_errors import SlotAgainstRule, SlotRule, UnknownTimeZone
from ketway.domain.slots import BookingRules, Slot, zone
from tests.builders import NOON

RULES = BookingRules(min_length_s=60, max_length_s=3600, min_ahead_s=30, max_ahead_s=86_400)
ZONES = st.sampled_from(["UTC", "Europe/Paris", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


def a_slot(ahead_s: float = 60, length_s: float = 600, time_zone: str = "UTC") -> Slot:
    begins = NOON + timedelta(seconds=ahead_s)
    return Slot(starts_at=begins, ends_at=begins + timedelta(seconds=length_s), time_zone=time_zone)


SLOTS = st.builds(a_slot, st.integers(-50, 50), st.integers(0, 30))


@pytest.mark.parametrize("slot", [a_slot(30, 60), a_slot(30, 3600), a_slot(86_400, 60)])
def test_a_slot_at_the_edge_of_every_rule_is_allowed(slot):
    RULES.must_allow(slot, NOON)


@pytest.mark.parametrize(
    ("slot", "rule"),
    [
        (a_slot(length_s=59.999), SlotRule.MIN_LENGTH),
        (a_slot(length_s=-600), SlotRule.MIN_LENGTH),
        (a_slot(length_s=3600.001), SlotRule.MAX_LENGTH),
        (a_slot(ahead_s=29.999), SlotRule.MIN_AHEAD),
        (a_slot(ahead_s=-600), SlotRule.MIN_AHEAD),
        (a_slot(ahead_s=86_400.001), SlotRule.MAX_AHEAD),
    ],
)
def test_a_slot_beyond_a_rule_is_refused_by_it(slot, rule):
    with pytest.raises(SlotAgainstRule) as refused:
        RULES.must_allow(slot, NOON)

    assert refused.value.rule is rule
    assert f"{refused.value.allowed_s:g} s" in str(refused.value)


def test_the_past_cannot_be_booked_even_where_nothing_must_be_booked_ahead():
    with pytest.raises(SlotAgainstRule):
        replace(RULES, min_ahead_s=0.0).must_allow(a_slot(ahead_s=-0.001), NOON)


@given(SLOTS, SLOTS)
def test_two_slots_overlap_if_and_only_if_a_moment_is_in_both(one, other):
    moments = [NOON + timedelta(seconds=second / 2) for second in range(-101, 165)]

    shared = any(one.holds(moment) and other.holds(moment) for moment in moments)

    assert one.overlaps(other) is other.overlaps(one)
    assert shared <= one.overlaps(other)
    if one.length_s and other.length_s:
        assert shared is one.overlaps(other)


def test_slots_that_follow_each_other_do_not_overlap():
    assert not a_slot(0, 60).overlaps(a_slot(60, 60))


@given(MOMENTS, ZONES)
def test_a_slot_is_counted_in_the_day_and_the_week_in_which_it_begins(begins, name):
    slot = Slot(starts_at=begins, ends_at=begins + timedelta(hours=1), time_zone=name)
    here = zone(name)

    day, week = slot.day(), slot.week()

    assert day.holds(begins)
    assert week.holds(begins)
    assert week.starts_at <= day.starts_at
    assert day.ends_at <= week.ends_at
    for span in (day, week):
        assert (span.starts_at.utcoffset(), span.ends_at.utcoffset()) == (timedelta(0), timedelta(0))
        for edge in (span.starts_at, span.ends_at):
            assert edge.astimezone(here).time().isoformat() == "00:00:00"
    assert day.starts_at.astimezone(here).date() == begins.astimezone(here).date()
    assert week.starts_at.astimezone(here).weekday() == 0
    monday, next_monday = (edge.astimezone(here).date() for edge in (week.starts_at, week.ends_at))
    assert next_monday - monday == timedelta(days=7)


def test_a_day_on_which_clocks_go_forward_is_an_hour_shorter():
    begins = datetime(2026, 3, 29, 10, tzinfo=UTC)
    slot = Slot(starts_at=begins, ends_at=begins + timedelta(hours=1), time_zone="Europe/Paris")

    assert slot.day().length_s == 23 * 3600


def test_the_same_moment_is_in_another_day_elsewhere():
    late = datetime(2026, 1, 15, 23, 30, tzinfo=UTC)
    slot = Slot(starts_at=late, ends_at=late + timedelta(hours=1))

    assert slot.day().starts_at == datetime(2026, 1, 15, tzinfo=UTC)
    assert replace(slot, time_zone="Europe/Paris").day().starts_at == datetime(2026, 1, 15, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["", "Nowhere/City", "America", "../UTC", "/etc/passwd", "UTC\0", "x" * 5000, "\ud800"]
)
def test_what_is_no_time_zone_is_refused(name):
    with pytest.raises(UnknownTimeZone, match="Europe/Paris"):
        zone(name)


@pytest.mark.parametrize(
    "changes",
    [
        {"min_length_s": 0.0},
        {"min_length_s": 100.0, "max_length_s": 99.0},
        {"min_ahead_s": -1.0},
        {"min_ahead_s": 2.0, "max_ahead_s": 1.0},
        {"cancel_ahead_s": -1.0},
        {"max_per_day": 0},
        {"max_per_week": 0},
        {"max_length_s": float("nan")},
    ],
)
def test_rules_that_no_slot_could_keep_to_are_refused(changes):
    with pytest.raises(ValueError, match="should be"):
        BookingRules(**changes).must_be_possible()


def test_the_usual_rules_are_possible():
    BookingRules().must_be_possible()
