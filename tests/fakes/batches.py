"""Batches in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.errors import Stale, Unknown
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import PlatformId
from ketway.services.listing import BatchFilter, Listed, Page
from tests.fakes.tables import Tables, held_platform, insert, living_key, must_be_unique, must_exist, page_of

_BUSY = {JobStatus.QUEUED, JobStatus.RUNNING}


class MemoryBatches:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, batch: Batch) -> None:
        must_exist(self._tables.projects, batch.project_id)
        must_exist(self._tables.accounts, batch.creator_id)
        must_exist(self._tables.programs, batch.program_id)
        self._must_fit(batch)
        insert(self._tables.batches, batch.id, batch)

    async def get(self, id: BatchId, *, visible_to: Actor) -> Batch:
        found = self._tables.batches.get(id)
        if found is None or id in self._tables.hidden:
            raise Unknown("batch", str(id))
        if not visible_to.finds(found):
            raise Unknown("batch", str(id))
        return found

    async def fetch(self, id: BatchId) -> Batch:
        try:
            return self._tables.batches[id]
        except KeyError:
            raise Unknown("batch", str(id)) from None

    async def of(self, ids: Sequence[BatchId]) -> Mapping[BatchId, Batch]:
        return {id: self._tables.batches[id] for id in ids if id in self._tables.batches}

    async def put(self, *batches: Batch) -> None:
        for batch in batches:
            stored = self._tables.batches.get(batch.id)
            if stored is None or stored.version != batch.version:
                raise Stale("batch", str(batch.id))
            self._must_fit(batch)
            self._tables.batches[batch.id] = replace(batch, version=batch.version + 1)

    async def list(self, actor: Actor, filter: BatchFilter, page: Page) -> Listed[Batch]:
        visible = (batch for batch in self._sorted() if batch.id not in self._tables.hidden)
        return page_of((batch for batch in visible if _fits(batch, actor, filter, self._size(batch))), page)

    async def with_key(self, project: ProjectId, platform: PlatformId, key: str) -> Batch | None:
        wanted = (project, platform, key)
        return next((batch for batch in self._sorted() if living_key(batch) == wanted), None)

    async def holder(self, platform: PlatformId) -> Batch | None:
        return next((batch for batch in self._sorted() if held_platform(batch) == platform), None)

    async def holders(self, platforms: Collection[PlatformId]) -> Mapping[PlatformId, Batch]:
        held = {platform: await self.holder(platform) for platform in platforms}
        return {platform: batch for platform, batch in held.items() if batch is not None}

    async def queue(self, actor: Actor, platform: PlatformId, page: Page) -> Listed[Batch]:
        living = (batch for batch in self._sorted() if not batch.is_finished)
        shown = [
            batch
            for batch in living
            if batch.platform_id == platform
            and batch.status is not BatchStatus.PAUSED
            and batch.id not in self._tables.hidden
            and actor.finds(batch)
        ]
        shown.sort(key=lambda batch: (batch.status is BatchStatus.QUEUED, batch.priority.value))
        return Listed(items=shown[page.offset : page.offset + page.limit], total=len(shown))

    async def last_activity(self, projects: Sequence[ProjectId] | None) -> Mapping[ProjectId, datetime]:
        batches = sorted(self._tables.batches.values(), key=lambda batch: batch.updated_at)
        return {
            batch.project_id: batch.updated_at
            for batch in batches
            if projects is None or batch.project_id in projects
        }

    async def children(self, id: BatchId) -> Sequence[BatchId]:
        return [batch.id for batch in self._sorted() if batch.parent_id == id]

    async def overdue(self, now: datetime) -> Sequence[Batch]:
        busy = {job.batch_id for job in self._tables.jobs.values() if job.status in _BUSY}
        return [
            batch
            for batch in self._sorted()
            if _is_overdue(batch, batch.id in busy, self._freed_at(batch, now), now)
        ]

    async def begun(self, now: datetime) -> Sequence[Batch]:
        booked = (BatchStatus.QUEUED, BatchStatus.ACTIVE, BatchStatus.PAUSED)
        return [
            batch
            for batch in self._sorted()
            if batch.status in booked and batch.slot is not None and batch.slot.starts_at <= now
        ]

    async def next_slots(
        self, platforms: Collection[PlatformId], now: datetime
    ) -> Mapping[PlatformId, datetime]:
        booked = (BatchStatus.QUEUED, BatchStatus.ACTIVE, BatchStatus.PAUSED)
        slots = [
            (batch.slot.starts_at, batch.platform_id)
            for batch in self._tables.batches.values()
            if batch.status in booked and batch.slot is not None and batch.platform_id in platforms
        ]
        to_come = sorted(slot for slot in slots if slot[0] > now)
        return {platform: begins for begins, platform in reversed(to_come)}

    async def slots_of(self, platforms: Collection[PlatformId], now: datetime) -> Sequence[Batch]:
        booked = (BatchStatus.QUEUED, BatchStatus.ACTIVE, BatchStatus.PAUSED)
        found = [
            (batch.slot.starts_at, str(batch.id), batch)
            for batch in self._tables.batches.values()
            if batch.status in booked and batch.slot is not None and batch.platform_id in platforms
            if batch.slot.ends_at > now
        ]
        return [batch for _, _, batch in sorted(found, key=lambda each: each[:2])]

    async def count_open(self, project: ProjectId, most: int) -> int:
        batches = self._tables.batches.values()
        return min(sum(batch.is_open and batch.project_id == project for batch in batches), most)

    async def active_on(self, platform: PlatformId) -> Sequence[Batch]:
        active = (batch for batch in self._sorted() if batch.status is BatchStatus.ACTIVE)
        return [batch for batch in active if batch.platform_id == platform]

    async def yielded(self) -> Sequence[Batch]:
        paused = (batch for batch in self._sorted() if batch.status is BatchStatus.PAUSED)
        return [batch for batch in paused if batch.yielded_at is not None]

    async def open_queue(self) -> Sequence[Batch]:
        waiting = (batch for batch in self._sorted() if batch.status is BatchStatus.QUEUED)
        return [batch for batch in waiting if batch.is_open and not batch.is_exclusive and batch.slot is None]

    async def delete(self, id: BatchId, now: datetime) -> None:
        jobs = [job.id for job in self._tables.jobs.values() if job.batch_id == id]
        self._tables.hidden |= dict.fromkeys([id, *jobs])

    def _size(self, batch: Batch) -> int:
        return sum(job.batch_id == batch.id for job in self._tables.jobs.values())

    def _sorted(self) -> Iterator[Batch]:
        yield from sorted(self._tables.batches.values(), key=lambda batch: (batch.created_at, str(batch.id)))

    def _freed_at(self, batch: Batch, now: datetime) -> datetime | None:
        """When the latest slot on its platform was, or will be, over, for one that waits."""
        used = [
            (other.slot.starts_at, other.ended_at or other.slot.ends_at)
            for other in self._tables.batches.values()
            if other.platform_id == batch.platform_id and other.slot is not None
            if other.slot.starts_at <= now
            if other.ended_at is None or other.ended_at > other.slot.starts_at
        ]
        return max(used)[1] if used and batch.status is BatchStatus.QUEUED else None

    def _must_fit(self, batch: Batch) -> None:
        others = [other for other in self._tables.batches.values() if other.id != batch.id]
        must_be_unique([*others, batch], held_platform)
        must_be_unique([*others, batch], living_key)


def _is_overdue(batch: Batch, is_busy: bool, freed_at: datetime | None, now: datetime) -> bool:
    if batch.is_finished or batch.status in (BatchStatus.STOPPING, BatchStatus.PAUSED):
        return False
    total = batch.total_deadline()
    idle = batch.idle_deadline(freed_at)
    is_idle = batch.is_open and not is_busy and idle is not None and idle <= now
    return is_idle or (total is not None and total <= now)


def _fits(batch: Batch, actor: Actor, filter: BatchFilter, size: int) -> bool:
    return (
        actor.finds(batch)
        and (filter.project_ids is None or batch.project_id in filter.project_ids)
        and (filter.platform_ids is None or batch.platform_id in filter.platform_ids)
        and (not filter.ids or batch.id in filter.ids)
        and (not filter.creator_ids or batch.creator_id in filter.creator_ids)
        and (not filter.statuses or batch.status in filter.statuses)
        and (not filter.priorities or batch.priority in filter.priorities)
        and (not filter.doors or batch.door in filter.doors)
        and str(batch.id).startswith(filter.id_starts_with or "")
        and filter.is_open in (None, batch.is_open)
        and (filter.min_jobs is None or size >= filter.min_jobs)
        and (filter.max_jobs is None or size <= filter.max_jobs)
        and (filter.created_from is None or batch.created_at >= filter.created_from)
        and (filter.created_until is None or batch.created_at <= filter.created_until)
        and set(filter.tags) <= set(batch.tags)
    )
