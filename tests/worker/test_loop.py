"""The worker's loop against a real server, whatever the line does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ketway.domain.errors import ProgramRefused
from ketway.domain.jobs import Job, JobStatus
from ketway.domain.platforms import Platform
from ketway.domain.tasks import Computed, Task
from ketway.services.drafts import NewJob
from ketway.worker.client import NotWelcome, WorkClient
from ketway.worker.deaths import ChildDied, EngineFault, MemoryLimit, ResultTooLarge, TimeLimit
from ketway.worker.hold import Clock, Hold, HostClock
from ketway.worker.loop import Worker
from tests.services.steps import EMU, PACED, UNCOUNTED, claim_one, create, done, jobs_of, lose
from tests.worker.line import MAX_BYTES, Site, a_site, becomes

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


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(tmp_path) as made:
        yield made


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
    site: Site, desk: Desk, *, slots: int = 1, parting_s: float = 30, clock: Clock | None = None
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


async def result_of(site: Site, job: Job):
    async with site.world.db.look() as work:
        return (await work.results.of([job.id]))[job.id]


async def test_a_job_is_run_and_its_result_kept(site):
    async with at_work(site, Desk()):
        job = await ended(await one_job(site, "short"))

    assert (job.status, job.progress, job.attempt) == (JobStatus.DONE, 100, 1)
    assert (await result_of(site, job)).counts == [{"0": 100}]


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("wobble", "no such gate: wobble"),
        ("slow", "stopped after 5 s, the time limit of the job"),
        ("fat", "killed at 3.0 GiB of memory; the platform's limit is 2.0 GiB"),
        ("endless", "the result is larger than 128 MiB; ask for fewer shots or observables"),
        ("odd", "nobody thought of this"),
        ("quote", "the engine failed: ValueError: no gate '\N{REPLACEMENT CHARACTER}'"),
    ],
)
async def test_what_will_not_be_better_the_next_time_fails_at_once(site, program, why):
    async with at_work(site, Desk()):
        job = await ended(await one_job(site, program))

    assert (job.status, job.attempt, job.errors) == (JobStatus.FAILED, 1, (why,))


async def test_a_child_that_dies_three_times_takes_its_job_with_it(site):
    desk = Desk()

    async with at_work(site, desk):
        job = await ended(await one_job(site, "crash"))

    assert (job.status, job.attempt, desk.taken) == (JobStatus.FAILED, 3, 3)
    assert "killed by signal 11; given up after 3 tries" in job.errors[-1]


async def test_a_large_result_arrives_whole(site):
    async with at_work(site, Desk()):
        job = await ended(await one_job(site, "middling"))

    assert job.status is JobStatus.DONE
    assert (await result_of(site, job)).size > MAX_BYTES // 2


@pytest.mark.parametrize("program", ["large", "talkative"])
async def test_a_result_that_the_server_refuses_is_a_failure_with_its_reason(site, program):
    async with at_work(site, Desk()):
        job = await ended(await one_job(site, program))

    assert (job.status, job.attempt) == (JobStatus.FAILED, 1)
    assert "its result was refused by the server" in job.errors[0]


async def test_after_every_failure_the_next_job_runs(site):
    async with at_work(site, Desk()):
        for program in ERRORS:
            await ended(await one_job(site, program))

        job = await ended(await one_job(site, "short"))

    assert job.status is JobStatus.DONE


async def test_never_more_jobs_side_by_side_than_slots(site):
    desk = Desk()
    batch = await create(site.world, 5, program="long")

    async with at_work(site, desk, slots=2):
        await becomes(lambda: len(desk.at_work) == 2, "both slots to be taken")
        desk.released.set()
        await becomes(lambda: desk.taken == 5, "every job to be taken")

        async def all_done() -> bool:
            return all(job.status is JobStatus.DONE for job in await jobs_of(site.world, batch.id))

        await becomes(all_done, "every job to be done")

    assert desk.most_at_work == 2


async def test_a_heartbeat_carries_progress(site):
    look = await one_job(site, "long")

    async with at_work(site, Desk()):

        async def heard() -> bool:
            return (await look()).progress == 37

        await becomes(heard, "the progress to arrive")


async def test_a_cancel_is_told_by_a_heartbeat_and_stops_the_child(site):
    desk = Desk()
    look = await one_job(site, "long")

    async with at_work(site, desk):
        await becomes(lambda: desk.at_work, "the job to run")
        await site.world.core.jobs.cancel(site.world.owner, (await look()).id)

        job = await ended(look)

    assert (job.status, desk.cut, desk.at_work) == (JobStatus.CANCELLED, 1, [])


async def test_a_lease_that_went_to_somebody_else_is_dropped(site):
    desk = Desk()
    look = await one_job(site, "long")

    async with at_work(site, desk):
        await becomes(lambda: desk.at_work, "the job to run")
        await site.stop()
        await lose(site.world)
        theirs = await claim_one(site.world)
        await site.start()
        await becomes(lambda: desk.cut, "the child to be stopped")
        await done(site.world, theirs)

    job = await look()
    assert (job.status, job.attempt) == (JobStatus.DONE, 2)
    assert site.line.times("/outcomes") == 0


async def test_an_outcome_waits_for_a_server_that_is_away(site):
    desk = Desk()
    look = await one_job(site, "long")

    async with at_work(site, desk):
        await becomes(lambda: desk.at_work, "the job to run")
        await site.stop()
        desk.released.set()
        await becomes(lambda: not desk.at_work, "the job to be computed")
        await site.start()

        job = await ended(look)

    assert (job.status, job.attempt, desk.taken) == (JobStatus.DONE, 1, 1)


async def test_a_worker_waits_for_a_server_that_is_not_there_yet(site):
    await site.stop()
    client = WorkClient(site.url, site.world.credentials.worker_token)
    desk = Desk()
    worker = Worker(client=client, runner=desk, name="early", engines={"noop": "1"}, slots=1)
    running = asyncio.ensure_future(worker.run())

    await site.start()

    await becomes(lambda: site.line.times("/leases"), "the worker to ask for work")
    await worker.stop(grace_s=0)
    await running
    await client.close()


@pytest.mark.parametrize("program", ["short", "wobble"])
async def test_an_outcome_whose_answer_is_lost_is_said_again_and_counts_once(site, program):
    site.line.lost.append("/outcomes")

    async with at_work(site, Desk()):
        job = await ended(await one_job(site, program))
        await becomes(lambda: site.line.times("/outcomes") == 2, "the outcome to be repeated")

    assert (job.attempt, len(job.errors)) == (1, 0 if program == "short" else 1)


async def test_a_claim_whose_answer_is_lost_is_asked_again_and_gets_the_same_lease(site):
    look = await one_job(site, "short")
    site.line.lost.append("/leases")
    desk = Desk()

    async with at_work(site, desk):
        job = await ended(look)

    first, second = [said["request_id"] for path, said in site.line.asked if path.endswith("/leases")][:2]
    assert first == second
    assert (job.status, job.attempt, desk.taken) == (JobStatus.DONE, 1, 1)


@pytest.mark.parametrize("end", ["/heartbeats", "/leases", "/outcomes"])
async def test_a_write_that_met_another_is_tried_again(site, end):
    desk = Desk()
    look = await one_job(site, "long")

    async with at_work(site, desk):
        await becomes(lambda: desk.at_work, "the job to run")
        site.line.refused[end] = (409, "Stale")
        if end != "/heartbeats":
            desk.released.set()
        await becomes(lambda: not site.line.refused, "the refusal to be heard")
        desk.released.set()

        jobs = [await ended(look), await ended(await one_job(site, "short"))]

    assert [job.status for job in jobs] == [JobStatus.DONE, JobStatus.DONE]
    assert desk.cut == 0


async def test_a_worker_that_the_server_has_forgotten_registers_again(site):
    async with at_work(site, Desk()):
        site.line.refused["/leases"] = (404, "Unknown")
        await becomes(lambda: site.line.times("/workers") == 2, "the worker to register again")

        job = await ended(await one_job(site, "short"))

    assert job.status is JobStatus.DONE


async def test_a_worker_that_stops_gives_back_what_it_has_not_finished(site):
    desk = Desk()
    look = await one_job(site, "long")

    async with at_work(site, desk) as worker:
        await becomes(lambda: desk.at_work, "the job to run")
        await worker.stop(grace_s=0)

    job = await look()
    assert (job.status, job.child_deaths, job.lost_leases, desk.cut) == (JobStatus.QUEUED, 0, 0, 1)


async def test_a_worker_that_stops_lets_its_jobs_finish_within_the_grace(site):
    desk = Desk()
    look = await one_job(site, "long")

    async with at_work(site, desk) as worker:
        await becomes(lambda: desk.at_work, "the job to run")
        stopping = asyncio.ensure_future(worker.stop(grace_s=20))
        desk.released.set()
        await stopping

    assert ((await look()).status, desk.cut) == (JobStatus.DONE, 0)


async def test_a_worker_that_stops_takes_nothing_more(site):
    desk = Desk()

    async with at_work(site, desk) as worker:
        await worker.stop(grace_s=0)
        await one_job(site, "short")

    assert desk.taken == 0


async def test_a_worker_that_stops_does_not_wait_for_a_server_that_was_never_there(site):
    await site.stop()
    client = WorkClient(site.url, site.world.credentials.worker_token)
    worker = Worker(client=client, runner=Desk(), name="early", engines={"noop": "1"}, slots=1)
    running = asyncio.ensure_future(worker.run())
    await asyncio.sleep(0)

    await worker.stop(grace_s=0)

    async with asyncio.timeout(10):
        await running
    await client.close()


@pytest.mark.parametrize("is_computed", [True, False], ids=["computed", "computing"])
async def test_a_worker_that_stops_does_not_wait_for_ever_for_a_server_that_is_away(site, is_computed):
    desk = Desk()
    look = await one_job(site, "long")

    async with at_work(site, desk, parting_s=0.2) as worker:
        await becomes(lambda: desk.at_work, "the job to run")
        await site.stop()
        if is_computed:
            desk.released.set()
            await becomes(lambda: not desk.at_work, "the job to be computed")

        async with asyncio.timeout(10):
            await worker.stop(grace_s=0)

    job = await look()
    assert (job.status, desk.at_work) == (JobStatus.RUNNING, [])


async def test_a_wrong_token_is_not_welcome(site):
    client = WorkClient(site.url, "guessed")
    worker = Worker(client=client, runner=Desk(), name="stranger", engines={"noop": "1"}, slots=1)

    with pytest.raises(NotWelcome):
        await worker.run()

    await client.close()


async def test_a_token_that_is_revoked_ends_the_worker(site):
    client = WorkClient(site.url, site.world.credentials.worker_token)
    worker = Worker(client=client, runner=Desk(), name="tested", engines={"noop": "1"}, slots=1)
    running = asyncio.ensure_future(worker.run())
    await becomes(lambda: site.line.times("/leases"), "the worker to ask for work")

    site.line.refused["/leases"] = (401, "BadToken")

    with pytest.raises(ExceptionGroup) as ended_with:
        await running
    assert ended_with.group_contains(NotWelcome)
    await client.close()


async def has_progress(look: Callable[[], Awaitable[Job]], percent: int) -> Job:
    async def there() -> Job | None:
        job = await look()
        return job if job.progress == percent else None

    return await becomes(there, f"progress of {percent}")


async def test_a_machine_is_held_for_as_long_as_its_shots_take(site):
    clock, desk = Hands(), Desk()
    look = await one_job(site, "short", PACED)  # 100 shots, five a second

    async with at_work(site, desk, clock=clock):
        await becomes(lambda: clock.sleeping, "the machine to be held")
        clock.move(10)
        job = await has_progress(look, 50)
        assert (job.status, desk.at_work) == (JobStatus.RUNNING, [])
        clock.move(9.9)
        await has_progress(look, 99)
        clock.move(0.1)

        job = await ended(look)

    assert (job.status, job.progress, job.attempt) == (JobStatus.DONE, 100, 1)


async def test_the_time_of_the_computation_is_part_of_the_hold(site):
    clock, desk = Hands(), Desk()
    look = await one_job(site, "long", PACED)

    async with at_work(site, desk, clock=clock):
        await becomes(lambda: desk.at_work, "the job to run")
        clock.move(15)
        await has_progress(look, 75)
        desk.released.set()
        await becomes(lambda: clock.sleeping, "the machine to be held")
        assert [until for until, _ in clock.sleeping] == [20]
        clock.move(5)

        assert (await ended(look)).status is JobStatus.DONE

    # The estimates of others are made from what it took to compute.
    records = site.world.core.housekeeping.records
    await records.write()
    assert [run.seconds for record in await records.of(PACED.id) for run in record.runs] == [15]


async def test_a_computation_longer_than_the_hold_is_reported_at_once(site):
    clock, desk = Hands(), Desk()
    look = await one_job(site, "long", PACED)

    async with at_work(site, desk, clock=clock):
        await becomes(lambda: desk.at_work, "the job to run")
        clock.move(60)
        await has_progress(look, 99)
        desk.released.set()

        assert (await ended(look)).status is JobStatus.DONE


async def test_shots_that_only_the_engine_knows_of_take_their_time_too(site):
    clock, desk = Hands(), Desk()
    batch = await create(
        site.world, (NewJob(shots=None),), program="of 50 shots", platform=UNCOUNTED
    )  # five a second

    async with at_work(site, desk, clock=clock):
        await becomes(lambda: clock.sleeping, "the machine to be held")
        assert [until for until, _ in clock.sleeping] == [10]
        clock.move(10)

        async def final() -> Job | None:
            (job,) = await jobs_of(site.world, batch.id)
            return job if job.is_finished else None

        job = await becomes(final, "the job to end")

    assert (job.status, job.shots) == (JobStatus.DONE, 50)


async def test_a_job_that_only_holds_a_machine_takes_no_slot(site):
    clock, desk = Hands(), Desk()
    holding = await one_job(site, "short", PACED)

    async with at_work(site, desk, slots=1, clock=clock):
        await becomes(lambda: clock.sleeping, "the machine to be held")
        others = [await ended(await one_job(site, "short")) for _ in range(3)]
        second = await one_job(site, "short", PACED)

        assert [job.status for job in others] == [JobStatus.DONE] * 3
        assert ((await holding()).status, (await second()).status) == (JobStatus.RUNNING, JobStatus.QUEUED)
        clock.move(20)
        await ended(holding)
        await becomes(lambda: clock.sleeping, "the machine to be held again")
        clock.move(20)
        await ended(second)


async def test_a_refused_job_does_not_hold_the_machine(site):
    clock = Hands()

    async with at_work(site, Desk(), clock=clock):
        job = await ended(await one_job(site, "wobble", PACED))

    assert (job.status, clock.sleeping) == (JobStatus.FAILED, [])


async def test_a_cancel_ends_the_hold(site):
    clock = Hands()
    look = await one_job(site, "short", PACED)

    async with at_work(site, Desk(), clock=clock):
        await becomes(lambda: clock.sleeping, "the machine to be held")
        await site.world.core.jobs.cancel(site.world.owner, (await look()).id)

        job = await ended(look)

    assert (job.status, clock.sleeping) == (JobStatus.CANCELLED, [])


async def test_a_worker_that_stops_gives_back_the_job_that_holds_a_machine(site):
    clock = Hands()
    look = await one_job(site, "short", PACED)

    async with at_work(site, Desk(), clock=clock) as worker:
        await becomes(lambda: clock.sleeping, "the machine to be held")
        await worker.stop(grace_s=0)

    job = await look()
    assert (job.status, job.child_deaths, job.lost_leases) == (JobStatus.QUEUED, 0, 0)
    assert site.line.found() == ["return"]


def test_progress_of_a_hold_counts_the_shots_made():
    hold = Hold(began=100.0, seconds=20.0)

    assert [hold.progress(now) for now in (100.0, 101.0, 110.0, 119.99, 120.0, 500.0)] == [
        0,
        5,
        50,
        99,
        99,
        99,
    ]
    assert [hold.left_s(now) for now in (100.0, 115.0, 120.0, 500.0)] == [20.0, 5.0, 0.0, 0.0]
