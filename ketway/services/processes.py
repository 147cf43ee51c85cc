"""Processes: hybrid programs, their life, and what they leave."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from ketway.domain.accounts import Action, Actor, ProjectId
from ketway.domain.errors import Deleted, Unknown
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import Door
from ketway.domain.processes import Process, ProcessId, blob_key
from ketway.domain.requests import Asked
from ketway.services.listing import Listed, Page, ProcessFilter
from ketway.services.ports import BlobStore, Clock, Database, Work
from ketway.services.programs import LINK_LIFE
from ketway.services.reports import Span
from ketway.services.requests import Requests


@dataclass(frozen=True, kw_only=True)
class NewProcess:
    project_id: ProjectId
    door: Door
    kind: str
    backend: str
    configuration: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Processes:
    """
    Args:
        kinds: those that somebody runs, who reports on them as an operator; any other fails at once.
    """

    db: Database
    blobs: BlobStore
    clock: Clock
    requests: Requests
    fresh: Callable[[], UUID]
    kinds: Collection[str]

    async def create(self, actor: Actor, new: NewProcess, asked: Asked | None = None) -> Process:
        """
        Returns:
            The process; the one that the same request made before. It has failed already where
            nobody here runs its kind.
        Raises:
            Unknown: a project that the actor is not in.
            KeyReused, Deleted
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

    async def cancel(self, actor: Actor, id: ProcessId) -> Process:
        """
        Raises:
            AlreadyFinished, NotAllowed, Unknown
        """
        async with self.db.work() as work:
            process = await work.processes.get(id, visible_to=actor)
            actor.must(Action.CANCEL_PROCESS, process)
            return await _put(work, process.cancel(self.clock.now()))

    async def move(self, actor: Actor, id: ProcessId, status: JobStatus, span: Span) -> Process:
        """What its runner says of it.

        Raises:
            IllegalMove, NoResult, NotAllowed, Unknown
        """
        now = self.clock.now()
        async with self.db.work() as work:
            process = await work.processes.get(id, visible_to=actor)
            actor.must_operate()
            return await _put(work, span.told_of(process.become(status, now)))

    async def fail(self, actor: Actor, id: ProcessId, errors: Sequence[str]) -> Process:
        """
        Raises:
            AlreadyFinished, NotAllowed, Unknown
        """
        async with self.db.work() as work:
            process = await work.processes.get(id, visible_to=actor)
            actor.must_operate()
            return await _put(work, process.fail(errors, self.clock.now()))

    async def keep_result(self, actor: Actor, id: ProcessId, result: Mapping[str, Any]) -> Process:
        """Store what it computed, before it is said to be done.

        Raises:
            AlreadyFinished, NotAllowed, Unknown
        """
        now = self.clock.now()
        process = await self.get(actor, id)
        actor.must_operate()
        body = json.dumps(result).encode()
        key = blob_key(id, hashlib.sha256(body).hexdigest())
        process.keep_result(key, now)
        await self.blobs.put(key, body)
        async with self.db.work() as work:
            known = await work.processes.get(id, visible_to=actor)
            return await _put(work, known.keep_result(key, now))

    async def result(self, process: Process) -> bytes | None:
        """The result's JSON, or None before there is one."""
        return None if process.result_key is None else await self.blobs.get(process.result_key)

    def link(self, process: Process) -> str | None:
        """A URL, or a path of this server, that fetches the result without a login."""
        if process.result_key is None:
            return None
        until = self.clock.now() + LINK_LIFE
        return self.blobs.link(process.result_key, filename=f"{process.id}.json", until=until)

    async def _draft(self, work: Work, actor: Actor, new: NewProcess) -> Process:
        now = self.clock.now()
        project = await work.projects.get(new.project_id)
        if project is None:
            raise Unknown("project", str(new.project_id))
        process = Process(
            id=ProcessId(self.fresh()),
            project_id=new.project_id,
            creator_id=actor.account_id,
            door=new.door,
            kind=new.kind,
            backend=new.backend,
            configuration=new.configuration,
            priority=project.priority,
            created_at=now,
            updated_at=now,
        )
        if new.kind in self.kinds:
            return process
        offered = f"it runs {', '.join(sorted(self.kinds))}" if self.kinds else "it runs none at all"
        return process.fail([f"This server has nobody who runs '{new.kind}'; {offered}."], now)


async def _put(work: Work, process: Process) -> Process:
    await work.processes.put(process)
    return replace(process, version=process.version + 1)


async def _made(work: Work, actor: Actor, id: str) -> Process:
    try:
        return await work.processes.get(ProcessId(UUID(id)), visible_to=actor)
    except Unknown:
        raise Deleted("process", id) from None
