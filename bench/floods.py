"""What a claim costs while one project floods the queue, on a server with every platform of the catalogue."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from bench.report import Figure
from ketway import platforms
from ketway.domain.batches import BatchStatus
from ketway.services.reports import Span
from tests.services.steps import claim, create
from tests.worlds import World, a_world

FLOOD = 100_000
AT_ONCE = 5000
CLAIMS = 100


def floods(folder: Path) -> list[Figure]:
    """claims among a hundred thousand waiting jobs"""
    for name in ("few", "idle", "wide", "paused"):
        (folder / name).mkdir(parents=True)
    few = asyncio.run(_claim_ms(folder / "few", flood=0))
    found = {
        "nothing waits": asyncio.run(_claim_ms(folder / "idle", flood=0, waiting=0)),
        "a few wait": few,
        f"{FLOOD:,} wait": asyncio.run(_claim_ms(folder / "wide", flood=FLOOD)),
        f"{FLOOD:,} in paused batches before them": asyncio.run(
            _claim_ms(folder / "paused", flood=FLOOD, is_paused=True)
        ),
    }
    return [
        Figure(
            what=f"claim, processor time of its statements: {name}",
            measured=f"{taken:.2f} ms",
            floor=f"{few:.2f} ms (a few wait)",
            ratio=taken / few,
        )
        for name, taken in found.items()
    ]


async def _claim_ms(folder: Path, *, flood: int, waiting: int = CLAIMS + 1, is_paused: bool = False) -> float:
    """Median milliseconds; without the wait for the disk, which has a thread of its own."""
    known = platforms.read()
    platform = next(each for each in known if not each.is_exclusive and each.capacity is None)
    async with a_world(folder, catalogue=known) as world:
        for _ in range(flood // AT_ONCE):
            batch = await create(world, AT_ONCE, platform=platform)
            if is_paused:
                await world.core.reports.batch(world.operator, batch.id, BatchStatus.PAUSED, Span())
        if waiting:
            await create(world, waiting, platform=platform)
        return statistics.median(await _claims(world, has_work=waiting > 0)) * 1000


async def _claims(world: World, *, has_work: bool) -> Sequence[float]:
    taken: list[float] = []
    for _ in range(CLAIMS):
        begun = time.thread_time()
        grants = await claim(world)
        taken.append(time.thread_time() - begun)
        assert bool(grants) is has_work
    return taken
