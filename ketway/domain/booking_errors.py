"""Refusals about slots that are booked; leaves of the tree in `errors`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ketway.domain.errors import Conflict, Invalid, Precondition


class SlotRule(Enum):
    """What a slot may break; the value reads after "slots here must", before a time."""

    MIN_LENGTH = "last at least"
    MAX_LENGTH = "last at most"
    MIN_AHEAD = "be booked ahead by at least"
    MAX_AHEAD = "be booked ahead by at most"


@dataclass(eq=False)
class PlatformBooked(Conflict):
    """A slot is on, and it is another batch's."""

    holder: str

    def __str__(self) -> str:
        return f"The platform is booked for batch {self.holder} until its slot ends."


@dataclass(eq=False)
class OutsideSlot(Conflict):
    """A booked batch, before its slot or after it."""

    id: str

    def __str__(self) -> str:
        return "The batch is booked for another time, and runs within its slot only."


@dataclass(eq=False)
class TooLateToCancel(Precondition):
    """A booked slot is too near; `cancel_ahead_s` before it begins was the last moment."""

    id: str
    cancel_ahead_s: float

    def __str__(self) -> str:
        return (
            f"The booked slot can be given up until {self.cancel_ahead_s:g} s before it begins, and not any "
            "more; once it has begun, the batch can be ended."
        )


@dataclass(eq=False)
class UnknownTimeZone(Invalid):
    name: str

    def __str__(self) -> str:
        return f"There is no time zone '{self.name[:80]}'; send a name such as UTC or Europe/Paris."


class SlotRefused(Invalid):
    """A platform cannot be booked for the time that was asked for."""


@dataclass(eq=False)
class NotBookable(SlotRefused):
    platform: str

    def __str__(self) -> str:
        return f"{self.platform} cannot be booked; leave the booking out."


@dataclass(eq=False)
class SlotAgainstRule(SlotRefused):
    rule: SlotRule
    asked_s: float
    allowed_s: float

    def __str__(self) -> str:
        return f"Slots here must {self.rule.value} {self.allowed_s:g} s; {self.asked_s:g} s were asked for."


@dataclass(eq=False)
class SlotTaken(SlotRefused):
    def __str__(self) -> str:
        return "The slot overlaps an existing booking of the platform; its calendar shows what is free."
