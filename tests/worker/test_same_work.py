"""Jobs of the same work, which differ in shots and seed alone, in one worker: one of them computes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from ketway.domain.errors import AlreadyFinished
from ketway.domain.jobs import JobStatus
from ketway.domain.tasks import Computed, Task
from ketway.services.drafts import NewJob
from ketway.worker.deaths import ChildDied
from ketway.worker.works import Awaited
from tests.builders import a_platform
from tests.engines.circuits import BELL
from tests.services.steps import create, jobs_of, statuses_of
from tests.worker.desk import Desk, Hands, all_end, at_work, ended, one_job
from tests.worker.kit import some_children
from tests.worker.line import Site, a_site, becomes

QUEUED, RUNNING, DONE, FAILED, CANCELLED = JobStatus
AER = a_platform(name="AER", engine="aer", max_qubits=20, max_shots=10_000)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(tmp_path) as made:
        yield made


class Keeping(Desk):
    """Says of every program but a `noisy` one that what it computes is kept; each run ends when it is
    let go."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[tuple[str, asyncio.Future[None]]] = []

    async def run(self, engine, project, task, *, awaited: Awaited | None, **limits) -> Computed:
        if awaited is not None:
            awaited.on_kept(task.program != "noisy")
        return await super().run(engine, project, task, awaited=awaited, **limits)

    async def _answer(self, task: Task) -> Computed:
        end = asyncio.get_running_loop().create_future()
        name = f"{task.program} {task.parameters['x']}" if task.parameters else task.program
        self.runs.append((name, end))
        try:
            if not self.released.is_set():
                await end
        finally:
            self.runs.remove((name, end))
        return await super()._answer(task)

    @property
    def running(self) -> list[str]:
        return sorted(name for name, _ in self.runs)

    async def let_go(self, death: Exception | None = None) -> None:
        """The one that began first."""
        _, end = (await becomes(lambda: self.runs, "one to run"))[0]
        if death is None:
            end.set_result(None)
        else:
            end.set_exception(death)

    def let_all_go(self) -> None:
        """Those to come as well."""
        self.released.set()
        for _, end in self.runs:
            end.set_result(None)


def own(*programs: str) -> tuple[NewJob, ...]:
    return tuple(NewJob(shots=1, program=program) for program in programs)


def at_keeping(site: Site, desk: Keeping, clock: Hands | None = None):
    return at_work(site, desk, slots=2, keepers=["noop"], clock=clock or Hands())


async def all_lent(site: Site, batch, desk: Keeping) -> None:
    """And one of them runs."""

    async def lent() -> bool:
        return set(await statuses_of(site.world, batch.id)) == {RUNNING}

    await becomes(lent, "every job to be lent")
    await becomes(lambda: {"same"} & set(desk.running), "one to run")


async def test_many_jobs_of_the_same_work_are_one_at_a_time(site):
    desk = Keeping()
    batch = await create(site.world, 30, program="same")

    async with at_keeping(site, desk):
        await all_lent(site, batch, desk)
        assert desk.running == ["same"]
        desk.let_all_go()
        assert await all_end(site, batch) == [DONE] * 30

    assert (desk.taken, desk.most_at_work) == (30, 1)
    assert [job.attempt for job in await jobs_of(site.world, batch.id)] == [1] * 30


async def test_what_is_not_kept_is_computed_side_by_side(site):
    desk = Keeping()
    await create(site.world, 3, program="noisy")

    async with at_keeping(site, desk):
        await becomes(lambda: desk.running == ["noisy", "noisy"], "two at once")


async def test_a_sweep_of_parameters_is_computed_side_by_side(site):
    desk = Keeping()
    sweep = tuple(NewJob(shots=1, parameters={"x": number}) for number in range(3))
    await create(site.world, sweep, program="same")

    async with at_keeping(site, desk):
        await becomes(lambda: desk.running == ["same 0", "same 1"], "two at once")
        await desk.let_go()
        await becomes(lambda: desk.running == ["same 1", "same 2"], "the next one")


async def test_the_free_slot_serves_others_meanwhile(site):
    desk = Keeping()
    batch = await create(site.world, own("same", "same", "same", "other"))

    async with at_keeping(site, desk):
        await becomes(lambda: desk.running == ["other", "same"], "the other one's turn")
        assert await statuses_of(site.world, batch.id) == [RUNNING] * 4


async def test_when_the_one_that_computes_dies_the_next_one_computes(site):
    desk = Keeping()
    batch = await create(site.world, 2, program="same")

    async with at_keeping(site, desk):
        await all_lent(site, batch, desk)
        await desk.let_go(ChildDied("killed by signal 11"))
        await becomes(lambda: desk.taken == 2 and desk.running == ["same"], "the next one to begin")
        desk.let_all_go()
        assert await all_end(site, batch) == [DONE] * 2

    assert [job.child_deaths for job in await jobs_of(site.world, batch.id)] == [1, 0]


async def test_a_cancel_ends_the_one_that_computes_or_one_that_waits_for_it(site):
    desk = Keeping()
    batch = await create(site.world, 3, program="same")
    cancel, owner = site.world.core.jobs.cancel, site.world.owner

    async with at_keeping(site, desk):
        await all_lent(site, batch, desk)
        first, second, _ = await jobs_of(site.world, batch.id)
        await cancel(owner, second.id)

        async def is_cancelled() -> bool:
            return await statuses_of(site.world, batch.id) == [RUNNING, CANCELLED, RUNNING]

        await becomes(is_cancelled, "the second to be cancelled")
        assert (desk.taken, desk.cut) == (1, 0)
        await cancel(owner, first.id)
        await becomes(lambda: desk.taken == 2, "the third to begin")
        await desk.let_go()

        assert await all_end(site, batch) == [CANCELLED, CANCELLED, DONE]


async def test_who_waits_for_it_is_not_said_to_have_run(site):
    desk, clock = Keeping(), Hands()
    batch = await create(site.world, 2, program="same")

    async with at_keeping(site, desk, clock=clock):
        await all_lent(site, batch, desk)
        clock.move(30)
        await desk.let_go()
        await becomes(lambda: desk.taken == 2, "the second to begin")
        await desk.let_go()
        await all_end(site, batch)

    told = [said["outcomes"] for path, said in site.line.asked if path.endswith("/outcomes")]
    assert [outcome["ran_s"] for outcomes in told for outcome in outcomes] == [30, 0]


async def test_who_waits_for_it_says_so_with_every_heartbeat(site):
    desk = Keeping()
    batch = await create(site.world, 2, program="same")

    async with at_keeping(site, desk):
        await all_lent(site, batch, desk)
        first, second = await jobs_of(site.world, batch.id)

        async def is_put_off() -> bool:
            return (await jobs_of(site.world, batch.id))[1].started_at != second.started_at

        await becomes(is_put_off, "the second to be put off")

        assert (await jobs_of(site.world, batch.id))[0].started_at == first.started_at


async def test_when_every_slot_is_taken_for_long_those_that_wait_for_a_work_stay_for_it(site):
    desk, clock = Keeping(), Hands()
    await create(site.world, 1, program="other")

    async with at_keeping(site, desk, clock=clock):
        await becomes(lambda: desk.running == ["other"], "the other one to run")
        short = await one_job(site, "short")
        await becomes(lambda: desk.running == ["other", "short"], "the short one to run")
        _, end = desk.runs[-1]
        end.set_result(None)
        await ended(short)
        batch = await create(site.world, own("same", "same", "third"))
        await all_lent(site, batch, desk)
        assert desk.running == ["other", "same"]
        clock.move(1)

        await becomes(lambda: "return" in site.line.found(), "the third to be given back")
        assert (await statuses_of(site.world, batch.id))[:2] == [RUNNING] * 2
        attempts = [job.attempt for job in await jobs_of(site.world, batch.id)]
        assert attempts[:2] == [1, 1]


async def test_a_worker_that_stops_gives_back_those_that_wait_for_a_work(site):
    desk = Keeping()
    batch = await create(site.world, 5, program="same")

    async with at_keeping(site, desk) as worker:
        await becomes(lambda: len(worker._held) == 5, "every lease to arrive")
        await becomes(lambda: desk.running, "one to run")
        await worker.stop(grace_s=0)

    jobs = await jobs_of(site.world, batch.id)
    assert [(job.status, job.lost_leases, job.child_deaths) for job in jobs] == [(QUEUED, 0, 0)] * 5
    assert desk.taken == 1


class Stormy(Keeping):
    """Ends each run after some turns of the loop, and counts how many of a program ran at once."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self.chance = chance
        self.together: Counter[str] = Counter()

    async def _answer(self, task: Task) -> Computed:
        alike = self.at_work.count(task.program)
        self.together[task.program] = max(self.together[task.program], alike)
        for _ in range(self.chance.randrange(100)):
            await asyncio.sleep(0)
        return await Desk._answer(self, task)


@pytest.mark.parametrize("seed", range(3))
async def test_in_a_storm_of_deaths_and_cancels_every_job_ends_as_it_must(site, seed):
    chance = Random(seed)
    desk = Stormy(chance)
    programs = chance.choices(["same", "other", "noisy", "crash", "wobble"], k=60)
    batch = await create(site.world, own(*programs))
    unwanted = set(chance.sample(range(60), 10))

    async with at_work(site, desk, slots=3, keepers=["noop"]):
        for place in unwanted:
            job = (await jobs_of(site.world, batch.id))[place]
            with contextlib.suppress(AlreadyFinished):
                await site.world.core.jobs.cancel(site.world.owner, job.id)
        ended_as = await all_end(site, batch)

    ends = {"crash": FAILED, "wobble": FAILED}
    for place, (program, status) in enumerate(zip(programs, ended_as, strict=True)):
        usual = ends.get(program, DONE)
        assert status in ({usual, CANCELLED} if place in unwanted else {usual}), (place, program)
    assert (desk.together["same"], desk.together["other"]) == (1, 1)
    assert desk.at_work == []


async def test_one_simulation_serves_a_hundred_jobs_in_two_slots(tmp_path):
    async with (
        a_site(tmp_path, [AER]) as site,
        some_children(engines=["aer"]) as children,
        at_work(site, children, slots=2, keepers=["aer"]),
    ):
        batch = await create(site.world, 100, program=BELL, platform=AER)
        assert await all_end(site, batch) == [DONE] * 100

        jobs = await jobs_of(site.world, batch.id)
        async with site.world.db.look() as work:
            results = await work.results.of([job.id for job in jobs])

    resampled = [results[job.id].metadata["resampled"] for job in jobs]
    assert resampled.count(False) == 1
    assert len({tuple(sorted(results[job.id].counts[0].items())) for job in jobs}) > 1
