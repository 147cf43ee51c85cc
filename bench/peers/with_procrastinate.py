"""procrastinate on PostgreSQL: jobs in bulk by `batch_defer_async`, workers of many jobs at once, woken by
LISTEN. Settings: workers, concurrency of each."""

from __future__ import annotations

import asyncio
import sys

import psycopg
import uvloop
from procrastinate import App, PsycopgConnector

from bench.peers.crew import is_ready, timed, workers

#: Connections of a worker beyond those of its jobs: it listens, fetches and tells it is alive.
_SPARE = 4


def app_of(url: str, connections: int) -> App:
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=connections))

    @app.task(name="noop", queue="bench")  # type: ignore[untyped-decorator]
    async def noop() -> None:
        return None

    return app


async def work(url: str, concurrency: int) -> None:
    async with app_of(url, concurrency + _SPARE).open_async() as app:
        is_ready()
        await app.run_worker_async(queues=["bench"], concurrency=concurrency, install_signal_handlers=False)


async def measure(url: str, jobs: int, batch: int, number: int, concurrency: int) -> None:
    async with (
        app_of(url, _SPARE).open_async() as app,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as looking,
    ):
        await app.schema_manager.apply_schema_async()

        async def send(number: int) -> None:
            await app.tasks["noop"].batch_defer_async(*[{}] * number)

        async def left() -> int:
            found = await looking.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
            )
            row = await found.fetchone()
            assert row is not None
            return int(row[0])

        with workers("bench.peers.with_procrastinate", number, url, "work", concurrency) as crew:
            await timed(crew, jobs, batch, send, left)


if __name__ == "__main__":
    target, what, *numbers = sys.argv[1:]
    if what == "work":
        uvloop.run(work(target, int(numbers[0])))
    else:
        batch, number, concurrency = map(int, numbers)
        asyncio.run(measure(target, int(what), batch, number, concurrency))
