"""Room: whether a batch may have its platform now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ketway.domain.batches import Batch
from ketway.domain.booking_errors import OutsideSlot, PlatformBooked
from ketway.domain.errors import Conflict, PlatformTaken
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import PlatformId
from ketway.services.ports import Work


async def slots_on(work: Work, now: datetime) -> Mapping[PlatformId, Batch]:
    """Of each platform on which a slot is on, the batch that it is for."""
    return {batch.platform_id: batch for batch in await work.batches.begun(now) if batch.is_let_in(now)}


async def must_be_let_in(work: Work, batch: Batch, now: datetime) -> None:
    """
    Raises:
        OutsideSlot: it is booked for another time.
        PlatformBooked: a slot is on that is not its own.
    """
    if not batch.is_let_in(now):
        raise OutsideSlot(str(batch.id))
    slot = (await slots_on(work, now)).get(batch.platform_id)
    if slot is not None and slot.id != batch.id:
        raise PlatformBooked(str(slot.id))


async def must_have_room(work: Work, batch: Batch, now: datetime) -> None:
    """
    Raises:
        OutsideSlot, PlatformBooked
        PlatformTaken: another batch has its exclusive platform.
    """
    await must_be_let_in(work, batch, now)
    if not batch.is_exclusive:
        return
    holder = await work.batches.holder(batch.platform_id)
    if holder is not None and holder.id != batch.id:
        raise PlatformTaken(str(holder.id))
    own = await work.jobs.of_batch(batch.id, JobStatus.RUNNING)
    # A batch that was paused lets go of its platform only when its running job has ended.
    if await work.jobs.running_on(batch.platform_id) > len(own):
        raise PlatformTaken


async def has_room(work: Work, batch: Batch, now: datetime) -> bool:
    try:
        await must_have_room(work, batch, now)
    except Conflict:
        return False
    return True


async def seated(work: Work, batch: Batch, now: datetime) -> Batch:
    """A new batch as it begins: where a platform has room for everybody, an open one need not wait."""
    if not batch.is_open or batch.is_exclusive or not await has_room(work, batch, now):
        return batch
    return batch.acquire(now)
