"""Slots: what happens when the time that somebody booked begins, and when it is over.

All of it follows from what is kept and from the time, so that a server which was down at either
moment does it with its first sweep. What starts in between keeps to the slots by itself (`Leases`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from ketway.domain.batches import Batch, BatchStatus, Yielding
from ketway.services.ending import stop
from ketway.services.ports import Clock, Database, Work
from ketway.services.room import has_room

log = structlog.get_logger()

Move = Callable[[Work, Batch, datetime], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Slots:
    db: Database
    clock: Clock

    async def sweep(self) -> int:
        """One round; how many batches were moved."""
        now = self.clock.now()
        async with self.db.look() as work:
            if not await _due(work, now):
                return 0
        moved = 0
        async with self.db.work() as work:
            while due := await _due(work, now):
                for batch, move in due:
                    await move(work, batch, now)
                moved += len(due)
        return moved


async def _due(work: Work, now: datetime) -> list[tuple[Batch, Move]]:
    """What must be done first; once it is done there may be more."""
    begun = await work.batches.begun(now)
    over = [batch for batch in begun if not batch.is_let_in(now)]
    if over:
        return [(batch, _end) for batch in over]
    slots = {batch.platform_id: batch for batch in begun}
    in_the_way = [
        batch for platform in slots for batch in await work.batches.active_on(platform) if batch.slot is None
    ]
    if in_the_way:
        return [(batch, _make_room) for batch in in_the_way]
    waiting = [batch for batch in slots.values() if batch.status is BatchStatus.QUEUED]
    for batch in (*await work.batches.yielded(), *await work.batches.open_queue()):
        if batch.platform_id not in slots:
            waiting.append(batch)
    return [(batch, _let_in) for batch in waiting if await has_room(work, batch, now)]


async def _end(work: Work, batch: Batch, now: datetime) -> None:
    why = "its slot passed before it could begin" if batch.started_at is None else "its slot is over"
    await stop(work, batch, BatchStatus.TIMED_OUT, now, message=why)
    log.info("slot_ended", batch_id=str(batch.id), why=why)


async def _make_room(work: Work, batch: Batch, now: datetime) -> None:
    log.info("batch_made_room", batch_id=str(batch.id), how=batch.yields.value)
    if batch.yields is Yielding.PAUSES:
        await work.batches.put(batch.make_room(now))
        return
    await stop(work, batch, BatchStatus.CANCELLED, now, message="made room for a slot that was booked")


async def _let_in(work: Work, batch: Batch, now: datetime) -> None:
    # Two may have found room where there is room for one.
    if await has_room(work, batch, now):
        await work.batches.put(batch.acquire(now))
        log.info("batch_let_in", batch_id=str(batch.id), is_its_slot=batch.slot is not None)
