"""How batches end: by request, by time, or because their last job did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.jobs import Job, JobStatus
from ketway.domain.usage import NOTHING, Tally, Usage, of_ended
from ketway.services.ports import Work

log = structlog.get_logger()


async def stop(work: Work, batch: Batch, ends_as: BatchStatus, now: datetime, message: str = "") -> Batch:
    """Cancel what waits, ask what runs to stop, and end the batch once nothing runs."""
    jobs = await work.jobs.of_batch(batch.id, JobStatus.QUEUED, JobStatus.RUNNING)
    changed = batch.stop(ends_as, now, running=_running(jobs), message=message)
    cancelled = [job.cancel(now) for job in jobs]
    await work.jobs.put(*cancelled)
    await work.batches.put(changed)
    await note(work, changed, now, of_ended(cancelled) + _held(batch, changed))
    await _tell_booking(work, changed, now)
    return await work.batches.fetch(batch.id)


async def cancel(work: Work, batch: Batch, now: datetime) -> Batch:
    """Stop it because its owner says so.

    Raises:
        AlreadyFinished
        TooLateToCancel: its slot is about to begin.
    """
    if batch.booking_id is not None:
        (await work.bookings.fetch(batch.booking_id)).must_be_cancellable(now)
    return await stop(work, batch, BatchStatus.CANCELLED, now)


async def time_out(work: Work, batch: Batch, now: datetime) -> Batch:
    """End a batch that has outlived one of its limits."""
    total = batch.total_deadline()
    why = "reached its total limit" if total is not None and total <= now else "idle too long"
    log.info("batch_timed_out", batch_id=str(batch.id), why=why)
    return await stop(work, batch, BatchStatus.TIMED_OUT, now, message=why)


async def end_if_overdue(work: Work, id: BatchId, now: datetime) -> Batch:
    """A batch as it is once its limits were seen to."""
    for batch in await work.batches.overdue(now):
        if batch.id == id:
            return await time_out(work, batch, now)
    return await work.batches.fetch(id)


async def settle(work: Work, id: BatchId, now: datetime, *ended: Job, used: Usage = NOTHING) -> None:
    """Let a batch take note that jobs of it ended, or that it was closed.

    Args:
        used: by these jobs, beside that they ended.
    """
    batch = await work.batches.fetch(id)
    noted = replace(batch, last_ended_at=now, updated_at=now) if ended else batch
    is_busy = await work.jobs.has_unfinished(id)
    settled = noted.settle(now, is_busy=is_busy, ran=0 if is_busy else await work.jobs.count_ran(id))
    if settled is not batch:
        await work.batches.put(settled)
        await _tell_booking(work, settled, now)
    await note(work, settled, now, used + of_ended(ended) + _held(batch, settled))


async def note(work: Work, batch: Batch, now: datetime, used: Usage) -> None:
    """Write down what was used, in the transaction that makes it so: once, whatever is said twice."""
    if used != NOTHING:
        await work.usage.add(
            Tally(
                project_id=batch.project_id,
                platform_id=batch.platform_id,
                day=now.date(),
                prices=batch.prices,
                usage=used,
            )
        )


def _held(before: Batch, after: Batch) -> Usage:
    """How long a batch that ends here held its platform; until then nobody knows."""
    return Usage(held=after.held) if after.is_finished and not before.is_finished else NOTHING


async def _tell_booking(work: Work, batch: Batch, now: datetime) -> None:
    """Let a booking take note of what becomes of its batch."""
    if batch.booking_id is None:
        return
    booking = await work.bookings.fetch(batch.booking_id)
    changed = booking.follow(batch, now)
    if changed is not booking:
        await work.bookings.put(changed)


def _running(jobs: Sequence[Job]) -> int:
    return sum(job.status is JobStatus.RUNNING for job in jobs)
