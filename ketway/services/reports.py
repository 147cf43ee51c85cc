"""Reports: what an operator, or a device run from outside, says of batches and jobs.

Every move keeps to the tables of the domain; a worker whose job was moved learns it from its next
heartbeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from ketway.domain.accounts import Actor
from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.errors import IllegalMove, NoResult
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.processes import Process
from ketway.domain.usage import NOTHING, Usage
from ketway.services.ending import settle, stop
from ketway.services.ports import Bell, Clock, Database, Work
from ketway.services.room import must_be_let_in, must_have_room

T = TypeVar("T", Batch, Job, Process)

_UNTOLD = "The operator reported that it failed."


@dataclass(frozen=True, kw_only=True)
class Span:
    """When something really started and ended, where its reporter knows."""

    started_at: datetime | None = None
    ended_at: datetime | None = None

    def told_of(self, moved: T) -> T:
        """What was moved, with these times; only what has ended has an end."""
        ended_at = self.ended_at or moved.ended_at
        return replace(
            moved,
            started_at=self.started_at or moved.started_at,
            ended_at=ended_at if moved.is_finished else None,
        )


@dataclass(frozen=True, kw_only=True)
class Reports:
    db: Database
    clock: Clock
    bell: Bell

    async def batch(self, actor: Actor, id: BatchId, status: BatchStatus, span: Span) -> Batch:
        """Move a batch: start, pause, resume (as QUEUED or ACTIVE), or end it with what waits in it.

        Raises:
            Unknown, NotAllowed
            IllegalMove: not from where it is; DONE is what it becomes by itself.
            PlatformTaken: another batch has its exclusive platform.
            PlatformBooked, OutsideSlot: it is not its time.
        """
        now = self.clock.now()
        async with self.db.work() as work:
            batch = await work.batches.get(id, visible_to=actor)
            actor.must_operate()
            if status in _ENDS:
                moved = await stop(work, batch, status, now)
            else:
                moved = await self._go_on(work, batch, status, now)
            if span.started_at is not None or span.ended_at is not None:
                await work.batches.put(span.told_of(moved))
                moved = await work.batches.fetch(id)
        await self.bell.ring()
        return moved

    async def job(
        self, actor: Actor, id: JobId, status: JobStatus, span: Span, progress: int | None = None
    ) -> Job:
        """Move a job; with `progress`, RUNNING may be said again and again.

        Raises:
            Unknown, NotAllowed
            IllegalMove, PlatformTaken, PlatformBooked, OutsideSlot, BatchPaused
            NoResult: DONE, which takes a stored result.
        """
        now = self.clock.now()
        async with self.db.work() as work:
            job = await work.jobs.get(id, visible_to=actor)
            actor.must_operate()
            moved = await self._move(work, job, status, progress, now)
            await work.jobs.put(span.told_of(moved))
            changed = await work.jobs.fetch(id)
            if changed.is_finished:
                await settle(work, job.batch_id, now, changed, used=_ran(job, changed))
        await self.bell.ring()
        return changed

    async def job_errors(self, actor: Actor, id: JobId, errors: Sequence[str]) -> Job:
        """A job failed, and why.

        Raises:
            Unknown, NotAllowed, AlreadyFinished
        """
        now = self.clock.now()
        async with self.db.work() as work:
            job = await work.jobs.get(id, visible_to=actor)
            actor.must_operate()
            await work.jobs.put(job.note_errors(errors, now))
            failed = await work.jobs.fetch(id)
            await settle(work, job.batch_id, now, failed, used=_ran(job, failed))
        await self.bell.ring()
        return failed

    async def _go_on(self, work: Work, batch: Batch, status: BatchStatus, now: datetime) -> Batch:
        """Started, paused or resumed."""
        if status is BatchStatus.PAUSED:
            moved = batch.pause(now)
        elif batch.status is BatchStatus.PAUSED and status in (BatchStatus.QUEUED, BatchStatus.ACTIVE):
            running = await work.jobs.of_batch(batch.id, JobStatus.RUNNING)
            moved = batch.resume(now, running=len(running))
            if status is BatchStatus.ACTIVE:
                moved = await self._acquire(work, moved, now)
        elif batch.status is BatchStatus.QUEUED and status is BatchStatus.ACTIVE:
            moved = await self._acquire(work, batch, now)
        else:
            raise IllegalMove("batch", batch.status.value, status.value)
        await work.batches.put(moved)
        return await work.batches.fetch(batch.id)

    async def _acquire(self, work: Work, batch: Batch, now: datetime) -> Batch:
        await must_have_room(work, batch, now)
        return batch.acquire(now)

    async def _move(
        self, work: Work, job: Job, status: JobStatus, progress: int | None, now: datetime
    ) -> Job:
        if status is JobStatus.RUNNING and job.status is JobStatus.RUNNING and progress is not None:
            return job.advance(progress, now)
        if status is JobStatus.RUNNING:
            started = job.start(now)
            batch = await work.batches.fetch(job.batch_id)
            batch.must_not_be_paused()
            await must_be_let_in(work, batch, now)
            if batch.status is BatchStatus.QUEUED:
                await work.batches.put(await self._acquire(work, batch, now))
            return started if progress is None else started.advance(progress, now)
        if job.status not in (JobStatus.RUNNING, JobStatus.QUEUED) or status is JobStatus.QUEUED:
            raise IllegalMove("job", job.status.value, status.value)
        if status is JobStatus.CANCELLED:
            return job.cancel_now(now)
        if job.status is JobStatus.QUEUED:
            raise IllegalMove("job", job.status.value, status.value)
        if status is JobStatus.DONE:
            raise NoResult("job", str(job.id))
        return job.fail(_UNTOLD, now)


def _ran(before: Job, ended: Job) -> Usage:
    """The attempt that a report ended, by the times that it told."""
    if before.status is not JobStatus.RUNNING or ended.started_at is None or ended.ended_at is None:
        return NOTHING
    return Usage(computed=max(ended.ended_at - ended.started_at, timedelta(0)))


_ENDS = (BatchStatus.CANCELLED, BatchStatus.TIMED_OUT, BatchStatus.FAILED)
