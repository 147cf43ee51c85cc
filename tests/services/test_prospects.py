"""What a job that waits may be told: how long it takes, its position, and when it may start."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ketway.domain.batches import Batch
from ketway.domain.jobs import Job
from ketway.domain.priorities import Priority
from ketway.domain.tasks import Checked
from ketway.services.drafts import NewJob
from ketway.services.prospects import NO_PROSPECT, Prospect
from tests.services.steps import (
    EMU,
    NARROW,
    PACED,
    QPU,
    a_new_batch,
    book,
    claim,
    claim_one,
    create,
    done,
    jobs_of,
    outcome_of,
    tell,
)
from tests.worlds import World, all_zero

LONG = (NewJob(shots=100, qubits=4),)


async def prospect(world: World, job: Job) -> Prospect:
    """Seen anew: a picture is a second old at most."""
    world.clock.move(seconds=1)
    await world.core.leases.heartbeat(world.token, world.worker.id, [])
    return await world.core.prospects.of(await world.core.jobs.get(world.operator, job.id))


async def of_batch(world: World, batch: Batch, place: int = 1) -> Prospect:
    return await prospect(world, (await jobs_of(world, batch.id))[place - 1])


def seconds(world: World, found: Prospect) -> tuple[float, float, float]:
    """From now on."""
    assert found.start is not None
    moments = (found.start.earliest, found.start.expected, found.start.latest)
    low, middle, high = ((moment - world.clock.now()).total_seconds() for moment in moments)
    return low, middle, high


async def measure(world: World, *, runs: int = 10, computed_s: float = 60.0, qubits: int = 4, platform=EMU):
    """So many jobs of one size ran before."""
    await create(world, runs, platform=platform)
    for _ in range(runs):
        grant = await claim_one(world)
        computed = replace(all_zero(grant), metadata={"qubits": qubits, "peak_memory_bytes": 5})
        world.clock.move(seconds=1)
        outcome = outcome_of(grant, computed, computed_s)
        await tell(world, replace(outcome, computed=timedelta(seconds=computed_s)))
    await world.core.housekeeping.sweep()


async def test_with_room_for_it_a_job_starts_now_whatever_is_known(world):
    batch = await create(world, LONG)

    found = await of_batch(world, batch)

    assert (found.estimate, found.position) == (None, 1)
    assert seconds(world, found) == (0, 0, 0)


async def test_behind_what_was_never_measured_a_job_knows_its_position_alone(world):
    batch = await create(world, 5)

    found = await of_batch(world, batch, 5)

    assert (found.position, found.start) == (5, None)


async def test_what_was_measured_tells_when_those_ahead_have_ended(world):
    await measure(world)
    batch = await create(world, LONG * 7)

    found = await of_batch(world, batch, 7)

    # Two slots, a minute each.
    assert found.position == 7
    assert seconds(world, found) == (180, 180, 180)
    assert found.estimate is not None
    assert (found.estimate.seconds, found.estimate.memory_bytes, found.estimate.runs) == (60, 5, 10)


async def test_the_range_is_that_of_everything_ahead(world):
    await measure(world, runs=5, computed_s=10.0)
    await measure(world, runs=5, computed_s=100.0)
    batch = await create(world, LONG * 7)

    low, middle, high = seconds(world, await of_batch(world, batch, 7))

    assert (low, high) == (30, 300)
    assert low < middle < high


async def test_what_runs_is_ahead_too_with_what_is_left_of_it(world):
    await measure(world)
    batch = await create(world, LONG * 3)
    await claim(world, most=2)
    world.clock.move(seconds=19)

    found = await of_batch(world, batch, 3)

    assert found.position == 1
    assert seconds(world, found) == (40, 40, 40)


async def test_a_batch_that_runs_is_its_own_measure(world):
    await measure(world)
    batch = await create(world, LONG * 9)
    for _ in range(2):
        grant = await claim_one(world)
        world.clock.move(seconds=10)
        await tell(world, outcome_of(grant, all_zero(grant), 10.0))

    low, middle, high = seconds(world, await of_batch(world, batch, 9))

    assert middle == 30
    assert low < middle < high < 60


async def test_the_flood_of_another_is_no_longer_than_its_share(world):
    await measure(world)
    flood = await create(world, LONG * 50)
    actor, _ = await world.another_project()
    (project,) = actor.roles
    mine = await world.core.batches.create(actor, replace(a_new_batch(world, LONG), project_id=project))
    (job,) = await world.core.batches.jobs_of(actor, mine.id)

    assert (await prospect(world, job)).position == 1
    assert (await of_batch(world, flood, 50)).position == 51


async def test_a_higher_class_goes_first(world):
    low = await create(world, 2, priority=Priority.FREE)
    high = await create(world, 3, priority=Priority.CRITICAL)

    assert [(await of_batch(world, low, place)).position for place in (1, 2)] == [4, 5]
    assert (await of_batch(world, high, 3)).position == 3


async def test_jobs_of_other_platforms_share_the_workers_but_not_the_line(world):
    await measure(world)
    await create(world, LONG * 4, priority=Priority.HIGH)
    batch = await create(world, LONG, platform=NARROW)

    found = await of_batch(world, batch)

    assert (found.position, found.estimate) == (1, None)
    assert seconds(world, found) == (120, 120, 120)


async def test_a_machine_that_an_open_batch_holds_is_free_when_that_is_idle_for_too_long(world):
    await measure(world, platform=QPU)
    holder = await create(world, LONG, platform=QPU, is_open=True, max_idle_s=30.0, max_total_s=500.0)
    world.clock.move(milliseconds=1)
    waiting = await create(world, LONG, platform=QPU)
    await claim_one(world)

    low, middle, high = seconds(world, await of_batch(world, waiting))

    assert low == 59
    assert middle == pytest.approx(59 + 30)
    assert high == pytest.approx(59 + 500, abs=2)
    (job,) = await jobs_of(world, holder.id)
    await world.core.batches.close(world.owner, holder.id)
    low, middle, high = seconds(world, await of_batch(world, waiting))
    assert low == middle == high == 58
    assert (await prospect(world, job)).position is None


async def test_a_machine_is_kept_for_the_shots_of_those_ahead(world):
    await measure(world, computed_s=1.0, platform=PACED)
    await create(world, (NewJob(shots=100, qubits=4),), platform=PACED)
    world.clock.move(milliseconds=1)
    batch = await create(world, (NewJob(shots=500, qubits=4),), platform=PACED)

    found = await of_batch(world, batch)

    assert found.estimate is not None
    assert found.estimate.seconds == 100
    assert seconds(world, found) == (20, 20, 20)


async def test_what_is_held_back_has_no_prospect(world):
    paused = await create(world)
    async with world.db.work() as work:
        await work.batches.put((await work.batches.fetch(paused.id)).pause(world.clock.now()))
    assert (await of_batch(world, paused)).position is None

    waiting = await create(world)
    await world.core.platforms.set_down(world.operator, [EMU.id], is_down=True)
    assert (await of_batch(world, waiting)).position is None


async def test_where_no_worker_was_heard_of_lately_nobody_can_tell(world):
    (job,) = await jobs_of(world, (await create(world)).id)
    world.clock.move(seconds=60)

    assert (await world.core.prospects.of(job)).position is None


async def test_what_does_not_fit_before_a_slot_starts_after_it(world):
    await measure(world)
    await book(world, 30, 600, platform=EMU)
    batch = await create(world, LONG)

    assert seconds(world, await of_batch(world, batch)) == (629, 629, 629)


async def test_what_is_booked_starts_with_its_slot(world):
    await measure(world, platform=QPU)
    batch = await book(world, 100, 600, jobs=3)

    found = await of_batch(world, batch, 1)

    assert found.position == 1
    assert seconds(world, found) == (99, 99, 99)


async def test_the_end_of_a_long_line_is_counted(world):
    pictures = replace(world.core.prospects.pictures, most_requests=2)
    world.core = replace(world.core, prospects=replace(world.core.prospects, pictures=pictures))
    await measure(world)
    batch = await create(world, LONG, is_open=True)
    for _ in range(6):
        world.clock.move(milliseconds=1)
        await world.core.batches.add_jobs(world.owner, batch.id, LONG * 2)

    found = [await of_batch(world, batch, place) for place in range(1, 14)]

    assert [each.position for each in found] == list(range(1, 14))
    assert seconds(world, found[-1]) == (360, 360, 360)
    listed = await world.core.prospects.of_listed(await jobs_of(world, batch.id))
    assert [each.position for each in listed.values()] == [1, 2, 3, *[None] * 10]


async def test_a_job_that_came_since_the_last_look_is_seen(world):
    first = await create(world)
    await of_batch(world, first)
    world.clock.move(milliseconds=10)
    (job,) = await jobs_of(world, (await create(world)).id)

    assert (await world.core.prospects.of(job)).position == 2


async def test_what_has_ended_has_no_prospect_and_what_runs_an_estimate_alone(world):
    await measure(world)
    batch = await create(world, LONG)
    grant = await claim_one(world)
    running = await of_batch(world, batch)
    assert running.estimate is not None
    assert (running.position, running.start) == (None, None)

    await done(world, grant)
    assert await of_batch(world, batch) == NO_PROSPECT
    assert await world.core.prospects.of_listed(await jobs_of(world, batch.id)) == {}


async def test_a_check_tells_the_size_that_an_estimate_needs(world):
    await measure(world, qubits=7)
    await measure(world, qubits=9, computed_s=5.0)
    world.checker.found = Checked(qubits=7)
    made = await world.core.batches.create_checked(world.owner, a_new_batch(world))

    found = await of_batch(world, made.batch)

    assert found.estimate is not None
    assert (found.estimate.seconds, found.estimate.runs) == (60, 10)
