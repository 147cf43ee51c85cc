"""Leases: workers claim attempts, renew them, report on them, give them back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ketway.domain.batches import BatchStatus
from ketway.domain.credentials import WorkerToken
from ketway.domain.errors import LeaseLost, NotFound, Unknown
from ketway.domain.jobs import Job, JobStatus
from ketway.domain.leases import Lease, LeaseId, LeaseStatus, Verdict, Word, Worker, WorkerId
from ketway.domain.platforms import Platform
from ketway.domain.results import Result, blob_key, shown
from ketway.domain.scheduling import Candidate, choose
from ketway.domain.tasks import Computed, Task
from ketway.domain.usage import NOTHING, Usage, of_result
from ketway.services.candidates import Turns
from ketway.services.ending import note, settle
from ketway.services.platforms import Platforms
from ketway.services.ports import Bell, BlobStore, Clock, Database, Work


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A lease with all that a worker needs to run it."""

    lease: Lease
    job: Job
    platform: Platform
    task: Task


@dataclass(frozen=True, kw_only=True)
class Beat:
    """A worker's word on one of its leases.

    Args:
        progress: 0..100.
    """

    lease_id: LeaseId
    secret: str
    progress: int


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
    fresh: Callable[[], UUID]
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
        """Up to `most` jobs to run; waits for the first one to come.

        The same question (`request_id`) asked again gets the same live leases.

        Raises:
            Unknown: no such worker of this token; register again.
        """
        deadline = self.clock.steady() + min(wait_s, self.max_wait_s)
        while True:
            heard = self.bell.strokes()
            grants = await self._claim_now(token, id, request_id, most)
            left = deadline - self.clock.steady()
            if grants or left <= 0 or self.bell.is_silent():
                return grants
            await self.bell.wait(heard, left)

    async def heartbeat(
        self, token: WorkerToken, id: WorkerId, beats: Sequence[Beat]
    ) -> Mapping[LeaseId, Word]:
        """Renew leases and hand on progress; says for each what to do with it."""
        now = self.clock.now()
        async with self.db.work() as work:
            await _worker(work, token, id)
            await work.workers.seen(id, now)
            return {beat.lease_id: await self._renew(work, id, beat, now) for beat in beats}

    async def report_done(self, id: LeaseId, secret: str, computed: Computed) -> None:
        """Store a result, then make its job DONE. Saying the same twice is no fault.

        Raises:
            LeaseLost: the attempt is not this worker's any more; nothing is kept.
        """
        body = computed.document.encode()
        sha256 = hashlib.sha256(body).hexdigest()
        async with self.db.look() as work:
            lease = await _lease(work, id, secret)
            if lease.outcome == sha256:
                return
            await _attempt(work, lease)
        key = blob_key(lease.job_id, lease.attempt, sha256)
        # The bytes are safe before the job says DONE: whoever sees DONE can read them.
        await self.blobs.put(key, body)
        try:
            is_kept = await self._keep_result(id, secret, computed, key, len(body), sha256)
        except LeaseLost:
            await self.blobs.delete(key)
            raise
        if not is_kept:
            await self.blobs.delete(key)
        await self.bell.ring()

    async def _keep_result(
        self, id: LeaseId, secret: str, computed: Computed, key: str, size: int, sha256: str
    ) -> bool:
        """Whether somebody will read the result; nobody does where a cancel was asked for."""
        now = self.clock.now()
        async with self.db.work() as work:
            lease = await _lease(work, id, secret)
            if lease.outcome == sha256:
                return bool(await work.results.of([lease.job_id]))
            job = await _attempt(work, lease)
            ended = job.resume(now).finish(computed.shots, now)
            if ended.status is JobStatus.DONE:
                await work.results.add(
                    Result(
                        job_id=job.id,
                        attempt=lease.attempt,
                        key=key,
                        size=size,
                        sha256=sha256,
                        shots=computed.shots,
                        counts=[shown(counts) for counts in computed.counts],
                        metadata=computed.metadata,
                        created_at=now,
                    )
                )
            made = of_result(ended, len(computed.counts), computed.shots)
            await self._close(work, lease, ended, sha256, now, made)
        return ended.status is JobStatus.DONE

    async def report_failed(self, id: LeaseId, secret: str, verdict: Verdict, why: str) -> None:
        """An attempt ended without a result. Saying the same twice is no fault.

        Raises:
            LeaseLost
        """
        digest = hashlib.sha256(f"{verdict.value}: {why}".encode()).hexdigest()
        now = self.clock.now()
        async with self.db.work() as work:
            lease = await _lease(work, id, secret)
            if lease.outcome == digest:
                return
            job = await _attempt(work, lease)
            ended = _without_result(job.resume(now), verdict, why, now)
            await self._close(work, lease, ended, digest, now)
        await self.bell.ring()

    async def _close(
        self, work: Work, lease: Lease, job: Job, outcome: str, now: datetime, made: Usage = NOTHING
    ) -> None:
        await work.leases.put(lease.end(LeaseStatus.ENDED, outcome))
        await work.jobs.put(job)
        computed = max(now - lease.granted_at, timedelta(0))
        await self.turns.used(work, job, computed, now)
        used = made + Usage(computed=computed)
        if job.is_finished:
            await settle(work, job.batch_id, now, job, used=used)
        else:
            await note(work, await work.batches.fetch(job.batch_id), now, used)

    async def give_back(self, id: LeaseId, secret: str) -> None:
        """A worker stops: its job waits again, unharmed.

        Raises:
            LeaseLost
        """
        now = self.clock.now()
        async with self.db.work() as work:
            lease = await _lease(work, id, secret)
            if lease.status is LeaseStatus.RETURNED:
                return
            job = await _attempt(work, lease)
            back = job.resume(now).give_back(now)
            await work.leases.put(lease.end(LeaseStatus.RETURNED))
            await work.jobs.put(back)
            if back.is_finished:
                await settle(work, job.batch_id, now, back)
        await self.bell.ring()

    async def _claim_now(
        self, token: WorkerToken, id: WorkerId, request_id: str, most: int
    ) -> Sequence[Grant]:
        now = self.clock.now()
        async with self.db.work() as work:
            worker = await _worker(work, token, id)
            await work.workers.seen(id, now)
            leases = list(await work.leases.asked_as(id, request_id))
            if not leases:
                leases = await self._start_next(work, worker, request_id, most, now)
            jobs = [await work.jobs.fetch(lease.job_id) for lease in leases]
        grants = [await self._grant(lease, job) for lease, job in zip(leases, jobs, strict=True)]
        return [grant for grant in grants if grant is not None]

    async def _start_next(
        self, work: Work, worker: Worker, request_id: str, most: int, now: datetime
    ) -> list[Lease]:
        leases: list[Lease] = []
        while len(leases) < most:
            platforms = await self.platforms.run_by(work, worker.engines)
            chosen = choose(await self.turns.candidates(work, platforms, now))
            if chosen is None:
                break
            leases.append(await self._start(work, worker, request_id, chosen, now))
        return leases

    async def _start(
        self, work: Work, worker: Worker, request_id: str, chosen: Candidate, now: datetime
    ) -> Lease:
        job = (await work.jobs.fetch(chosen.job_id)).start(now)
        batch = await work.batches.fetch(job.batch_id)
        if batch.status is BatchStatus.QUEUED:
            await work.batches.put(batch.acquire(now))
        await work.jobs.put(job)
        lease = Lease(
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
        await work.leases.add(lease)
        return lease

    async def _grant(self, lease: Lease, job: Job) -> Grant | None:
        """What the worker needs; None if the program is gone, and with it the job."""
        platform = await self.platforms.get(job.platform_id)
        async with self.db.look() as work:
            batch = await work.batches.fetch(job.batch_id)
            program_id = job.program_id or batch.program_id
            if program_id is None:
                raise Unknown("program", str(job.id))
            program = await work.programs.fetch(program_id)
        try:
            text = (await self.blobs.get(program.key)).decode()
        except NotFound:
            why = "its program can no longer be read from the server's storage"
            await self.report_failed(lease.id, lease.secret, Verdict.FAULT, why)
            return None
        task = Task(
            program=text,
            shots=job.shots,
            seed=job.seed,
            max_shots=platform.max_shots,
            max_qubits=platform.max_qubits,
            parameters=job.parameters,
            configuration=batch.configuration,
            settings=platform.settings,
        )
        return Grant(lease=lease, job=job, platform=platform, task=task)

    async def _renew(self, work: Work, worker: WorkerId, beat: Beat, now: datetime) -> Word:
        lease = await work.leases.get(beat.lease_id)
        if lease is None or not _same(lease.secret, beat.secret) or lease.worker_id != worker:
            return Word.LOST
        job = await work.jobs.fetch(lease.job_id)
        if job.attempt != lease.attempt or job.is_finished:
            return Word.LOST
        if lease.status in (LeaseStatus.ENDED, LeaseStatus.RETURNED):
            return Word.LOST
        if job.status is JobStatus.QUEUED and not await _has_its_platform(work, job):
            return Word.LOST
        revived = replace(lease, status=LeaseStatus.LIVE, expires_at=now + self.life)
        await work.leases.put(revived)
        progress = job.resume(now).advance(beat.progress, now)
        if (progress.progress, progress.status) != (job.progress, job.status):
            await work.jobs.put(progress)
        is_unwanted = job.cancel_requested_at is not None or await _makes_room(work, job)
        return Word.CANCEL if is_unwanted else Word.CONTINUE


async def _worker(work: Work, token: WorkerToken, id: WorkerId) -> Worker:
    worker = await work.workers.get(id)
    if worker is None or worker.token_id != token.id:
        raise Unknown("worker", str(id))
    return worker


async def _lease(work: Work, id: LeaseId, secret: str) -> Lease:
    lease = await work.leases.get(id)
    if lease is None or not _same(lease.secret, secret):
        raise LeaseLost(str(id))
    return lease


def _same(secret: str, said: str) -> bool:
    return hmac.compare_digest(secret.encode(), said.encode())


async def _attempt(work: Work, lease: Lease) -> Job:
    """The job of a lease whose attempt is still its latest, so that its outcome counts."""
    if lease.status in (LeaseStatus.ENDED, LeaseStatus.RETURNED):
        raise LeaseLost(str(lease.id))
    job = await work.jobs.fetch(lease.job_id)
    if job.is_finished or job.attempt != lease.attempt:
        raise LeaseLost(str(lease.id))
    return job


async def _has_its_platform(work: Work, job: Job) -> bool:
    """Whether an attempt that was thought lost may go on: its batch may have been paused meanwhile,
    and the platform be another's."""
    return (await work.batches.fetch(job.batch_id)).status is BatchStatus.ACTIVE


async def _makes_room(work: Work, job: Job) -> bool:
    """Whether it is to stop for a slot, and to wait again."""
    return (await work.batches.fetch(job.batch_id)).yielded_at is not None


def _without_result(job: Job, verdict: Verdict, why: str, now: datetime) -> Job:
    if verdict is Verdict.DIED:
        return job.lose_child(why, now)
    if verdict is Verdict.CANCELLED and job.cancel_requested_at is None:
        return job.give_back(now)
    return job.fail(why, now)
