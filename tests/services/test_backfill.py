"""Before a slot begins, what is over by then still starts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ketway.domain.batches import BatchStatus
from ketway.domain.estimates import Run
from ketway.services.backfill import Backfill
from ketway.services.drafts import NewJob
from tests.services.steps import (
    EMU,
    NARROW,
    QPU,
    a_new_batch,
    batch_of,
    book,
    claim,
    claim_one,
    create,
    done,
    leap,
    let_pass,
    outcome_of,
    tell,
)
from tests.worlds import all_zero

BOTH = pytest.mark.parametrize("platform", [EMU, QPU], ids=["emulator", "machine"])


class Forecast:
    """The `Forecast` port: knows what it was told."""

    def __init__(self, **seconds: float) -> None:
        self._seconds = seconds

    async def seconds(self, work, waiting):
        names = {each.job_id: (await work.jobs.fetch(each.job_id)).name for each in waiting}
        return {id: self._seconds[name] for id, name in names.items() if name in self._seconds}


def foretell(world, **seconds: float) -> None:
    """From now on somebody knows how long jobs of these names run."""
    turns = replace(world.core.leases.turns, backfill=Backfill(forecast=Forecast(**seconds)))
    leases = replace(world.core.leases, turns=turns)
    world.core = replace(world.core, leases=leases)


def jobs(*limits: float, name: str = "") -> tuple[NewJob, ...]:
    return tuple(NewJob(shots=100, max_duration_s=limit, name=name) for limit in limits)


async def started(world) -> list[float]:
    """Time limits of all that starts now."""
    return [grant.job.max_duration_s for grant in await claim(world, most=20)]


@BOTH
async def test_a_job_that_may_run_into_the_slot_does_not_start_and_a_short_one_does(world, platform):
    await book(world, 60, 60, platform=platform)
    await create(world, jobs(61.0), platform=platform)
    await create(world, jobs(60.0), platform=platform)

    assert await started(world) == [60.0]


@BOTH
async def test_what_waited_for_the_slot_to_pass_starts_after_it(world, platform):
    await book(world, 60, 60, platform=platform)
    await create(world, jobs(3600.0), platform=platform)

    assert await started(world) == []
    await leap(world, 60)
    assert await started(world) == []
    await leap(world, 60)
    assert await started(world) == [3600.0]


@BOTH
async def test_it_is_the_estimate_that_counts_where_there_is_one(world, platform):
    foretell(world, quick=5.0, slow=500.0)
    await book(world, 60, 60, platform=platform)
    await create(world, jobs(50.0, name="slow"), platform=platform)
    await create(world, jobs(3600.0, name="quick"), platform=platform)
    await create(world, jobs(3000.0, name="unknown"), platform=platform)

    assert await started(world) == [3600.0]


async def test_jobs_of_a_batch_are_expected_to_take_what_those_before_them_took(world):
    await create(world, jobs(3600.0, 3600.0, 3600.0))
    grant = await claim_one(world)
    world.clock.move(seconds=20)
    await tell(world, outcome_of(grant, all_zero(grant), 20.0))
    await book(world, 60, 60, platform=EMU)
    await create(world, jobs(3600.0))

    assert [grant.job.position for grant in await claim(world, most=20)] == [2, 3]


@pytest.mark.parametrize(("runs", "starts"), [(9, False), (10, True)])
async def test_a_size_that_ran_often_enough_is_known_in_a_batch_that_never_ran(world, runs, starts):
    world.core.housekeeping.records.note(EMU.id, Run(qubits=9, seconds=500.0))
    for _ in range(runs):
        world.core.housekeeping.records.note(EMU.id, Run(qubits=4, seconds=50.0))
    await world.core.housekeeping.sweep()
    await book(world, 60, 60, platform=EMU)
    await create(world, (NewJob(shots=1, qubits=9, max_duration_s=3000.0),))
    await create(world, (NewJob(shots=1, max_duration_s=3100.0),))
    await create(world, (NewJob(shots=1, qubits=4, max_duration_s=3200.0),))

    assert await started(world) == ([3200.0] if starts else [])


async def test_nobody_is_overtaken_within_a_batch(world):
    await book(world, 60, 60, platform=EMU)
    await create(world, jobs(3600.0, 1.0))

    assert await started(world) == []


async def test_the_next_job_of_the_holder_has_to_be_over_in_time_too(world):
    batch = await create(world, jobs(30.0, 30.0, 1.0), platform=QPU)
    await book(world, 60, 60, platform=QPU)
    world.clock.move(seconds=1)
    other = await create(world, jobs(1.0), platform=QPU)
    grant = await claim_one(world)
    await leap(world, 39)
    await done(world, grant)

    assert await started(world) == []
    assert (await batch_of(world, batch.id)).status is BatchStatus.ACTIVE
    assert (await batch_of(world, other.id)).status is BatchStatus.QUEUED


async def test_the_booked_batch_may_take_its_whole_slot_and_more(world):
    await book(world, 60, 60, platform=QPU, jobs=1)
    await let_pass(world, 60)
    await book(world, 120, 60, platform=QPU)

    assert await started(world) == [3600.0]


async def test_other_platforms_are_not_held_up(world):
    await book(world, 60, 60, platform=QPU)
    await create(world, jobs(3600.0), platform=EMU)
    await create(world, jobs(3600.0), platform=NARROW)

    assert await started(world) == [3600.0, 3600.0]


async def test_jobs_of_others_lines_are_looked_through_each(world):
    await book(world, 60, 60, platform=EMU)
    actor, _ = await world.another_project()
    (project,) = actor.roles
    for limits in ((3600.0,), (3600.0, 10.0), (20.0,)):
        await create(world, jobs(*limits))
        new = replace(a_new_batch(world, jobs(*(limit + 1 for limit in limits))), project_id=project)
        await world.core.batches.create(actor, new)

    assert sorted(await started(world)) == [20.0, 21.0]


async def test_paused_and_booked_batches_are_passed_over_on_the_way(world):
    await book(world, 600, 60, platform=EMU, jobs=1)
    await book(world, 60, 60, platform=EMU, jobs=1)
    await create(world, jobs(3600.0))
    paused = await create(world, jobs(1.0))
    async with world.db.work() as work:
        await work.batches.put((await work.batches.fetch(paused.id)).pause(world.clock.now()))
    await create(world, jobs(2.0))

    assert await started(world) == [2.0]
