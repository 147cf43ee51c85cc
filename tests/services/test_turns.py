"""Whose turn it is, between projects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ketway.domain.leases import Verdict
from ketway.domain.priorities import Priority
from ketway.domain.shares import FairShare
from ketway.services.backfill import Backfill
from ketway.services.candidates import Turns
from ketway.services.core import Limits
from ketway.services.paces import Paces
from tests.builders import NOON
from tests.fakes import a_memory_world
from tests.services.steps import (
    EMU,
    PLATFORMS,
    QPU,
    a_new_batch,
    another_worker,
    claim,
    claim_one,
    create,
    done,
    failed,
    give_back,
    lose,
)


async def share_of(world, platform=EMU, project=None) -> float:
    wanted = project or world.project_id
    async with world.db.look() as work:
        shares = await work.shares.of([wanted], [platform.id])
    return sum(share.at(world.clock.now(), 86_400.0) for share in shares.values())


async def somebody_else(world, jobs=1, **changes):
    """Jobs of another project, which come a little later."""
    world.clock.move(seconds=1)
    actor, _ = await world.another_project()
    (project,) = actor.roles
    new = replace(a_new_batch(world, jobs, **changes), project_id=project)
    await world.core.batches.create(actor, new)
    return project


async def run(world, seconds=1.0):
    """The next job, from start to end; whose it was."""
    grant = await claim_one(world)
    world.clock.move(seconds=seconds)
    await done(world, grant)
    return grant.job.project_id


async def test_of_two_projects_the_one_that_used_less_goes_first(world):
    await create(world, 10)
    other = await somebody_else(world, 3)

    turns = [await run(world) for _ in range(7)]

    assert turns == [world.project_id, other] * 3 + [world.project_id]


async def test_a_project_of_twice_the_weight_has_twice_the_turns(world):
    await create(world, 10)
    other = await somebody_else(world, 10)
    async with world.db.work() as work:
        project = await work.projects.get(other)
        await work.projects.put(replace(project, weight=2.0))

    turns = [await run(world) for _ in range(9)]

    assert turns.count(other) == 6


async def test_what_runs_now_counts(world):
    await create(world, 10)
    other = await somebody_else(world, 10)
    long = await claim_one(world)
    world.clock.move(seconds=25)

    turns = [await run(world) for _ in range(5)]

    assert long.job.project_id == world.project_id
    assert set(turns) == {other}


async def test_those_who_start_at_one_moment_know_of_each_other(world):
    await create(world, 10)
    other = await somebody_else(world, 10)

    grants = await claim(world, await another_worker(world), most=4)

    assert [grant.job.project_id for grant in grants].count(other) == 2


async def test_no_use_comes_before_a_higher_class(world):
    other = await somebody_else(world, 5, priority=Priority.HIGH)
    await create(world, 5)

    assert [await run(world, 1000) for _ in range(5)] == [other] * 5


async def test_no_use_comes_before_who_has_the_machine(world):
    await create(world, 3, platform=QPU)
    other = await somebody_else(world, 1, platform=QPU)

    assert [await run(world, 1000) for _ in range(4)] == [world.project_id] * 3 + [other]


@pytest.mark.parametrize("verdict", [Verdict.FAULT, Verdict.DIED, Verdict.CANCELLED])
async def test_every_outcome_counts_what_it_took_once(world, verdict):
    await create(world)
    grant = await claim_one(world)
    world.clock.move(seconds=7)

    await failed(world, grant, verdict)
    await failed(world, grant, verdict)

    assert await share_of(world) == 7.0


async def test_a_result_counts_once_however_often_it_is_told(world):
    await create(world, platform=QPU)
    grant = await claim_one(world)
    world.clock.move(seconds=7)

    await done(world, grant)
    await done(world, grant)

    assert await share_of(world, QPU) == 7.0
    assert await share_of(world, EMU) == 0.0


async def test_what_came_to_no_outcome_does_not_count(world):
    await create(world)
    grant = await claim_one(world)
    world.clock.move(seconds=7)
    await give_back(world, grant)
    await claim_one(world)
    await lose(world)

    assert await share_of(world) == 0.0


async def test_without_fair_share_age_decides_and_use_is_written_down_all_the_same():
    limits = Limits(fair_share=FairShare(is_on=False))
    async with a_memory_world(catalogue=PLATFORMS, limits=limits) as world:
        await create(world, 5)
        await somebody_else(world, 5)

        turns = [await run(world) for _ in range(5)]

        assert turns == [world.project_id] * 5
        assert await share_of(world) > 4.9


async def test_where_nothing_waits_one_question_is_asked_of_the_queue():
    class Idle:
        """A queue that answers nothing else."""

        async def waited_for(self):
            return set()

    class Work:
        jobs = Idle()

    turns = Turns(fair_share=FairShare(), backfill=Backfill(forecast=Paces()))

    assert await turns.candidates(Work(), PLATFORMS, NOON) == []  # type: ignore[arg-type]
