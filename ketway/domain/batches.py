"""A batch: jobs on one platform, open for more or closed, with its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, NewType
from uuid import UUID

from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.errors import AlreadyFinished, BatchClosed, BatchPaused, BatchStillOpen, IllegalMove
from ketway.domain.platforms import Door, Platform, PlatformId
from ketway.domain.prices import FREE, Prices
from ketway.domain.priorities import Priority
from ketway.domain.programs import ProgramId
from ketway.domain.slots import BookingId, Period

if TYPE_CHECKING:
    from ketway.domain.processes import ProcessId

BatchId = NewType("BatchId", UUID)


class BatchStatus(Enum):
    QUEUED = "queued"  #: none of its jobs has run yet
    ACTIVE = "active"  #: it has its platform
    PAUSED = "paused"  #: an operator holds it back, or a slot; others may have its platform
    STOPPING = "stopping"  #: it takes nothing more and waits for a running job to end
    DONE = "done"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"
    FAILED = "failed"


_ENDS = {BatchStatus.DONE, BatchStatus.CANCELLED, BatchStatus.TIMED_OUT, BatchStatus.FAILED}
MOVES: dict[BatchStatus, set[BatchStatus]] = {
    BatchStatus.QUEUED: {BatchStatus.ACTIVE, BatchStatus.PAUSED} | _ENDS,
    BatchStatus.ACTIVE: {BatchStatus.PAUSED, BatchStatus.STOPPING} | _ENDS,
    BatchStatus.PAUSED: {BatchStatus.QUEUED, BatchStatus.ACTIVE, BatchStatus.STOPPING} | _ENDS,
    BatchStatus.STOPPING: {BatchStatus.CANCELLED, BatchStatus.TIMED_OUT, BatchStatus.FAILED},
}
#: While it is so, nobody else has an exclusive platform.
_HOLDING = {BatchStatus.ACTIVE, BatchStatus.STOPPING}


class Yielding(Enum):
    """What becomes of a batch that has its platform when a slot begins that is not its own."""

    PAUSES = "pauses"  #: it waits, and has its platform back before all others
    ENDS = "ends"


@dataclass(frozen=True, kw_only=True)
class Batch:
    """
    Args:
        program_id: what its jobs run unless they bring their own.
        configuration: the user's emulator configuration, text as sent.
        is_open: more jobs may come.
        is_exclusive: its platform takes one batch at a time.
        ends_as: while STOPPING, the status it will end in.
        last_ended_at: when its latest job ended.
        max_idle_s: how long it may stay open with nothing to do.
        max_total_s: how long it may hold its platform, from `started_at`.
        deduplication_key: while it lives, a second create with the same key answers this batch.
        parent_id: the batch that this one repeats.
        process_id: the process whose work it is; None where a user made it on their own.
        booking_id, slot_starts_at, slot_ends_at: it runs in this slot alone, and is ended with it; its
            total limit is the slot's length, and its idle limit runs once it has its platform.
        yields: what it does when somebody's slot begins.
        yielded_at: while it is PAUSED, since when for a slot; None where an operator holds it.
        prices: of its platform when it was made; a later change does not touch it.
        held_from: since when it has its platform; None while it has not.
        held: how long it had it before.
        echo: what its door must say back unchanged (JSON values); the core never reads it.
        version: raised by every write; a write with an old one is refused.
    """

    id: BatchId
    project_id: ProjectId
    creator_id: AccountId
    platform_id: PlatformId
    door: Door
    created_at: datetime
    updated_at: datetime
    name: str = ""
    tags: tuple[str, ...] = ()
    program_id: ProgramId | None = None
    configuration: str | None = None
    priority: Priority = Priority.MEDIUM
    status: BatchStatus = BatchStatus.QUEUED
    is_open: bool = False
    is_exclusive: bool = False
    ends_as: BatchStatus | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    last_ended_at: datetime | None = None
    max_idle_s: float = 300.0
    max_total_s: float = 86_400.0
    deduplication_key: str | None = None
    parent_id: BatchId | None = None
    process_id: ProcessId | None = None
    booking_id: BookingId | None = None
    slot_starts_at: datetime | None = None
    slot_ends_at: datetime | None = None
    yields: Yielding = Yielding.PAUSES
    yielded_at: datetime | None = None
    message: str = ""
    prices: Prices = FREE
    held_from: datetime | None = None
    held: timedelta = timedelta(0)
    echo: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0

    @property
    def is_finished(self) -> bool:
        return self.status in _ENDS

    @property
    def takes_jobs(self) -> bool:
        return self.is_open and self.status in (BatchStatus.QUEUED, BatchStatus.ACTIVE, BatchStatus.PAUSED)

    @property
    def slot(self) -> Period | None:
        """The time that is booked for it; None where it runs at any."""
        if self.slot_starts_at is None or self.slot_ends_at is None:
            return None
        return Period(starts_at=self.slot_starts_at, ends_at=self.slot_ends_at)

    @property
    def is_held_back(self) -> bool:
        """Whether its jobs do not start with everybody's: it is paused, or has a slot of its own."""
        return self.status is BatchStatus.PAUSED or self.slot is not None

    def is_let_in(self, now: datetime) -> bool:
        """Whether its own slot, if it has one, is on."""
        return self.slot is None or self.slot.holds(now)

    def book(self, id: BookingId, slot: Period) -> Batch:
        return replace(
            self,
            booking_id=id,
            slot_starts_at=slot.starts_at,
            slot_ends_at=slot.ends_at,
            max_total_s=slot.length_s,
            max_idle_s=min(self.max_idle_s, slot.length_s),
        )

    @property
    def is_shared(self) -> bool:
        """Whoever of its project asks for it by its key is given it, so they all may send it jobs."""
        return self.deduplication_key is not None

    def become(self, status: BatchStatus, now: datetime) -> Batch:
        """
        Raises:
            IllegalMove: not in `MOVES`.
        """
        if status not in MOVES.get(self.status, ()):
            raise IllegalMove("batch", self.status.value, status.value)
        moved = replace(self._hold(status, now), status=status, updated_at=now, yielded_at=None)
        return replace(moved, ended_at=now, is_open=False, ends_as=None) if status in _ENDS else moved

    def _hold(self, status: BatchStatus, now: datetime) -> Batch:
        """Its hold goes on, begins, or is over, as it becomes `status`."""
        if status in _HOLDING:
            return self if self.held_from is not None else replace(self, held_from=now)
        if self.held_from is None:
            return self
        # A clock that was set back takes nothing away.
        held = self.held + max(now - self.held_from, timedelta(0))
        return replace(self, held_from=None, held=held)

    def acquire(self, now: datetime) -> Batch:
        """It has its platform: from now on its limits run. Nothing changes if it had."""
        if self.status is BatchStatus.ACTIVE:
            return self
        return replace(self.become(BatchStatus.ACTIVE, now), started_at=now)

    def must_take_jobs(self) -> None:
        """
        Raises:
            BatchClosed: closed, ending or ended.
        """
        if not self.takes_jobs:
            raise BatchClosed(str(self.id), self.status.value)

    def must_not_be_paused(self) -> None:
        """
        Raises:
            BatchPaused: none of its jobs starts.
        """
        if self.status is BatchStatus.PAUSED:
            raise BatchPaused(str(self.id))

    def must_be_closed(self) -> None:
        """
        Raises:
            BatchStillOpen: more jobs may come.
        """
        if self.is_open:
            raise BatchStillOpen(str(self.id))

    def pause(self, now: datetime) -> Batch:
        """None of its jobs starts until it is resumed; those that run go on. Where a slot paused it
        before, the end of the slot does not resume it any more."""
        if self.yielded_at is not None:
            return replace(self, yielded_at=None, updated_at=now)
        return self.become(BatchStatus.PAUSED, now)

    def make_room(self, now: datetime) -> Batch:
        """Pause until the slot that begins is over; those of its jobs that run wait again."""
        return replace(self.become(BatchStatus.PAUSED, now), yielded_at=now)

    def resume(self, now: datetime, *, running: int) -> Batch:
        """It waits for its platform again, or has it while some of its jobs are still `running`;
        its limits run anew from when it has it."""
        if running:
            return self.acquire(now)
        return replace(self.become(BatchStatus.QUEUED, now), started_at=None)

    def close(self, now: datetime) -> Batch:
        """No more jobs; those waiting still run. Closing twice changes nothing."""
        return replace(self, is_open=False, updated_at=now) if self.is_open else self

    def stop(self, ends_as: BatchStatus, now: datetime, *, running: int, message: str = "") -> Batch:
        """End it as `ends_as`: at once, or when its `running` jobs have ended.

        Raises:
            AlreadyFinished: it has ended.
        """
        if self.is_finished:
            raise AlreadyFinished("batch", str(self.id), self.status.value)
        stopped = replace(self, is_open=False, message=message or self.message)
        if not running:
            return stopped.become(ends_as, now)
        if self.status is BatchStatus.STOPPING:
            return stopped
        return replace(stopped.become(BatchStatus.STOPPING, now), ends_as=ends_as)

    def settle(self, now: datetime, *, is_busy: bool, ran: int) -> Batch:
        """What the end of a job, or a close, makes of it.

        Args:
            is_busy: a job of it still waits or runs.
            ran: its jobs that have ended after running.
        """
        if self.is_finished or is_busy:
            return self
        if self.status is BatchStatus.STOPPING and self.ends_as is not None:
            return self.become(self.ends_as, now)
        if self.is_open:
            return self
        never_ran = self.last_ended_at is not None and not ran
        return self.become(BatchStatus.CANCELLED if never_ran else BatchStatus.DONE, now)

    def idle_deadline(self, freed_at: datetime | None = None) -> datetime | None:
        """When it times out if no job comes; meaningful while it is open and has none. None for one
        that waits for its own slot.

        Args:
            freed_at: while it waits for its platform, the end of the slot that was, or is, on last.
        """
        if self.slot is not None and self.started_at is None:
            return None
        since = max(filter(None, (self.created_at, self.started_at, self.last_ended_at, freed_at)))
        return since + timedelta(seconds=self.max_idle_s)

    def total_deadline(self) -> datetime | None:
        """When it times out whatever it does, or None before it has its platform, and where its slot
        ends it."""
        if self.started_at is None or self.slot is not None:
            return None
        return self.started_at + timedelta(seconds=self.max_total_s)


def limits(platform: Platform, idle_s: float | None, total_s: float | None) -> tuple[float, float]:
    """Idle and total limit of a new batch, in seconds: the wishes, within what the platform grants."""
    total = min(total_s if total_s is not None else platform.default_total_s, platform.max_total_s)
    idle = min(idle_s if idle_s is not None else platform.default_idle_s, platform.max_idle_s, total)
    return idle, total
