"""Short jobs are lent several at a time; whatever becomes of one is its own affair."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from ketway.domain.batches import BatchStatus
from ketway.domain.jobs import JobStatus
from ketway.domain.leases import Verdict, Word
from ketway.domain.outcomes import Failure
from ketway.services.leases import Beat
from ketway.services.paces import MOST_JOBS
from ketway.services.reports import Span
from tests.services.steps import (
    EMU,
    NARROW,
    PACED,
    QPU,
    a_new_batch,
    batch_of,
    beat,
    claim,
    claim_one,
    create,
    failed,
    give_back,
    jobs_of,
    lose,
    outcome_of,
    statuses_of,
    tell,
)
from tests.worlds import all_zero

QUEUED, RUNNING, DONE, FAILED, CANCELLED = JobStatus


async def measured(world, ran_s=0.01, platform=EMU):
    """A job of this platform has run for so long."""
    await create(world, platform=platform)
    grant = await claim_one(world)
    world.clock.move(seconds=ran_s)
    await tell(world, outcome_of(grant, all_zero(grant), ran_s))


async def beats(world, grants):
    said = [Beat(lease_id=grant.lease.id, secret=grant.lease.secret, progress=0) for grant in grants]
    words = await world.core.leases.heartbeat(world.token, world.worker.id, said)
    return [words[grant.lease.id] for grant in grants]


async def test_jobs_of_which_nobody_knows_how_long_they_take_are_lent_one_by_one(world):
    await create(world, jobs=5)

    assert [len(await claim(world, most=most)) for most in (1, 2, 1)] == [1, 2, 1]


async def test_with_a_short_job_go_those_that_wait_behind_it(world):
    await measured(world)
    batch = await create(world, jobs=5)

    grants = await claim(world)

    assert [grant.job.position for grant in grants] == [1, 2, 3, 4, 5]
    assert {grant.expected_s for grant in grants} == {0.01}
    assert await statuses_of(world, batch.id) == [RUNNING] * 5
    assert (await batch_of(world, batch.id)).status is BatchStatus.ACTIVE


@pytest.mark.parametrize(("ran_s", "lent"), [(0.001, MOST_JOBS), (0.03, 16), (0.2, 2), (0.25, 2), (0.3, 1)])
async def test_so_many_are_lent_as_take_half_a_second_together(world, ran_s, lent):
    await measured(world, ran_s)
    await create(world, jobs=MOST_JOBS + 10)

    assert len(await claim(world)) == lent


async def test_those_that_go_together_stand_in_one_line(world):
    await measured(world)
    old = await create(world, jobs=3)
    world.clock.move(seconds=1)
    stranger, _ = await world.another_project()
    theirs = a_new_batch(world, 1, project_id=next(iter(stranger.roles)))
    await world.core.batches.create(stranger, theirs)
    await create(world, platform=NARROW)
    paused = await create(world, jobs=2)
    await world.core.reports.batch(world.operator, paused.id, BatchStatus.PAUSED, Span())
    world.clock.move(seconds=1)
    young = await create(world, jobs=2)

    lots = [[grant.job.batch_id for grant in await claim(world)] for _ in range(3)]
    # Who used less of a platform goes before; whoever goes first, no lot is of two lines.
    assert sorted(map(len, lots)) == [1, 1, 5]
    assert [old.id] * 3 + [young.id] * 2 in lots
    for batch in (old, young):
        assert (await batch_of(world, batch.id)).status is BatchStatus.ACTIVE


async def test_what_a_batch_took_counts_more_than_what_its_platform_takes(world):
    batch = await create(world, jobs=4)
    slow = await claim_one(world)
    world.clock.move(seconds=5)
    await tell(world, outcome_of(slow, all_zero(slow), 5.0))
    await measured(world)

    (grant,) = await claim(world)

    assert (grant.job.batch_id, grant.expected_s) == (batch.id, None)


@pytest.mark.parametrize("platform", [QPU, PACED])
async def test_a_machine_is_lent_for_one_job_after_another(world, platform):
    await measured(world, platform=platform)
    await create(world, jobs=3, platform=platform)

    (grant,) = await claim(world)

    assert grant.expected_s is None
    assert await claim(world) == []


async def test_no_more_are_lent_than_a_platform_runs_side_by_side(world):
    await measured(world, platform=NARROW)
    await create(world, jobs=5, platform=NARROW)

    assert len(await claim(world)) == NARROW.capacity
    assert await claim(world) == []


async def test_after_some_were_given_back_the_rest_is_lent_one_by_one(world):
    await measured(world)
    await create(world, jobs=5)
    _, *waited = await claim(world)
    for grant in waited:
        await give_back(world, grant)

    assert [len(await claim(world)) for _ in range(2)] == [1, 1]


async def test_what_was_cut_short_says_nothing_of_how_long_jobs_take(world):
    await create(world, jobs=5)
    grant = await claim_one(world)
    await world.core.jobs.cancel(world.owner, grant.job.id)

    await tell(world, outcome_of(grant, Failure(verdict=Verdict.CANCELLED, why=""), 0.0))

    assert len(await claim(world)) == 1


async def test_the_same_question_gets_the_same_leases_in_the_same_order(world):
    await measured(world)
    await create(world, jobs=20)

    async def ask():
        return await world.core.leases.claim(world.token, world.worker.id, "question", most=1, wait_s=0)

    first, second = await ask(), await ask()

    assert first == second
    assert len(first) == 20


async def test_many_outcomes_at_once_end_their_batch_once(world):
    await measured(world)
    batch = await create(world, jobs=4)
    one, two, three, four = await claim(world)
    world.clock.move(seconds=0.5)
    gone = Failure(verdict=Verdict.REFUSED, why="no")

    told = [
        outcome_of(one, all_zero(one), 0.1),
        outcome_of(two, gone, 0.2),
        outcome_of(three, all_zero(three), 0.1),
        outcome_of(four, all_zero(four), 0.05),
    ]
    assert list(await world.core.outcomes.tell(told)) == [None] * 4
    assert list(await world.core.outcomes.tell(told)) == [None] * 4

    assert await statuses_of(world, batch.id) == [DONE, FAILED, DONE, DONE]
    assert (await batch_of(world, batch.id)).status is BatchStatus.DONE
    today = world.clock.now().date()
    async with world.db.look() as work:
        (tally,) = await work.usage.of(world.project_id, today, today)
    used = tally.usage
    assert (used.done, used.failed, used.shots) == (1 + 3, 1, 400)
    assert used.computed.total_seconds() == pytest.approx(0.01 + 0.1 + 0.2 + 0.1 + 0.05)


async def test_a_cancel_is_told_to_the_one_that_it_is_for(world):
    await measured(world)
    batch = await create(world, jobs=3)
    grants = await claim(world)

    await world.core.jobs.cancel(world.owner, grants[1].job.id)

    assert await beats(world, grants) == [Word.CONTINUE, Word.CANCEL, Word.CONTINUE]
    await failed(world, grants[1], Verdict.CANCELLED)
    assert await statuses_of(world, batch.id) == [RUNNING, CANCELLED, RUNNING]


async def test_a_batch_that_is_cancelled_takes_all_of_them_with_it(world):
    await measured(world)
    batch = await create(world, jobs=3)
    grants = await claim(world)

    await world.core.batches.cancel(world.owner, batch.id)

    assert await beats(world, grants) == [Word.CANCEL] * 3
    outcomes = [
        outcome_of(grants[0], all_zero(grants[0])),
        outcome_of(grants[1], None),
        outcome_of(grants[2], Failure(verdict=Verdict.CANCELLED, why="")),
    ]
    assert list(await world.core.outcomes.tell(outcomes)) == [None] * 3
    assert await statuses_of(world, batch.id) == [CANCELLED] * 3
    assert (await batch_of(world, batch.id)).status is BatchStatus.CANCELLED


async def test_all_of_them_wait_again_when_their_worker_is_lost(world):
    await measured(world)
    batch = await create(world, jobs=3)
    late = await claim(world)

    await lose(world)

    jobs = await jobs_of(world, batch.id)
    assert [(job.status, job.lost_leases, job.child_deaths) for job in jobs] == [(QUEUED, 1, 0)] * 3
    assert await beats(world, late[:1]) == [Word.CONTINUE]
    assert [grant.job.position for grant in await claim(world)] == [2, 3]
    assert await beats(world, late) == [Word.CONTINUE, Word.LOST, Word.LOST]


async def test_all_of_them_wait_again_when_the_server_starts_anew(world):
    await measured(world)
    batch = await create(world, jobs=3)
    late = await claim(world)

    await world.core.housekeeping.open()

    assert await statuses_of(world, batch.id) == [QUEUED] * 3
    again = await claim(world)
    assert [grant.lease.attempt for grant in again] == [2, 2, 2]
    lost = await world.core.outcomes.tell([outcome_of(grant, all_zero(grant)) for grant in late])
    assert None not in lost


async def test_a_death_counts_for_the_job_that_ran(world):
    await measured(world)
    batch = await create(world, jobs=3)
    died, *waiting = await claim(world)

    await world.core.outcomes.tell(
        [
            outcome_of(died, Failure(verdict=Verdict.DIED, why="killed"), 0.0),
            *[outcome_of(grant, None) for grant in waiting],
        ]
    )

    jobs = await jobs_of(world, batch.id)
    assert [(job.status, job.child_deaths) for job in jobs] == [(QUEUED, 1), (QUEUED, 0), (QUEUED, 0)]


async def test_whoever_hangs_up_while_it_asks_is_lent_nothing(world):
    await measured(world)
    batch = await create(world, jobs=3)

    for steps in range(40):
        asked = uuid4().hex
        asking = asyncio.ensure_future(
            world.core.leases.claim(world.token, world.worker.id, asked, most=1, wait_s=0)
        )
        for _ in range(steps):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        if not asking.cancelled():
            await world.core.outcomes.tell([outcome_of(grant, None) for grant in asking.result()])

        assert await statuses_of(world, batch.id) == [QUEUED] * 3


async def test_one_that_waits_in_its_worker_has_not_started_and_is_not_counted_as_running_so_long(world):
    await measured(world)
    batch = await create(world, jobs=2)
    first, second = await claim(world)
    lent_at = world.clock.now()
    world.clock.move(seconds=5)

    await beat(world, first, progress=10)
    await beat(world, second, waits=True)

    assert [job.started_at for job in await jobs_of(world, batch.id)] == [lent_at, world.clock.now()]
    async with world.db.look() as work:
        running = await work.jobs.running([EMU.id], world.clock.now())
    assert running[EMU.id][world.project_id].seconds == 5.0
