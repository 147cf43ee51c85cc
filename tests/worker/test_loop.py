"""The worker's loop against a real server, whatever the line does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ketway.domain.jobs import JobStatus
from ketway.worker.client import NotWelcome, WorkClient
from ketway.worker.loop import Worker
from tests.services.steps import claim_one, create, done, jobs_of, lose
from tests.worker.desk import ERRORS, Desk, at_work, ended, one_job, result_of
from tests.worker.line import MAX_BYTES, Site, a_site, becomes


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(tmp_path) as made:
        yield made


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
