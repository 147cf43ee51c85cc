"""Candidates: of all that waits, what could start now.

Asked with every claim: the questions are as many for a hundred platforms as for one, and there is but
one where nothing waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ketway.domain.accounts import ProjectId
from ketway.domain.batches import Batch
from ketway.domain.jobs import Job
from ketway.domain.platforms import Platform, PlatformId
from ketway.domain.scheduling import Candidate
from ketway.domain.shares import NOTHING_RUNS, FairShare, Running, Share, standing
from ketway.services.backfill import Backfill
from ketway.services.ports import Work
from ketway.services.room import slots_on

AllRunning = Mapping[PlatformId, Mapping[ProjectId, Running]]


@dataclass(frozen=True, kw_only=True)
class Turns:
    """What could start now, ready to be ranked; and what started, so that others come first next time."""

    fair_share: FairShare
    backfill: Backfill

    async def candidates(self, work: Work, platforms: Sequence[Platform], now: datetime) -> list[Candidate]:
        """The heads of the lines of these platforms; while a slot is on, or a batch holds a machine,
        nobody else's jobs start there."""
        waited_for = await work.jobs.waited_for()
        wanted = [platform for platform in platforms if platform.id in waited_for]
        if not wanted:
            return []
        running = await work.jobs.running([platform.id for platform in wanted], now)
        free = [each for each in wanted if _has_room(each, running.get(each.id, {}))]
        heads = await _heads(work, free, now) if free else []
        found = await self.backfill.fitting(work, heads, now) if heads else []
        compete = self.fair_share.is_on and len({each.project_id for each in found}) > 1
        return await self.with_use(work, found, running, now) if compete else found

    async def used(self, work: Work, job: Job, time: timedelta, now: datetime) -> None:
        """An attempt of a job has ended; to be said in the transaction that says so of the job."""
        known = await work.shares.to_change(job.project_id, job.platform_id)
        share = known or Share(project_id=job.project_id, platform_id=job.platform_id, used_s=0.0, as_of=now)
        await work.shares.put(share.add(time.total_seconds(), now, self.fair_share.half_life_s))

    async def with_use(
        self, work: Work, found: Sequence[Candidate], running: AllRunning, now: datetime
    ) -> list[Candidate]:
        projects = {each.project_id for each in found}
        shares = await work.shares.of(projects, {each.platform_id for each in found})
        weights = await work.projects.weights(projects)
        half_life_s = self.fair_share.half_life_s

        def use_of(each: Candidate) -> float:
            share = shares.get((each.project_id, each.platform_id))
            used_s = 0.0 if share is None else share.at(now, half_life_s)
            runs = running.get(each.platform_id, {}).get(each.project_id, NOTHING_RUNS)
            return standing(used_s, runs, weights[each.project_id])

        return [replace(each, used=use_of(each)) for each in found]


async def _heads(work: Work, free: Sequence[Platform], now: datetime) -> list[Candidate]:
    slots = await slots_on(work, now)
    holders = await _holders(work, free)
    owed = await _owed(work, free)
    shared = [each.id for each in free if each.id not in {*slots, *holders, *owed}]
    found = list(await work.jobs.heads(shared)) if shared else []
    alone = [batch.id for batch in _alone(free, slots, holders, now)]
    own = await work.jobs.heads_of(alone) if alone else []
    return found + [
        replace(head, is_booked=head.platform_id in slots, holds=head.platform_id in holders) for head in own
    ]


def _has_room(platform: Platform, running: Mapping[ProjectId, Running]) -> bool:
    capacity = 1 if platform.is_exclusive else platform.capacity
    return capacity is None or sum(each.number for each in running.values()) < capacity


async def _holders(work: Work, platforms: Sequence[Platform]) -> Mapping[PlatformId, Batch]:
    machines = [platform.id for platform in platforms if platform.is_exclusive]
    return await work.batches.holders(machines) if machines else {}


async def _owed(work: Work, platforms: Sequence[Platform]) -> Collection[PlatformId]:
    """Machines that a batch made room on: it has its own back before others, with the sweep that
    follows the slot."""
    machines = {platform.id for platform in platforms if platform.is_exclusive}
    return machines & {batch.platform_id for batch in await work.batches.yielded()} if machines else set()


def _alone(
    platforms: Sequence[Platform],
    slots: Mapping[PlatformId, Batch],
    holders: Mapping[PlatformId, Batch],
    now: datetime,
) -> Sequence[Batch]:
    """Batches that have one of these platforms for themselves."""
    found: list[Batch] = []
    for platform in platforms:
        slot, holder = slots.get(platform.id), holders.get(platform.id)
        if holder is None:
            found += [slot] if slot is not None else []
        elif holder.is_let_in(now) and slot in (None, holder):
            found.append(holder)
    return found
