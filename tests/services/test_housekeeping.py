"""What time alone makes happen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from ketway.domain.credentials import WorkerToken, WorkerTokenId, hashed
from ketway.domain.errors import StoreBusy, Unknown
from ketway.domain.jobs import MAX_LOST_LEASES, JobStatus
from ketway.domain.leases import Word
from ketway.keys.links import LinkSigner, fresh_key
from ketway.services.platforms import WORKER_SILENCE
from tests.builders import DOOR
from tests.fakes.blobs import MemoryBlobs
from tests.services.steps import (
    EMU,
    NARROW,
    PLATFORMS,
    batch_of,
    beat,
    claim,
    claim_one,
    create,
    done,
    job_of,
    jobs_of,
    let_pass,
    lose,
    statuses_of,
)

QUEUED, RUNNING, DONE, FAILED, CANCELLED = JobStatus


async def a_remote_worker(world):
    """A worker that did not come with the server, and its token."""
    token = WorkerToken(
        id=WorkerTokenId(uuid4()), name="lab", secret_hash=hashed("lab"), created_at=world.clock.now()
    )
    async with world.db.work() as work:
        await work.workers.add_token(token)
    return token, await world.core.leases.register(token, "remote", {"noop": "1"}, 1)


async def test_a_silent_worker_loses_its_lease_and_the_job_waits_again(world):
    batch = await create(world)
    grant = await claim_one(world)
    await world.core.housekeeping.sweep()

    await let_pass(world, 29)
    assert await statuses_of(world, batch.id) == [RUNNING]
    await let_pass(world, 1)

    job = await job_of(world, grant.job.id)
    assert (job.status, job.lost_leases, job.child_deaths) == (QUEUED, 1, 0)
    assert (await claim_one(world)).job.attempt == 2


async def test_a_job_that_loses_every_worker_is_given_up_in_the_end(world):
    batch = await create(world)
    await world.core.housekeeping.open()
    for _ in range(MAX_LOST_LEASES):
        await claim_one(world)
        await world.core.housekeeping.open()

    (job,) = await jobs_of(world, batch.id)
    assert job.status is FAILED
    assert "worker" in job.errors[0]
    assert (await batch_of(world, batch.id)).is_finished
    assert await claim(world) == []


async def test_a_jump_of_the_clock_gives_live_leases_their_grace(world):
    await create(world)
    grant = await claim_one(world)
    await world.core.housekeeping.sweep()

    # The time of day alone jumps; no time has passed.
    world.clock.time += timedelta(hours=5)
    await world.core.housekeeping.sweep()

    assert (await job_of(world, grant.job.id)).status is RUNNING
    assert await beat(world, grant) is Word.CONTINUE
    await let_pass(world, 29)
    assert (await job_of(world, grant.job.id)).status is RUNNING
    await let_pass(world, 1)
    assert (await job_of(world, grant.job.id)).status is QUEUED


async def test_a_stall_of_the_server_gives_live_leases_their_grace(world):
    await create(world)
    grant = await claim_one(world)
    await world.core.housekeeping.sweep()

    world.clock.move(minutes=10)
    await world.core.housekeeping.sweep()

    assert (await job_of(world, grant.job.id)).status is RUNNING
    await let_pass(world, 30)
    assert (await job_of(world, grant.job.id)).status is QUEUED


async def test_a_clock_that_goes_back_keeps_no_lease_alive_for_ever(world):
    await create(world)
    grant = await claim_one(world)
    await world.core.housekeeping.sweep()

    world.clock.time -= timedelta(hours=5)
    await world.core.housekeeping.sweep()
    await let_pass(world, 31)

    assert (await job_of(world, grant.job.id)).status is QUEUED


async def test_leases_run_out_though_what_is_left_over_cannot_be_looked_through(world):
    class Unreadable(MemoryBlobs):
        async def list(self, prefix, *, after, most):
            raise StoreBusy("input/output error")

    await create(world)
    grant = await claim_one(world)
    leftovers = replace(world.core.housekeeping.leftovers, blobs=Unreadable(LinkSigner(fresh_key())))
    housekeeping = replace(world.core.housekeeping, leftovers=leftovers)

    for _ in range(32):
        with pytest.raises(StoreBusy):
            await housekeeping.sweep()
        world.clock.move(seconds=1)

    assert (await job_of(world, grant.job.id)).status is QUEUED


async def test_after_a_start_local_workers_have_lost_their_leases_and_others_have_their_grace(world):
    await create(world, jobs=2)
    token, worker = await a_remote_worker(world)
    local = await claim_one(world)
    (remote,) = await world.core.leases.claim(token, worker.id, "q", most=1, wait_s=0)
    world.clock.move(hours=1)

    await world.core.housekeeping.open()

    assert (await job_of(world, local.job.id)).status is QUEUED
    assert (await job_of(world, remote.job.id)).status is RUNNING
    await let_pass(world, 29)
    await done(world, remote)
    assert (await job_of(world, remote.job.id)).status is DONE


async def test_where_others_share_the_database_a_local_worker_may_be_theirs_and_keeps_its_lease(world):
    await create(world)
    grant = await claim_one(world)
    others = replace(world.core.housekeeping, is_alone=False)

    await others.open()
    await others.void_local(["another run"])

    assert (await job_of(world, grant.job.id)).status is RUNNING
    await done(world, grant)
    assert (await job_of(world, grant.job.id)).status is DONE


async def test_where_others_share_the_database_the_local_worker_of_a_dead_server_loses_its_lease(world):
    await create(world)
    grant = await claim_one(world)
    others = replace(world.core.housekeeping, is_alone=False)

    await others.open([world.worker.name])

    assert (await job_of(world, grant.job.id)).status is QUEUED


async def test_a_job_that_was_to_be_cancelled_is_cancelled_with_its_lost_worker(world):
    batch = await create(world)
    grant = await claim_one(world)
    await world.core.jobs.cancel(world.owner, grant.job.id)

    await lose(world)

    assert await statuses_of(world, batch.id) == [CANCELLED]
    assert (await batch_of(world, batch.id)).is_finished


async def test_the_lost_lease_of_a_finished_job_changes_nothing(world):
    await create(world)
    grant = await claim_one(world)
    await done(world, grant)

    await lose(world)

    assert (await job_of(world, grant.job.id)).status is DONE


async def test_a_sweep_wakes_those_who_wait(world):
    await create(world)
    await claim_one(world)
    await world.core.housekeeping.sweep()
    before = world.core.leases.bell.strokes()

    await let_pass(world, 30)

    assert world.core.leases.bell.strokes() > before


async def test_a_sweep_with_nothing_to_do_wakes_nobody(world):
    before = world.core.leases.bell.strokes()

    await let_pass(world, 3)

    assert world.core.leases.bell.strokes() == before


async def test_a_platform_is_served_while_a_worker_with_its_engine_was_heard_of_lately(world):
    async def served() -> dict[str, bool]:
        return {offer.platform.name: offer.is_served for offer in await world.core.platforms.offers(DOOR)}

    assert await served() == {platform.name: True for platform in PLATFORMS}
    world.clock.move(seconds=WORKER_SILENCE.total_seconds() + 1)
    assert await served() == {platform.name: False for platform in PLATFORMS}
    await claim(world)
    assert await served() == {platform.name: True for platform in PLATFORMS}


async def test_platforms_are_found_by_id_and_name(world):
    platforms = world.core.platforms

    assert (await platforms.offered(DOOR, EMU.id)).platform == EMU
    assert (await platforms.named(DOOR, "NARROW")).platform == NARROW
    assert await platforms.get(EMU.id) == EMU
    with pytest.raises(Unknown):
        await platforms.named(DOOR, "NONE")
    with pytest.raises(Unknown):
        await platforms.offered(DOOR.__class__("other"), EMU.id)
