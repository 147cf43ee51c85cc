"""Bytes of results that no result names are deleted, and nothing else is."""

from __future__ import annotations

from typing import Any

from ketway.domain.jobs import JobStatus
from ketway.domain.results import attempt_of, key_of
from tests.builders import a_job
from tests.services.steps import claim_one, create, done, job_of, let_pass, lose
from tests.worlds import World

SHA256 = "ab" * 32


async def left_behind(world: World, job: Any, attempt: int) -> str:
    """What a crash leaves between the bytes and the row."""
    key = key_of(job.id, attempt, SHA256, is_in_row=False)
    await world.blobs.put(key, b"{}")
    return key


async def pass_a_round(world: World) -> None:
    await let_pass(world, 1)
    world.clock.move(hours=1)
    await let_pass(world, 1)


def test_a_key_tells_whose_place_it_is():
    job = a_job()

    assert attempt_of(key_of(job.id, 12, SHA256, is_in_row=False)) == (job.id, 12)
    assert attempt_of(f"programs/ab/{SHA256}") is None
    assert attempt_of("results/ab/something-else") is None


async def test_what_an_ended_job_does_not_name_is_deleted_and_what_it_names_stays(world):
    await create(world)
    grant = await claim_one(world)
    await done(world, grant)
    left = await left_behind(world, grant.job, grant.lease.attempt)

    await pass_a_round(world)

    (result,) = (await world.core.jobs.results([grant.job.id])).values()
    assert not await world.blobs.exists(left)
    assert await world.core.jobs.document(result)


async def test_what_a_living_attempt_may_still_name_stays(world):
    await create(world)
    grant = await claim_one(world)
    left = await left_behind(world, grant.job, grant.lease.attempt)

    await let_pass(world, 2)

    assert (await job_of(world, grant.job.id)).status is JobStatus.RUNNING
    assert await world.blobs.exists(left)


async def test_what_a_lost_attempt_may_still_name_stays_until_the_next_attempt_begins(world):
    await create(world)
    grant = await claim_one(world)
    left = await left_behind(world, grant.job, grant.lease.attempt)
    await lose(world)

    await pass_a_round(world)
    assert (await job_of(world, grant.job.id)).status is JobStatus.QUEUED
    assert await world.blobs.exists(left)

    await claim_one(world)
    await pass_a_round(world)
    assert not await world.blobs.exists(left)


async def test_a_large_store_is_gone_through_little_by_little(world):
    jobs = [a_job() for _ in range(450)]
    for job in jobs:
        await left_behind(world, job, 1)

    remaining = []
    for _ in range(3):
        await let_pass(world, 1)
        remaining.append(len(await world.blobs.list("results", after="", most=1000)))

    assert remaining == [250, 50, 0]


async def test_what_is_no_result_is_left_alone(world):
    await world.blobs.put("results/ab/what-somebody-put-there", b"")
    await world.blobs.put(f"programs/ab/{SHA256}", b"")

    await pass_a_round(world)

    assert await world.blobs.exists("results/ab/what-somebody-put-there")
    assert await world.blobs.exists(f"programs/ab/{SHA256}")
