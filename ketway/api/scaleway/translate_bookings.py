"""Bookings between wire and domain."""

from __future__ import annotations

from ketway.api.scaleway import wire
from ketway.domain.booking_errors import SlotAgainstRule, SlotRule, TooLateToCancel
from ketway.domain.bookings import Booking, BookingStatus
from ketway.domain.errors import Refusal
from ketway.domain.slots import BookingRules, Slot
from ketway.services.drafts import NewBooking

BOOKING_STATUS = {status: wire.BookingStatus(status.value) for status in BookingStatus}
#: What programs look for in the text of a refusal.
RULE_TEXTS = {
    SlotRule.MIN_LENGTH: "min_duration not respected",
    SlotRule.MAX_LENGTH: "max_duration not respected",
    SlotRule.MIN_AHEAD: "min_planification_duration not respected",
    SlotRule.MAX_AHEAD: "max_planification_duration not respected",
}
TOO_LATE_TEXT = "max_cancellation_time passed"


def new_booking(sent: wire.BookingDemand) -> NewBooking:
    slot = Slot(starts_at=sent.started_at, ends_at=sent.finished_at, time_zone=sent.time_zone or "UTC")
    return NewBooking(slot=slot, description=sent.description or "")


def booking(known: Booking) -> wire.Booking:
    return wire.Booking(
        id=known.id,
        created_at=known.created_at,
        started_at=known.starts_at,
        updated_at=known.updated_at,
        finished_at=known.ends_at,
        status=BOOKING_STATUS[known.status],
        description=known.description,
        progress_message=known.message,
        time_zone=known.time_zone,
    )


def requirement(rules: BookingRules) -> wire.BookingRequirement:
    return wire.BookingRequirement(
        min_duration=rules.min_length_s,
        max_duration=rules.max_length_s,
        max_cancellation_duration=rules.cancel_ahead_s,
        max_planification_duration=rules.max_ahead_s,
        min_planification_duration=rules.min_ahead_s,
        max_booking_per_week=rules.max_per_week,
        max_booking_per_day=rules.max_per_day,
    )


def with_text(refusal: Refusal, sentence: str) -> str:
    """A sentence with what programs look for before it."""
    match refusal:
        case SlotAgainstRule(rule=rule):
            return f"{RULE_TEXTS[rule]}: {sentence}"
        case TooLateToCancel():
            return f"{TOO_LATE_TEXT}: {sentence}"
        case _:
            return sentence
