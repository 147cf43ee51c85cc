"""Jobs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    bindparam,
    false,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)

from ketway.db import bulk, bundles, ended_jobs, job_lists, lines
from ketway.db.paging import filtered, page_of, parts_of
from ketway.db.rows import Runner, from_rows, put_all, rows_by, to_changes, to_row
from ketway.db.tables import RUNS, UNFINISHED, WAITS, batches, jobs
from ketway.db.types import MICROSECONDS
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.errors import Stale, Unknown
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.platforms import PlatformId
from ketway.domain.priorities import Priority
from ketway.domain.queues import Sent
from ketway.domain.scheduling import Candidate
from ketway.domain.shares import Running
from ketway.services.listing import JobFilter, Listed, Load, Order, Page

_BATCH_NAME = select(batches.c.name).where(batches.c.id == jobs.c.batch_id).scalar_subquery()


_ADD = insert(jobs).values(
    is_held_back=select(or_(batches.c.status == BatchStatus.PAUSED, batches.c.slot_ends_at.is_not(None)))
    .where(batches.c.id == bindparam("of_batch"))
    .scalar_subquery()
)
# Asked with every claim and every outcome.
_BY_ID = rows_by(jobs.c.id)
_LINE = ("platform_id", "priority", "project_id")
_FOLLOWING = (
    select(jobs)
    .where(
        WAITS,
        *(jobs.c[name] == bindparam(name) for name in _LINE),
        jobs.c.is_held_back == false(),
        jobs.c.created_at >= bindparam("created_at"),
    )
    .order_by(jobs.c.created_at, jobs.c.batch_id, jobs.c.position)
    .limit(bindparam("most"))
)
# In the order of the index of what runs; to look for its platforms, SQLite would take that of all jobs.
_RUNNING_JOBS = (
    select(jobs)
    .where(RUNS)
    .order_by(jobs.c.platform_id, jobs.c.project_id, jobs.c.started_at)
    .limit(bindparam("most"))
)
_OF_BATCH = (
    select(jobs)
    .where(jobs.c.batch_id == bindparam("batch_id"), jobs.c.deleted_at.is_(None))
    .order_by(jobs.c.position, jobs.c.id)
)
_IDS_OF = (
    select(jobs.c.batch_id, jobs.c.id)
    .where(jobs.c.batch_id.in_(bindparam("ids", expanding=True)), jobs.c.deleted_at.is_(None))
    .order_by(jobs.c.batch_id, jobs.c.position)
)
_COUNT = (
    select(jobs.c.batch_id, jobs.c.status, func.count().label("number"))
    .where(jobs.c.batch_id.in_(bindparam("ids", expanding=True)))
    .group_by(jobs.c.batch_id, jobs.c.status)
)
_UNFINISHED = select(batches.c.id).where(
    batches.c.id.in_(bindparam("ids", expanding=True)),
    select(jobs.c.id).where(jobs.c.batch_id == batches.c.id, UNFINISHED).exists(),
)
_RAN = (
    select(jobs.c.batch_id, func.count().label("number"))
    .where(
        jobs.c.batch_id.in_(bindparam("ids", expanding=True)),
        jobs.c.started_at.is_not(None),
        jobs.c.ended_at.is_not(None),
    )
    .group_by(jobs.c.batch_id)
)


class SqlJobs:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._run = runner.run

    async def add(self, jobs_: Sequence[Job]) -> None:
        rows = [_row(job) | {"of_batch": job.batch_id} for job in jobs_]
        if rows:
            await self._run(lambda c: bulk.execute(c, _ADD, rows))
            await self._run(lambda c: ended_jobs.note_new(c, jobs_))

    async def get(self, id: JobId, *, visible_to: Actor) -> Job:
        found = await self._where(jobs.c.id == id, jobs.c.deleted_at.is_(None))
        if not found or not visible_to.finds(found[0]):
            raise Unknown("job", str(id))
        return found[0]

    async def fetch(self, id: JobId) -> Job:
        found = await self.of([id])
        if not found:
            raise Unknown("job", str(id))
        return found[id]

    async def of(self, ids: Sequence[JobId]) -> Mapping[JobId, Job]:
        rows = await self._run(lambda c: c.execute(_BY_ID, {"ids": ids}).all())
        return {job.id: job for job in from_rows(Job, rows)}

    async def put(self, *jobs_: Job) -> None:
        rows = [
            to_changes(job) | {"version": job.version + 1, "old_id": job.id, "old_version": job.version}
            for job in jobs_
        ]
        await self._run(lambda c: ended_jobs.note_ends(c, jobs_))
        if not await self._run(lambda c: put_all(c, jobs, rows)):
            raise Stale("job", " or ".join(str(job.id) for job in jobs_))

    async def list(self, actor: Actor, filter: JobFilter, page: Page) -> Listed[Job]:
        filter = job_lists.sharpened(filter)
        conditions = job_lists.conditions(actor, filter)
        known = partial(job_lists.count, actor=actor, filter=filter) if job_lists.is_counted(filter) else None
        parts = parts_of(jobs, actor, filter)
        elsewhere = {Order.BATCH_NAME: _BATCH_NAME}
        rows, total = await page_of(self._runner, jobs, conditions, page, elsewhere, parts, known)
        return Listed(items=from_rows(Job, rows), total=total)

    async def of_batch(self, id: BatchId, *statuses: JobStatus) -> Sequence[Job]:
        query = _OF_BATCH.where(jobs.c.status.in_(statuses)) if statuses else _OF_BATCH
        return from_rows(Job, await self._run(lambda c: c.execute(query, {"batch_id": id}).all()))

    async def ids_of(self, batches: Sequence[BatchId]) -> Mapping[BatchId, Sequence[JobId]]:
        found: dict[BatchId, list[JobId]] = {id: [] for id in batches}
        for row in await self._run(lambda c: c.execute(_IDS_OF, {"ids": batches}).all()):
            found[row.batch_id].append(row.id)
        return found

    async def count(self, batches: Sequence[BatchId]) -> Mapping[BatchId, Mapping[JobStatus, int]]:
        found: dict[BatchId, dict[JobStatus, int]] = defaultdict(lambda: dict.fromkeys(JobStatus, 0))
        for row in await self._run(lambda c: c.execute(_COUNT, {"ids": batches}).all()):
            found[row.batch_id][row.status] = row.number
        return {id: found[id] for id in batches}

    async def unfinished_among(self, batches_: Sequence[BatchId]) -> Set[BatchId]:
        return set(await self._run(lambda c: c.execute(_UNFINISHED, {"ids": batches_}).scalars().all()))

    async def count_ran(self, batches_: Sequence[BatchId]) -> Mapping[BatchId, int]:
        if not batches_:
            return {}
        rows = await self._run(lambda c: c.execute(_RAN, {"ids": batches_}).all())
        return {row.batch_id: row.number for row in rows}

    async def last_position(self, id: BatchId) -> int:
        query = select(func.coalesce(func.max(jobs.c.position), 0)).where(jobs.c.batch_id == id)
        return await self._run(lambda c: c.execute(query).scalar_one())

    async def waited_for(self) -> Collection[PlatformId]:
        return await self._run(lines.waited_for)

    async def heads(self, platforms: Collection[PlatformId]) -> Sequence[Candidate]:
        return await self._run(lambda c: lines.heads(c, platforms))

    async def heads_of(self, batches: Collection[BatchId]) -> Sequence[Candidate]:
        return await self._run(lambda c: lines.heads_of(c, batches))

    async def behind(self, heads: Collection[JobId], most: int) -> Sequence[Candidate]:
        return await self._run(lambda c: lines.behind(c, heads, most))

    async def sent(self, ids: Collection[JobId]) -> Mapping[JobId, Sent]:
        return await self._run(lambda c: bundles.sent(c, ids))

    async def count_behind(self, after: Candidate, before: Job | None, most: int) -> int:
        return await self._run(lambda c: bundles.count_behind(c, after, before, most))

    async def running_jobs(self, platforms: Collection[PlatformId], most: int) -> Sequence[Job]:
        found = from_rows(Job, await self._run(lambda c: c.execute(_RUNNING_JOBS, {"most": most}).all()))
        return [job for job in found if job.platform_id in platforms]

    async def count_waiting(self, project: ProjectId, most: int) -> int:
        return await self._run(lambda c: lines.count_waiting(c, project, most))

    async def following(self, head: Candidate, most: int) -> Sequence[Job]:
        wanted = {name: getattr(head, name) for name in (*_LINE, "created_at")} | {"most": most}
        return from_rows(Job, await self._run(lambda c: c.execute(_FOLLOWING, wanted).all()))

    async def waiting_on(self, platform: PlatformId) -> Mapping[Priority, Load]:
        query = (
            select(
                jobs.c.priority,
                func.count(jobs.c.batch_id.distinct()).label("batches"),
                func.count().label("jobs"),
                func.coalesce(func.sum(jobs.c.shots), 0).label("shots"),
            )
            .where(WAITS, jobs.c.is_held_back.in_([False, True]), jobs.c.platform_id == platform)
            .group_by(jobs.c.priority)
        )
        rows = await self._run(lambda c: c.execute(query).all())
        return {row.priority: Load(batches=row.batches, jobs=row.jobs, shots=row.shots) for row in rows}

    async def mean_waits(
        self, platforms: Sequence[PlatformId], since: datetime
    ) -> Mapping[PlatformId, float]:
        wait = func.avg(_micros(jobs.c.started_at) - _micros(jobs.c.created_at))
        query = (
            select(jobs.c.platform_id, wait.label("wait"))
            .where(jobs.c.platform_id.in_(platforms), jobs.c.started_at >= since)
            .group_by(jobs.c.platform_id)
        )
        rows = await self._run(lambda c: c.execute(query).all())
        return {row.platform_id: float(row.wait) / MICROSECONDS for row in rows}

    async def frequency(
        self, actor: Actor, project: ProjectId, unit: timedelta
    ) -> Mapping[datetime, Mapping[PlatformId, int]]:
        unit_s = int(unit.total_seconds())
        began = (_micros(jobs.c.created_at) // (unit_s * MICROSECONDS)).label("began")
        query = (
            select(began, jobs.c.platform_id, func.count().label("number"))
            .where(*filtered(jobs, actor, JobFilter(project_ids=(project,))))
            .group_by(began, jobs.c.platform_id)
            .order_by(began)
        )
        found: dict[datetime, dict[PlatformId, int]] = defaultdict(dict)
        for row in await self._run(lambda c: c.execute(query).all()):
            found[datetime.fromtimestamp(row.began * unit_s, UTC)][row.platform_id] = row.number
        return dict(found)

    async def running_on(self, platform: PlatformId) -> int:
        query = select(func.count()).select_from(jobs).where(RUNS, jobs.c.platform_id == platform)
        return await self._run(lambda c: c.execute(query).scalar_one())

    async def running(
        self, platforms: Collection[PlatformId], now: datetime
    ) -> Mapping[PlatformId, Mapping[ProjectId, Running]]:
        return await self._run(lambda c: lines.running(c, platforms, now))

    async def delete(self, id: JobId, now: datetime) -> None:
        statement = update(jobs).where(jobs.c.id == id).values(deleted_at=now)
        await self._run(lambda c: ended_jobs.note_deletion(c, jobs.c.id == id))
        await self._run(lambda c: c.execute(statement))

    async def _where(self, *conditions: ColumnElement[bool]) -> Sequence[Job]:
        query = select(jobs).where(*conditions).order_by(jobs.c.position, jobs.c.id)
        rows = await self._run(lambda c: c.execute(query).all())
        return from_rows(Job, rows)


def _row(job: Job) -> dict[str, object]:
    return to_row(job) | _mappings(job)


def _mappings(job: Job) -> dict[str, object]:
    return {"parameters": dict(job.parameters), "echo": dict(job.echo)}


def _micros(column: ColumnElement[Any]) -> ColumnElement[int]:
    """A time as the number that is kept."""
    return type_coerce(column, BigInteger)
