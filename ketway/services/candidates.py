"""Candidates: of all that waits, what could start now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ketway.domain.batches import Batch
from ketway.domain.platforms import Platform, PlatformId
from ketway.domain.scheduling import Candidate
from ketway.services.ports import Work
from ketway.services.room import slots_on


async def candidates(work: Work, platforms: Sequence[Platform], now: datetime) -> list[Candidate]:
    """The heads of the lines of these platforms; while a slot is on, nobody else's jobs start there."""
    found: list[Candidate] = []
    slots = await slots_on(work, now)
    for platform in platforms:
        slot = slots.get(platform.id)
        heads = await _heads(work, platform.id, slot)
        if not heads:
            continue
        running = await work.jobs.running_on(platform.id)
        if platform.capacity is not None and running >= platform.capacity:
            continue
        if platform.is_exclusive:
            heads = [] if running else await _heads_of_a_machine(work, heads, slot, platform.id, now)
        found.extend(heads)
    return found


async def _heads(work: Work, platform: PlatformId, slot: Batch | None) -> Sequence[Candidate]:
    if slot is None:
        return await work.jobs.heads(platform)
    return [replace(head, is_booked=True) for head in await work.jobs.heads(platform, slot.id)]


async def _heads_of_a_machine(
    work: Work, heads: Sequence[Candidate], slot: Batch | None, platform: PlatformId, now: datetime
) -> Sequence[Candidate]:
    """Of what waits for a platform that takes one batch at a time and runs nothing: its holder's."""
    holder = await work.batches.holder(platform)
    if holder is None:
        # Whoever made room for a slot has it back before others, with the next sweep.
        is_owed = slot is None and platform in {batch.platform_id for batch in await work.batches.yielded()}
        return [] if is_owed else heads
    if not holder.is_let_in(now) or (slot is not None and slot.id != holder.id):
        return []
    own = await work.jobs.heads(platform, holder.id)
    return [replace(head, is_booked=slot is not None, holds=True) for head in own]
