"""A machine that two surfaces show: one queue, whichever door somebody came in by."""

from __future__ import annotations

import pytest

from ketway.domain.batches import BatchId
from ketway.domain.errors import Unknown
from ketway.domain.platforms import Door
from ketway.services.grants import Grant
from ketway.services.listing import BatchFilter, Page
from tests.services.steps import QPU, add, claim, claim_one, create, done, lose
from tests.worlds import World

DOORS = (Door("one"), Door("other"))


async def run_all(world: World) -> list[Grant]:
    """Everything that can run, in the order in which it did."""
    ran = []
    while grants := await claim(world):
        (grant,) = grants
        await done(world, grant)
        ran.append(grant)
    return ran


@pytest.mark.parametrize(("first", "second"), [DOORS, DOORS[::-1]])
async def test_a_batch_by_one_door_keeps_those_by_the_other_waiting_until_it_ends(world, first, second):
    holder = await create(world, platform=QPU, is_open=True, door=first)
    await done(world, await claim_one(world))
    other = await create(world, platform=QPU, door=second)

    assert await claim(world) == []
    await add(world, holder.id)
    assert (await claim_one(world)).job.batch_id == holder.id
    await world.core.batches.cancel(world.owner, holder.id)
    assert await claim(world) == []
    await lose(world)

    assert (await claim_one(world)).job.batch_id == other.id


async def test_jobs_of_batches_by_two_doors_never_interleave(world):
    batches = []
    for turn in range(6):
        batches.append(await create(world, jobs=3, platform=QPU, door=DOORS[turn % 2]))
        world.clock.move(seconds=1)

    ran = await run_all(world)

    assert [(grant.job.batch_id, grant.job.position) for grant in ran] == [
        (batch.id, position) for batch in batches for position in (1, 2, 3)
    ]


async def test_who_looks_through_one_door_finds_nothing_of_the_other_and_who_looks_through_none_all(world):
    batches = {door: await create(world, platform=QPU, door=door) for door in DOORS}

    async def listed(actor) -> set[BatchId]:
        return {batch.id for batch in (await world.core.batches.list(actor, BatchFilter(), Page())).items}

    for door, foreign in (DOORS, DOORS[::-1]):
        behind = world.owner.through(door)
        assert await listed(behind) == {batches[door].id}
        with pytest.raises(Unknown):
            await world.core.batches.cancel(behind, batches[foreign].id)
    assert await listed(world.operator) == {batch.id for batch in batches.values()}
