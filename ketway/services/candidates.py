"""Candidates: of all that waits, what could start now.

Asked with every claim: the questions are as many for a hundred platforms as for one, and there is but
one where nothing waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ketway.domain.batches import Batch
from ketway.domain.platforms import Platform, PlatformId
from ketway.domain.scheduling import Candidate
from ketway.services.ports import Work
from ketway.services.room import slots_on


async def candidates(work: Work, platforms: Sequence[Platform], now: datetime) -> list[Candidate]:
    """The heads of the lines of these platforms; while a slot is on, or a batch holds a machine, nobody
    else's jobs start there."""
    waited_for = await work.jobs.waited_for()
    wanted = [platform for platform in platforms if platform.id in waited_for]
    free = await _with_room(work, wanted) if wanted else []
    if not free:
        return []
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


async def _with_room(work: Work, platforms: Sequence[Platform]) -> Sequence[Platform]:
    running = await work.jobs.running([platform.id for platform in platforms])
    return [platform for platform in platforms if _has_room(platform, running.get(platform.id, 0))]


def _has_room(platform: Platform, running: int) -> bool:
    capacity = 1 if platform.is_exclusive else platform.capacity
    return capacity is None or running < capacity


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
