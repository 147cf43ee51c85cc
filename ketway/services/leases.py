"""Leases: workers claim attempts and renew them; how they end is told elsewhere (`Outcomes`)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ketway.domain.batches import Batch, BatchStatus
from ketway.domain.credentials import WorkerToken
from ketway.domain.errors import Unknown
from ketway.domain.jobs import Job, JobStatus
from ketway.domain.leases import Lease, LeaseId, LeaseStatus, Verdict, Word, Worker, WorkerId
from ketway.domain.outcomes import Failure, Outcome
from ketway.domain.platforms import Platform
from ketway.domain.scheduling import Candidate, choose
from ketway.services.candidates import Turns
from ketway.services.faults import Faults
from ketway.services.grants import Grant, Lent, grants_of, read_lent
from ketway.services.outcomes import Outcomes, is_latest, is_secret
from ketway.services.paces import Paces
from ketway.services.platforms import Platforms
from ketway.services.ports import Bell, BlobStore, Clock, Database, Work

#: A worker that was seen so lately need not be written down again.
_SEEN = timedelta(seconds=10)
_UNREADABLE = Failure(
    verdict=Verdict.FAULT, why="its program can no longer be read from the server's storage"
)


@dataclass(frozen=True, kw_only=True)
class Beat:
    """A worker's word on one of its leases.

    Args:
        progress: 0..100.
        waits: it has not begun: the worker has no place for it to run in yet.
    """

    lease_id: LeaseId
    secret: str
    progress: int
    waits: bool = False


@dataclass(frozen=True, kw_only=True)
class Leases:
    """
    Args:
        life: of a lease without a heartbeat.
        max_wait_s: longest a claim waits for a job to come.
    """

    db: Database
    blobs: BlobStore
    clock: Clock
    bell: Bell
    platforms: Platforms
    turns: Turns
    outcomes: Outcomes
    paces: Paces
    fresh: Callable[[], UUID]
    faults: Faults
    life: timedelta
    max_wait_s: float

    async def register(self, token: WorkerToken, name: str, engines: Mapping[str, str], slots: int) -> Worker:
        now = self.clock.now()
        worker = Worker(
            id=WorkerId(self.fresh()),
            token_id=token.id,
            name=name,
            engines=engines,
            slots=slots,
            registered_at=now,
            seen_at=now,
        )
        async with self.db.work() as work:
            await work.workers.add(worker)
        return worker

    async def claim(
        self, token: WorkerToken, id: WorkerId, request_id: str, *, most: int, wait_s: float
    ) -> Sequence[Grant]:
        """Up to `most` jobs to run, and with a short one others that wait behind it; waits for the
        first one to come.

        The same question (`request_id`) asked again gets the same live leases.

        Raises:
            Unknown: no such worker of this token; register again.
        """
        deadline = self.clock.steady() + min(wait_s, self.max_wait_s)
        heard = self.bell.strokes()
        grants = await self._claim_now(token, id, request_id, most)
        while not grants and (left := deadline - self.clock.steady()) > 0 and not self.bell.is_silent():
            await self.bell.wait(heard, left)
            heard = self.bell.strokes()
            # It rings for much that gives nobody work: one look is cheaper than to rank what there is.
            if await self._anything_waits():
                grants = await self._claim_now(token, id, request_id, most)
        return grants

    async def _anything_waits(self) -> bool:
        async with self.db.look() as work:
            return bool(await work.jobs.waited_for())

    async def heartbeat(
        self, token: WorkerToken, id: WorkerId, beats: Sequence[Beat]
    ) -> Mapping[LeaseId, Word]:
        """Renew leases and hand on progress; says for each what to do with it."""
        now = self.clock.now()
        async with self.db.work() as work:
            await _see(work, await _worker(work, token, id), now)
            if not beats:
                return {}
            leases = await work.leases.of([beat.lease_id for beat in beats])
            jobs = await work.jobs.of([lease.job_id for lease in leases.values()])
            batches = await work.batches.of([*{job.batch_id for job in jobs.values()}])
            words = {beat.lease_id: Word.LOST for beat in beats}
            renewed: list[Lease] = []
            advanced: list[Job] = []
            for beat in beats:
                lease = leases.get(beat.lease_id)
                if lease is None or not is_secret(lease, beat.secret) or lease.worker_id != id:
                    continue
                job = jobs[lease.job_id]
                batch = batches[job.batch_id]
                if not _may_go_on(lease, job, batch):
                    continue
                renewed.append(replace(lease, status=LeaseStatus.LIVE, expires_at=now + self.life))
                heard = job.resume(now)
                heard = heard.put_off(now) if beat.waits else heard.advance(beat.progress, now)
                if beat.waits or (heard.progress, heard.status) != (job.progress, job.status):
                    advanced.append(heard)
                words[lease.id] = _word(job, batch)
            await work.leases.put(*renewed)
            await work.jobs.put(*advanced)
        return words

    async def _claim_now(
        self, token: WorkerToken, id: WorkerId, request_id: str, most: int
    ) -> Sequence[Grant]:
        now = self.clock.now()
        lent: Lent | None = None
        try:
            async with self.db.work() as work:
                worker = await _worker(work, token, id)
                await _see(work, worker, now)
                attempts = await _asked_before(work, id, request_id)
                if not attempts:
                    attempts = await self._start_next(work, worker, request_id, most, now)
                if not attempts:
                    return []
                lent = await self._lent(work, attempts)
            grants, unreadable = await grants_of(lent, self.blobs)
        except asyncio.CancelledError:
            # Whoever asked has hung up, while it was being written down perhaps.
            if lent is not None:
                await asyncio.shield(self._tell([lease for lease, _ in lent.attempts], None))
            raise
        await self._tell(unreadable, _UNREADABLE)
        return [self._with_its_fate(grant, lent) for grant in grants]

    async def _start_next(
        self, work: Work, worker: Worker, request_id: str, most: int, now: datetime
    ) -> list[tuple[Lease, Job]]:
        started: list[tuple[Lease, Job]] = []
        platforms = await self.platforms.run_by(work, worker.engines)
        by_id = {platform.id: platform for platform in platforms}
        while len(started) < most:
            found = await self.turns.candidates(work, platforms, now)
            head = choose(one for one in found if self.faults.lets_start(one, now))
            if head is None:
                break
            lot = await self._lot(work, head, by_id[head.platform_id])
            started += await self._start(work, worker, request_id, lot, now)
        return started

    async def _lot(self, work: Work, head: Candidate, platform: Platform) -> Sequence[Job]:
        """The job that goes next, and those that go with it."""
        is_alone = head.is_booked or self.faults.holds_back_on(platform.id) or not _lends_several(platform)
        most = 1 if is_alone else self.paces.most_with(head)
        if platform.capacity is not None and most > 1:
            most = min(most, platform.capacity - await work.jobs.running_on(platform.id))
        line = await work.jobs.following(head, most) if most > 1 else ()
        if not line or line[0].id != head.job_id:
            return [await work.jobs.fetch(head.job_id)]
        return self.paces.lot(line)

    async def _start(
        self, work: Work, worker: Worker, request_id: str, waiting: Sequence[Job], now: datetime
    ) -> Sequence[tuple[Lease, Job]]:
        jobs = [job.start(now) for job in waiting]
        batches = await work.batches.of([*{job.batch_id for job in jobs}])
        queued = [batch for batch in batches.values() if batch.status is BatchStatus.QUEUED]
        await work.batches.put(*[batch.acquire(now) for batch in queued])
        await work.jobs.put(*jobs)
        leases = [
            Lease(
                id=LeaseId(self.fresh()),
                job_id=job.id,
                platform_id=job.platform_id,
                worker_id=worker.id,
                attempt=job.attempt,
                secret=secrets.token_urlsafe(24),
                request_id=request_id,
                granted_at=now,
                expires_at=now + self.life,
            )
            for job in jobs
        ]
        await work.leases.add(*leases)
        kept = [replace(job, version=job.version + 1) for job in jobs]
        return list(zip(leases, kept, strict=True))

    async def _lent(self, work: Work, attempts: Sequence[tuple[Lease, Job]]) -> Lent:
        platforms = await self.platforms.known_in(work)
        expected_s = [
            self.paces.expected_s(job) if _lends_several(platforms[job.platform_id]) else None
            for _, job in attempts
        ]
        return await read_lent(work, attempts, platforms, expected_s)

    def _with_its_fate(self, grant: Grant, lent: Lent) -> Grant:
        fate = self.faults.fate(grant.job, lent.batches[grant.job.batch_id])
        return replace(grant, late_s=fate.late_s) if fate.late_s else grant

    async def _tell(self, leases: Sequence[Lease], found: Failure | None) -> None:
        if leases:
            told = [Outcome(lease_id=lease.id, secret=lease.secret, found=found) for lease in leases]
            await self.outcomes.tell(told)


def _lends_several(platform: Platform) -> bool:
    """A machine runs one job after another, and each takes its time by the clock."""
    return not platform.is_exclusive and platform.shots_per_s is None


async def _worker(work: Work, token: WorkerToken, id: WorkerId) -> Worker:
    worker = await work.workers.get(id)
    if worker is None or worker.token_id != token.id:
        raise Unknown("worker", str(id))
    return worker


async def _see(work: Work, worker: Worker, now: datetime) -> None:
    if abs(now - worker.seen_at) >= _SEEN:
        await work.workers.seen(worker.id, now)


async def _asked_before(work: Work, id: WorkerId, request_id: str) -> list[tuple[Lease, Job]]:
    leases = await work.leases.asked_as(id, request_id)
    if not leases:
        return []
    jobs = await work.jobs.of([lease.job_id for lease in leases])
    attempts = [(lease, jobs[lease.job_id]) for lease in leases]
    return sorted(attempts, key=lambda attempt: (attempt[1].created_at, attempt[1].position))


def _may_go_on(lease: Lease, job: Job, batch: Batch) -> bool:
    """Where an attempt was thought lost, its batch may have been paused meanwhile, and the platform be
    another's."""
    if not is_latest(lease, job):
        return False
    return job.status is not JobStatus.QUEUED or batch.status is BatchStatus.ACTIVE


def _word(job: Job, batch: Batch) -> Word:
    """A batch that makes room for a slot has its jobs stop, and wait again."""
    is_unwanted = job.cancel_requested_at is not None or batch.yielded_at is not None
    return Word.CANCEL if is_unwanted else Word.CONTINUE
