"""The smaller stores in memory: programs, results, leases, workers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.credentials import WorkerToken, WorkerTokenId
from ketway.domain.errors import Unknown
from ketway.domain.jobs import JobId
from ketway.domain.leases import Lease, LeaseId, LeaseStatus, Worker, WorkerId
from ketway.domain.programs import Program, ProgramId
from ketway.domain.results import Kept, Result
from ketway.services.listing import Listed, Page
from tests.fakes.tables import Tables, insert, must_be_unique, must_exist, page_of


class MemoryPrograms:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, programs: Sequence[Program]) -> None:
        for program in programs:
            must_exist(self._tables.projects, program.project_id)
            must_exist(self._tables.accounts, program.creator_id)
            insert(self._tables.programs, program.id, program)

    async def get(self, id: ProgramId, *, visible_to: Actor) -> Program:
        program = await self.fetch(id)
        if not visible_to.sees(program.project_id):
            raise Unknown("program", str(id))
        return program

    async def fetch(self, id: ProgramId) -> Program:
        try:
            return self._tables.programs[id]
        except KeyError:
            raise Unknown("program", str(id)) from None

    async def of(self, ids: Sequence[ProgramId]) -> Mapping[ProgramId, Program]:
        return {id: self._tables.programs[id] for id in ids if id in self._tables.programs}

    async def named(self, checksums: Sequence[str]) -> set[str]:
        return {program.sha256 for program in self._tables.programs.values()} & set(checksums)

    async def list_named(self, actor: Actor, project: ProjectId, page: Page) -> Listed[Program]:
        if not actor.sees(project):
            return Listed(items=[], total=0)
        named = (program for program in self._tables.programs.values() if program.is_named)
        return page_of((program for program in named if program.project_id == project), page)


class MemoryResults:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, results: Sequence[Result], documents: Mapping[str, bytes]) -> None:
        for result in results:
            must_exist(self._tables.jobs, result.job_id)
            insert(self._tables.results, result.job_id, result)
            if result.key in documents:
                insert(self._tables.documents, result.key, documents[result.key])

    async def documents(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        return {key: self._tables.documents[key] for key in keys if key in self._tables.documents}

    async def of(self, jobs: Sequence[JobId]) -> Mapping[JobId, Result]:
        return {id: self._tables.results[id] for id in jobs if id in self._tables.results}

    async def oldest(self, project: ProjectId, before: datetime, most: int) -> Sequence[Kept]:
        found = [result for result in self._kept(project) if result.created_at < before]
        return [
            Kept(job_id=each.job_id, project_id=project, key=each.key, size=each.size)
            for each in found[:most]
        ]

    async def total(self, project: ProjectId, before: datetime) -> tuple[int, int]:
        sizes = [result.size for result in self._kept(project) if result.created_at < before]
        return len(sizes), sum(sizes)

    async def newest_since(self, project: ProjectId, number: int) -> datetime | None:
        kept = self._kept(project)
        return kept[-number].created_at if len(kept) >= number else None

    async def expire(self, results: Sequence[Kept], now: datetime) -> None:
        for each in results:
            known = self._tables.results[each.job_id]
            self._tables.results[each.job_id] = replace(known, counts=[], expired_at=now)
            self._tables.documents.pop(each.key, None)

    def _kept(self, project: ProjectId) -> Sequence[Result]:
        """The oldest first."""
        of_project = [
            result
            for result in self._tables.results.values()
            if result.expired_at is None and self._tables.jobs[result.job_id].project_id == project
        ]
        return sorted(of_project, key=lambda result: (result.created_at, str(result.job_id)))


class MemoryLeases:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, *leases: Lease) -> None:
        for lease in leases:
            must_exist(self._tables.jobs, lease.job_id)
            must_exist(self._tables.workers, lease.worker_id)
        every = [*self._tables.leases.values(), *leases]
        must_be_unique(every, lambda lease: (lease.job_id, lease.attempt))
        for lease in leases:
            insert(self._tables.leases, lease.id, lease)

    async def of(self, ids: Sequence[LeaseId]) -> Mapping[LeaseId, Lease]:
        return {id: self._tables.leases[id] for id in ids if id in self._tables.leases}

    async def put(self, *leases: Lease) -> None:
        self._tables.leases |= {lease.id: lease for lease in leases if lease.id in self._tables.leases}

    async def live(self, worker: WorkerId) -> Sequence[Lease]:
        return self._live(lambda lease: lease.worker_id == worker)

    async def asked_as(self, worker: WorkerId, request_id: str) -> Sequence[Lease]:
        return self._live(lambda lease: lease.worker_id == worker and lease.request_id == request_id)

    async def expired(self, now: datetime) -> Sequence[Lease]:
        return self._live(lambda lease: lease.expires_at <= now)

    async def of_local_workers(self, names: Collection[str] | None = None) -> Sequence[Lease]:
        local = {token.id for token in self._tables.tokens.values() if token.is_local}
        workers = {
            worker.id
            for worker in self._tables.workers.values()
            if worker.token_id in local and (names is None or worker.name in names)
        }
        return self._live(lambda lease: lease.worker_id in workers)

    async def extend(self, worker: WorkerId, until: datetime) -> None:
        self._extend(await self.live(worker), until)

    async def extend_all(self, until: datetime) -> None:
        self._extend(self._live(lambda lease: True), until)

    def _extend(self, leases: Sequence[Lease], until: datetime) -> None:
        self._tables.leases |= {lease.id: replace(lease, expires_at=until) for lease in leases}

    def _live(self, fits: Callable[[Lease], bool]) -> Sequence[Lease]:
        live = [lease for lease in self._tables.leases.values() if lease.status is LeaseStatus.LIVE]
        found = [lease for lease in live if fits(lease)]
        return sorted(found, key=lambda lease: (lease.granted_at, str(lease.id)))


class MemoryWorkers:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, worker: Worker) -> None:
        must_exist(self._tables.tokens, worker.token_id)
        insert(self._tables.workers, worker.id, worker)

    async def get(self, id: WorkerId) -> Worker | None:
        return self._tables.workers.get(id)

    async def seen(self, id: WorkerId, now: datetime) -> None:
        if id in self._tables.workers:
            self._tables.workers[id] = replace(self._tables.workers[id], seen_at=now)

    async def live(self, since: datetime) -> Sequence[Worker]:
        found = [worker for worker in self._tables.workers.values() if worker.seen_at >= since]
        return sorted(found, key=lambda worker: worker.registered_at)

    async def engines(self) -> Mapping[str, datetime]:
        workers = sorted(self._tables.workers.values(), key=lambda worker: worker.seen_at)
        return {engine: worker.seen_at for worker in workers for engine in worker.engines}

    async def token_hashed(self, secret_hash: str) -> WorkerToken | None:
        tokens = self._tables.tokens.values()
        return next((token for token in tokens if token.secret_hash == secret_hash), None)

    async def add_token(self, token: WorkerToken) -> None:
        must_be_unique([*self._tables.tokens.values(), token], lambda token: token.secret_hash)
        insert(self._tables.tokens, token.id, token)

    async def put_token(self, token: WorkerToken) -> None:
        if token.id in self._tables.tokens:
            self._tables.tokens[token.id] = token

    async def get_token(self, id: WorkerTokenId) -> WorkerToken | None:
        return self._tables.tokens.get(id)

    async def tokens(self) -> Sequence[WorkerToken]:
        tokens = self._tables.tokens.values()
        return sorted(tokens, key=lambda token: (token.created_at, str(token.id)))
