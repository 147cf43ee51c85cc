"""Jobs that compute nothing, end to end: what the queue itself costs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import asyncpg

from bench import floors
from bench.peers import trials
from bench.peers.trials import Best, Pace, fastest
from bench.processors import families_s
from bench.report import Figure
from bench.servers import a_warm_server, waiting
from tests.postgres import Postgres, a_postgres
from tests.system.processes import Client, Server, until

BATCHES = 20
BATCH = 100
LARGEST = 5_000
#: Of each measurement; the best one counts, for ketway and for its peers.
ROUNDS = 3
ONE_BY_ONE = 300
#: Each look costs the server as much as some jobs.
LOOK_AGAIN_S = 0.05
BUDGET = "2,000 /s"


def noops_sqlite(folder: Path) -> list[Figure]:
    """no-op jobs in batches on SQLite, beside huey"""
    folder.mkdir()
    with a_warm_server(folder / "ketway") as (server, client):
        ours = _paces(server, client)
    huey = trials.huey(folder, BATCH * BATCHES, BATCH, ROUNDS)
    commits = floors.durable_commits_per_s(folder)
    figures = [_beside(size, pace, "SQLite", huey) for size, pace in ours.items()]
    figures.append(
        Figure(
            what=f"no-op jobs, {_words(BATCH)}, SQLite",
            measured=f"{ours[BATCH].rate:,.0f} /s",
            floor=f"{commits:,.0f} /s (bare durable commits)",
            ratio=ours[BATCH].rate / commits,
            budget=BUDGET,
        )
    )
    return figures


def noops_postgresql(folder: Path) -> list[Figure]:
    """no-op jobs in batches on PostgreSQL, beside procrastinate and pgqueuer"""
    folder.mkdir()
    with a_postgres(in_haste=False) as server:
        with a_warm_server(folder / "ketway", database=_database(server)) as (serving, client):
            ours = _paces(serving, client)
        theirs = {
            size: [
                trials.pgqueuer(lambda: _database(server), jobs, size, ROUNDS),
                trials.procrastinate(lambda: _database(server), jobs, size, ROUNDS),
            ]
            for size, jobs in ((BATCH, BATCH * BATCHES), (LARGEST, LARGEST))
        }
    return [_beside(size, pace, "PostgreSQL", best) for size, pace in ours.items() for best in theirs[size]]


def one_by_one(folder: Path) -> list[Figure]:
    """submissions one by one, one client"""
    folder.mkdir()
    with a_warm_server(folder / "ketway") as (server, client):
        worker = server.worker()
        begun, used = time.perf_counter(), _processor_s(server)
        for _ in range(ONE_BY_ONE):
            client.submit("{}", device="NOOP", runs=1)
        pace = Pace(
            rate=ONE_BY_ONE / (time.perf_counter() - begun),
            processor_s=(_processor_s(server) - used) / ONE_BY_ONE,
        )
        until(lambda: waiting(client) == 0, "the no-op jobs to end", 600)
        assert worker == server.worker()
    commits = floors.durable_commits_per_s(folder)
    return [
        Figure(
            what="submissions one by one, one client",
            measured=str(pace),
            floor=f"{commits:,.0f} /s (bare durable commits)",
            ratio=pace.rate / commits,
            budget="500 /s",
        )
    ]


def _paces(server: Server, client: Client) -> dict[int, Pace]:
    """By the size of batches; the best of some rounds."""
    _pace(server, client, [BATCH])  # so that how long such a job takes is known
    sizes = {BATCH: [BATCH] * BATCHES, LARGEST: [LARGEST]}
    return {
        size: fastest([_pace(server, client, batches) for _ in range(ROUNDS)])
        for size, batches in sizes.items()
    }


def _pace(server: Server, client: Client, batches: Sequence[int]) -> Pace:
    begun, used = time.perf_counter(), _processor_s(server)
    for number in batches:
        client.submit("{}", device="NOOP", runs=1, number=number)
    while waiting(client):
        time.sleep(LOOK_AGAIN_S)
    jobs = sum(batches)
    return Pace(rate=jobs / (time.perf_counter() - begun), processor_s=(_processor_s(server) - used) / jobs)


def _processor_s(server: Server) -> float:
    """Of the server, its worker with its children, and the client, which is this process."""
    return time.process_time() + families_s([server.process.pid])


def _beside(size: int, pace: Pace, database: str, peer: Best) -> Figure:
    return Figure(
        what=f"no-op jobs, {_words(size)}, {database}",
        measured=str(pace),
        floor=f"{peer.pace} ({peer.name}: {peer.setting})",
        ratio=pace.rate / peer.pace.rate,
        budget=BUDGET,
    )


def _words(size: int) -> str:
    return f"{BATCHES} batches of {BATCH}" if size == BATCH else f"one batch of {size:,}"


def _database(server: Postgres) -> str:
    """URL of another empty one."""

    async def make() -> str:
        name = f"bench_{uuid4().hex}"
        connection = await asyncpg.connect(server.url())
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return server.url(name)

    return asyncio.run(make())
