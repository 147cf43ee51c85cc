"""What a million finished jobs cost, in both databases: every list that a client may ask for, claims,
submissions with quotas, reports, and what time alone makes happen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import create_engine

from bench.many import COPIES, SLICE, fill_many, fill_postgres
from bench.processors import processor_s
from bench.report import Figure
from ketway.db.migrate import upgrade
from ketway.domain.quotas import Quotas
from ketway.domain.retention import Retention
from ketway.services.core import Limits
from ketway.services.ports import Work
from tests.builders import a_platform
from tests.db.filling import PROJECTS, Filled
from tests.db.listings import lists_of
from tests.postgres import a_postgres
from tests.services.steps import claim, create
from tests.worlds import World, a_world

#: The least of so many says what there is to do.
RUNS = 5
BUDGET = "20 ms"
_FLOOR = "one row by its id"
_IDLE = a_platform(name="IDLE")
_MANY = Limits(
    quotas=Quotas(
        waiting_jobs=10**6,
        open_batches=10**6,
        stored_bytes=10**12,
        seconds_per_month=10**9,
        spending_per_month=Decimal(10**9),
    )
)

#: Processes that come for one query and go with what they took would be counted by nobody.
_ALONE = """DO $$ BEGIN
EXECUTE format('ALTER DATABASE %I SET max_parallel_workers_per_gather = 0', current_database()); END $$"""
_BACKENDS = (
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'ketway' AND datname = current_database()"
)

Do = Callable[[], Awaitable[Any]]
Clock = Callable[[], float]
Taken = Mapping[str, float]


def million(folder: Path) -> list[Figure]:
    """a million finished jobs in both databases"""
    (folder / "postgres").mkdir(parents=True)
    sqlite, postgres = asyncio.run(_on_sqlite(folder)), asyncio.run(_on_postgres(folder / "postgres"))
    return [
        Figure(
            what=f"{what}, among {SLICE * COPIES:,} jobs",
            measured=f"{sqlite[what] * 1000:.1f} ms, PostgreSQL {postgres[what] * 1000:.1f} ms",
            floor=f"{sqlite[_FLOOR] * 1000:.1f} ms, {postgres[_FLOOR] * 1000:.1f} ms ({_FLOOR})",
            ratio=sqlite[what] / sqlite[_FLOOR],
            budget=BUDGET,
        )
        for what in sqlite
    ]


async def _on_sqlite(folder: Path) -> Taken:
    engine = create_engine(f"sqlite:///{folder / 'ketway.db'}")
    upgrade(engine)
    with engine.begin() as connection:
        filled = fill_many(connection)
    engine.dispose()
    async with a_world(folder, catalogue=[_IDLE], limits=_MANY) as world:
        # Of all threads, and without the wait for the disk: the machine is never quiet.
        return await _measure(world, filled, time.process_time)


async def _on_postgres(folder: Path) -> Taken:
    with a_postgres() as server:
        async with server.migrated() as url:
            filled = await fill_postgres(url)
            await _say(url, _ALONE)
            async with a_world(folder, catalogue=[_IDLE], limits=_MANY, postgres=url) as world:
                backends = await _say(url, _BACKENDS)
                return await _measure(world, filled, lambda: time.process_time() + _processor_s(backends))


async def _say(url: str, what: str) -> list[int]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(what)]
    finally:
        await connection.close()


def _processor_s(pids: list[int]) -> float:
    return sum(map(processor_s, pids))


async def _measure(world: World, filled: Filled, clock: Clock) -> Taken:
    """Processor seconds of each, with what it takes to make rows into objects."""
    world.clock.time = filled.now
    world.core.retaining.server = Retention(days=100)
    every = {**_looks(world, filled), **_uses(world, filled)}
    return {what: await _least_s(do, clock) for what, do in every.items()}


def _looks(world: World, filled: Filled) -> Mapping[str, Do]:
    """Pages of a hundred, counted, as a member of two projects and as an operator asks for them."""
    found: dict[str, Do] = {_FLOOR: _look(world, lambda work: work.jobs.fetch(filled.job.id))}
    for who, actor in (("", filled.member), (", of all projects", filled.operator)):
        for name, ask in lists_of(filled, actor).items():
            if not name.endswith(", up"):
                found[f"{name}{who}"] = _look(world, ask)
    return found


def _look(world: World, ask: Callable[[Work], Awaitable[Any]]) -> Do:
    async def look() -> None:
        async with world.db.look() as work:
            await ask(work)

    return look


def _uses(world: World, filled: Filled) -> Mapping[str, Do]:
    large = replace(world.operator, roles={**world.operator.roles, **filled.member.roles})
    today = filled.now.date()
    usages = world.core.usage

    async def submit() -> None:
        await create(world, platform=_IDLE)

    async def submit_to_the_largest() -> None:
        await create(replace(world, owner=large), platform=_IDLE, project_id=PROJECTS[0])

    async def claim_one() -> None:
        assert await claim(world)

    return {
        "submission of a batch of one, with every quota": submit,
        "the same, to the largest project": submit_to_the_largest,
        "claim": claim_one,
        "usage of a year": lambda: usages.of_project(
            world.operator, PROJECTS[0], today - timedelta(days=365), today
        ),
        "a round of housekeeping": world.core.housekeeping.sweep,
        "figures of a queue": lambda: world.core.figures.mean_waits([_IDLE.id]),
        "what retention would let go": lambda: world.core.retaining.begin(world.operator),
        "retention lets 200 results go": world.core.retaining.sweep,
        "claim, meanwhile": claim_one,
    }


async def _least_s(do: Do, clock: Clock) -> float:
    taken: list[float] = []
    for _ in range(RUNS):
        begun = clock()
        await do()
        taken.append(clock() - begun)
    return min(taken)
