"""What every store of bookings promises, and every store of batches about slots."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from ketway.domain.batches import BatchStatus, Yielding
from ketway.domain.booking_errors import SlotTaken
from ketway.domain.bookings import LIVE, BookingStatus
from ketway.domain.errors import Stale, Unknown
from ketway.domain.platforms import Door, PlatformState, platform_id
from ketway.domain.slots import BookingId, BookingRules, Period
from ketway.services.listing import BookingFilter, Order, Page
from tests.builders import DOOR, NOON, PROJECT, a_batch, a_booking, a_member, a_platform, a_stranger
from tests.contracts.rows import BOTH, ELSEWHERE, OPERATOR, after, keep_batch, keep_batches, keep_jobs

QPU = platform_id("QPU")


async def keep(db, **changes):
    """A booking with a batch of its own."""
    batch = await keep_batch(db)
    booking = a_booking(**{"batch_id": batch.id} | changes)
    async with db.work() as work:
        await work.bookings.add(booking)
    return booking


def hours(first: float, last: float) -> dict:
    return {"starts_at": after(hours=first), "ends_at": after(hours=last)}


def booked(first: float, last: float, **changes) -> dict:
    """A batch with a slot."""
    slot = {"slot_starts_at": after(hours=first), "slot_ends_at": after(hours=last)}
    return {"booking_id": BookingId(uuid4()), "is_open": True} | slot | changes


async def listed(db, filter=None, page=None, actor=BOTH):
    async with db.look() as work:
        return await work.bookings.list(actor, filter or BookingFilter(), page or Page())


async def calendar(db, actor, page=None):
    async with db.look() as work:
        return await work.bookings.calendar(actor, QPU, page or Page())


async def overdue(db, now):
    async with db.look() as work:
        return [batch.id for batch in await work.batches.overdue(now)]


async def test_every_field_comes_back_as_it_was(db):
    booking = await keep(
        db,
        created_at=after(microseconds=1),
        updated_at=after(microseconds=999_999),
        time_zone="America/Argentina/ComodRivadavia",
        description="Ünï\U0001f431 'quoted'; DROP TABLE bookings",
        cancel_ahead_s=0.5,
        status=BookingStatus.CANCELLED,
        message="because",
        cancelled_at=after(seconds=3),
    )

    async with db.look() as work:
        assert await work.bookings.fetch(booking.id) == booking
        assert await work.bookings.get(booking.id, visible_to=a_member()) == booking


async def test_what_a_slot_makes_of_a_batch_comes_back_as_it_was(db):
    slot = booked(1, 2)
    batch = await keep_batch(db, **slot, yields=Yielding.ENDS, yielded_at=after(seconds=1))

    async with db.look() as work:
        assert await work.batches.fetch(batch.id) == batch


async def test_a_booking_of_a_foreign_project_or_another_door_is_unknown(db):
    booking = await keep(db)

    async with db.look() as work:
        for actor in (a_stranger(), a_member().through(Door("other"))):
            with pytest.raises(Unknown):
                await work.bookings.get(booking.id, visible_to=actor)
        with pytest.raises(Unknown):
            await work.bookings.fetch(BookingId(uuid4()))


async def test_a_write_with_an_old_version_is_refused(db):
    booking = await keep(db)
    async with db.work() as work:
        await work.bookings.put(replace(booking, description="first"))

    with pytest.raises(Stale):
        async with db.work() as work:
            await work.bookings.put(replace(booking, description="second"))

    async with db.look() as work:
        kept = await work.bookings.fetch(booking.id)
    assert (kept.description, kept.version) == ("first", 1)


@pytest.mark.parametrize("times", [hours(1, 2), hours(0.5, 1.5), hours(1.5, 3), hours(0, 9), hours(1.2, 1.3)])
async def test_a_slot_that_overlaps_a_live_one_is_taken(db, times):
    await keep(db, **hours(1, 2))

    with pytest.raises(SlotTaken):
        await keep(db, **times, project_id=ELSEWHERE)


async def test_a_slot_before_after_or_elsewhere_is_free(db):
    await keep(db, **hours(1, 2))

    await keep(db, **hours(0, 1))
    await keep(db, **hours(2, 3))
    await keep(db, **hours(1, 2), platform_id=QPU)


@pytest.mark.parametrize("status", BookingStatus)
async def test_only_a_live_booking_is_in_the_way(db, status):
    await keep(db, status=status)

    if status in LIVE:
        with pytest.raises(SlotTaken):
            await keep(db)
    else:
        await keep(db)


async def test_of_two_writers_at_once_one_gets_the_slot(db):
    batches = [a_batch(), a_batch()]
    await keep_batches(db, *batches)

    async def book(batch):
        async with db.work() as work:
            await work.bookings.add(a_booking(batch_id=batch.id))

    outcomes = await asyncio.gather(*[book(batch) for batch in batches], return_exceptions=True)

    assert [type(outcome) for outcome in outcomes if outcome is not None] == [SlotTaken]
    assert (await listed(db)).total == 1


async def test_a_list_is_of_what_the_actor_finds_by_project_platform_and_order(db):
    first = await keep(db, **hours(5, 6))
    second = await keep(db, **hours(1, 2), created_at=after(seconds=1))
    theirs = {"platform_id": QPU, "project_id": ELSEWHERE, "created_at": after(seconds=2)}
    other = await keep(db, **hours(0, 1), **theirs)

    assert (await listed(db)).items == [other, second, first]
    by_slot = Page(order=Order.SLOT, descending=False)
    assert (await listed(db, page=by_slot)).items == [other, second, first]
    assert (await listed(db, BookingFilter(project_ids=(PROJECT,)), by_slot)).items == [second, first]
    assert (await listed(db, BookingFilter(platform_ids=(QPU,)))).items == [other]
    assert (await listed(db, actor=a_member())).items == [second, first]
    assert (await listed(db, actor=a_member().through(Door("other")))).total == 0
    assert (await listed(db, actor=OPERATOR)).total == 3
    second_page = await listed(db, page=Page(offset=1, limit=1))
    assert (second_page.items, second_page.total) == ([second], 3)


async def test_a_calendar_has_all_of_ones_own_and_what_is_taken_by_others(db):
    own = await keep(db, platform_id=QPU, **hours(1, 2), status=BookingStatus.CANCELLED)
    taken = await keep(db, platform_id=QPU, project_id=ELSEWHERE, door=Door("other"), **hours(1, 2))
    await keep(db, platform_id=QPU, project_id=ELSEWHERE, **hours(3, 4), status=BookingStatus.CANCELLED)
    await keep(db, **hours(1, 2))

    found = await calendar(db, a_member().through(DOOR), Page(order=Order.SLOT))

    assert {booking.id for booking in found.items} == {own.id, taken.id}
    assert found.total == 2


async def test_bookings_that_count_are_counted_by_project_platform_and_time(db):
    await keep(db, **hours(1, 2))
    await keep(db, **hours(2, 3), status=BookingStatus.CANCELLED, cancelled_at=after(hours=2))
    await keep(db, **hours(2, 3), status=BookingStatus.CANCELLED, cancelled_at=after(hours=1.9))
    await keep(db, **hours(3, 4), status=BookingStatus.ERROR)
    await keep(db, **hours(4, 5))
    await keep(db, **hours(5, 6), project_id=ELSEWHERE)
    await keep(db, **hours(1, 2), platform_id=QPU)

    async with db.look() as work:

        async def count(first, last):
            period = Period(starts_at=after(hours=first), ends_at=after(hours=last))
            return await work.bookings.count(PROJECT, a_booking().platform_id, period)

        assert await count(0, 24) == 3
        assert await count(1, 4) == 2
        assert await count(1.1, 2) == 0


async def test_jobs_of_a_booked_batch_wait_for_whoever_asks_for_them_by_name(db):
    free, held = a_batch(), a_batch(**booked(1, 2))
    await keep_batches(db, free, held)
    (of_free,) = await keep_jobs(db, free, {})
    (of_held,) = await keep_jobs(db, held, {"created_at": after(seconds=-1)})

    async with db.look() as work:
        assert [head.job_id for head in await work.jobs.heads([free.platform_id])] == [of_free.id]
        assert [head.job_id for head in await work.jobs.heads_of([held.id])] == [of_held.id]


async def test_the_next_slot_of_a_platform_is_the_first_that_has_not_begun(db):
    qpu, emu = platform_id("QPU"), a_booking().platform_id
    for begins, platform, status in (
        (0, emu, BatchStatus.ACTIVE),
        (5, emu, BatchStatus.QUEUED),
        (3, emu, BatchStatus.PAUSED),
        (1, emu, BatchStatus.CANCELLED),
        (0, qpu, BatchStatus.QUEUED),
    ):
        await keep_batch(db, **booked(begins, begins + 1), platform_id=platform, status=status)

    async with db.look() as work:
        assert await work.batches.next_slots([emu, qpu], NOON) == {emu: after(hours=3)}
        assert await work.batches.next_slots([qpu], NOON - timedelta(hours=1)) == {qpu: NOON}
        assert await work.batches.next_slots([], NOON) == {}


async def test_booked_batches_whose_slot_has_begun_are_known_until_they_end(db):
    begun = [
        await keep_batch(db, **booked(0, 2), status=status)
        for status in (BatchStatus.QUEUED, BatchStatus.ACTIVE, BatchStatus.PAUSED)
    ]
    await keep_batch(db, **booked(2, 3))
    await keep_batch(db, **booked(0, 1), status=BatchStatus.STOPPING)
    await keep_batch(db, **booked(0, 1), status=BatchStatus.DONE)
    await keep_batch(db)

    async with db.look() as work:
        assert {batch.id for batch in await work.batches.begun(NOON)} == {batch.id for batch in begun}
        assert await work.batches.begun(NOON - timedelta(microseconds=1)) == []


async def test_who_has_a_platform_who_yielded_and_who_waits_in_the_open(db):
    active = await keep_batch(db, status=BatchStatus.ACTIVE, is_exclusive=True, platform_id=QPU)
    await keep_batch(db, status=BatchStatus.STOPPING, platform_id=QPU)
    await keep_batch(db, status=BatchStatus.ACTIVE)
    yielded = await keep_batch(db, status=BatchStatus.PAUSED, yielded_at=NOON)
    await keep_batch(db, status=BatchStatus.PAUSED)
    waiting = await keep_batch(db, is_open=True)
    await keep_batch(db, is_open=True, is_exclusive=True)
    await keep_batch(db, is_open=False)
    await keep_batch(db, **booked(1, 2))

    async with db.look() as work:
        assert await work.batches.active_on(QPU) == [active]
        assert await work.batches.yielded() == [yielded]
        assert await work.batches.open_queue() == [waiting]


async def test_a_booked_batch_is_idle_only_once_it_has_its_platform_and_has_no_other_limit(db):
    plain = {"max_idle_s": 60.0, "max_total_s": 600.0}
    await keep_batch(db, **booked(1, 2), **plain)
    started = {"status": BatchStatus.ACTIVE, "started_at": after(hours=1)}
    running = await keep_batch(db, **booked(1, 2), **plain, **started, platform_id=QPU)
    busy = await keep_batch(db, **booked(1, 2), **plain, **started, platform_id=platform_id("OTHER"))
    await keep_jobs(db, busy, {})

    assert await overdue(db, after(hours=1, seconds=59)) == []
    assert await overdue(db, after(hours=1, seconds=60)) == [running.id]
    assert await overdue(db, after(hours=9)) == [running.id]


async def test_nobody_idles_away_while_a_slot_makes_them_wait_nor_right_after_it(db):
    waiting = await keep_batch(db, is_open=True, max_idle_s=60.0)
    active = await keep_batch(
        db, is_open=True, max_idle_s=60.0, status=BatchStatus.ACTIVE, started_at=NOON, created_at=NOON
    )
    elsewhere = await keep_batch(db, is_open=True, max_idle_s=60.0, platform_id=QPU)
    await keep_batch(db, **booked(0.01, 1), max_idle_s=1e9, status=BatchStatus.ACTIVE, started_at=NOON)

    in_the_slot = await overdue(db, after(minutes=30))
    afterwards = await overdue(db, after(hours=1, seconds=59))

    assert set(in_the_slot) == set(afterwards) == {active.id, elsewhere.id}
    assert waiting.id in await overdue(db, after(hours=1, seconds=60))


async def test_a_slot_that_was_left_early_lets_idle_time_run_from_then(db):
    waiting = await keep_batch(db, is_open=True, max_idle_s=60.0)
    ended = {"status": BatchStatus.CANCELLED, "ended_at": after(minutes=10)}
    await keep_batch(db, **booked(0.1, 1), **ended)
    given_up = {"status": BatchStatus.CANCELLED, "ended_at": after(minutes=1)}
    await keep_batch(db, **booked(0.15, 1), **given_up)

    assert await overdue(db, after(minutes=11) - timedelta(microseconds=1)) == []
    assert await overdue(db, after(minutes=11)) == [waiting.id]


async def test_a_paused_batch_keeps_its_deduplication_key(db):
    paused = await keep_batch(db, status=BatchStatus.PAUSED, deduplication_key="key")

    async with db.look() as work:
        assert await work.batches.with_key(PROJECT, paused.platform_id, "key") == paused
    with pytest.raises(Stale):
        await keep_batch(db, deduplication_key="key")


@pytest.mark.parametrize("rules", [None, BookingRules(min_length_s=0.5, max_per_week=3)])
async def test_a_platform_that_an_operator_made_keeps_its_rules(db, rules):
    made = a_platform(booking=rules)
    async with db.work() as work:
        await work.platforms.put(PlatformState(platform_id=made.id, made=made))

    async with db.look() as work:
        assert (await work.platforms.states())[made.id].made == made
