"""A job that only holds a machine: its time passes by the worker's clock, with no slot taken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from ketway.domain.jobs import Job, JobStatus
from ketway.services.drafts import NewJob
from ketway.worker.hold import Hold
from tests.services.steps import PACED, UNCOUNTED, create, jobs_of
from tests.worker.desk import Desk, Hands, at_work, ended, one_job
from tests.worker.line import Site, a_site, becomes


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(tmp_path) as made:
        yield made


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
