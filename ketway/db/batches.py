"""Batches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)

from ketway.db import batch_lists, ended_batches, ended_jobs, tagged
from ketway.db.paging import filtered, page_of, parts_of, skipped
from ketway.db.rows import Condition, Runner, from_row, from_rows, put_all, rows_by, to_changes, to_row
from ketway.db.tables import (
    BOOKED,
    DEDUPLICATES,
    HOLDS,
    LIVES,
    OPEN,
    PAUSED,
    UNFINISHED,
    batches,
    jobs,
)
from ketway.db.types import MICROSECONDS, latest, micros
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import MOVES, Batch, BatchId, BatchStatus
from ketway.domain.errors import Stale, Unknown
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import PlatformId
from ketway.services.listing import BatchFilter, Listed, Page

# Made once: every claim asks.
_BEGUN = select(batches).where(BOOKED, batches.c.slot_starts_at <= bindparam("now"))
_NEXT_SLOTS = (
    select(batches.c.platform_id, func.min(batches.c.slot_starts_at).label("begins"))
    .where(
        BOOKED,
        batches.c.platform_id.in_(bindparam("platforms", expanding=True)),
        batches.c.slot_starts_at > bindparam("now"),
    )
    .group_by(batches.c.platform_id)
)
_SLOTS_OF = select(batches).where(
    BOOKED,
    batches.c.platform_id.in_(bindparam("platforms", expanding=True)),
    batches.c.slot_ends_at > bindparam("now"),
)
_BY_ID = rows_by(batches.c.id)
_HOLD_BACK = (
    update(jobs)
    .where(UNFINISHED, jobs.c.batch_id == bindparam("of_batch"))
    .values(is_held_back=bindparam("held_back"))
)
_IN_QUEUE = tuple(status for status in MOVES if status is not BatchStatus.PAUSED)
_SHOWN = select(batches).where(batches.c.id == bindparam("id"), batches.c.deleted_at.is_(None))


class SqlBatches:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._run = runner.run
        # As they were read or written in this transaction, where nobody else writes.
        self._last: dict[BatchId, Batch] = {}

    async def add(self, batch: Batch) -> None:
        row = to_row(batch) | {"echo": dict(batch.echo)}
        await self._run(lambda c: c.execute(insert(batches), row))
        await self._run(lambda c: tagged.note(c, batch))
        await self._run(lambda c: ended_batches.note_new(c, batch))

    async def get(self, id: BatchId, *, visible_to: Actor) -> Batch:
        row = await self._run(lambda c: c.execute(_SHOWN, {"id": id}).one_or_none())
        found = None if row is None else from_row(Batch, row)
        if found is not None:
            self._last[found.id] = found
        if found is None or not visible_to.finds(found):
            raise Unknown("batch", str(id))
        return found

    async def fetch(self, id: BatchId) -> Batch:
        found = await self.of([id])
        if not found:
            raise Unknown("batch", str(id))
        return found[id]

    async def of(self, ids: Sequence[BatchId]) -> Mapping[BatchId, Batch]:
        rows = await self._run(lambda c: c.execute(_BY_ID, {"ids": ids}).all())
        found = {batch.id: batch for batch in from_rows(Batch, rows)}
        self._last |= found
        return found

    async def put(self, *batches_: Batch) -> None:
        if unread := [batch.id for batch in batches_ if batch.id not in self._last]:
            await self.of(unread)
        rows = [
            to_changes(batch)
            | {"echo": dict(batch.echo), "version": batch.version + 1}
            | {"old_id": batch.id, "old_version": batch.version}
            for batch in batches_
        ]
        if not await self._run(lambda c: put_all(c, batches, rows)):
            raise Stale("batch", " or ".join(str(batch.id) for batch in batches_))
        await self._note(batches_)
        for batch in batches_:
            if self._last[batch.id].is_held_back is not batch.is_held_back:
                await self._tell_jobs(batch)
            self._last[batch.id] = batch

    async def _note(self, changed: Sequence[Batch]) -> None:
        """What is kept of them elsewhere."""
        ends = [batch for batch in changed if batch.is_finished and not self._last[batch.id].is_finished]
        await self._run(lambda c: ended_batches.note_ends(c, ends))
        for batch in changed:
            last = self._last[batch.id]
            if last.tags != batch.tags:
                await self._run(partial(tagged.change, last=last, batch=batch))

    async def _tell_jobs(self, batch: Batch) -> None:
        """Those that run too: they may wait again."""
        told = {"of_batch": batch.id, "held_back": batch.is_held_back}
        await self._runner.run_aside(lambda c: c.execute(_HOLD_BACK, told))

    async def list(self, actor: Actor, filter: BatchFilter, page: Page) -> Listed[Batch]:
        known = batch_lists.counting(actor, filter)
        if filter.tags and not filter.ids:
            few = await self._run(lambda c: tagged.few(c, actor, filter))
            if few is not None and not few:
                return Listed(items=[], total=0)
            filter = replace(filter, ids=tuple(few or ()))
        conditions = batch_lists.conditions(actor, filter)
        parts = parts_of(batches, actor, filter)
        rows, total = await page_of(self._runner, batches, conditions, page, parts=parts, known=known)
        return Listed(items=from_rows(Batch, rows), total=total)

    async def with_key(self, project: ProjectId, platform: PlatformId, key: str) -> Batch | None:
        found = await self._where(
            batches.c.project_id == project,
            batches.c.platform_id == platform,
            batches.c.deduplication_key == key,
            DEDUPLICATES,
        )
        return found[0] if found else None

    async def holder(self, platform: PlatformId) -> Batch | None:
        return (await self.holders([platform])).get(platform)

    async def holders(self, platforms: Collection[PlatformId]) -> Mapping[PlatformId, Batch]:
        found = await self._where(batches.c.platform_id.in_(platforms), HOLDS)
        return {batch.platform_id: batch for batch in found}

    async def queue(self, actor: Actor, platform: PlatformId, page: Page) -> Listed[Batch]:
        asked: list[Condition] = [
            LIVES,
            batches.c.platform_id == platform,
            *filtered(batches, actor, BatchFilter(statuses=_IN_QUEUE)),
        ]
        c = batches.c
        turns = (c.status == BatchStatus.QUEUED, c.priority, c.created_at, c.id)
        query = select(batches).where(*asked).order_by(*turns).limit(page.limit).offset(skipped(page))
        count = select(func.count()).select_from(batches).where(*asked)
        rows = await self._run(lambda c: c.execute(query).all())
        total = await self._run(lambda c: c.execute(count).scalar_one())
        return Listed(items=from_rows(Batch, rows), total=total)

    async def last_activity(self, projects: Sequence[ProjectId] | None) -> Mapping[ProjectId, datetime]:
        c = batches.c

        def last_of_each(connection: Connection) -> dict[ProjectId, datetime]:
            every = select(c.project_id).distinct()
            ids = connection.execute(every).scalars().all() if projects is None else projects
            # One by one: the latest is the last entry of an index.
            found = {
                id: connection.execute(select(func.max(c.updated_at)).where(c.project_id == id)).scalar_one()
                for id in ids
            }
            return {id: at for id, at in found.items() if at is not None}

        return await self._run(last_of_each)

    async def children(self, id: BatchId) -> Sequence[BatchId]:
        return [batch.id for batch in await self._where(batches.c.parent_id == id)]

    async def overdue(self, now: datetime) -> Sequence[Batch]:
        asked = {"now": now, "micros": micros(now)}
        return _by_age(await self._run(lambda c: c.execute(_OVERDUE, asked).all()))

    async def begun(self, now: datetime) -> Sequence[Batch]:
        rows = await self._run(lambda c: c.execute(_BEGUN, {"now": now}).all())
        return _by_age(rows)

    async def active_on(self, platform: PlatformId) -> Sequence[Batch]:
        return _by_age(await self._run(lambda c: c.execute(_ACTIVE_ON, {"platform": platform}).all()))

    async def yielded(self) -> Sequence[Batch]:
        return _by_age(await self._run(lambda c: c.execute(_YIELDED).all()))

    async def open_queue(self) -> Sequence[Batch]:
        return _by_age(await self._run(lambda c: c.execute(_OPEN_QUEUE).all()))

    async def next_slots(
        self, platforms: Collection[PlatformId], now: datetime
    ) -> Mapping[PlatformId, datetime]:
        asked = {"platforms": list(platforms), "now": now}
        rows = await self._run(lambda c: c.execute(_NEXT_SLOTS, asked).all())
        return {row.platform_id: row.begins for row in rows}

    async def slots_of(self, platforms: Collection[PlatformId], now: datetime) -> Sequence[Batch]:
        asked = {"platforms": list(platforms), "now": now}
        found = from_rows(Batch, await self._run(lambda c: c.execute(_SLOTS_OF, asked).all()))
        return sorted(found, key=lambda batch: (batch.slot_starts_at or now, str(batch.id)))

    async def count_open(self, project: ProjectId, most: int) -> int:
        found = select(batches.c.id).where(OPEN, batches.c.project_id == project).limit(most).subquery()
        query = select(func.count()).select_from(found)
        return await self._run(lambda c: c.execute(query).scalar_one())

    async def delete(self, id: BatchId, now: datetime) -> None:
        hide = [
            update(batches).where(batches.c.id == id).values(deleted_at=now),
            update(jobs).where(jobs.c.batch_id == id).values(deleted_at=now),
        ]
        batch = await self.fetch(id)
        await self._run(lambda c: tagged.forget(c, batch))
        await self._run(lambda c: ended_batches.note_deletion(c, id))
        await self._run(lambda c: ended_jobs.note_deletion(c, jobs.c.batch_id == id))
        await self._run(lambda c: [c.execute(statement) for statement in hide])

    async def _where(self, *conditions: Condition) -> Sequence[Batch]:
        query = select(batches).where(*conditions).order_by(batches.c.created_at, batches.c.id)
        rows = await self._run(lambda c: c.execute(query).all())
        return [from_row(Batch, row) for row in rows]


def _by_age(rows: Sequence[Row[Any]]) -> Sequence[Batch]:
    """Of what is asked every second: it is sorted here, as to get it sorted SQLite would go by the index
    of time, through all that ever were, and not by that of the living."""
    found = [from_row(Batch, row) for row in rows]
    return sorted(found, key=lambda batch: (batch.created_at, str(batch.id)))


def _overdue() -> Select[Any]:
    c, until = batches.c, bindparam("micros", type_=BigInteger)
    busy = select(jobs.c.id).where(
        jobs.c.batch_id == c.id, jobs.c.status.in_([JobStatus.QUEUED, JobStatus.RUNNING])
    )
    since = latest(
        c.created_at,
        func.coalesce(c.started_at, 0),
        func.coalesce(c.last_ended_at, 0),
        case((c.status == BatchStatus.QUEUED, func.coalesce(_freed_at(), 0)), else_=0),
    )
    idle = and_(
        c.is_open,
        or_(c.slot_ends_at.is_(None), c.started_at.is_not(None)),
        ~busy.exists(),
        since + c.max_idle_s * MICROSECONDS <= until,
    )
    over = and_(c.slot_ends_at.is_(None), c.started_at + c.max_total_s * MICROSECONDS <= until)
    return select(batches).where(LIVES, c.status != BatchStatus.STOPPING, or_(idle, over))


def _freed_at() -> ScalarSelect[datetime]:
    """When the latest slot on a batch's platform was, or will be, over."""
    slot = batches.alias("slots")
    was_used = or_(slot.c.ended_at.is_(None), slot.c.ended_at > slot.c.slot_starts_at)
    return (
        select(func.coalesce(slot.c.ended_at, slot.c.slot_ends_at))
        .where(
            slot.c.platform_id == batches.c.platform_id,
            slot.c.booking_id.is_not(None),
            slot.c.slot_starts_at <= bindparam("now"),
            was_used,
        )
        .order_by(slot.c.slot_starts_at.desc())
        .limit(1)
        .scalar_subquery()
    )


def _open_queue() -> Select[Any]:
    c = batches.c
    waits = c.status == BatchStatus.QUEUED
    return select(batches).where(LIVES, waits, c.is_open, ~c.is_exclusive, c.slot_ends_at.is_(None))


# Made once, as they are asked every second.
_OVERDUE = _overdue()
_OPEN_QUEUE = _open_queue()
_YIELDED = select(batches).where(PAUSED, batches.c.yielded_at.is_not(None))
_ACTIVE_ON = select(batches).where(
    LIVES, batches.c.status == BatchStatus.ACTIVE, batches.c.platform_id == bindparam("platform")
)
