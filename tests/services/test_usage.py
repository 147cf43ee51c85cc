"""What a project used: counted once, at the price of its time, and kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ketway.domain.batches import BatchStatus
from ketway.domain.errors import BadField, LeaseLost, NotAllowed, Unknown
from ketway.domain.jobs import JobStatus
from ketway.domain.leases import Verdict
from ketway.domain.platforms import platform_id
from ketway.domain.prices import FREE, Prices
from ketway.domain.tasks import Computed
from ketway.domain.usage import Usage
from ketway.services.drafts import NewJob
from ketway.services.reports import Span
from tests.builders import COSTLY, DOOR, NOON
from tests.services.steps import (
    EMU,
    QPU,
    claim,
    claim_one,
    create,
    done,
    failed,
    give_back,
    job_of,
    jobs_of,
    let_pass,
    lose,
)

TODAY = NOON.date()
MINUTE = timedelta(minutes=1)
TWO_CIRCUITS = Computed(document="{}", counts=[{"0": 30}, {"1": 30}], shots=30, metadata={})


async def tallies(world, first=None, last=None):
    return (await world.core.usage.of_project(world.owner, world.project_id, first, last)).tallies


async def used(world, platform=EMU):
    """All that is written, whatever the price."""
    found = [tally.usage for tally in await tallies(world) if tally.platform_id == platform.id]
    return sum(found, Usage())


async def now_costing(world, platform, prices):
    """A platform as it is offered once it has these prices."""
    await world.core.platforms.set_prices(world.operator, platform.id, prices)
    return (await world.core.platforms.named(DOOR, platform.name)).platform


async def test_a_done_job_counts_with_its_circuits_and_shots_and_time(world):
    await create(world)
    grant = await claim_one(world)
    world.clock.move(minutes=1)

    await done(world, grant, TWO_CIRCUITS)

    assert await used(world) == Usage(done=1, circuits=2, shots=60, computed=MINUTE, held=MINUTE)


async def test_an_outcome_that_is_said_twice_counts_once(world):
    await create(world)
    grant = await claim_one(world)
    await done(world, grant, TWO_CIRCUITS)
    once = await used(world)

    await done(world, grant, TWO_CIRCUITS)
    with pytest.raises(LeaseLost):
        await failed(world, grant, Verdict.FAULT)

    assert await used(world) == once


async def test_a_failed_attempt_counts_its_time_each_time_and_its_job_once(world):
    await create(world)
    for _ in range(3):
        grant = await claim_one(world)
        world.clock.move(minutes=1)
        await failed(world, grant, Verdict.DIED)

    found = await used(world)

    assert (await job_of(world, grant.job.id)).status is JobStatus.FAILED
    assert replace(found, held=timedelta(0)) == Usage(failed=1, computed=3 * MINUTE)


async def test_what_a_lost_or_stopped_worker_computed_is_nobody_s(world):
    await create(world)
    await lose_one(world)
    grant = await claim_one(world)
    world.clock.move(minutes=1)
    await give_back(world, grant)

    assert await used(world) == Usage()


async def lose_one(world):
    await claim_one(world)
    await lose(world)


async def test_a_worker_that_was_thought_lost_counts_from_when_it_began(world):
    await create(world)
    grant = await claim_one(world)
    await lose(world)

    await done(world, grant, TWO_CIRCUITS)

    assert (await used(world)).computed == world.clock.now() - grant.lease.granted_at


async def test_the_shots_of_a_job_that_was_cancelled_too_late_were_made(world):
    await create(world)
    grant = await claim_one(world)
    await world.core.jobs.cancel(world.owner, grant.job.id)

    await done(world, grant, TWO_CIRCUITS)

    assert await used(world) == Usage(cancelled=1, shots=60)


async def test_what_is_cancelled_waiting_counts_as_that_and_costs_nothing(world):
    platform = await now_costing(world, EMU, COSTLY)
    batch = await create(world, jobs=3, platform=platform)
    await world.core.jobs.cancel(world.owner, (await jobs_of(world, batch.id))[0].id)
    await world.core.batches.cancel(world.owner, batch.id)

    (tally,) = await tallies(world)

    assert (tally.usage, tally.cost) == (Usage(cancelled=3), 0)


async def test_a_job_that_an_operator_ends_counts_by_the_times_that_were_told(world):
    batch = await create(world)
    (job,) = await jobs_of(world, batch.id)
    began, ended = NOON - timedelta(hours=2), NOON - timedelta(hours=1)
    await world.core.reports.job(world.operator, job.id, JobStatus.RUNNING, Span(started_at=began))

    await world.core.reports.job(
        world.operator, job.id, JobStatus.FAILED, Span(started_at=began, ended_at=ended)
    )

    assert await used(world) == Usage(failed=1, computed=timedelta(hours=1))


async def test_a_job_that_waits_again_runs_no_more_when_an_operator_cancels_it(world):
    await create(world)
    grant = await claim_one(world)
    await lose(world)

    await world.core.reports.job(world.operator, grant.job.id, JobStatus.CANCELLED, Span())

    assert replace(await used(world), held=timedelta(0)) == Usage(cancelled=1)


async def test_a_session_counts_from_when_it_has_its_platform_until_it_ends(world):
    platform = await now_costing(world, QPU, COSTLY)
    batch = await create(world, platform=platform, is_open=True)
    world.clock.move(minutes=1)
    grant = await claim_one(world)
    await done(world, grant, TWO_CIRCUITS)
    await let_pass(world, 30)
    assert (await used(world, QPU)).held == timedelta(0)

    await world.core.batches.cancel(world.owner, batch.id)

    (tally,) = await tallies(world)
    assert tally.usage == Usage(done=1, circuits=2, shots=60, held=timedelta(seconds=30))
    assert tally.cost == Decimal("0.01") + Decimal("0.1") + 60 * Decimal("7e-9")


async def test_a_session_that_is_left_alone_counts_until_it_times_out(world):
    await create(world, jobs=0, is_open=True, max_idle_s=20.0)

    await let_pass(world, 60)

    assert (await used(world)).held == timedelta(seconds=20)


async def test_a_batch_that_was_paused_counts_what_it_held(world):
    batch = await create(world, jobs=2, platform=QPU)
    grant = await claim_one(world)
    world.clock.move(seconds=10)
    await done(world, grant)
    for status in (BatchStatus.PAUSED, BatchStatus.QUEUED):
        await world.core.reports.batch(world.operator, batch.id, status, Span())
        world.clock.move(hours=1)
    grant = await claim_one(world)
    world.clock.move(seconds=5)
    await done(world, grant)

    assert (await used(world, QPU)).held == timedelta(seconds=15)


async def test_a_batch_keeps_the_price_at_which_it_was_made(world):
    platform = await now_costing(world, EMU, COSTLY)
    await create(world, platform=platform, jobs=(NewJob(shots=10),))
    twice = Prices(per_circuit=2 * COSTLY.per_circuit, currency="EUR")
    platform = await now_costing(world, EMU, twice)
    await create(world, platform=platform, jobs=(NewJob(shots=10),))
    await world.run_all()

    found = {tally.prices: (tally.usage.done, tally.cost) for tally in await tallies(world)}

    assert found == {
        COSTLY: (1, Decimal("0.05") + 10 * Decimal("7e-9")),
        twice: (1, Decimal("0.1")),
    }


async def test_what_is_deleted_was_used_all_the_same(world):
    batch = await create(world, jobs=2)
    await world.run_all()
    open_one = await create(world, is_open=True)
    world.clock.move(minutes=1)
    await world.core.jobs.delete(world.owner, (await jobs_of(world, batch.id))[0].id)
    await world.core.batches.delete(world.owner, batch.id)
    await world.core.batches.delete(world.owner, open_one.id)

    assert await used(world) == Usage(done=2, cancelled=1, circuits=2, shots=200, held=MINUTE)


async def test_usage_is_of_the_day_on_which_it_ended(world):
    first, second = await create(world), await create(world)
    world.clock.move(hours=11, minutes=59)
    await done(world, await claim_one(world))
    grant = await claim_one(world)
    world.clock.move(minutes=2)
    await done(world, grant)

    found = [(tally.day, tally.usage.done) for tally in await tallies(world)]

    assert first.id != second.id
    assert found == [(TODAY, 1), (TODAY + timedelta(days=1), 1)]


async def test_members_and_operators_see_what_a_project_used_and_nobody_else(world):
    stranger, _ = await world.another_project()
    await create(world)
    await world.run_all()

    for actor in (world.owner, world.operator):
        found = await world.core.usage.of_project(actor, world.project_id)
        assert [tally.usage.done for tally in found.tallies] == [1]
    for actor, project in ((stranger, world.project_id), (world.operator, platform_id("nothing"))):
        with pytest.raises(Unknown):
            await world.core.usage.of_project(actor, project)


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (None, None, (date(2026, 1, 1), TODAY)),
        (None, date(2025, 12, 7), (date(2025, 12, 1), date(2025, 12, 7))),
        (date(2025, 1, 15), None, (date(2025, 1, 15), TODAY)),
        (TODAY, TODAY, (TODAY, TODAY)),
    ],
)
async def test_usage_is_this_month_s_unless_days_are_named(world, first, last, shown):
    found = await world.core.usage.of_project(world.owner, world.project_id, first, last)

    assert (found.first, found.last) == shown


@pytest.mark.parametrize("first", [date(2025, 1, 14), date(2026, 1, 16), date.min, date.max])
async def test_a_period_is_a_year_at_most_and_goes_forward(world, first):
    with pytest.raises(BadField):
        await world.core.usage.of_project(world.owner, world.project_id, first, TODAY)


async def test_an_operator_sets_prices_and_takes_them_back(world):
    assert (await now_costing(world, EMU, COSTLY)).prices == COSTLY
    assert (await now_costing(world, EMU, None)).prices == FREE

    with pytest.raises(NotAllowed):
        await world.core.platforms.set_prices(world.owner, EMU.id, COSTLY)
    with pytest.raises(Unknown):
        await world.core.platforms.set_prices(world.operator, platform_id("nothing"), COSTLY)


async def test_prices_and_being_down_do_not_undo_each_other(world):
    await world.core.platforms.set_down(world.operator, [EMU.id], True, "cold")
    await now_costing(world, EMU, COSTLY)
    await world.core.platforms.set_specs(world.operator, EMU.id, "{}")

    offer = await world.core.platforms.named(DOOR, EMU.name)

    assert (offer.is_down, offer.platform.prices, offer.platform.specs) == (True, COSTLY, "{}")
    assert await claim(world) == []
