"""Jobs in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean

from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.errors import Stale, Unknown
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.platforms import PlatformId
from ketway.domain.priorities import Priority
from ketway.domain.queues import Sent
from ketway.domain.scheduling import Candidate
from ketway.domain.shares import NOTHING_RUNS, Running
from ketway.services.listing import JobFilter, Listed, Load, Order, Page
from tests.fakes.tables import Tables, insert, must_be_unique, must_exist, page_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryJobs:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            must_exist(self._tables.batches, job.batch_id)
            must_exist(self._tables.projects, job.project_id)
            must_exist(self._tables.accounts, job.creator_id)
            must_exist(self._tables.programs, job.program_id)
        must_be_unique([*self._tables.jobs.values(), *jobs], lambda job: (job.batch_id, job.position))
        for job in jobs:
            insert(self._tables.jobs, job.id, job)

    async def get(self, id: JobId, *, visible_to: Actor) -> Job:
        found = self._tables.jobs.get(id)
        if found is None or id in self._tables.hidden:
            raise Unknown("job", str(id))
        if not visible_to.finds(found):
            raise Unknown("job", str(id))
        return found

    async def fetch(self, id: JobId) -> Job:
        try:
            return self._tables.jobs[id]
        except KeyError:
            raise Unknown("job", str(id)) from None

    async def of(self, ids: Sequence[JobId]) -> Mapping[JobId, Job]:
        return {id: self._tables.jobs[id] for id in ids if id in self._tables.jobs}

    async def put(self, *jobs: Job) -> None:
        for job in jobs:
            stored = self._tables.jobs.get(job.id)
            if stored is None or stored.version != job.version:
                raise Stale("job", str(job.id))
        self._tables.jobs |= {job.id: replace(job, version=job.version + 1) for job in jobs}

    async def list(self, actor: Actor, filter: JobFilter, page: Page) -> Listed[Job]:
        jobs = self._tables.jobs.values()
        visible = (job for job in jobs if job.id not in self._tables.hidden)
        fitting = (job for job in visible if _fits(job, actor, filter))
        return page_of(fitting, page, {Order.BATCH_NAME: lambda job: self._tables.batches[job.batch_id].name})

    async def of_batch(self, id: BatchId, *statuses: JobStatus) -> Sequence[Job]:
        shown = (job for job in self._of(id) if job.id not in self._tables.hidden)
        return [job for job in shown if not statuses or job.status in statuses]

    async def ids_of(self, batches: Sequence[BatchId]) -> Mapping[BatchId, Sequence[JobId]]:
        return {id: [job.id for job in await self.of_batch(id)] for id in batches}

    async def count(self, batches: Sequence[BatchId]) -> Mapping[BatchId, Mapping[JobStatus, int]]:
        return {
            id: {status: sum(job.status is status for job in self._of(id)) for status in JobStatus}
            for id in batches
        }

    async def unfinished_among(self, batches: Sequence[BatchId]) -> Set[BatchId]:
        return {id for id in batches if any(not job.is_finished for job in self._of(id))}

    async def count_ran(self, batches: Sequence[BatchId]) -> Mapping[BatchId, int]:
        jobs = [job for id in batches for job in self._of(id)]
        return Counter(job.batch_id for job in jobs if None not in (job.started_at, job.ended_at))

    async def last_position(self, id: BatchId) -> int:
        return max((job.position for job in self._of(id)), default=0)

    async def waited_for(self) -> Collection[PlatformId]:
        return {job.platform_id for job in self._waiting()}

    async def heads(self, platforms: Collection[PlatformId]) -> Sequence[Candidate]:
        waiting = [
            job
            for job in self._waiting()
            if job.platform_id in platforms and self._tables.batches[job.batch_id].slot is None
        ]
        waiting.sort(key=lambda job: (job.created_at, str(job.batch_id), job.position), reverse=True)
        # The oldest of each line is written last.
        lines = {
            (job.platform_id, job.priority, job.project_id): job for job in waiting if self._may_start(job)
        }
        return [_candidate(job) for job in lines.values()]

    async def heads_of(self, batches: Collection[BatchId]) -> Sequence[Candidate]:
        waiting = [job for job in self._waiting() if job.batch_id in batches and self._may_start(job)]
        waiting.sort(key=lambda job: job.position, reverse=True)
        return [_candidate(job) for job in {job.batch_id: job for job in waiting}.values()]

    async def behind(self, heads: Collection[JobId], most: int) -> Sequence[Candidate]:
        found: list[Candidate] = []
        for id in heads:
            head = self._tables.jobs[id]
            line = [
                job for job in self._waiting() if _line(job) == _line(head) and _request(job) > _request(head)
            ]
            line.sort(key=lambda job: (*_request(job), job.position), reverse=True)
            requests = {_request(job): job for job in line}
            next_ones = [requests[each] for each in sorted(requests)[:most]]
            free = (job for job in next_ones if self._tables.batches[job.batch_id].slot is None)
            found += [_candidate(job) for job in free if self._may_start(job)]
        return found

    async def sent(self, ids: Collection[JobId]) -> Mapping[JobId, Sent]:
        found = [self._tables.jobs[id] for id in ids if id in self._tables.jobs]
        waiting = self._waiting()
        return {
            job.id: Sent(
                last=max(
                    (each.position for each in waiting if each.batch_id == job.batch_id), default=job.position
                ),
                qubits=job.qubits,
                shots=job.shots,
            )
            for job in found
        }

    async def count_behind(self, after: Candidate, before: Job | None, most: int) -> int:
        first = self._tables.jobs[after.job_id]
        line = [job for job in self._waiting() if _line(job) == _line(first) and self._is_free(job)]
        behind = [job for job in line if job.created_at > first.created_at]
        if before is not None:
            behind = [
                job
                for job in behind
                if job.created_at < before.created_at
                or (_request(job) == _request(before) and job.position < before.position)
            ]
        return min(len(behind), most)

    async def running_jobs(self, platforms: Collection[PlatformId], most: int) -> Sequence[Job]:
        jobs = self._tables.jobs.values()
        running = [job for job in jobs if job.status is JobStatus.RUNNING and job.platform_id in platforms]
        return running[:most]

    async def count_waiting(self, project: ProjectId, most: int) -> int:
        return min(sum(job.project_id == project for job in self._waiting()), most)

    async def following(self, head: Candidate, most: int) -> Sequence[Job]:
        batches = self._tables.batches
        line = [
            job
            for job in self._tables.jobs.values()
            if job.status is JobStatus.QUEUED and job.created_at >= head.created_at
            if (job.platform_id, job.priority) == (head.platform_id, head.priority)
            if job.project_id == head.project_id
            if batches[job.batch_id].status is not BatchStatus.PAUSED and batches[job.batch_id].slot is None
        ]
        line.sort(key=lambda job: (job.created_at, str(job.batch_id), job.position))
        return line[:most]

    async def waiting_on(self, platform: PlatformId) -> Mapping[Priority, Load]:
        waiting = [
            job
            for job in self._tables.jobs.values()
            if job.status is JobStatus.QUEUED and job.platform_id == platform
        ]
        by_class = {
            priority: [job for job in waiting if job.priority is priority]
            for priority in {job.priority for job in waiting}
        }
        return {
            priority: Load(
                batches=len({job.batch_id for job in jobs}),
                jobs=len(jobs),
                shots=sum(job.shots or 0 for job in jobs),
            )
            for priority, jobs in by_class.items()
        }

    async def mean_waits(
        self, platforms: Sequence[PlatformId], since: datetime
    ) -> Mapping[PlatformId, float]:
        waits: dict[PlatformId, list[float]] = {}
        for job in self._tables.jobs.values():
            if job.platform_id in platforms and job.started_at is not None and job.started_at >= since:
                waits.setdefault(job.platform_id, []).append(
                    (job.started_at - job.created_at).total_seconds()
                )
        return {platform: fmean(found) for platform, found in waits.items()}

    async def frequency(
        self, actor: Actor, project: ProjectId, unit: timedelta
    ) -> Mapping[datetime, Mapping[PlatformId, int]]:
        found: dict[datetime, Counter[PlatformId]] = {}
        for job in sorted(self._tables.jobs.values(), key=lambda job: job.created_at):
            if job.project_id == project and actor.finds(job) and job.id not in self._tables.hidden:
                began = job.created_at - (job.created_at - EPOCH) % unit
                found.setdefault(began, Counter())[job.platform_id] += 1
        return found

    async def running_on(self, platform: PlatformId) -> int:
        return sum(
            job.status is JobStatus.RUNNING and job.platform_id == platform
            for job in self._tables.jobs.values()
        )

    async def running(
        self, platforms: Collection[PlatformId], now: datetime
    ) -> Mapping[PlatformId, Mapping[ProjectId, Running]]:
        found: dict[PlatformId, dict[ProjectId, Running]] = {}
        for job in self._tables.jobs.values():
            if job.status is JobStatus.RUNNING and job.platform_id in platforms:
                assert job.started_at is not None
                here = found.setdefault(job.platform_id, {})
                known = here.get(job.project_id, NOTHING_RUNS)
                seconds = known.seconds + (now - job.started_at).total_seconds()
                here[job.project_id] = Running(number=known.number + 1, seconds=seconds)
        return found

    async def delete(self, id: JobId, now: datetime) -> None:
        self._tables.hidden[id] = None

    def _waiting(self) -> Sequence[Job]:
        return [job for job in self._tables.jobs.values() if job.status is JobStatus.QUEUED]

    def _may_start(self, job: Job) -> bool:
        return self._tables.batches[job.batch_id].status is not BatchStatus.PAUSED

    def _is_free(self, job: Job) -> bool:
        return self._may_start(job) and self._tables.batches[job.batch_id].slot is None

    def _of(self, id: BatchId) -> Sequence[Job]:
        found = [job for job in self._tables.jobs.values() if job.batch_id == id]
        return sorted(found, key=lambda job: job.position)


def _line(job: Job) -> tuple[object, ...]:
    return job.platform_id, job.priority, job.project_id


def _request(job: Job) -> tuple[datetime, str]:
    return job.created_at, str(job.batch_id)


def _candidate(job: Job) -> Candidate:
    return Candidate(
        job_id=job.id,
        batch_id=job.batch_id,
        project_id=job.project_id,
        platform_id=job.platform_id,
        priority=job.priority,
        created_at=job.created_at,
        position=job.position,
        max_duration_s=job.max_duration_s,
    )


def _fits(job: Job, actor: Actor, filter: JobFilter) -> bool:
    return (
        actor.finds(job)
        and (filter.project_ids is None or job.project_id in filter.project_ids)
        and (not filter.ids or job.id in filter.ids)
        and (not filter.batch_ids or job.batch_id in filter.batch_ids)
        and (not filter.creator_ids or job.creator_id in filter.creator_ids)
        and (not filter.statuses or job.status in filter.statuses)
        and (not filter.doors or job.door in filter.doors)
        and str(job.id).startswith(filter.id_starts_with or "")
        and (filter.min_shots is None or (job.shots is not None and job.shots >= filter.min_shots))
        and (filter.max_shots is None or (job.shots is not None and job.shots <= filter.max_shots))
        and filter.has_errors in (None, bool(job.errors))
        and (filter.created_from is None or job.created_at >= filter.created_from)
        and (filter.created_until is None or job.created_at <= filter.created_until)
        and set(filter.tags) <= set(job.tags)
    )
