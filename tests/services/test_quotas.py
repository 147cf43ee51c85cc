"""Quotas: refused in the transaction that would store it, with nothing half done."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketway.domain.batches import BatchStatus
from ketway.domain.errors import NotAllowed
from ketway.domain.prices import Prices
from ketway.domain.quota_errors import QuotaExceeded
from ketway.domain.quotas import Quotas
from ketway.domain.requests import Asked, RequestId
from ketway.services.core import Limits
from ketway.services.drafts import NewJob
from ketway.services.listing import BatchFilter, JobFilter, Page
from ketway.services.projects import ProjectChange
from tests.fakes import a_memory_world
from tests.services.steps import (
    EMU,
    PLATFORMS,
    a_new_batch,
    add,
    claim_one,
    create,
    done,
)


async def grant(world, **quotas) -> None:
    """Quotas of the world's project from now on."""
    change = ProjectChange(quotas=quotas)
    await world.core.projects.change(world.operator, world.project_id, change)


async def kept(world) -> tuple[int, int]:
    """How many batches and jobs there are."""
    batches = await world.core.batches.list(world.owner, BatchFilter(), Page())
    jobs = await world.core.jobs.list(world.owner, JobFilter(), Page())
    return batches.total, jobs.total


async def refused(asked) -> tuple[object, object, int]:
    """Quota, current and asked of the refusal."""
    with pytest.raises(QuotaExceeded) as refusal:
        await asked
    return refusal.value.quota, refusal.value.current, refusal.value.asked


async def test_waiting_jobs_are_counted_on_all_platforms_and_in_all_classes(world):
    await grant(world, waiting_jobs=6)
    await create(world, 2)
    await create(world, 2, platform=PLATFORMS[1])

    assert await refused(create(world, 3)) == (6, 4, 3)
    assert await kept(world) == (2, 4)
    await create(world, 2)


async def test_jobs_that_run_or_have_ended_do_not_wait(world):
    await grant(world, waiting_jobs=1)
    await create(world)
    await claim_one(world)

    await create(world)

    assert await refused(create(world)) == (1, 1, 1)


async def test_jobs_for_an_open_batch_count_as_well_and_all_of_them_or_none_are_kept(world):
    await grant(world, waiting_jobs=3)
    batch = await create(world, 1, is_open=True)

    assert await refused(add(world, batch.id, 3)) == (3, 1, 3)
    assert await kept(world) == (1, 1)
    await add(world, batch.id, 2)


async def test_a_repeat_counts_as_well(world):
    batch = await create(world, 2)
    await grant(world, waiting_jobs=3)

    assert await refused(world.core.batches.repeat(world.owner, batch.id, JobFilter())) == (3, 2, 2)
    assert await kept(world) == (1, 2)


async def test_open_batches_are_counted_until_they_are_closed(world):
    await grant(world, open_batches=1)
    batch = await create(world, 0, is_open=True)
    await create(world)

    assert await refused(create(world, 0, is_open=True)) == (1, 1, 1)
    await world.core.batches.close(world.owner, batch.id)
    await create(world, 0, is_open=True)


async def test_stored_bytes_are_those_of_programs_and_results(world):
    size = len("a program")
    await grant(world, stored_bytes=3 * size)
    await create(world)
    await world.core.programs.create(world.owner, world.project_id, "a program")

    assert await refused(create(world, program="1" * (size + 1))) == (3 * size, 2 * size, size + 1)
    program = world.core.programs.create(world.owner, world.project_id, "1" * (size + 1))
    assert await refused(program) == (3 * size, 2 * size, size + 1)
    await done(world, await claim_one(world))
    _, current, _ = await refused(create(world, program=""))
    assert int(str(current)) > 3 * size


async def test_seconds_are_those_of_this_month(world):
    await grant(world, seconds_per_month=100)
    await create(world, 2)
    for _ in range(2):
        lent = await claim_one(world)
        world.clock.move(seconds=50)
        await done(world, lent)

    assert await refused(create(world)) == (100, 100, 0)
    world.clock.move(days=31)
    await create(world)


async def test_spending_is_counted_at_the_prices_of_its_time(world):
    await world.core.platforms.set_prices(world.operator, EMU.id, Prices(per_shot=Decimal("0.01")))
    await grant(world, spending_per_month="1")
    costly = await world.core.platforms.get(EMU.id)
    await create(world, (NewJob(shots=100),), platform=costly)
    await done(world, await claim_one(world))

    assert await refused(create(world)) == (Decimal(1), Decimal(1), 0)


async def test_a_program_of_its_own_may_be_stored_whatever_was_used(world):
    await grant(world, seconds_per_month=0, spending_per_month="0", waiting_jobs=0, open_batches=0)

    await world.core.programs.create(world.owner, world.project_id, "a program")

    assert await refused(create(world)) == (0, 0, 1)


async def test_other_projects_have_their_own(world):
    await grant(world, waiting_jobs=1)
    await create(world)
    actor, _ = await world.another_project()
    (project,) = actor.roles

    await world.core.batches.create(actor, a_new_batch(world, 5, project_id=project))

    assert await refused(create(world)) == (1, 1, 1)


async def test_a_request_that_comes_again_is_answered_though_its_quota_is_full_now(world):
    await grant(world, waiting_jobs=1)
    asked = Asked(
        id=RequestId(world.core.batches.fresh()),
        caller_id=world.owner.account_id,
        route="POST /",
        digest="0" * 64,
        key="key",
    )
    first = await world.core.batches.create(world.owner, a_new_batch(world), asked)

    assert await world.core.batches.create(world.owner, a_new_batch(world), asked) == first


async def test_a_rehearsal_refuses_what_would_be_refused(world):
    await grant(world, waiting_jobs=2)
    await create(world)

    assert await refused(world.core.rehearsals.create(world.owner, a_new_batch(world, 2))) == (2, 1, 2)
    await world.core.rehearsals.create(world.owner, a_new_batch(world, 1))
    assert await kept(world) == (1, 1)


async def test_only_operators_say_what_a_project_may(world):
    with pytest.raises(NotAllowed):
        await world.core.projects.change(
            world.owner, world.project_id, ProjectChange(quotas={"waiting_jobs": None})
        )


async def test_the_server_s_quotas_hold_where_a_project_has_none():
    limits = Limits(quotas=Quotas(waiting_jobs=1))
    async with a_memory_world(catalogue=PLATFORMS, limits=limits) as world:
        assert await refused(create(world, 2)) == (1, 0, 2)
        await grant(world, waiting_jobs=None)
        await create(world, 2)


async def test_a_refused_session_holds_nothing(world):
    await grant(world, open_batches=0)

    await refused(create(world, 0, is_open=True))

    async with world.db.look() as work:
        assert list(await work.batches.active_on(EMU.id)) == []
    await grant(world, open_batches=1)
    batch = await create(world, 0, is_open=True)
    assert batch.status is BatchStatus.ACTIVE
