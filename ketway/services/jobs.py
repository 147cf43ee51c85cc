"""Jobs: read, cancel, delete, and fetch what they left."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ketway.domain.accounts import Action, Actor
from ketway.domain.batches import BatchId
from ketway.domain.errors import AlreadyFinished, JobStillLives, OverBound, Refusal, ResultExpired
from ketway.domain.jobs import Job, JobId
from ketway.domain.results import Result
from ketway.services.documents import Documents
from ketway.services.ending import settle
from ketway.services.listing import JobFilter, Listed, Order, Page
from ketway.services.ports import Bell, BlobStore, Clock, Database
from ketway.services.programs import LINK_LIFE


@dataclass(frozen=True, kw_only=True)
class Jobs:
    """
    Args:
        max_documents_bytes: of results that are read into one answer.
    """

    db: Database
    blobs: BlobStore
    kept: Documents
    clock: Clock
    bell: Bell
    max_documents_bytes: int = 128 * 2**20

    async def get(self, actor: Actor, id: JobId) -> Job:
        async with self.db.look() as work:
            return await work.jobs.get(id, visible_to=actor)

    async def list(self, actor: Actor, filter: JobFilter, page: Page) -> Listed[Job]:
        async with self.db.look() as work:
            return await work.jobs.list(actor, filter, page)

    async def cancel(self, actor: Actor, id: JobId) -> Job:
        """Waiting: cancelled at once. Running: asked to stop.

        Raises:
            AlreadyFinished, NotAllowed, Unknown
        """
        now = self.clock.now()
        async with self.db.work() as work:
            job = await work.jobs.get(id, visible_to=actor)
            actor.must(Action.CANCEL_JOB, job)
            await work.jobs.put(job.cancel(now))
            changed = await work.jobs.fetch(id)
            if changed.is_finished:
                await settle(work, job.batch_id, now, changed)
        await self.bell.ring()
        return changed

    async def cancel_of_batch(
        self, actor: Actor, batch: BatchId, filter: JobFilter
    ) -> tuple[Sequence[Job], Mapping[JobId, Refusal]]:
        """Cancel those jobs of one batch that a filter selects, in one transaction.

        Returns:
            The jobs that were cancelled or asked to stop, and why the others were not.
        Raises:
            NotAllowed, Unknown: of the batch, whoever made its jobs.
        """
        now = self.clock.now()
        refused: dict[JobId, Refusal] = {}
        changed: list[Job] = []
        async with self.db.work() as work:
            actor.must(Action.CANCEL_BATCH, await work.batches.get(batch, visible_to=actor))
            page = Page(limit=sys.maxsize, order=Order.POSITION, descending=False)
            chosen = await work.jobs.list(actor, replace(filter, batch_ids=(batch,)), page)
            for job in chosen.items:
                try:
                    changed.append(job.cancel(now))
                except AlreadyFinished as refusal:
                    refused[job.id] = refusal
            await work.jobs.put(*changed)
            ended = [job for job in changed if job.is_finished]
            if ended:
                await settle(work, batch, now, *ended)
        await self.bell.ring()
        return changed, refused

    async def change(
        self,
        actor: Actor,
        id: JobId,
        *,
        name: str | None = None,
        tags: tuple[str, ...] | None = None,
    ) -> Job:
        """Change what is given."""
        async with self.db.work() as work:
            job = await work.jobs.get(id, visible_to=actor)
            actor.must(Action.CHANGE_JOB, job)
            wished = replace(
                job,
                name=job.name if name is None else name,
                tags=job.tags if tags is None else tags,
            )
            if wished == job:
                return job
            await work.jobs.put(replace(wished, updated_at=self.clock.now()))
            return await work.jobs.fetch(id)

    async def delete(self, actor: Actor, id: JobId) -> None:
        """Let nobody read it or its result again.

        Raises:
            JobStillLives, NotAllowed, Unknown
        """
        async with self.db.work() as work:
            job = await work.jobs.get(id, visible_to=actor)
            actor.must(Action.DELETE_JOB, job)
            if not job.is_finished:
                raise JobStillLives(str(id), job.status.value)
            await work.jobs.delete(id, self.clock.now())

    async def results(self, jobs: Sequence[JobId]) -> Mapping[JobId, Result]:
        """What is known of the results of jobs already read; jobs without one are left out, and those
        whose result has expired."""
        async with self.db.look() as work:
            known = await work.results.of(jobs)
        return {id: result for id, result in known.items() if result.expired_at is None}

    async def result(self, id: JobId) -> Result | None:
        """As `results`, of one job.

        Raises:
            ResultExpired
        """
        async with self.db.look() as work:
            known = (await work.results.of([id])).get(id)
        if known is not None and known.expired_at is not None:
            raise ResultExpired(str(id), known.expired_at)
        return known

    async def expired(self, jobs: Sequence[JobId]) -> Mapping[JobId, ResultExpired]:
        """Of jobs already read, why those have no result whose own has expired."""
        async with self.db.look() as work:
            known = await work.results.of(jobs)
        return {
            id: ResultExpired(str(id), result.expired_at)
            for id, result in known.items()
            if result.expired_at is not None
        }

    async def document(self, result: Result) -> bytes:
        """The bytes that a client downloads."""
        return await self.kept.read(result.key)

    async def documents(self, jobs: Sequence[JobId]) -> Mapping[JobId, bytes]:
        """What jobs already read left, by job; jobs without a result are left out.

        Raises:
            OverBound: more than can be held at once; ask for fewer, or for links.
        """
        results = await self.results(jobs)
        if sum(result.size for result in results.values()) > self.max_documents_bytes:
            raise OverBound("What these jobs left", self.max_documents_bytes)
        found = await self.kept.read_all([result.key for result in results.values()])
        return {id: found[result.key] for id, result in results.items()}

    def link(self, result: Result) -> str:
        """A URL, or a path of this server, that fetches the document without a login."""
        return self.blobs.link(
            result.key, filename=f"{result.job_id}.json", until=self.clock.now() + LINK_LIFE
        )
