"""A booking: a slot of a platform for one batch, and its life."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.booking_errors import TooLateToCancel
from ketway.domain.errors import IllegalMove, QuotaReached
from ketway.domain.platforms import Door, PlatformId
from ketway.domain.slots import BookingId, BookingRules, Slot


class BookingStatus(Enum):
    WAITING = "waiting"
    VALIDATING = "validating"
    VALIDATED = "validated"  #: the slot is its batch's, and stays so once it has passed
    CANCELLING = "cancelling"  #: its batch still waits for a running job to end
    CANCELLED = "cancelled"
    ERROR = "error"


MOVES: dict[BookingStatus, set[BookingStatus]] = {
    BookingStatus.WAITING: {BookingStatus.VALIDATING, BookingStatus.CANCELLING, BookingStatus.ERROR},
    BookingStatus.VALIDATING: {BookingStatus.VALIDATED, BookingStatus.CANCELLING, BookingStatus.ERROR},
    BookingStatus.VALIDATED: {BookingStatus.CANCELLING},
    BookingStatus.CANCELLING: {BookingStatus.CANCELLED},
}
#: No other slot of the platform may overlap the slot of such a one.
LIVE = (BookingStatus.WAITING, BookingStatus.VALIDATING, BookingStatus.VALIDATED)


@dataclass(frozen=True, kw_only=True)
class Booking:
    """
    Args:
        starts_at, ends_at, time_zone: its slot.
        cancel_ahead_s: the rule of when it was made; see `BookingRules`.
        message: what became of it, for a person.
        cancelled_at: when its batch was ended before the slot was over.
        version: raised by every write; a write with an old one is refused.
    """

    id: BookingId
    project_id: ProjectId
    creator_id: AccountId
    platform_id: PlatformId
    batch_id: BatchId
    door: Door
    created_at: datetime
    updated_at: datetime
    starts_at: datetime
    ends_at: datetime
    time_zone: str = "UTC"
    description: str = ""
    cancel_ahead_s: float = 0.0
    status: BookingStatus = BookingStatus.WAITING
    message: str = ""
    cancelled_at: datetime | None = None
    version: int = 0

    @property
    def slot(self) -> Slot:
        return Slot(starts_at=self.starts_at, ends_at=self.ends_at, time_zone=self.time_zone)

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def counts(self) -> bool:
        """Whether it is among those that its project may have: it is live, or was cancelled only after
        the slot had begun."""
        return self.is_live or (self.cancelled_at is not None and self.cancelled_at >= self.starts_at)

    def become(self, status: BookingStatus, now: datetime) -> Booking:
        """
        Raises:
            IllegalMove: not in `MOVES`.
        """
        if status not in MOVES.get(self.status, ()):
            raise IllegalMove("booking", self.status.value, status.value)
        return replace(self, status=status, updated_at=now)

    def validate(self, rules: BookingRules, now: datetime, *, that_day: int, that_week: int) -> Booking:
        """Make it the batch's own, unless another's slot is in the way, which its store knows.

        Args:
            that_day, that_week: the project's others of the platform that count, in the day and the
                week in which this one begins.
        Raises:
            SlotAgainstRule
            QuotaReached: too many in one day or week.
        """
        validating = self.become(BookingStatus.VALIDATING, now)
        rules.must_allow(self.slot, now)
        for per, current, quota in (
            ("day", that_day, rules.max_per_day),
            ("week", that_week, rules.max_per_week),
        ):
            if current >= quota:
                raise QuotaReached("booking", quota, current, str(self.project_id), per)
        return validating.become(BookingStatus.VALIDATED, now)

    def must_be_cancellable(self, now: datetime) -> None:
        """
        Raises:
            TooLateToCancel: the slot begins too soon. One that has begun may be left.
        """
        last = self.starts_at - timedelta(seconds=self.cancel_ahead_s)
        if self.is_live and last < now < self.starts_at:
            raise TooLateToCancel(str(self.id), self.cancel_ahead_s)

    def follow(self, batch: Batch, now: datetime) -> Booking:
        """What the state of its batch makes of it: ended before the slot was over, it is cancelled;
        ended with the slot, or in it with all of its jobs, it is not. It says why its batch ended."""
        is_leaving = batch.status is BatchStatus.STOPPING or batch.is_finished
        has_served = batch.status is BatchStatus.DONE and now >= self.starts_at
        if self.is_live and is_leaving and not has_served and now < self.ends_at:
            left = replace(self.become(BookingStatus.CANCELLING, now), cancelled_at=now)
            return left.follow(batch, now)
        if is_leaving and batch.message != self.message:
            return replace(self, message=batch.message, updated_at=now).follow(batch, now)
        if self.status is BookingStatus.CANCELLING and batch.is_finished:
            return self.become(BookingStatus.CANCELLED, now)
        return self

    def for_strangers(self) -> Booking:
        """What other projects may know: that the platform is taken, and when."""
        return replace(self, description="", message="", time_zone="UTC")
