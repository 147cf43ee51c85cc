"""Batches: create, add to, close, cancel, read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ketway.domain.accounts import Action, Actor, ProjectId
from ketway.domain.batches import Batch, BatchId, BatchStatus, Priority, limits
from ketway.domain.errors import BadField, TooManyJobs, Unknown
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.platforms import Door, Platform
from ketway.domain.programs import Program, ProgramId
from ketway.domain.tasks import Task
from ketway.services.ending import settle, stop
from ketway.services.listing import BatchFilter, Listed, Page
from ketway.services.platforms import Platforms
from ketway.services.ports import Bell, Checker, Clock, Database, Work
from ketway.services.programs import Programs


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """
    Args:
        program: its own text; else `program_id` names a kept one; else it runs its batch's.
        max_duration_s: None for the platform's limit.
    """

    program: str | None = None
    program_id: ProgramId | None = None
    shots: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    tags: tuple[str, ...] = ()
    max_duration_s: float | None = None
    parent_id: JobId | None = None
    echo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NewBatch:
    """
    Args:
        program: text that its jobs run unless they bring their own; else `program_id`.
        max_idle_s, max_total_s: None for the platform's defaults; cut to its ceilings.
    """

    project_id: ProjectId
    platform: Platform
    door: Door
    jobs: tuple[NewJob, ...] = ()
    program: str | None = None
    program_id: ProgramId | None = None
    configuration: str | None = None
    is_open: bool = False
    name: str = ""
    tags: tuple[str, ...] = ()
    priority: Priority = Priority.MEDIUM
    max_idle_s: float | None = None
    max_total_s: float | None = None
    deduplication_key: str | None = None
    parent_id: BatchId | None = None
    echo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Batches:
    db: Database
    clock: Clock
    bell: Bell
    checker: Checker
    programs: Programs
    platforms: Platforms
    fresh: Callable[[], UUID]
    max_jobs: int

    async def create(self, actor: Actor, new: NewBatch) -> Batch:
        """Keep a batch and its jobs, all or nothing.

        Returns:
            The batch; the one that lives already if it has the same deduplication key.
        Raises:
            Unknown: a project that the actor is not in, or a program that is not in it.
            TooManyJobs, OverBound
        """
        self._bound(new.jobs)
        if not actor.sees(new.project_id):
            raise Unknown("project", str(new.project_id))
        kept = await self.programs.keep(
            actor, new.project_id, [text for text in (new.program, *_own(new.jobs)) if text is not None]
        )
        now = self.clock.now()
        async with self.db.work() as work:
            if new.deduplication_key is not None:
                twin = await work.batches.with_key(new.project_id, new.platform.id, new.deduplication_key)
                if twin is not None:
                    return twin
            await self._must_know(work, actor, new.project_id, new.program_id, *new.jobs)
            batch = self._batch(actor, new, kept, now)
            await work.programs.add(list(kept.values()))
            await work.batches.add(batch)
            await work.jobs.add(self._jobs(batch, new.platform, actor, new.jobs, kept, 0, now))
        await self.bell.ring()
        return batch

    async def create_checked(self, actor: Actor, new: NewBatch) -> Batch:
        """As `create`, after asking the platform's engine whether it would take the programs.

        Raises:
            Invalid: with the engine's sentence.
        """
        self._bound(new.jobs)
        if not actor.sees(new.project_id):
            raise Unknown("project", str(new.project_id))
        await self._check(new.project_id, new.platform, new.program, new.configuration, new.jobs)
        return await self.create(actor, new)

    async def add_jobs(self, actor: Actor, id: BatchId, jobs: tuple[NewJob, ...]) -> Sequence[Job]:
        """More jobs for an open batch, unchecked.

        Raises:
            BatchClosed, NotAllowed, Unknown, TooManyJobs, OverBound
        """
        self._bound(jobs)
        async with self.db.look() as work:
            batch = await work.batches.get(id, visible_to=actor)
        actor.must(Action.ADD_JOBS, batch)
        batch.must_take_jobs()
        kept = await self.programs.keep(actor, batch.project_id, _own(jobs))
        now = self.clock.now()
        async with self.db.work() as work:
            batch = await work.batches.get(id, visible_to=actor)
            batch.must_take_jobs()
            await self._must_know(work, actor, batch.project_id, None, *jobs)
            last = await work.jobs.last_position(id)
            platform = self.platforms.get(batch.platform_id)
            added = self._jobs(batch, platform, actor, jobs, kept, last, now)
            await work.programs.add(list(kept.values()))
            await work.batches.put(replace(batch, updated_at=now))
            await work.jobs.add(added)
        await self.bell.ring()
        return added

    async def add_jobs_checked(self, actor: Actor, id: BatchId, jobs: tuple[NewJob, ...]) -> Sequence[Job]:
        """As `add_jobs`, after asking the engine.

        Raises:
            Invalid: with the engine's sentence.
        """
        self._bound(jobs)
        batch = await self.get(actor, id)
        actor.must(Action.ADD_JOBS, batch)
        batch.must_take_jobs()
        program = await self.programs.text(actor, batch.program_id) if batch.program_id else None
        platform = self.platforms.get(batch.platform_id)
        await self._check(batch.project_id, platform, program, batch.configuration, jobs)
        return await self.add_jobs(actor, id, jobs)

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
        """
        async with self.db.work() as work:
            batch = await work.batches.get(id, visible_to=actor)
            actor.must(Action.CANCEL_BATCH, batch)
            stopped = await stop(work, batch, BatchStatus.CANCELLED, self.clock.now())
        await self.bell.ring()
        return stopped

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
        """Change what is given; limits are cut to the platform's ceilings and hold at once."""
        now = self.clock.now()
        async with self.db.work() as work:
            batch = await work.batches.get(id, visible_to=actor)
            actor.must(Action.CHANGE_BATCH, batch)
            idle_s, total_s = limits(
                self.platforms.get(batch.platform_id),
                batch.max_idle_s if max_idle_s is None else max_idle_s,
                batch.max_total_s if max_total_s is None else max_total_s,
            )
            await work.batches.put(
                replace(
                    batch,
                    name=batch.name if name is None else name,
                    tags=batch.tags if tags is None else tags,
                    max_idle_s=idle_s,
                    max_total_s=total_s,
                    updated_at=now,
                )
            )
            return await work.batches.fetch(id)

    async def delete(self, actor: Actor, id: BatchId) -> None:
        """Stop it if it lives, and let nobody read it, its jobs or its results again."""
        now = self.clock.now()
        async with self.db.work() as work:
            batch = await work.batches.get(id, visible_to=actor)
            actor.must(Action.DELETE_BATCH, batch)
            if not batch.is_finished:
                await stop(work, batch, BatchStatus.CANCELLED, now)
            await work.batches.delete(id, now)
        await self.bell.ring()

    def _bound(self, jobs: tuple[NewJob, ...]) -> None:
        if len(jobs) > self.max_jobs:
            raise TooManyJobs(len(jobs), self.max_jobs)

    async def _check(
        self,
        project: ProjectId,
        platform: Platform,
        program: str | None,
        configuration: str | None,
        jobs: tuple[NewJob, ...],
    ) -> None:
        for job in jobs:
            platform.accept_shots(job.shots)
        tasks = [
            Task(
                program=text,
                shots=job.shots,
                seed=0,
                max_shots=platform.max_shots,
                max_qubits=platform.max_qubits,
                parameters=job.parameters,
                configuration=configuration,
                settings=platform.settings,
            )
            for job in jobs
            if (text := job.program if job.program is not None else program) is not None
        ]
        if not tasks:
            return
        refusal = await self.checker.check(platform.engine, project, tasks)
        if refusal is not None:
            raise refusal

    async def _must_know(
        self, work: Work, actor: Actor, project: ProjectId, program: ProgramId | None, *jobs: NewJob
    ) -> None:
        named = {id for id in (program, *(job.program_id for job in jobs)) if id is not None}
        for id in named:
            if (await work.programs.get(id, visible_to=actor)).project_id != project:
                raise Unknown("program", str(id))

    def _batch(self, actor: Actor, new: NewBatch, kept: Mapping[str, Program], now: datetime) -> Batch:
        idle_s, total_s = limits(new.platform, new.max_idle_s, new.max_total_s)
        batch = Batch(
            id=BatchId(self.fresh()),
            project_id=new.project_id,
            creator_id=actor.account_id,
            platform_id=new.platform.id,
            door=new.door,
            created_at=now,
            updated_at=now,
            name=new.name,
            tags=new.tags,
            program_id=kept[new.program].id if new.program is not None else new.program_id,
            configuration=new.configuration,
            priority=new.priority,
            is_open=new.is_open,
            is_exclusive=new.platform.is_exclusive,
            max_idle_s=idle_s,
            max_total_s=total_s,
            deduplication_key=new.deduplication_key,
            parent_id=new.parent_id,
            echo=new.echo,
        )
        if not new.is_open and not new.jobs:
            return batch.become(BatchStatus.DONE, now)
        # Where a platform has room for everybody, an open batch need not wait for it.
        return batch.acquire(now) if new.is_open and not new.platform.is_exclusive else batch

    def _jobs(
        self,
        batch: Batch,
        platform: Platform,
        actor: Actor,
        jobs: tuple[NewJob, ...],
        kept: Mapping[str, Program],
        last: int,
        now: datetime,
    ) -> Sequence[Job]:
        return [
            Job(
                id=JobId(self.fresh()),
                batch_id=batch.id,
                project_id=batch.project_id,
                creator_id=actor.account_id,
                platform_id=batch.platform_id,
                door=batch.door,
                position=position,
                created_at=now,
                updated_at=now,
                max_duration_s=min(job.max_duration_s or platform.max_job_s, platform.max_job_s),
                name=job.name,
                tags=job.tags,
                program_id=_program(batch, position, job, kept),
                shots=job.shots,
                parameters=job.parameters,
                priority=batch.priority,
                parent_id=job.parent_id,
                echo=job.echo,
            )
            for position, job in enumerate(jobs, start=last + 1)
        ]


def _program(batch: Batch, position: int, job: NewJob, kept: Mapping[str, Program]) -> ProgramId | None:
    own = kept[job.program].id if job.program is not None else job.program_id
    if own is None and batch.program_id is None:
        raise BadField(
            ("jobs", str(position - 1)), "has no program of its own, and its batch has none", "required"
        )
    return own


def _own(jobs: Sequence[NewJob]) -> Sequence[str]:
    return [job.program for job in jobs if job.program is not None]
