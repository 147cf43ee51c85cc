"""How batches end: by request, by time, or because their last job did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from ketway.domain.accounts import ProjectId
from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.jobs import Job, JobStatus
from ketway.domain.platforms import PlatformId
from ketway.domain.prices import Prices
from ketway.domain.usage import NOTHING, Tally, Usage, of_ended
from ketway.services.ports import Work

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class News:
    """What a batch is to take note of.

    Args:
        ended: jobs of it that did.
        used: by its jobs, beside that they ended.
    """

    ended: tuple[Job, ...] = ()
    used: Usage = NOTHING


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
    await settle_all(work, now, {id: News(ended=ended, used=used)})


async def settle_all(work: Work, now: datetime, news: Mapping[BatchId, News]) -> None:
    """As `settle`, of many batches at once."""
    batches = await work.batches.of(list(news))
    busy = await work.jobs.unfinished_among(list(news))
    ran = await work.jobs.count_ran([id for id in news if id not in busy])
    changed: list[Batch] = []
    used: list[tuple[Batch, Usage]] = []
    for id, said in news.items():
        batch = batches[id]
        noted = replace(batch, last_ended_at=now, updated_at=now) if said.ended else batch
        settled = noted.settle(now, is_busy=id in busy, ran=ran.get(id, 0))
        if settled is not batch:
            changed.append(settled)
        used.append((settled, said.used + of_ended(said.ended) + _held(batch, settled)))
    await work.batches.put(*changed)
    for settled in changed:
        await _tell_booking(work, settled, now)
    await _note_all(work, now, used)


async def note(work: Work, batch: Batch, now: datetime, used: Usage) -> None:
    """Write down what was used, in the transaction that makes it so: once, whatever is said twice."""
    await _note_all(work, now, [(batch, used)])


async def _note_all(work: Work, now: datetime, used: Sequence[tuple[Batch, Usage]]) -> None:
    sums: dict[tuple[ProjectId, PlatformId, Prices], Usage] = defaultdict(lambda: NOTHING)
    for batch, usage in used:
        sums[batch.project_id, batch.platform_id, batch.prices] += usage
    for (project, platform, prices), usage in sums.items():
        if usage != NOTHING:
            await work.usage.add(
                Tally(project_id=project, platform_id=platform, day=now.date(), prices=prices, usage=usage)
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
