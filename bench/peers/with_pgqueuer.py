"""pgqueuer on PostgreSQL: jobs in bulk by `enqueue` of lists, workers that dequeue many at once, woken by
LISTEN; its tables are those of `durable`, its default. Settings: workers, batch of each."""

from __future__ import annotations

import asyncio
import sys

import asyncpg
import uvloop
from pgqueuer import PgQueuer, Queries
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job

from bench.peers.crew import is_ready, timed, workers


async def work(url: str, batch: int) -> None:
    queue = PgQueuer(AsyncpgDriver(await asyncpg.connect(url)))

    @queue.entrypoint("noop")  # type: ignore[untyped-decorator]
    async def noop(job: Job) -> None:
        return None

    is_ready()
    await queue.run(batch_size=batch)


async def measure(url: str, jobs: int, batch: int, number: int, dequeued: int) -> None:
    connection = await asyncpg.connect(url)
    looking = await asyncpg.connect(url)
    queries = Queries(AsyncpgDriver(connection))
    await queries.install()

    async def send(number: int) -> None:
        await queries.enqueue(["noop"] * number, [None] * number, [0] * number)

    async def left() -> int:
        return int(await looking.fetchval("SELECT count(*) FROM pgqueuer"))

    with workers("bench.peers.with_pgqueuer", number, url, "work", dequeued) as crew:
        await timed(crew, jobs, batch, send, left)


if __name__ == "__main__":
    target, what, *numbers = sys.argv[1:]
    if what == "work":
        uvloop.run(work(target, int(numbers[0])))
    else:
        batch, number, dequeued = map(int, numbers)
        asyncio.run(measure(target, int(what), batch, number, dequeued))
