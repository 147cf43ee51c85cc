"""What a hundred thousand jobs cost: every list that a client may ask for, and a claim."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from bench import floors
from bench.report import Figure
from ketway.db.migrate import upgrade
from ketway.services.ports import Database, Work
from tests.builders import a_platform
from tests.db.filling import Filled, fill
from tests.db.listings import lists_of
from tests.services.steps import claim, create
from tests.worlds import a_world

JOBS = 100_000
LIST_RUNS = 5
LOOKUPS = 200
CLAIMS = 200
LIST_BUDGET = "20 ms at a million jobs"


def lists(folder: Path) -> list[Figure]:
    """lists and claims among a hundred thousand jobs"""
    folder.mkdir()
    engine = create_engine(f"sqlite:///{folder / 'ketway.db'}")
    upgrade(engine)
    with engine.begin() as connection:
        filled = fill(connection, JOBS)
    engine.dispose()
    return asyncio.run(_measure(folder, filled))


async def _measure(folder: Path, filled: Filled) -> list[Figure]:
    idle = a_platform(name="IDLE")
    async with a_world(folder, catalogue=[idle]) as world:
        lookup = await _asked_s(world.db, lambda work: work.jobs.fetch(filled.job.id), LOOKUPS)
        found = [
            await _list(world.db, name, filled, lookup)
            for name in lists_of(filled, filled.member)
            if not name.endswith(", up")
        ]
        await create(world, CLAIMS + 1, platform=idle)
        claimed = await _median_s(lambda: claim(world), CLAIMS)
    commit = 1 / floors.durable_commits_per_s(folder)
    found.append(
        Figure(
            what=f"claim, one by one, among {JOBS:,} jobs",
            measured=f"{claimed * 1000:.2f} ms",
            floor=f"{commit * 1000:.2f} ms (bare durable commit)",
            ratio=claimed / commit,
        )
    )
    return found


async def _list(db: Database, name: str, filled: Filled, lookup: float) -> Figure:
    """A page of a hundred, counted, as a member of two projects and as an operator asks for it."""
    member, operator = [
        await _asked_s(db, lists_of(filled, actor)[name], LIST_RUNS)
        for actor in (filled.member, filled.operator)
    ]
    return Figure(
        what=name,
        measured=f"{member * 1000:.1f} ms, all projects {operator * 1000:.1f} ms",
        floor=f"{lookup * 1000:.2f} ms (one row by its id)",
        ratio=member / lookup,
        budget=LIST_BUDGET,
    )


async def _asked_s(db: Database, ask: Callable[[Work], Awaitable[Any]], times: int) -> float:
    """Median seconds in the store, rows made into objects."""

    async def once() -> None:
        async with db.look() as work:
            await ask(work)

    return await _median_s(once, times)


async def _median_s(do: Callable[[], Awaitable[Any]], times: int) -> float:
    """As `floors.median_s`."""
    await do()
    taken: list[float] = []
    for _ in range(times):
        begun = time.perf_counter()
        await do()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
