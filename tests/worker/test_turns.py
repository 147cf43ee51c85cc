"""Short jobs wait for their turn in the worker, and are told of together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ketway.domain.jobs import JobStatus
from ketway.services.drafts import NewJob
from tests.services.steps import create, jobs_of, statuses_of
from tests.worker.desk import Desk, Hands, all_end, at_work, ended, one_job
from tests.worker.line import Site, a_site, becomes

QUEUED, RUNNING, DONE, FAILED, CANCELLED = JobStatus


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(tmp_path) as made:
        yield made


def own(*programs: str) -> tuple[NewJob, ...]:
    return tuple(NewJob(shots=1, program=program) for program in programs)


@pytest.mark.parametrize("slots", [1, 2])
async def test_each_has_its_turn_and_all_are_told(site, slots):
    desk = Desk()

    async with at_work(site, desk, slots=slots, clock=Hands()):
        await ended(await one_job(site, "short"))
        batch = await create(site.world, 150, program="short")

        assert await all_end(site, batch) == [DONE] * 150

    assert desk.most_at_work <= slots
    assert desk.taken == 151
    assert [job.attempt for job in await jobs_of(site.world, batch.id)] == [1] * 150


async def test_a_death_or_a_refusal_leaves_those_that_wait_alone(site):
    async with at_work(site, Desk(), clock=Hands()):
        await ended(await one_job(site, "short"))
        batch = await create(site.world, own("short", "crash", "wobble", "short", "talkative", "short"))

        assert await all_end(site, batch) == [DONE, FAILED, FAILED, DONE, FAILED, DONE]

    jobs = await jobs_of(site.world, batch.id)
    assert [job.child_deaths for job in jobs] == [0, 3, 0, 0, 0, 0]


async def test_what_waits_behind_a_job_that_turns_out_long_goes_back_to_the_queue(site):
    clock, desk = Hands(), Desk()

    async with at_work(site, desk, clock=clock):
        await ended(await one_job(site, "short"))
        batch = await create(site.world, own("long", "short", "short"))
        await becomes(lambda: desk.at_work, "the first to run")
        assert await statuses_of(site.world, batch.id) == [RUNNING] * 3
        clock.move(1)

        async def returned() -> bool:
            return await statuses_of(site.world, batch.id) == [RUNNING, QUEUED, QUEUED]

        await becomes(returned, "the others to wait again")
        desk.released.set()

        assert await all_end(site, batch) == [DONE] * 3

    first, *others = [job.attempt for job in await jobs_of(site.world, batch.id)]
    # A question for work that was open meanwhile may bring one of them back once more.
    assert first == 1
    assert min(others) == 2
    assert site.line.found().count("return") == sum(others) - 2


async def test_one_that_is_cancelled_before_its_turn_never_runs(site):
    desk = Desk()

    async with at_work(site, desk, clock=Hands()):
        await ended(await one_job(site, "short"))
        batch = await create(site.world, own("long", "short", "short"))
        await becomes(lambda: desk.at_work, "the first to run")
        jobs = await jobs_of(site.world, batch.id)
        await site.world.core.jobs.cancel(site.world.owner, jobs[1].id)

        async def cancelled() -> bool:
            return await statuses_of(site.world, batch.id) == [RUNNING, CANCELLED, RUNNING]

        await becomes(cancelled, "the second to be cancelled")
        desk.released.set()

        assert await all_end(site, batch) == [DONE, CANCELLED, DONE]

    assert desk.taken == 3


async def test_a_worker_that_stops_gives_back_what_has_not_had_its_turn(site):
    desk = Desk()

    async with at_work(site, desk, clock=Hands()) as worker:
        await ended(await one_job(site, "short"))
        batch = await create(site.world, own("long", "short", "short"))
        await becomes(lambda: desk.at_work, "the first to run")
        await worker.stop(grace_s=0)

    jobs = await jobs_of(site.world, batch.id)
    assert [(job.status, job.lost_leases, job.child_deaths) for job in jobs] == [(QUEUED, 0, 0)] * 3
    assert desk.taken == 2


async def test_a_claim_of_many_whose_answer_is_lost_is_asked_again(site):
    desk = Desk()

    async with at_work(site, desk, clock=Hands()):
        await ended(await one_job(site, "short"))
        site.line.lost.append("/leases")
        batch = await create(site.world, 20, program="short")

        assert await all_end(site, batch) == [DONE] * 20

    assert [job.attempt for job in await jobs_of(site.world, batch.id)] == [1] * 20
    assert desk.taken == 21


async def test_outcomes_of_many_whose_answer_is_lost_are_told_again_and_count_once(site):
    async with at_work(site, Desk(), clock=Hands()):
        await ended(await one_job(site, "short"))
        site.line.lost += ["/outcomes", "/outcomes"]
        batch = await create(site.world, 20, program="short")

        assert await all_end(site, batch) == [DONE] * 20

    assert [job.attempt for job in await jobs_of(site.world, batch.id)] == [1] * 20


@pytest.mark.parametrize(("status", "error"), [(500, "internal"), (413, "OverBound")])
async def test_outcomes_that_the_server_takes_not_together_are_told_one_by_one(site, status, error):
    async with at_work(site, Desk(), clock=Hands()):
        await ended(await one_job(site, "short"))
        site.line.refused["/outcomes"] = (status, error)
        batch = await create(site.world, own("short", "wobble", "short"))

        assert await all_end(site, batch) in ([DONE, FAILED, DONE], [FAILED, FAILED, DONE])
        assert site.line.refused == {}


async def test_while_one_slot_is_taken_for_long_the_other_serves_those_that_wait(site):
    desk = Desk()

    async with at_work(site, desk, slots=2, clock=Hands()):
        await ended(await one_job(site, "short"))
        long = await one_job(site, "long")
        await becomes(lambda: desk.at_work, "the long one to run")
        batch = await create(site.world, 100, program="short")

        assert await all_end(site, batch) == [DONE] * 100
        assert (await long()).status is RUNNING
        desk.released.set()
        await ended(long)
