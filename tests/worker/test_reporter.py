"""Outcomes that come close together are told in one request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from ketway import protocol
from ketway.worker.held import Held
from ketway.worker.reporter import Reporter


class Server:
    """Takes what it is told."""

    def __init__(self) -> None:
        self.told: list[list[str]] = []
        self.heard = asyncio.Event()

    async def say(self, outcomes: Sequence[protocol.Outcome]) -> Sequence[protocol.Answer]:
        self.told.append([outcome.lease_id for outcome in outcomes])
        self.heard.set()
        return [protocol.Answer("kept") for _ in outcomes]


class Gathering:
    """Waits until it is released, and says that it waits."""

    def __init__(self) -> None:
        self.waits = asyncio.Event()
        self.released = asyncio.Event()

    async def __call__(self) -> None:
        self.waits.set()
        await self.released.wait()


@asynccontextmanager
async def at_work(reporter: Reporter) -> AsyncIterator[None]:
    running = asyncio.ensure_future(reporter.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])


def a_held(id: str) -> Held:
    lease = protocol.Lease(
        id=id,
        secret="s",
        job_id=id,
        attempt=1,
        common=0,
        shots=1,
        seed=0,
        parameters={},
        time_limit_s=1.0,
        expected_s=0.001,
        hold_s=0.0,
        shots_per_s=None,
    )
    common = protocol.Common(
        project_id="p",
        engine="noop",
        memory_bytes=1,
        program="",
        configuration=None,
        settings={},
        max_shots=1,
        max_qubits=1,
    )
    return Held(lease, common)


async def test_one_that_ends_while_others_are_waited_for_is_told_with_them():
    server, gathering, forgotten = Server(), Gathering(), list[Held]()
    reporter = Reporter(server.say, forgotten.append, gathering)
    first, second = a_held("first"), a_held("second")

    async with at_work(reporter):
        reporter.tell(first, first.return_())
        await gathering.waits.wait()
        reporter.tell(second, second.return_())
        gathering.released.set()
        await server.heard.wait()

    assert server.told == [["first", "second"]]


async def test_one_that_ends_alone_is_told_at_once():
    server, forgotten = Server(), list[Held]()

    async def no_others() -> None:
        """Nothing is waited for."""

    reporter = Reporter(server.say, forgotten.append, no_others)
    held = a_held("alone")

    async with at_work(reporter):
        reporter.tell(held, held.return_())
        await server.heard.wait()

    assert server.told == [["alone"]]
