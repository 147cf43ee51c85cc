"""Processes: hybrid programs, their life, and what they leave."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ketway.domain.accounts import Action, Actor, ProjectId
from ketway.domain.applications import Application, ApplicationId
from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.errors import Conflict, Deleted, NotFound, PlatformNotAllowed, Unknown
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import Door, Platform
from ketway.domain.processes import Process, ProcessId, ProcessResult, ProcessResultId, blob_key
from ketway.domain.requests import Asked
from ketway.services.ending import stop
from ketway.services.listing import Listed, Order, Page, ProcessFilter
from ketway.services.ports import Bell, BlobStore, Clock, Database, Work
from ketway.services.programs import LINK_LIFE
from ketway.services.reports import Span
from ketway.services.requests import Requests

_ITS_PROCESS_ENDED = "The process that it belongs to has ended."


@dataclass(frozen=True, kw_only=True)
class NewProcess:
    """
    Args:
        kind: the name of an application, or a word that somebody who runs processes knows.
        platform: that its quantum part is to use; None where it does not say.
    """

    project_id: ProjectId
    door: Door
    kind: str
    backend: str
    configuration: Mapping[str, Any]
    name: str = ""
    tags: tuple[str, ...] = ()
    platform: Platform | None = None
    echo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Processes:
    """
    Args:
        kinds: those that somebody runs, who reports on them as an operator; any other fails at once.
        applications: kinds that surfaces offer by themselves.
    """

    db: Database
    blobs: BlobStore
    clock: Clock
    bell: Bell
    requests: Requests
    fresh: Callable[[], UUID]
    kinds: Collection[str]
    applications: Sequence[Application] = ()

    def application(self, id: ApplicationId) -> Application:
        """
        Raises:
            Unknown
        """
        for application in self.applications:
            if application.id == id:
                return application
        raise Unknown("application", str(id))

    async def create(self, actor: Actor, new: NewProcess, asked: Asked | None = None) -> Process:
        """
        Returns:
            The process; the one that the same request made before. It has failed already where
            nobody here runs its kind.
        Raises:
            Unknown: a project that the actor is not in.
            BadField: a platform that its application cannot use.
            PlatformNotAllowed, KeyReused, Deleted
        """
        if not actor.sees(new.project_id):
            raise Unknown("project", str(new.project_id))
        async with self.db.work() as work:
            if (earlier := await self.requests.repeated(work, asked)) is not None:
                return await _made(work, actor, earlier.made[0])
            process = await self._draft(work, actor, new)
            await work.processes.add(process)
            await self.requests.remember(work, asked, process.id)
        return process

    async def get(self, actor: Actor, id: ProcessId) -> Process:
        async with self.db.look() as work:
            return await work.processes.get(id, visible_to=actor)

    async def list(self, actor: Actor, filter: ProcessFilter, page: Page) -> Listed[Process]:
        async with self.db.look() as work:
            return await work.processes.list(actor, filter, page)

    async def batches_of(self, ids: Sequence[ProcessId]) -> Mapping[ProcessId, Sequence[BatchId]]:
        """Batches that are the work of processes already read, oldest first."""
        async with self.db.look() as work:
            return await work.processes.batches_of(ids)

    async def change(
        self, actor: Actor, id: ProcessId, *, name: str | None = None, tags: tuple[str, ...] | None = None
    ) -> Process:
        """Change what is given."""
        async with self.db.work() as work:
            process = await work.processes.get(id, visible_to=actor)
            actor.must(Action.CHANGE_PROCESS, process)
            changed = replace(
                process,
                name=process.name if name is None else name,
                tags=process.tags if tags is None else tags,
                updated_at=self.clock.now(),
            )
            return await _put(work, changed)

    async def cancel(self, actor: Actor, id: ProcessId) -> Process:
        """Its batches are stopped with it; what it found already stays.

        Raises:
            AlreadyFinished, NotAllowed, Unknown
        """
        now = self.clock.now()
        async with self.db.work() as work:
            process = await work.processes.get(id, visible_to=actor)
            actor.must(Action.CANCEL_PROCESS, process)
            cancelled = await _end(work, process.cancel(now), now)
        await self.bell.ring()
        return cancelled

    async def delete(self, actor: Actor, id: ProcessId) -> None:
        """End it if it lives, and let nobody read it, what it was given or what it found again."""
        now = self.clock.now()
        async with self.db.work() as work:
            process = await work.processes.get(id, visible_to=actor)
            actor.must(Action.DELETE_PROCESS, process)
            if not process.is_finished:
                await _end(work, process.cancel(now), now)
            kept = await work.processes.results(id, Page(limit=sys.maxsize))
            await work.processes.delete(id, now)
        for key in {process.result_key, *(result.key for result in kept.items)} - {None}:
            await self.blobs.delete(str(key))
        await self.bell.ring()

    async def move(self, actor: Actor, id: ProcessId, status: JobStatus, span: Span) -> Process:
        """What its runner says of it.

        Raises:
            IllegalMove, NoResult, NotAllowed, Unknown
        """
        now = self.clock.now()
        async with self.db.work() as work:
            process = await work.processes.get(id, visible_to=actor)
            actor.must_operate()
            moved = await _end(work, span.told_of(process.become(status, now)), now)
        await self.bell.ring()
        return moved

    async def advance(
        self, actor: Actor, id: ProcessId, progress: int, message: str | None = None
    ) -> Process:
        """How far it has come.

        Raises:
            AlreadyFinished, NotStarted, NotAllowed, Unknown
        """
        async with self.db.work() as work:
            process = await work.processes.get(id, visible_to=actor)
            actor.must_operate()
            return await _put(work, process.advance(progress, message, self.clock.now()))

    async def fail(self, actor: Actor, id: ProcessId, errors: Sequence[str]) -> Process:
        """
        Raises:
            AlreadyFinished, NotAllowed, Unknown
        """
        now = self.clock.now()
        async with self.db.work() as work:
            process = await work.processes.get(id, visible_to=actor)
            actor.must_operate()
            failed = await _end(work, process.fail(errors, now), now)
        await self.bell.ring()
        return failed

    async def keep_result(self, actor: Actor, id: ProcessId, result: Any) -> Process:
        """Store what it found, on its way or before it is said to be done.

        Args:
            result: JSON value.
        Raises:
            AlreadyFinished, NotAllowed, Unknown
        """
        now, result_id = self.clock.now(), ProcessResultId(self.fresh())
        process = await self.get(actor, id)
        actor.must_operate()
        body, key = json.dumps(result).encode(), blob_key(id, result_id)
        process.keep_result(key, now)
        await self.blobs.put(key, body)
        try:
            async with self.db.work() as work:
                known = await work.processes.get(id, visible_to=actor)
                changed = await _put(work, known.keep_result(key, now))
                latest = await work.processes.results(id, Page(limit=1))
                await work.processes.add_result(
                    ProcessResult(
                        id=result_id,
                        process_id=id,
                        position=1 + (latest.items[0].position if latest.items else 0),
                        key=key,
                        size=len(body),
                        created_at=now,
                    )
                )
        except (Conflict, NotFound):
            await self.blobs.delete(key)
            raise
        return changed

    async def attach(self, actor: Actor, id: ProcessId, batch_id: BatchId) -> Batch:
        """A batch is the work of a process from now on, and ends with it.

        Raises:
            Unknown: either; also a batch of another project, or of another door, than the process.
            AlreadyFinished: the process.
            NotAllowed
        """
        async with self.db.work() as work:
            process = await work.processes.get(id, visible_to=actor)
            actor.must_operate()
            process.must_live()
            batch = await work.batches.get(batch_id, visible_to=actor)
            if (batch.project_id, batch.door) != (process.project_id, process.door):
                raise Unknown("batch", str(batch_id))
            await work.batches.put(replace(batch, process_id=id, updated_at=self.clock.now()))
            return await work.batches.fetch(batch_id)

    async def results(self, actor: Actor, id: ProcessId, page: Page) -> Listed[ProcessResult]:
        """What it found so far, the latest first unless the page says otherwise."""
        async with self.db.look() as work:
            await work.processes.get(id, visible_to=actor)
            return await work.processes.results(id, replace(page, order=Order.POSITION))

    async def text(self, result: ProcessResult) -> str:
        """A result's JSON."""
        return (await self.blobs.get(result.key)).decode()

    async def result(self, process: Process) -> bytes | None:
        """The latest result's JSON, or None before there is one."""
        return None if process.result_key is None else await self.blobs.get(process.result_key)

    def link(self, process: Process) -> str | None:
        """A URL, or a path of this server, that fetches the latest result without a login."""
        if process.result_key is None:
            return None
        until = self.clock.now() + LINK_LIFE
        return self.blobs.link(process.result_key, filename=f"{process.id}.json", until=until)

    async def _draft(self, work: Work, actor: Actor, new: NewProcess) -> Process:
        now = self.clock.now()
        project = await work.projects.get(new.project_id)
        if project is None:
            raise Unknown("project", str(new.project_id))
        if new.platform is not None:
            self._must_use(new.kind, new.platform)
            if not project.allows(new.platform.name):
                raise PlatformNotAllowed(new.platform.name)
        process = Process(
            id=ProcessId(self.fresh()),
            project_id=new.project_id,
            creator_id=actor.account_id,
            door=new.door,
            kind=new.kind,
            backend=new.backend,
            configuration=new.configuration,
            name=new.name,
            tags=new.tags,
            platform_id=None if new.platform is None else new.platform.id,
            priority=project.priority,
            echo=new.echo,
            created_at=now,
            updated_at=now,
        )
        if new.kind in self.kinds:
            return process
        offered = f"it runs {', '.join(sorted(self.kinds))}" if self.kinds else "it runs none at all"
        return process.fail([f"This server has nobody who runs '{new.kind}'; {offered}."], now)

    def _must_use(self, kind: str, platform: Platform) -> None:
        for application in self.applications:
            if application.name == kind:
                application.must_use(platform)


async def _put(work: Work, process: Process) -> Process:
    await work.processes.put(process)
    return replace(process, version=process.version + 1)


async def _end(work: Work, process: Process, now: datetime) -> Process:
    """Keep it; if it has ended, its batches end with it."""
    kept = await _put(work, process)
    if process.is_finished:
        for id in (await work.processes.batches_of([process.id]))[process.id]:
            batch = await work.batches.fetch(id)
            if not batch.is_finished:
                await stop(work, batch, BatchStatus.CANCELLED, now, message=_ITS_PROCESS_ENDED)
    return kept


async def _made(work: Work, actor: Actor, id: str) -> Process:
    try:
        return await work.processes.get(ProcessId(UUID(id)), visible_to=actor)
    except Unknown:
        raise Deleted("process", id) from None
