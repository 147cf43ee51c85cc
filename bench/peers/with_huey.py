"""huey on SQLite: jobs one by one, as it has no bulk; a consumer of threads or of processes. Its commits
reach the disk (`fsync`), and no results are kept. Settings: `thread` or `process`, workers."""

from __future__ import annotations

import asyncio
import sys

from huey import SqliteHuey
from huey.consumer import Consumer

from bench.peers.crew import is_ready, timed, workers

#: How often a worker looks at an empty queue: it cannot be woken.
_LOOK_S = 0.001


def queue_of(file: str) -> SqliteHuey:
    return SqliteHuey("bench", filename=file, fsync=True, results=False, timeout=60)


def work(file: str, kind: str, number: int) -> None:
    queue = queue_of(file)
    queue.task(name="noop")(_noop)
    consumer = Consumer(
        queue,
        workers=number,
        worker_type=kind,
        periodic=False,
        initial_delay=_LOOK_S,
        max_delay=_LOOK_S,
    )
    is_ready()
    consumer.run()


def _noop() -> None:
    return None


async def measure(file: str, jobs: int, batch: int, kind: str, number: int) -> None:
    queue = queue_of(file)
    noop = queue.task(name="noop")(_noop)

    async def send(number: int) -> None:
        for _ in range(number):
            noop()

    async def left() -> int:
        return int(queue.pending_count())

    with workers("bench.peers.with_huey", 1, file, "work", kind, number) as crew:
        await timed(crew, jobs, batch, send, left)


if __name__ == "__main__":
    target, what, *words = sys.argv[1:]
    if what == "work":
        work(target, words[0], int(words[1]))
    else:
        asyncio.run(measure(target, int(what), int(words[0]), words[1], int(words[2])))
