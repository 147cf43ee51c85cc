"""A server's own worker is started again when it dies, whatever else is wrong."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

from ketway.domain.errors import StoreBusy
from ketway.fleet.local import LocalFleet
from tests.system.processes import PATIENCE_S, children


async def become(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.02)


def workers() -> set[int]:
    return set(children(os.getpid()))


async def test_a_worker_is_started_again_though_its_death_cannot_be_written_down() -> None:
    deaths = []

    async def on_death() -> None:
        deaths.append("told")
        raise StoreBusy("database or disk is full")

    before = workers()
    fleet = LocalFleet(
        # Nobody listens there, which a worker waits for.
        url="http://127.0.0.1:1",
        token="token",
        name="local",
        slots=1,
        stop_grace_s=0,
        on_death=on_death,
        arguments=("--engine=noop",),
    )
    fleet.start()
    await become(lambda: workers() - before)
    (first,) = workers() - before

    os.kill(first, signal.SIGKILL)
    await become(lambda: workers() - before - {first})
    await fleet.stop()

    assert deaths == ["told"]
    assert workers() == before
