"""A worker at a desk: its tasks are done at once, or sat upon, as their programs say; and a clock in a
test's hands."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

from ketway.domain.batches import Batch
from ketway.domain.errors import ProgramRefused
from ketway.domain.jobs import Job, JobStatus
from ketway.domain.platforms import Platform
from ketway.domain.tasks import Computed, Task
from ketway.worker.client import WorkClient
from ketway.worker.deaths import ChildDied, EngineFault, MemoryLimit, ResultTooLarge, TimeLimit
from ketway.worker.hold import Clock, HostClock
from ketway.worker.loop import Runner, Worker
from ketway.worker.works import Awaited
from tests.services.steps import EMU, create, jobs_of, statuses_of
from tests.worker.line import MAX_BYTES, Site, becomes

GIB = 2**30


class Desk:
    """The `Runner` port: does at once what the program says, or sits on it until released."""

    def __init__(self) -> None:
        self.at_work: list[str] = []
        self.most_at_work = 0
        self.taken = 0
        self.cut = 0
        self.released = asyncio.Event()

    async def run(
        self,
        engine: str,
        project: str,
        task: Task,
        *,
        on_progress: Callable[[int], None],
        awaited: Awaited | None,
        time_limit_s: float,
        memory_limit_bytes: int,
    ) -> Computed:
        self.taken += 1
        self.at_work.append(task.program)
        self.most_at_work = max(self.most_at_work, len(self.at_work))
        try:
            on_progress(37)
            return await self._answer(task)
        except asyncio.CancelledError:
            self.cut += 1
            raise
        finally:
            self.at_work.remove(task.program)

    async def _answer(self, task: Task) -> Computed:
        if task.program in ERRORS:
            raise ERRORS[task.program]
        if task.program == "long":
            await self.released.wait()
        shots = task.shots or FOUND.get(task.program, 1)
        document = json.dumps({"counter": {"0": shots}, "raw": "0" * LARGE.get(task.program, 0)})
        metadata = {"engine": "desk", "notes": "x" * TALKATIVE.get(task.program, 0)}
        return Computed(document=document, counts=[{"0": shots}], shots=shots, metadata=metadata)


ERRORS: dict[str, Exception] = {
    "wobble": ProgramRefused("no such gate: wobble"),
    "crash": ChildDied("killed by signal 11"),
    "slow": TimeLimit(5),
    "fat": MemoryLimit(2 * GIB, 3 * GIB),
    "endless": ResultTooLarge(2**27),
    "odd": RuntimeError("nobody thought of this"),
    "quote": EngineFault("ValueError: no gate '\0'"),
}

LARGE = {"large": MAX_BYTES, "middling": MAX_BYTES // 2}
TALKATIVE = {"talkative": 100_000}
#: Shots that the engine finds in a program.
FOUND = {"of 50 shots": 50}


class Hands:
    """A worker's `Clock` whose hands a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeping: list[tuple[float, asyncio.Event]] = []

    def steady(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        nap = (self.now + seconds, asyncio.Event())
        self.sleeping.append(nap)
        try:
            await nap[1].wait()
        finally:
            self.sleeping.remove(nap)

    def move(self, seconds: float) -> None:
        self.now += seconds
        for until, woken in self.sleeping:
            if until <= self.now:
                woken.set()


@asynccontextmanager
async def at_work(
    site: Site,
    desk: Runner,
    *,
    slots: int = 1,
    keepers: Collection[str] = (),
    parting_s: float = 30,
    clock: Clock | None = None,
) -> AsyncIterator[Worker]:
    """A worker that has registered and asks for work; stopped on leaving, if it still runs."""
    client = WorkClient(site.url, site.world.credentials.worker_token)
    engines = {platform.engine: "1" for platform in site.world.core.platforms.catalogue}
    worker = Worker(
        client=client,
        runner=desk,
        name="tested",
        engines=engines,
        slots=slots,
        keepers=keepers,
        parting_s=parting_s,
        clock=clock or HostClock(),
    )
    running = asyncio.ensure_future(worker.run())
    try:
        await becomes(lambda: site.line.times("/leases"), "the worker to ask for work")
        yield worker
        await worker.stop(grace_s=0)
        await running
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await client.close()


async def one_job(site: Site, program: str, platform: Platform = EMU) -> Callable[[], Awaitable[Job]]:
    """Puts it in the queue; what finds it again."""
    batch = await create(site.world, program=program, platform=platform)

    async def look() -> Job:
        (job,) = await jobs_of(site.world, batch.id)
        return job

    return look


async def ended(look: Callable[[], Awaitable[Job]]) -> Job:
    async def final() -> Job | None:
        job = await look()
        return job if job.is_finished else None

    return await becomes(final, "the job to end")


async def all_end(site: Site, batch: Batch) -> list[JobStatus]:
    async def over() -> bool:
        return all(job.is_finished for job in await jobs_of(site.world, batch.id))

    await becomes(over, "every job to end")
    return await statuses_of(site.world, batch.id)


async def result_of(site: Site, job: Job):
    async with site.world.db.look() as work:
        return (await work.results.of([job.id]))[job.id]
