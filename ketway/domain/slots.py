"""A slot: a time on a platform that is booked for one batch, and the rules that it keeps to.

How many slots a project may book on a platform is counted by the day, and by the week from Monday on, in
which they begin; days and weeks are those of the time zone in which the new one is booked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NewType
from uuid import UUID
from zoneinfo import ZoneInfo

from ketway.domain.booking_errors import SlotAgainstRule, SlotRule, UnknownTimeZone

BookingId = NewType("BookingId", UUID)


@dataclass(frozen=True, kw_only=True)
class Period:
    """From a moment up to, and without, another; both in UTC."""

    starts_at: datetime
    ends_at: datetime

    @property
    def length_s(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds()

    def holds(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at

    def overlaps(self, other: Period) -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, kw_only=True)
class Slot(Period):
    """
    Args:
        time_zone: name in the tz database of where it was booked.
    """

    time_zone: str = "UTC"

    def day(self) -> Period:
        """The calendar day in which it begins, where it was booked."""
        return self._days(self._local_date(), 1)

    def week(self) -> Period:
        """The week, from Monday on, in which it begins, where it was booked."""
        first = self._local_date()
        return self._days(first - timedelta(days=first.weekday()), 7)

    def _local_date(self) -> date:
        return self.starts_at.astimezone(zone(self.time_zone)).date()

    def _days(self, first: date, number: int) -> Period:
        """Whole days; one on which clocks are changed is shorter or longer than others."""
        here = zone(self.time_zone)
        begins, ends = (
            datetime.combine(day, time.min, here).astimezone(UTC)
            for day in (first, first + timedelta(days=number))
        )
        return Period(starts_at=begins, ends_at=ends)


@dataclass(frozen=True, kw_only=True)
class BookingRules:
    """What slots of a platform are like. An emulated machine needs no preparation, so that they may be
    short and soon unless its operator says otherwise.

    Args:
        min_length_s, max_length_s: of a slot.
        min_ahead_s, max_ahead_s: from its booking to its beginning.
        cancel_ahead_s: it is cancelled at least so long before it begins, or not at all.
        max_per_day, max_per_week: slots of one project that begin in it.
    """

    min_length_s: float = 20.0
    max_length_s: float = 14_400.0
    min_ahead_s: float = 10.0
    max_ahead_s: float = 1_209_600.0
    cancel_ahead_s: float = 10.0
    max_per_day: int = 10
    max_per_week: int = 40

    def must_be_possible(self) -> None:
        """
        Raises:
            ValueError: no slot could keep to them; for whoever writes a catalogue.
        """
        for name, at_least, at_most in (
            ("length_s", self.min_length_s, self.max_length_s),
            ("ahead_s", self.min_ahead_s, self.max_ahead_s),
        ):
            if not 0 <= at_least <= at_most:
                raise ValueError(f"min_{name} and max_{name} should be 0 or more, in this order")
        if not self.min_length_s or self.cancel_ahead_s < 0:
            raise ValueError("min_length_s should be larger than 0, and cancel_ahead_s 0 or more")
        if self.max_per_day < 1 or self.max_per_week < 1:
            raise ValueError("max_per_day and max_per_week should be 1 or more")

    def must_allow(self, slot: Slot, now: datetime) -> None:
        """
        Raises:
            SlotAgainstRule: too short or too long, too soon (the past is) or too late.
        """
        ahead_s = (slot.starts_at - now).total_seconds()
        for rule, asked_s, is_kept, allowed_s in (
            (SlotRule.MIN_LENGTH, slot.length_s, slot.length_s >= self.min_length_s, self.min_length_s),
            (SlotRule.MAX_LENGTH, slot.length_s, slot.length_s <= self.max_length_s, self.max_length_s),
            (SlotRule.MIN_AHEAD, ahead_s, ahead_s >= self.min_ahead_s, self.min_ahead_s),
            (SlotRule.MAX_AHEAD, ahead_s, ahead_s <= self.max_ahead_s, self.max_ahead_s),
        ):
            if not is_kept:
                raise SlotAgainstRule(rule, asked_s, allowed_s)


def zone(name: str) -> ZoneInfo:
    """
    Raises:
        UnknownTimeZone: not in the tz database.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # not a name at all; a folder of names; none of the names
        raise UnknownTimeZone(name) from None
