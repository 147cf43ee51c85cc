"""What goes wrong on purpose behind the API: platforms that are down, queues that wait, jobs that fail."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest

from ketway.domain.errors import PlatformUnserved
from ketway.domain.faults import Down, Failure, FaultPlan, Late, Wait
from ketway.domain.jobs import JobStatus
from ketway.domain.leases import Verdict
from tests.builders import DOOR
from tests.fakes import a_memory_world
from tests.services.steps import (
    EMU,
    PLATFORMS,
    QPU,
    batch_of,
    claim,
    create,
    done,
    failed,
    job_of,
    jobs_of,
    lose,
)
from tests.worlds import World


def a_world_with(**rules: object) -> AbstractAsyncContextManager[World]:
    return a_memory_world(catalogue=PLATFORMS, faults=FaultPlan(**rules))  # type: ignore[arg-type]


async def test_nothing_starts_on_a_platform_that_is_down_until_its_time_is_over():
    async with a_world_with(down=(Down(platform=EMU.name, why="Cooling.", for_s=60),)) as world:
        batch = await create(world)

        offer = await world.core.platforms.named(DOOR, EMU.name)
        assert (offer.is_down, offer.why) == (True, "Cooling.")
        assert not (await world.core.platforms.named(DOOR, QPU.name)).is_down
        assert await claim(world) == []

        world.clock.move(seconds=60)
        assert not (await world.core.platforms.named(DOOR, EMU.name)).is_down
        (grant,) = await claim(world)
        assert grant.job.batch_id == batch.id


async def test_who_insists_on_a_platform_that_is_down_hears_why():
    rule = Down(platform=EMU.name, why="Cooling.")

    async with a_world_with(down=(rule,)) as world, world.db.look() as work:
        with pytest.raises(PlatformUnserved, match=r"Cooling\."):
            await world.core.platforms.must_be_served(work, EMU)


async def test_what_an_operator_says_is_not_mixed_up_with_what_is_rehearsed():
    async with a_world_with(down=(Down(platform=EMU.name, why="Cooling.", for_s=60),)) as world:
        await world.core.platforms.set_specs(world.operator, EMU.id, "{}")

        world.clock.move(seconds=60)

        offer = await world.core.platforms.named(DOOR, EMU.name)
        assert (offer.is_down, offer.why, offer.platform.specs) == (False, "", "{}")


async def test_a_job_waits_after_its_submission_and_holds_nobody_elsewhere_back():
    async with a_world_with(wait=(Wait(platform=EMU.name, after_submission_s=20),)) as world:
        first = await create(world)
        elsewhere = await create(world, platform=QPU)
        world.clock.move(seconds=15)
        second = await create(world)

        assert [grant.job.batch_id for grant in await claim(world, most=5)] == [elsewhere.id]
        world.clock.move(seconds=5)
        assert [grant.job.batch_id for grant in await claim(world, most=5)] == [first.id]
        world.clock.move(seconds=15)
        assert [grant.job.batch_id for grant in await claim(world, most=5)] == [second.id]


async def test_a_queue_waits_after_the_start():
    async with a_world_with(wait=(Wait(platform=EMU.name, after_start_s=20),)) as world:
        world.clock.move(seconds=19)
        await create(world)

        assert await claim(world) == []
        world.clock.move(seconds=1)
        assert len(await claim(world)) == 1


async def test_every_second_job_runs_and_fails_with_the_words():
    async with a_world_with(failure=(Failure(text="No lock.", every=2),)) as world:
        batch = await create(world, 4)

        await world.run_all()

        found = [(job.status, job.errors) for job in await jobs_of(world, batch.id)]
        assert found == [(JobStatus.DONE, ()), (JobStatus.FAILED, ("No lock.",))] * 2
        assert (await batch_of(world, batch.id)).is_finished


async def test_a_job_that_failed_on_purpose_leaves_no_result():
    async with a_world_with(failure=(Failure(text="No lock."),)) as world:
        (job,) = await jobs_of(world, (await create(world)).id)

        await world.run_all()

        assert await world.core.jobs.results([job.id]) == {}


async def test_only_jobs_with_the_tag_fail():
    async with a_world_with(failure=(Failure(text="No.", tag="doomed"),)) as world:
        doomed, other = await create(world, tags=("doomed",)), await create(world)

        await world.run_all()

        assert [job.status for job in await jobs_of(world, doomed.id)] == [JobStatus.FAILED]
        assert [job.status for job in await jobs_of(world, other.id)] == [JobStatus.DONE]


async def test_a_job_that_is_started_again_keeps_its_fate():
    async with a_world_with(failure=(Failure(text="No.", first=1),)) as world:
        (job,) = await jobs_of(world, (await create(world)).id)
        (lost,) = await claim(world)
        await lose(world)

        (again,) = await claim(world)
        await done(world, again)

        assert again.job.id == lost.job.id == job.id
        assert (await job_of(world, job.id)).errors == ("No.",)


async def test_a_job_that_fails_by_itself_keeps_its_own_reason():
    async with a_world_with(failure=(Failure(text="No."),)) as world:
        (job,) = await jobs_of(world, (await create(world)).id)
        (grant,) = await claim(world)

        await failed(world, grant, Verdict.REFUSED, "your program is wrong")

        assert (await job_of(world, job.id)).errors == ("your program is wrong",)


async def test_late_results_are_told_to_the_worker_and_lie_between_the_ends():
    of_both = (Late(seconds=(2, 4), platform=EMU.name, every=2), Late(seconds=1, platform=QPU.name))
    async with a_world_with(late=of_both) as world:
        await create(world, 4)
        await create(world, platform=QPU)

        grants = [grant for _ in range(5) for grant in await claim(world)]

        late = {grant.job.position: grant.late_s for grant in grants if grant.platform.id == EMU.id}
        assert (late[1], late[3]) == (0, 0)
        assert 2 <= late[2] <= 4
        assert 2 <= late[4] <= 4
        assert late[2] != late[4]
        assert [grant.late_s for grant in grants if grant.platform.id == QPU.id] == [1]


async def test_the_same_seed_and_the_same_jobs_have_the_same_fates():
    async def fates(seed: int) -> list[JobStatus]:
        async with a_world_with(seed=seed, failure=(Failure(text="No.", share=0.5),)) as world:
            batch = await create(world, 40)
            await world.run_all()
            return [job.status for job in await jobs_of(world, batch.id)]

    assert await fates(7) == await fates(7)
    assert await fates(7) != await fates(8)
    assert set(await fates(7)) == {JobStatus.DONE, JobStatus.FAILED}
