"""A slot is a gate in time: its batch runs within it, and nobody else does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketway.domain.batches import BatchStatus, Yielding
from ketway.domain.booking_errors import OutsideSlot, PlatformBooked
from ketway.domain.bookings import BookingStatus
from ketway.domain.jobs import JobStatus
from ketway.domain.leases import Verdict, Word
from ketway.domain.priorities import Priority
from ketway.services.drafts import NewBooking
from ketway.services.reports import Span
from tests.services.steps import (
    EMU,
    QPU,
    a_new_batch,
    a_slot,
    add,
    another_worker,
    batch_of,
    beat,
    book,
    booking_of,
    claim,
    claim_one,
    create,
    done,
    failed,
    leap,
    let_pass,
    statuses_of,
)

BOTH = pytest.mark.parametrize("platform", [EMU, QPU], ids=["emulator", "machine"])
QUEUED, ACTIVE, PAUSED = BatchStatus.QUEUED, BatchStatus.ACTIVE, BatchStatus.PAUSED
STOPPING, CANCELLED, TIMED_OUT = BatchStatus.STOPPING, BatchStatus.CANCELLED, BatchStatus.TIMED_OUT
ENDS = {"is_open": True, "yields": Yielding.ENDS}


async def status_of(world, batch):
    return (await batch_of(world, batch.id)).status


async def stop_for_room(world, grant):
    """A worker does as it is told with its next heartbeat."""
    assert await beat(world, grant) is Word.CANCEL
    await failed(world, grant, Verdict.CANCELLED, "stopped")


async def say(world, batch, status):
    return await world.core.reports.batch(world.operator, batch.id, status, Span())


@BOTH
async def test_a_booked_batch_waits_for_its_slot_has_the_platform_within_it_and_ends_with_it(world, platform):
    batch = await book(world, 60, 60, platform=platform)

    await leap(world, 59)
    before = await batch_of(world, batch.id)
    await let_pass(world, 1)
    within = await batch_of(world, batch.id)
    await leap(world, 59)
    still = await batch_of(world, batch.id)
    await let_pass(world, 1)
    after = await batch_of(world, batch.id)

    assert (before.status, before.started_at) == (QUEUED, None)
    assert (within.status, within.started_at) == (ACTIVE, batch.slot_starts_at)
    assert still.status is ACTIVE
    assert (after.status, after.ended_at, after.message) == (
        TIMED_OUT,
        batch.slot_ends_at,
        "its slot is over",
    )
    assert (await booking_of(world, batch)).status is BookingStatus.VALIDATED


@BOTH
async def test_its_jobs_start_within_the_slot_only_whenever_they_came(world, platform):
    batch = await book(world, 60, 60, jobs=1, platform=platform)
    world.clock.move(seconds=59)
    assert await claim(world) == []
    world.clock.move(seconds=1)

    first = await claim_one(world)  # no sweep has been yet
    await done(world, first)
    await add(world, batch.id)
    second = await claim_one(world)
    await add(world, batch.id)
    await done(world, second)
    world.clock.move(seconds=60)

    assert await claim(world) == []
    await let_pass(world, 1)
    assert await statuses_of(world, batch.id) == [JobStatus.DONE, JobStatus.DONE, JobStatus.CANCELLED]


@BOTH
async def test_a_job_that_still_runs_when_the_slot_is_over_is_stopped(world, platform):
    batch = await book(world, 60, 60, jobs=1, platform=platform)
    await leap(world, 100)
    grant = await claim_one(world)
    await leap(world, 20)

    assert await status_of(world, batch) is STOPPING
    await stop_for_room(world, grant)
    assert await statuses_of(world, batch.id) == [JobStatus.CANCELLED]
    assert await status_of(world, batch) is TIMED_OUT
    assert (await booking_of(world, batch)).status is BookingStatus.VALIDATED


async def test_idle_time_runs_from_the_beginning_of_the_slot(world):
    batch = await book(world, 300, 300, max_idle_s=30.0)

    await leap(world, 300)
    await leap(world, 29)
    assert await status_of(world, batch) is ACTIVE
    await let_pass(world, 1)
    assert (await batch_of(world, batch.id)).message == "idle too long"
    booking = await booking_of(world, batch)
    assert (booking.status, booking.message) == (BookingStatus.CANCELLED, "idle too long")


@BOTH
async def test_nothing_else_starts_within_a_slot_not_even_before_the_sweep(world, platform):
    stranger, _ = await world.another_project()
    others = await create(world, 1, platform=platform, priority=Priority.CRITICAL)
    await book(world, 60, 60, platform=platform, by=stranger)
    world.clock.move(seconds=60)

    assert await claim(world) == []
    await leap(world, 59)
    assert await claim(world) == []
    await let_pass(world, 1)
    assert (await claim_one(world)).job.batch_id == others.id


async def test_a_platform_without_a_slot_goes_on(world):
    await book(world, 60, 60)
    elsewhere = await create(world, 1, platform=EMU)
    await leap(world, 70)

    assert (await claim_one(world)).job.batch_id == elsewhere.id


async def test_a_worker_with_little_room_runs_what_is_booked_first(world):
    batch = await book(world, 60, 60, jobs=1)
    await create(world, 1, platform=EMU, priority=Priority.CRITICAL)
    await leap(world, 60)

    assert (await claim_one(world)).job.batch_id == batch.id


async def test_sessions_that_run_without_a_job_are_ended_when_a_slot_begins(world):
    first, second = await create(world, 0, **ENDS), await create(world, 0, **ENDS)
    batch = await book(world, 60, 60, platform=EMU)
    await leap(world, 59)
    assert [await status_of(world, each) for each in (first, second)] == [ACTIVE, ACTIVE]

    await let_pass(world, 1)

    assert [await status_of(world, each) for each in (first, second)] == [CANCELLED, CANCELLED]
    assert "made room" in (await batch_of(world, first.id)).message
    assert await status_of(world, batch) is ACTIVE


async def test_a_holder_that_ends_keeps_the_machine_until_its_job_has_ended(world):
    holder = await create(world, 2, platform=QPU, **ENDS)
    grant = await claim_one(world)
    batch = await book(world, 20, 60, jobs=1)
    await leap(world, 20)

    assert [await status_of(world, each) for each in (holder, batch)] == [STOPPING, QUEUED]
    assert await statuses_of(world, holder.id) == [JobStatus.RUNNING, JobStatus.CANCELLED]
    assert await claim(world) == []
    await stop_for_room(world, grant)
    assert await status_of(world, holder) is CANCELLED
    await let_pass(world, 1)
    assert await status_of(world, batch) is ACTIVE
    assert (await claim_one(world)).job.batch_id == batch.id


async def test_a_holder_whose_job_never_ends_costs_the_slot(world):
    holder = await create(world, 1, platform=QPU, **ENDS)
    grant = await claim_one(world)
    batch = await book(world, 60, 60, jobs=1)
    for _ in range(13):
        await let_pass(world, 10)
        await beat(world, grant)
        assert await claim(world, await another_worker(world)) == []

    lost = await batch_of(world, batch.id)

    assert await status_of(world, holder) is STOPPING
    assert (lost.status, lost.started_at) == (TIMED_OUT, None)
    assert "before it could begin" in lost.message
    assert await statuses_of(world, batch.id) == [JobStatus.CANCELLED]


async def test_a_worker_that_is_silent_frees_the_machine_once_its_lease_is_lost(world):
    await create(world, 1, platform=QPU, **ENDS)
    await claim_one(world)
    batch = await book(world, 60, 300, jobs=1)

    await let_pass(world, 95)

    assert await status_of(world, batch) is ACTIVE


async def test_a_batch_that_pauses_has_its_job_wait_again_and_its_platform_back_before_others(world):
    holder = await create(world, 2, platform=QPU)
    grant = await claim_one(world)
    batch = await book(world, 20, 60, jobs=1)
    await leap(world, 20)

    assert [await status_of(world, each) for each in (holder, batch)] == [PAUSED, QUEUED]
    assert await claim(world) == []
    await stop_for_room(world, grant)
    assert await statuses_of(world, holder.id) == [JobStatus.QUEUED, JobStatus.QUEUED]
    booked = await claim_one(world)
    assert booked.job.batch_id == batch.id
    await done(world, booked)
    await create(world, 1, platform=QPU, priority=Priority.CRITICAL)
    world.clock.move(seconds=60)
    assert await claim(world) == []  # not before the sweep gave it back
    await let_pass(world, 1)
    back = await batch_of(world, holder.id)
    assert (back.status, back.yielded_at, back.started_at) == (ACTIVE, None, world.clock.now())
    again = await claim_one(world)
    assert (again.job.id, again.job.attempt) == (grant.job.id, 2)


async def test_a_batch_on_an_emulator_pauses_and_comes_back_too(world):
    batches = [await create(world, 1), await create(world, 0, is_open=True)]
    grant = await claim_one(world)
    await book(world, 20, 60, platform=EMU)
    await leap(world, 20)

    assert [await status_of(world, each) for each in batches] == [PAUSED, PAUSED]
    await stop_for_room(world, grant)
    await leap(world, 60)
    assert [await status_of(world, each) for each in batches] == [ACTIVE, ACTIVE]
    assert (await claim_one(world)).job.id == grant.job.id


async def test_a_result_that_comes_while_its_batch_makes_room_is_kept(world):
    holder = await create(world, 1, platform=QPU)
    grant = await claim_one(world)
    await book(world, 20, 60)
    await leap(world, 20)

    await done(world, grant)

    assert await status_of(world, holder) is BatchStatus.DONE
    assert await statuses_of(world, holder.id) == [JobStatus.DONE]


async def test_a_paused_batch_whose_job_outlasts_the_slot_has_its_platform_back(world):
    holder = await create(world, 1, platform=QPU)
    grant = await claim_one(world)
    await book(world, 60, 30)
    for _ in range(9):
        await leap(world, 10)
        await beat(world, grant)

    assert await status_of(world, holder) is ACTIVE
    assert await beat(world, grant) is Word.CONTINUE


@BOTH
async def test_what_an_operator_paused_stays_paused_when_the_slot_is_over(world, platform):
    before = await create(world, 1, platform=platform)
    await say(world, before, PAUSED)
    within = await create(world, 1, platform=platform)
    (grant,) = await claim(world)
    await book(world, 20, 60, platform=platform)
    await leap(world, 20)
    await stop_for_room(world, grant)
    await say(world, within, PAUSED)
    await leap(world, 60)

    assert [await status_of(world, each) for each in (before, within)] == [PAUSED, PAUSED]
    await say(world, within, QUEUED)
    assert (await claim_one(world)).job.batch_id == within.id


async def test_what_an_operator_resumes_within_a_slot_waits_for_its_end(world):
    held = await create(world, 1, platform=QPU)
    await say(world, held, PAUSED)
    batch = await book(world, 60, 60)
    await leap(world, 60)

    with pytest.raises(PlatformBooked, match=str(batch.id)):
        await say(world, held, ACTIVE)
    await say(world, held, QUEUED)

    assert await claim(world) == []
    await leap(world, 60)
    assert (await claim_one(world)).job.batch_id == held.id


@BOTH
async def test_no_word_of_an_operator_starts_anything_at_the_wrong_time(world, platform):
    batch = await book(world, 60, 60, jobs=1, platform=platform)
    other = await create(world, 1, platform=platform)

    async def start(of):
        (job,) = await world.core.batches.jobs_of(world.owner, of.id)
        return await world.core.reports.job(world.operator, job.id, JobStatus.RUNNING, Span())

    with pytest.raises(OutsideSlot):
        await start(batch)
    with pytest.raises(OutsideSlot):
        await say(world, batch, ACTIVE)
    world.clock.move(seconds=60)
    with pytest.raises(PlatformBooked):
        await start(other)
    with pytest.raises(PlatformBooked):
        await say(world, other, ACTIVE)
    assert (await start(batch)).status is JobStatus.RUNNING


async def test_a_booked_batch_that_an_operator_pauses_ends_with_its_slot_all_the_same(world):
    batch = await book(world, 60, 60, jobs=1)
    await leap(world, 70)
    await say(world, batch, PAUSED)
    await create(world, 1, platform=QPU)
    await leap(world, 10)
    assert await claim(world) == []

    await leap(world, 40)

    assert await status_of(world, batch) is TIMED_OUT
    assert await claim(world)


async def test_a_booked_batch_that_is_resumed_within_its_slot_goes_on(world):
    batch = await book(world, 60, 60, jobs=1)
    await say(world, batch, PAUSED)
    await leap(world, 70)
    assert await status_of(world, batch) is PAUSED

    await say(world, batch, QUEUED)
    await let_pass(world, 1)

    assert await status_of(world, batch) is ACTIVE
    assert (await claim_one(world)).job.batch_id == batch.id


async def test_an_open_batch_made_within_a_slot_waits_and_has_an_emulator_afterwards_without_a_job(world):
    await book(world, 60, 600, platform=EMU, max_idle_s=3600.0)
    await leap(world, 60)

    late = await create(world, 0, max_idle_s=60.0, **ENDS)
    await leap(world, 599)
    waiting = await batch_of(world, late.id)
    await let_pass(world, 1)

    assert (late.status, waiting.status) == (QUEUED, QUEUED)
    assert await status_of(world, late) is ACTIVE


async def test_an_open_batch_made_within_a_slot_of_a_machine_is_not_idle_because_of_it(world):
    await book(world, 60, 600, max_idle_s=3600.0)
    await leap(world, 60)
    late = await create(world, 0, platform=QPU, max_idle_s=60.0, **ENDS)

    await leap(world, 659)
    assert await status_of(world, late) is QUEUED
    await add(world, late.id)
    assert (await claim_one(world)).job.batch_id == late.id


async def test_a_session_that_waits_when_a_slot_begins_runs_afterwards(world):
    late = await create(world, 1, platform=QPU, **ENDS)
    await book(world, 60, 60)
    await leap(world, 60)
    assert await status_of(world, late) is QUEUED
    await leap(world, 60)

    assert (await claim_one(world)).job.batch_id == late.id


async def test_slots_that_follow_each_other_pass_the_platform_on(world):
    stranger, _ = await world.another_project()
    holder = await create(world, 1, platform=QPU)
    grant = await claim_one(world)
    first = await book(world, 20, 60, jobs=1)
    second = await book(world, 80, 120, by=stranger, jobs=1)
    await let_pass(world, 20)
    await stop_for_room(world, grant)
    await let_pass(world, 1)
    assert (await claim_one(world)).job.batch_id == first.id

    world.clock.move(seconds=59)
    assert await claim(world) == []
    await let_pass(world, 1)

    assert [await status_of(world, each) for each in (holder, first)] == [PAUSED, STOPPING]
    await let_pass(world, 35)  # the job of the first is lost
    assert await status_of(world, first) is TIMED_OUT
    assert (await claim_one(world)).job.batch_id == second.id
    assert await status_of(world, holder) is PAUSED


async def test_a_server_that_was_down_when_a_slot_began_does_it_with_its_first_sweep(world):
    session = await create(world, 0, **ENDS)
    batch = await book(world, 60, 60, jobs=1, platform=EMU)
    world.clock.move(seconds=90)

    await world.core.housekeeping.open()
    await world.core.housekeeping.sweep()

    assert await status_of(world, session) is CANCELLED
    late = await batch_of(world, batch.id)
    assert (late.status, late.started_at) == (ACTIVE, world.clock.now())
    await leap(world, 30)
    assert await status_of(world, batch) is TIMED_OUT


async def test_a_server_that_was_down_when_a_slot_ended_does_it_with_its_first_sweep(world):
    paused = await create(world, 0, is_open=True)
    batch = await book(world, 60, 60, jobs=1, platform=EMU)
    await leap(world, 60)
    world.clock.move(hours=5)
    assert await claim(world) == []

    await world.core.housekeeping.open()
    await world.core.housekeeping.sweep()

    assert await status_of(world, batch) is TIMED_OUT
    assert await status_of(world, paused) is ACTIVE


@BOTH
async def test_a_slot_that_passed_while_the_server_was_down_is_lost_and_nobody_made_room(world, platform):
    other = await create(world, 1, platform=platform)
    batch = await book(world, 60, 60, jobs=1, platform=platform)
    world.clock.move(hours=5)

    await world.core.housekeeping.open()
    await world.core.housekeeping.sweep()

    lost = await batch_of(world, batch.id)
    assert (lost.status, lost.message) == (TIMED_OUT, "its slot passed before it could begin")
    assert await status_of(world, other) is QUEUED
    assert (await claim_one(world)).job.batch_id == other.id
    booking = await booking_of(world, batch)
    assert (booking.status, booking.message) == (BookingStatus.VALIDATED, lost.message)


@BOTH
async def test_a_clock_that_goes_back_before_the_slot_starts_nothing_of_it(world, platform):
    batch = await book(world, 60, 60, jobs=2, platform=platform)
    await leap(world, 60)
    grant = await claim_one(world)
    world.clock.time -= timedelta(seconds=30)
    await done(world, grant)

    assert await claim(world) == []
    await leap(world, 30)
    assert (await claim_one(world)).job.batch_id == batch.id


async def test_a_platform_that_is_down_has_its_slots_and_starts_nothing_in_them(world):
    await world.core.platforms.set_down(world.operator, [QPU.id], True, "repair")
    batch = await book(world, 60, 60, jobs=1)
    await leap(world, 100)

    assert await claim(world) == []
    await world.core.platforms.set_down(world.operator, [QPU.id], False)
    assert (await claim_one(world)).job.batch_id == batch.id
    await leap(world, 20)
    assert await status_of(world, batch) is STOPPING


async def test_a_lost_attempt_of_a_batch_that_made_room_does_not_go_on(world):
    await create(world, 1, platform=QPU)
    grant = await claim_one(world)
    await book(world, 60, 600)
    await let_pass(world, 100)

    assert await beat(world, grant) is Word.LOST


async def test_a_slot_that_is_left_early_lets_the_paused_come_back_at_once(world):
    paused = await create(world, 1, platform=QPU)
    grant = await claim_one(world)
    batch = await book(world, 20, 600)
    await leap(world, 20)
    await stop_for_room(world, grant)
    await let_pass(world, 1)

    await world.core.batches.cancel(world.owner, batch.id)
    await let_pass(world, 1)

    assert await status_of(world, paused) is ACTIVE


async def test_what_a_slot_paused_can_be_cancelled(world):
    paused = await create(world, 1, platform=QPU)
    grant = await claim_one(world)
    await book(world, 20, 600)
    await leap(world, 20)

    await world.core.batches.cancel(world.owner, paused.id)
    stopping = await batch_of(world, paused.id)
    await stop_for_room(world, grant)

    assert (stopping.status, stopping.yielded_at) == (STOPPING, None)
    assert await status_of(world, paused) is CANCELLED


async def test_many_are_let_in_when_a_slot_is_over(world):
    await book(world, 60, 60, platform=EMU)
    await leap(world, 60)
    late = [await create(world, 0, **ENDS) for _ in range(5)]

    await leap(world, 60)

    assert [await status_of(world, each) for each in late] == [ACTIVE] * 5


async def test_a_rehearsal_knows_that_a_slot_is_on(world):
    new = a_new_batch(world, 1, is_open=True)
    before = await world.core.rehearsals.create(world.owner, new)
    await book(world, 60, 60, platform=EMU)
    await leap(world, 60)

    within = await world.core.rehearsals.create(world.owner, new)

    assert (before.batch.status, within.batch.status) == (ACTIVE, QUEUED)


async def test_a_slot_may_begin_the_moment_another_is_booked_for_later(world):
    late = await book(world, 600, 60)
    early = await book(world, booking=NewBooking(slot=a_slot(world, 10, 590)))
    await leap(world, 10)

    assert [await status_of(world, each) for each in (early, late)] == [ACTIVE, QUEUED]
