"""What jobs took is written down, and what says nothing of others is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ketway.domain.errors import Conflict
from ketway.domain.estimates import ANY_SIZE, Run
from ketway.domain.leases import Verdict
from ketway.domain.tasks import Checked
from ketway.services.drafts import NewJob
from ketway.services.records import Records
from tests.services.steps import (
    EMU,
    PACED,
    a_new_batch,
    claim,
    claim_one,
    create,
    done,
    failed,
    give_back,
    jobs_of,
    outcome_of,
    tell,
)
from tests.worlds import all_zero

MEMORY = 10**9


def computed(grant, **metadata):
    plain = {"qubits": 4, "seconds": 1.5, "peak_memory_bytes": MEMORY}
    return replace(all_zero(grant), metadata=plain | metadata)


async def tell_computed(world, grant, computed_s, **metadata):
    outcome = outcome_of(grant, computed(grant, **metadata), computed_s)
    await tell(world, replace(outcome, computed=timedelta(seconds=computed_s)))


async def written(world, platform=EMU) -> dict[int, tuple[Run, ...]]:
    """By size, as they are read after a restart."""
    await world.core.housekeeping.sweep()
    records = await Records(db=world.db).of(platform.id)
    return {record.qubits: record.runs for record in records}


async def test_what_a_job_took_is_written_for_its_size_and_for_its_platform(world):
    await create(world, 2)
    world.clock.move(seconds=1)
    for computed_s, grant in zip((2.0, 3.0), await claim(world, most=2), strict=True):
        world.clock.move(seconds=5)
        await tell_computed(world, grant, computed_s)

    runs = tuple(Run(qubits=4, seconds=each, memory_bytes=MEMORY) for each in (2.0, 3.0))
    assert await written(world) == {4: runs, ANY_SIZE: runs}


async def test_later_runs_stand_behind_those_that_were_written_before(world):
    await create(world, 2)
    for _ in range(2):
        await done(world, grant := await claim_one(world), computed(grant))
        found = await written(world)

    assert [len(runs) for runs in found.values()] == [2, 2]


async def test_runs_that_are_told_in_one_request_are_written_together(world):
    await create(world, 3)
    grants = await claim(world, most=3)

    assert not any(await world.core.outcomes.tell([outcome_of(grant, computed(grant)) for grant in grants]))

    assert [len(runs) for runs in (await written(world)).values()] == [3, 3]


async def test_a_run_without_a_size_or_a_memory_says_so(world):
    await create(world)
    await done(world, grant := await claim_one(world), computed(grant, qubits=None, peak_memory_bytes=0))

    assert await written(world) == {ANY_SIZE: (Run(qubits=None, seconds=1.5),)}


async def test_what_was_drawn_from_a_kept_state_tells_nothing_of_the_next(world):
    await create(world, 2)
    await done(world, grant := await claim_one(world), computed(grant, resampled=True))
    assert await written(world) == {}

    await done(world, grant := await claim_one(world), computed(grant, resampled=False))
    assert len(await written(world)) == 2


async def test_what_failed_was_cancelled_lost_or_given_back_tells_nothing(world):
    batch = await create(world, 4)
    first, second, third, fourth = await claim(world, most=4)
    await failed(world, first, Verdict.FAULT)
    await give_back(world, second)
    _, _, cancelled, _ = await jobs_of(world, batch.id)
    await world.core.jobs.cancel(world.owner, cancelled.id)
    await done(world, third, computed(third))
    with pytest.raises(Conflict):
        await done(world, replace(fourth, lease=replace(fourth.lease, secret="another")), computed(fourth))

    assert await written(world) == {}


async def test_an_outcome_told_twice_counts_once(world):
    await create(world)
    grant = await claim_one(world)
    await done(world, grant, computed(grant))
    await done(world, grant, computed(grant))

    assert [len(runs) for runs in (await written(world)).values()] == [1, 1]


async def test_a_machine_that_keeps_a_pace_is_written_with_what_it_took_to_compute(world):
    await create(world, (NewJob(shots=500),), platform=PACED)
    grant = await claim_one(world)
    world.clock.move(seconds=100)
    outcome = outcome_of(grant, computed(grant), 100.0)
    await tell(world, replace(outcome, computed=timedelta(seconds=2)))

    assert [run.seconds for run in (await written(world, PACED))[4]] == [2.0]


async def test_a_job_keeps_the_size_that_its_check_found(world):
    world.checker.found = Checked(qubits=7)
    made = await world.core.batches.create_checked(world.owner, a_new_batch(world, is_open=True))
    batch = made.batch
    world.checker.found = None
    await world.core.batches.add_jobs_checked(world.owner, batch.id, (NewJob(shots=1),))

    assert [job.qubits for job in await jobs_of(world, batch.id)] == [7, None]
