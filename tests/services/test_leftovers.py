"""Bytes of results that no result names are deleted, and nothing else is."""

from __future__ import annotations

from typing import Any

from ketway.domain.jobs import JobStatus
from ketway.domain.programs import blob_key, checksum
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
    assert not await world.blobs.mark(left)
    assert await world.core.jobs.document(result)


async def test_what_a_living_attempt_may_still_name_stays(world):
    await create(world)
    grant = await claim_one(world)
    left = await left_behind(world, grant.job, grant.lease.attempt)

    await let_pass(world, 2)

    assert (await job_of(world, grant.job.id)).status is JobStatus.RUNNING
    assert await world.blobs.mark(left)


async def test_what_a_lost_attempt_may_still_name_stays_until_the_next_attempt_begins(world):
    await create(world)
    grant = await claim_one(world)
    left = await left_behind(world, grant.job, grant.lease.attempt)
    await lose(world)

    await pass_a_round(world)
    assert (await job_of(world, grant.job.id)).status is JobStatus.QUEUED
    assert await world.blobs.mark(left)

    await claim_one(world)
    await pass_a_round(world)
    assert not await world.blobs.mark(left)


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
    strange = ["results/ab/what-somebody-put-there", "programs/ab/that-too", f"programs/cd/{SHA256}"]
    for key in strange:
        await world.blobs.put(key, b"")

    for _ in range(3):
        await pass_a_round(world)

    assert all([await world.blobs.mark(key) for key in strange])


async def test_a_text_that_no_program_names_goes_at_the_second_look(world):
    left = await a_text_without_a_row(world)
    batch = await create(world, program="a text of somebody's")

    await let_pass(world, 2)
    assert await world.blobs.mark(left)

    await pass_a_round(world)
    assert not await world.blobs.mark(left)
    assert await texts_of(world, batch) == ["a text of somebody's"]


async def test_a_text_that_somebody_sends_meanwhile_stays(world):
    left = await a_text_without_a_row(world)
    await let_pass(world, 1)
    assert await world.blobs.add(left, LEFT.encode()) is None  # and its row is not yet there

    await pass_a_round(world)
    assert await world.blobs.mark(left)
    batch = await create(world, program=LEFT)

    for _ in range(2):
        await pass_a_round(world)
    assert await texts_of(world, batch) == [LEFT]


LEFT = "a text that was left behind"


async def a_text_without_a_row(world: World) -> str:
    key = blob_key(checksum(LEFT.encode()))
    await world.blobs.put(key, LEFT.encode())
    return key


async def texts_of(world: World, batch: Any) -> list[str]:
    return list((await world.core.programs.texts(world.owner, [batch.program_id])).values())
