"""Outcomes: what workers tell of attempts, many at once, each answered by itself."""

from __future__ import annotations

import asyncio
import hmac
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ketway.domain.batches import BatchId
from ketway.domain.errors import LeaseLost
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.leases import Lease, LeaseId, LeaseStatus, Verdict
from ketway.domain.outcomes import Failure, Outcome, ended, run_of
from ketway.domain.results import Result, key_of, names_row, shown
from ketway.domain.tasks import Computed
from ketway.domain.usage import NOTHING, Usage, of_result
from ketway.services.candidates import Turns
from ketway.services.ending import News, settle_all
from ketway.services.faults import Faults
from ketway.services.paces import MOST_S, Paces
from ketway.services.ports import Bell, BlobStore, Clock, Database, Work
from ketway.services.records import Records


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """
    Args:
        max_in_row: bytes of a document that is kept in the row of its result.
    """

    db: Database
    blobs: BlobStore
    clock: Clock
    bell: Bell
    turns: Turns
    paces: Paces
    records: Records
    faults: Faults
    max_in_row: int

    async def tell(self, outcomes: Sequence[Outcome]) -> Sequence[LeaseLost | None]:
        """End attempts as their workers say; saying the same twice is no fault.

        Returns:
            For each, None where it counts, or that the attempt is not the worker's any more: then
            nothing of it is kept.
        """
        large = [outcome for outcome in outcomes if len(outcome.document) > self.max_in_row]
        stored = await self._store(large) if large else set()
        async with self.db.work() as work:
            telling = await self._begin(work, outcomes)
            answers = [telling.hear(outcome) for outcome in outcomes]
            await telling.keep(work)
            await self._count(work, telling)
            unread = stored - await _keys_of(work, large) if stored else set()
        for key in unread:
            await self.blobs.delete(key)
        for outcome, job in telling.heard:
            self._note(outcome, job)
        if telling.heard:
            await self.bell.ring()
        return answers

    async def _store(self, large: Sequence[Outcome]) -> set[str]:
        """Store the documents of those that count as far as can be seen; says under which keys.

        The bytes are safe before a job says DONE: whoever sees DONE can read them.
        """
        async with self.db.look() as work:
            telling = await self._begin(work, large)
        for outcome in large:
            telling.hear(outcome)
        documents = {result.key: outcome.document for outcome, result in telling.results}
        await asyncio.gather(*[self.blobs.put(key, document) for key, document in documents.items()])
        return set(documents)

    async def _begin(self, work: Work, outcomes: Sequence[Outcome]) -> _Telling:
        leases = await work.leases.of([outcome.lease_id for outcome in outcomes])
        jobs = await work.jobs.of([lease.job_id for lease in leases.values()])
        return _Telling(
            now=self.clock.now(),
            max_in_row=self.max_in_row,
            faults=self.faults,
            leases=dict(leases),
            jobs=dict(jobs),
        )

    async def _count(self, work: Work, telling: _Telling) -> None:
        """What the attempts took counts for whoever goes next."""
        by_batch = {job.batch_id: job for _, job in telling.heard}
        for id in sorted(by_batch, key=str):
            if telling.used[id].computed:
                await self.turns.used(work, by_batch[id], telling.used[id].computed, telling.now)

    def _note(self, outcome: Outcome, job: Job) -> None:
        if outcome.found is None:
            # Perhaps it waited behind one that took too long.
            self.paces.note(job, MOST_S)
        elif outcome.ran is not None and not _was_cut(outcome):
            self.paces.note(job, outcome.ran.total_seconds())
        # What was cancelled, or failed on purpose, may have been cut short.
        if job.status is JobStatus.DONE and (run := run_of(outcome)) is not None:
            self.records.note(job.platform_id, run)


@dataclass(frozen=True, kw_only=True)
class _Telling:
    """Leases and jobs while outcomes are told of them, one after another."""

    now: datetime
    max_in_row: int
    faults: Faults
    leases: dict[LeaseId, Lease]
    jobs: dict[JobId, Job]
    changed: dict[LeaseId, Lease] = field(default_factory=dict)
    heard: list[tuple[Outcome, Job]] = field(default_factory=list)
    results: list[tuple[Outcome, Result]] = field(default_factory=list)
    used: defaultdict[BatchId, Usage] = field(default_factory=lambda: defaultdict(lambda: NOTHING))

    def hear(self, outcome: Outcome) -> LeaseLost | None:
        lease = self.leases.get(outcome.lease_id)
        if lease is None or not is_secret(lease, outcome.secret):
            return LeaseLost(str(outcome.lease_id))
        if _is_told(lease, outcome):
            return None
        job = self.jobs[lease.job_id]
        if not is_latest(lease, job):
            return LeaseLost(str(lease.id))
        self._end(lease, self._after(job.resume(self.now), outcome), outcome)
        return None

    def _after(self, job: Job, outcome: Outcome) -> Job:
        """What becomes of a job: as it was told, unless one that ran well is to fail on purpose."""
        why = self.faults.why_fails(job.id) if isinstance(outcome.found, Computed) else None
        return ended(job, outcome, self.now) if why is None else job.fail(why, self.now)

    def _end(self, lease: Lease, job: Job, outcome: Outcome) -> None:
        status = LeaseStatus.RETURNED if outcome.found is None else LeaseStatus.ENDED
        self.leases[lease.id] = self.changed[lease.id] = lease.end(status, outcome.digest)
        self.jobs[job.id] = job
        self.heard.append((outcome, job))
        if outcome.found is None:
            return
        self.used[job.batch_id] += Usage(computed=outcome.time_of(lease, self.now))
        if isinstance(outcome.found, Computed):
            self.used[job.batch_id] += of_result(job, len(outcome.found.counts), outcome.found.shots)
            # Nobody will read the result where a cancel was asked for.
            if job.status is JobStatus.DONE:
                self.results.append((outcome, self._result(lease, outcome, outcome.found)))

    def _result(self, lease: Lease, outcome: Outcome, computed: Computed) -> Result:
        size, sha256 = len(outcome.document), outcome.digest or ""
        return Result(
            job_id=lease.job_id,
            attempt=lease.attempt,
            key=key_of(lease.job_id, lease.attempt, sha256, is_in_row=size <= self.max_in_row),
            size=size,
            sha256=sha256,
            shots=computed.shots,
            counts=[shown(counts) for counts in computed.counts],
            metadata=computed.metadata,
            created_at=self.now,
        )

    async def keep(self, work: Work) -> None:
        jobs = [job for _, job in self.heard]
        in_rows = {result.key: outcome.document for outcome, result in self.results if names_row(result.key)}
        await work.results.add([result for _, result in self.results], in_rows)
        await work.leases.put(*self.changed.values())
        await work.jobs.put(*jobs)
        over: dict[BatchId, list[Job]] = {job.batch_id: [] for job in jobs}
        for job in jobs:
            if job.is_finished:
                over[job.batch_id].append(job)
        news = {id: News(ended=tuple(found), used=self.used[id]) for id, found in over.items()}
        await settle_all(work, self.now, news)


def is_secret(lease: Lease, said: str) -> bool:
    return hmac.compare_digest(lease.secret.encode(), said.encode())


def is_latest(lease: Lease, job: Job) -> bool:
    """Whether what a worker says of an attempt still counts: no other has begun."""
    is_over = lease.status in (LeaseStatus.ENDED, LeaseStatus.RETURNED)
    return not is_over and not job.is_finished and job.attempt == lease.attempt


def _is_told(lease: Lease, outcome: Outcome) -> bool:
    if outcome.found is None:
        return lease.status is LeaseStatus.RETURNED
    return lease.outcome == outcome.digest


def _was_cut(outcome: Outcome) -> bool:
    return isinstance(outcome.found, Failure) and outcome.found.verdict is Verdict.CANCELLED


async def _keys_of(work: Work, outcomes: Collection[Outcome]) -> set[str]:
    """Of the results that there are now."""
    leases = await work.leases.of([outcome.lease_id for outcome in outcomes])
    results = await work.results.of([lease.job_id for lease in leases.values()])
    return {result.key for result in results.values()}
