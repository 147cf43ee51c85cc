"""Batches: create, add to, close, cancel, read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ketway.domain.accounts import Action, Actor, Project, ProjectId
from ketway.domain.batches import Batch, BatchId, limits
from ketway.domain.errors import (
    BadField,
    Conflict,
    Deleted,
    Forbidden,
    NotFound,
    PlatformNotAllowed,
    Precondition,
    Refusal,
    TooManyJobs,
    Unknown,
)
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.programs import ProgramId
from ketway.domain.quotas import Wanted
from ketway.domain.requests import Asked, Request
from ketway.services.bookings import Bookings
from ketway.services.checks import Checks, sized
from ketway.services.drafts import Drafting, NewBatch, NewJob, again, own_texts, texts_of
from ketway.services.ending import cancel, end_if_overdue, settle
from ketway.services.listing import BatchFilter, JobFilter, Listed, Order, Page
from ketway.services.platforms import Platforms
from ketway.services.ports import Bell, Clock, Database, Work
from ketway.services.programs import Kept, Programs
from ketway.services.quotas import Allowances
from ketway.services.requests import Requests
from ketway.services.room import seated


@dataclass(frozen=True, kw_only=True)
class Created:
    """
    Args:
        jobs: in creation order.
    """

    batch: Batch
    jobs: Sequence[Job]


@dataclass(frozen=True, kw_only=True)
class Batches:
    db: Database
    clock: Clock
    bell: Bell
    checks: Checks
    requests: Requests
    programs: Programs
    platforms: Platforms
    bookings: Bookings
    allowances: Allowances
    fresh: Callable[[], UUID]
    max_jobs: int

    async def create(self, actor: Actor, new: NewBatch, asked: Asked | None = None) -> Batch:
        """Keep a batch and its jobs, all or nothing.

        Returns:
            The batch; the one that the same request made before, or that lives already with the same
            deduplication key.
        Raises:
            Unknown: a project that the actor is not in, or a program that is not in it.
            PlatformUnserved: it may not wait, and would.
            PlatformNotAllowed, TooManyJobs, OverBound, KeyReused, Deleted
            SlotRefused, QuotaReached: the slot that it asks for cannot be booked.
            QuotaExceeded: its project would have, or has used or spent, more than it may.
        """
        async with self.db.look() as work:
            project = await self.must_fit(work, actor, new)
        return (await self._create(actor, new, project, asked)).batch

    async def create_checked(self, actor: Actor, new: NewBatch, asked: Asked | None = None) -> Created:
        """As `create`, after asking the platform's engine whether it would take the programs.

        Raises:
            Invalid: with the engine's sentence.
        """
        async with self.db.look() as work:
            if (earlier := await self.requests.repeated(work, asked)) is not None:
                return await _made(work, actor, earlier)
            project = await self.must_fit(work, actor, new)
        checked = await self.checks.must_pass(
            new.project_id, new.platform, new.program, new.configuration, new.jobs
        )
        return await self._create(actor, replace(new, jobs=sized(new.jobs, checked)), project, asked)

    async def _create(self, actor: Actor, new: NewBatch, project: Project, asked: Asked | None) -> Created:
        async with self.programs.keep(actor, new.project_id, texts_of(new)) as kept:
            draft = Drafting(actor=actor, fresh=self.fresh, now=self.clock.now(), programs=kept.programs)
            async with self.db.work() as work:
                if (earlier := await self.requests.repeated(work, asked)) is not None:
                    return await _made(work, actor, earlier)
                if new.deduplication_key is not None:
                    twin = await work.batches.with_key(new.project_id, new.platform.id, new.deduplication_key)
                    if twin is not None:
                        return await _with_jobs(work, twin)
                if not new.may_wait and new.booking is None:
                    await self.platforms.must_be_served(work, new.platform)
                await self._must_know(work, actor, new.project_id, new.program_id, *new.jobs)
                await self.must_allow(work, project, new, kept)
                await work.programs.add(list(kept.programs.values()))
                batch = await self._add(work, draft.batch(new, project.priority), new)
                jobs = draft.jobs(batch, new.platform, new.jobs)
                await work.jobs.add(jobs)
                await self.requests.remember(work, asked, batch.id)
            kept.is_added = True
        await self.bell.ring()
        return Created(batch=batch, jobs=jobs)

    async def repeat(self, actor: Actor, id: BatchId, filter: JobFilter, asked: Asked | None = None) -> Batch:
        """A new batch, the actor's, of those jobs of a closed one that a filter selects.

        Raises:
            BatchStillOpen, TooManyJobs, Unknown, KeyReused, Deleted
            PlatformNotAllowed: its project may not use the platform any more.
            BadField: the filter selects none.
            QuotaExceeded: as `create`.
        """
        old = await self.get(actor, id)
        platform = await self.platforms.get(old.platform_id)
        async with self.db.work() as work:
            if (earlier := await self.requests.repeated(work, asked)) is not None:
                return (await _made(work, actor, earlier)).batch
            old = await work.batches.get(id, visible_to=actor)
            old.must_be_closed()
            project = await work.projects.get(old.project_id)
            if project is not None and not project.allows(platform.name):
                raise PlatformNotAllowed(platform.name)
            page = Page(limit=self.max_jobs, order=Order.POSITION, descending=False)
            chosen = await work.jobs.list(actor, replace(filter, batch_ids=(id,)), page)
            if not chosen.items:
                raise BadField(("query",), "selects no job of the batch", "unknown")
            if chosen.total > self.max_jobs:
                raise TooManyJobs(chosen.total, self.max_jobs)
            await self.allowances.must_allow(work, old.project_id, Wanted(jobs=len(chosen.items)))
            draft = Drafting(actor=actor, fresh=self.fresh, now=self.clock.now())
            new = again(old, platform, chosen.items)
            batch = draft.batch(new, old.priority)
            await work.batches.add(batch)
            await work.jobs.add(draft.jobs(batch, platform, new.jobs))
            await self.requests.remember(work, asked, batch.id)
        await self.bell.ring()
        return batch

    async def add_jobs(
        self, actor: Actor, id: BatchId, jobs: tuple[NewJob, ...], asked: Asked | None = None
    ) -> Sequence[Job]:
        """More jobs for an open batch, unchecked.

        Returns:
            The new jobs; those that the same request added before.
        Raises:
            BatchClosed, NotAllowed, Unknown, TooManyJobs, OverBound, KeyReused, Deleted
            QuotaExceeded: as `create`.
        """
        self._bound(jobs)
        batch = await self.get(actor, id)
        _must_take_jobs_of(actor, batch)
        platform = await self.platforms.get(batch.platform_id)
        now = self.clock.now()
        async with self.programs.keep(actor, batch.project_id, own_texts(jobs)) as kept:
            draft = Drafting(actor=actor, fresh=self.fresh, now=now, programs=kept.programs)
            async with self.db.work() as work:
                if (earlier := await self.requests.repeated(work, asked)) is not None:
                    return await _added(work, actor, earlier)
                batch = await work.batches.get(id, visible_to=actor)
                batch.must_take_jobs()
                await self._must_know(work, actor, batch.project_id, None, *jobs)
                wanted = Wanted(jobs=len(jobs), bytes=kept.size)
                await self.allowances.must_allow(work, batch.project_id, wanted)
                added = draft.jobs(batch, platform, jobs, await work.jobs.last_position(id))
                await work.programs.add(list(kept.programs.values()))
                await work.batches.put(replace(batch, updated_at=now))
                await work.jobs.add(added)
                await self.requests.remember(work, asked, *(job.id for job in added))
            kept.is_added = True
        await self.bell.ring()
        return added

    async def add_jobs_checked(
        self, actor: Actor, id: BatchId, jobs: tuple[NewJob, ...], asked: Asked | None = None
    ) -> Sequence[Job]:
        """As `add_jobs`, after asking the engine.

        Raises:
            Invalid: with the engine's sentence.
        """
        async with self.db.look() as work:
            if (earlier := await self.requests.repeated(work, asked)) is not None:
                return await _added(work, actor, earlier)
        self._bound(jobs)
        batch = await self.get(actor, id)
        _must_take_jobs_of(actor, batch)
        batch.must_take_jobs()
        program = await self.programs.text(actor, batch.program_id) if batch.program_id else None
        platform = await self.platforms.get(batch.platform_id)
        checked = await self.checks.must_pass(batch.project_id, platform, program, batch.configuration, jobs)
        return await self.add_jobs(actor, id, sized(jobs, checked), asked)

    async def get(self, actor: Actor, id: BatchId) -> Batch:
        async with self.db.look() as work:
            return await work.batches.get(id, visible_to=actor)

    async def children(self, actor: Actor, id: BatchId) -> Sequence[BatchId]:
        """Batches that repeat this one, oldest first."""
        async with self.db.look() as work:
            await work.batches.get(id, visible_to=actor)
            return await work.batches.children(id)

    async def list(self, actor: Actor, filter: BatchFilter, page: Page) -> Listed[Batch]:
        async with self.db.look() as work:
            return await work.batches.list(actor, filter, page)

    async def jobs_of(self, actor: Actor, id: BatchId) -> Sequence[Job]:
        """All its jobs, in creation order."""
        async with self.db.look() as work:
            await work.batches.get(id, visible_to=actor)
            return await work.jobs.of_batch(id)

    async def job_ids(self, ids: Sequence[BatchId]) -> Mapping[BatchId, Sequence[JobId]]:
        """Ids of the jobs of batches already read, in creation order."""
        async with self.db.look() as work:
            return await work.jobs.ids_of(ids)

    async def counts(self, ids: Sequence[BatchId]) -> Mapping[BatchId, Mapping[JobStatus, int]]:
        """Jobs by status of batches already read; zeros included."""
        async with self.db.look() as work:
            return await work.jobs.count(ids)

    async def close(self, actor: Actor, id: BatchId) -> Batch:
        """No more jobs; those waiting still run. Closing twice changes nothing."""
        now = self.clock.now()
        async with self.db.work() as work:
            batch = await work.batches.get(id, visible_to=actor)
            actor.must(Action.CLOSE_BATCH, batch)
            if not batch.is_open:
                return batch
            await work.batches.put(batch.close(now))
            await settle(work, id, now)
            return await work.batches.fetch(id)

    async def cancel(self, actor: Actor, id: BatchId) -> Batch:
        """Cancel what waits and ask what runs to stop.

        Raises:
            AlreadyFinished, NotAllowed, Unknown
            TooLateToCancel: its slot is about to begin.
        """
        async with self.db.work() as work:
            batch = await work.batches.get(id, visible_to=actor)
            actor.must(Action.CANCEL_BATCH, batch)
            stopped = await cancel(work, batch, self.clock.now())
        await self.bell.ring()
        return stopped

    async def cancel_each(
        self, actor: Actor, ids: Sequence[BatchId]
    ) -> tuple[Sequence[Batch], Mapping[BatchId, Refusal]]:
        """Cancel batches one by one.

        Returns:
            Those that were cancelled, and why the others were not.
        """
        cancelled: list[Batch] = []
        refused: dict[BatchId, Refusal] = {}
        for id in dict.fromkeys(ids):
            try:
                cancelled.append(await self.cancel(actor, id))
            except (NotFound, Forbidden, Conflict, Precondition) as refusal:
                refused[id] = refusal
        return cancelled, refused

    async def cancel_all(
        self, actor: Actor, filter: BatchFilter
    ) -> tuple[Sequence[Batch], Mapping[BatchId, Refusal]]:
        """As `cancel_each`, of those that a filter selects."""
        page = Page(limit=sys.maxsize, descending=False)
        return await self.cancel_each(
            actor, [batch.id for batch in (await self.list(actor, filter, page)).items]
        )

    async def change(
        self,
        actor: Actor,
        id: BatchId,
        *,
        name: str | None = None,
        tags: tuple[str, ...] | None = None,
        max_idle_s: float | None = None,
        max_total_s: float | None = None,
    ) -> Batch:
        """Change what is given; limits are cut to the platform's ceilings, and hold at once: one that is
        over already ends it. The total limit of a booked batch is its slot, and stays so."""
        now = self.clock.now()
        platform = await self.platforms.get((await self.get(actor, id)).platform_id)
        async with self.db.work() as work:
            batch = await work.batches.get(id, visible_to=actor)
            actor.must(Action.CHANGE_BATCH, batch)
            idle_s, total_s = limits(
                platform,
                batch.max_idle_s if max_idle_s is None else max_idle_s,
                batch.max_total_s if max_total_s is None else max_total_s,
            )
            wished = replace(
                batch,
                name=batch.name if name is None else name,
                tags=batch.tags if tags is None else tags,
                max_idle_s=idle_s,
                max_total_s=total_s if batch.slot is None else batch.max_total_s,
            )
            if wished == batch:
                return batch
            await work.batches.put(replace(wished, updated_at=now))
            changed = await end_if_overdue(work, id, now)
        await self.bell.ring()
        return changed

    async def delete(self, actor: Actor, id: BatchId) -> None:
        """Stop it if it lives, and let nobody read it, its jobs or its results again.

        Raises:
            NotAllowed, Unknown
            TooLateToCancel: its slot is about to begin; it stays as it is.
        """
        now = self.clock.now()
        async with self.db.work() as work:
            batch = await work.batches.get(id, visible_to=actor)
            actor.must(Action.DELETE_BATCH, batch)
            if not batch.is_finished:
                await cancel(work, batch, now)
            await work.batches.delete(id, now)
        await self.bell.ring()

    def _bound(self, jobs: tuple[NewJob, ...]) -> None:
        if len(jobs) > self.max_jobs:
            raise TooManyJobs(len(jobs), self.max_jobs)

    async def must_fit(self, work: Work, actor: Actor, new: NewBatch) -> Project:
        """The project of a new batch.

        Raises:
            Unknown, TooManyJobs
            PlatformNotAllowed: its project may not use the platform.
        """
        self._bound(new.jobs)
        project = await work.projects.get(new.project_id) if actor.sees(new.project_id) else None
        if project is None:
            raise Unknown("project", str(new.project_id))
        if not project.allows(new.platform.name):
            raise PlatformNotAllowed(new.platform.name)
        return project

    async def must_allow(self, work: Work, project: Project, new: NewBatch, kept: Kept) -> None:
        """
        Args:
            kept: what comes with the batch.
        Raises:
            QuotaExceeded
        """
        wanted = Wanted(jobs=len(new.jobs), open_batches=int(new.is_open), bytes=kept.size)
        await self.allowances.must_allow(work, project, wanted)

    async def _add(self, work: Work, batch: Batch, new: NewBatch) -> Batch:
        """Keep a drafted batch, with its booking if it is to have one."""
        if new.booking is None:
            kept = await seated(work, batch, self.clock.now())
            await work.batches.add(kept)
            return kept
        booking = await self.bookings.draft(work, batch, new.platform, new.booking)
        kept = batch.book(booking.id, booking.slot)
        await work.batches.add(kept)
        await work.bookings.add(booking)
        return kept

    async def _must_know(
        self, work: Work, actor: Actor, project: ProjectId, program: ProgramId | None, *jobs: NewJob
    ) -> None:
        named = {id for id in (program, *(job.program_id for job in jobs)) if id is not None}
        for id in named:
            if (await work.programs.get(id, visible_to=actor)).project_id != project:
                raise Unknown("program", str(id))


def _must_take_jobs_of(actor: Actor, batch: Batch) -> None:
    """
    Raises:
        NotAllowed: somebody else's, and not shared with those who see it.
    """
    if not batch.is_shared:
        actor.must(Action.ADD_JOBS, batch)


async def _made(work: Work, actor: Actor, earlier: Request) -> Created:
    """The batch that an earlier request made."""
    (id,) = earlier.made
    try:
        batch = await work.batches.get(BatchId(UUID(id)), visible_to=actor)
    except Unknown:
        raise Deleted("batch", id) from None
    return await _with_jobs(work, batch)


async def _with_jobs(work: Work, batch: Batch) -> Created:
    return Created(batch=batch, jobs=await work.jobs.of_batch(batch.id))


async def _added(work: Work, actor: Actor, earlier: Request) -> Sequence[Job]:
    """The jobs that an earlier request added."""
    try:
        return [await work.jobs.get(JobId(UUID(id)), visible_to=actor) for id in earlier.made]
    except Unknown as unknown:
        raise Deleted("job", unknown.id) from None
