"""Bookings are made with their batch, keep to the rules of the platform, and end with the batch."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ketway.domain.accounts import Role
from ketway.domain.batches import BatchStatus
from ketway.domain.booking_errors import NotBookable, SlotAgainstRule, SlotTaken, TooLateToCancel
from ketway.domain.bookings import BookingStatus
from ketway.domain.errors import (
    AlreadyFinished,
    BadField,
    NotAllowed,
    PlatformUnserved,
    QuotaReached,
    Unknown,
)
from ketway.domain.slots import BookingRules, Slot
from ketway.services.drafts import NewBooking
from ketway.services.listing import BookingFilter, Order, Page
from ketway.services.reports import Span
from tests.services.steps import (
    EMU,
    NARROW,
    QPU,
    a_slot,
    another_member,
    batch_of,
    book,
    booking_of,
    claim_one,
    create,
    done,
    leap,
    statuses_of,
)

EVERYTHING = Page(order=Order.SLOT, descending=False)


async def calendar(world, actor=None, platform=QPU):
    return (await world.core.bookings.calendar(actor or world.owner, platform.id, EVERYTHING)).items


async def test_a_booking_is_made_with_its_batch(world):
    batch = await book(world, 60, 300)

    booking = await booking_of(world, batch)

    assert batch.status is BatchStatus.QUEUED
    assert (batch.slot_starts_at, batch.slot_ends_at) == (booking.starts_at, booking.ends_at)
    assert (booking.batch_id, booking.platform_id) == (batch.id, QPU.id)
    assert (booking.status, booking.description) == (BookingStatus.VALIDATED, "mine")
    assert (booking.project_id, booking.creator_id) == (batch.project_id, world.owner.account_id)


async def test_a_slot_is_kept_in_utc_whatever_the_clocks_say_where_it_was_booked(world):
    begins = (world.clock.now() + timedelta(hours=1)).astimezone(timezone(timedelta(hours=5)))
    slot = Slot(starts_at=begins, ends_at=begins + timedelta(hours=1), time_zone="Asia/Karachi")

    booking = await booking_of(world, await book(world, booking=NewBooking(slot=slot)))

    assert (booking.starts_at, booking.time_zone) == (begins, "Asia/Karachi")
    assert booking.starts_at.tzinfo is UTC


async def test_the_limit_of_a_booked_batch_is_its_slot_whatever_else_is_wished(world):
    batch = await book(world, 60, 3600, max_total_s=5.0, max_idle_s=7200.0)

    changed = await world.core.batches.change(world.owner, batch.id, max_total_s=10.0, max_idle_s=20.0)

    assert QPU.max_total_s < 3600
    assert (batch.max_total_s, batch.max_idle_s) == (3600.0, 5.0)
    assert (changed.max_total_s, changed.max_idle_s) == (3600.0, 10.0)


async def test_a_platform_without_rules_cannot_be_booked(world):
    with pytest.raises(NotBookable, match="NARROW"):
        await book(world, platform=NARROW)


@pytest.mark.parametrize(
    ("begins_in_s", "length_s"), [(60, 19), (60, 14_401), (9, 60), (-60, 60), (1_209_601, 60), (60, -60)]
)
async def test_a_slot_against_the_rules_leaves_nothing_behind(world, begins_in_s, length_s):
    with pytest.raises(SlotAgainstRule):
        await book(world, begins_in_s, length_s)

    assert await calendar(world) == []
    assert (await world.core.figures.queue(world.owner, QPU.id, Page())).total == 0


@pytest.mark.parametrize("year", [1, 9999])
async def test_a_time_out_of_all_calendars_is_refused_by_the_rules(world, year):
    begins = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, tzinfo=UTC)
    slot = Slot(starts_at=begins, ends_at=begins + timedelta(minutes=5), time_zone="Pacific/Kiritimati")

    with pytest.raises(SlotAgainstRule):
        await book(world, booking=NewBooking(slot=slot))


async def test_no_two_slots_of_a_platform_overlap_whoever_asks(world):
    stranger, _ = await world.another_project()
    await book(world, 60, 60)

    with pytest.raises(SlotTaken):
        await book(world, 90, 60, by=stranger)

    assert await book(world, 120, 60, by=stranger)
    assert await book(world, 60, 60, platform=EMU, by=stranger)


async def test_of_two_who_book_at_once_one_gets_the_slot_and_the_other_nothing(world):
    stranger, _ = await world.another_project()

    outcomes = await asyncio.gather(book(world), book(world, by=stranger), return_exceptions=True)

    assert [type(each) for each in outcomes if isinstance(each, Exception)] == [SlotTaken]
    assert len(await calendar(world)) == 1
    assert (await world.core.figures.queue(world.operator, QPU.id, Page())).total == 1


async def test_a_platform_that_is_held_today_is_booked_for_tomorrow(world):
    await world.core.platforms.set_down(world.operator, [QPU.id], True, "repair")

    with pytest.raises(PlatformUnserved):
        await create(world, 0, platform=QPU, is_open=True, may_wait=False)

    assert await book(world, 86_400, 60, may_wait=False)


async def test_a_slot_that_was_given_up_is_free_again(world):
    batch = await book(world)
    await world.core.batches.cancel(world.owner, batch.id)

    assert await book(world)
    assert (await booking_of(world, batch)).status is BookingStatus.CANCELLED


async def test_a_project_books_so_many_slots_a_day_and_no_more(world):
    machine = replace(QPU, booking=BookingRules(max_per_day=2, max_per_week=3))
    stranger, _ = await world.another_project()
    day = 86_400
    for begins_in_s in (60, 120):
        await book(world, begins_in_s, platform=machine)

    with pytest.raises(QuotaReached) as refused:
        await book(world, 180, platform=machine)

    assert (refused.value.per, refused.value.quota, refused.value.current) == ("day", 2, 2)
    assert await book(world, 180, platform=machine, by=stranger)
    assert await book(world, 180, platform=replace(EMU, booking=machine.booking))
    assert await book(world, day, platform=machine)
    with pytest.raises(QuotaReached) as refused:  # noon is a Thursday's
        await book(world, 2 * day, platform=machine)
    assert (refused.value.per, refused.value.quota, refused.value.current) == ("week", 3, 3)
    assert await book(world, 5 * day, platform=machine)


async def test_a_day_is_one_of_where_the_slot_is_booked(world):
    machine = replace(QPU, booking=BookingRules(max_per_day=1))
    tonight = 11 * 3600  # 23:00 in London, midnight in Paris
    await book(world, 60, platform=machine)

    async def at(place):
        slot = a_slot(world, tonight, 60, place)
        return await book(world, platform=machine, booking=NewBooking(slot=slot))

    with pytest.raises(QuotaReached):
        await at("Europe/London")
    assert await at("Europe/Paris")


async def test_what_is_given_up_in_time_does_not_count_and_what_has_begun_does(world):
    machine = replace(QPU, booking=BookingRules(max_per_day=1))
    given_up = await book(world, 60, platform=machine)
    await world.core.batches.cancel(world.owner, given_up.id)
    left = await book(world, 60, platform=machine)
    await leap(world, 61)
    await world.core.batches.cancel(world.owner, left.id)

    with pytest.raises(QuotaReached):
        await book(world, 60, platform=machine)


@pytest.mark.parametrize("end", ["cancel", "delete"])
async def test_a_slot_that_is_about_to_begin_cannot_be_given_up(world, end):
    batch = await book(world, 60, 60)
    world.clock.move(seconds=51)

    with pytest.raises(TooLateToCancel):
        await getattr(world.core.batches, end)(world.owner, batch.id)

    assert (await batch_of(world, batch.id)).status is BatchStatus.QUEUED
    assert (await booking_of(world, batch)).status is BookingStatus.VALIDATED
    await leap(world, 10)
    assert (await batch_of(world, batch.id)).status is BatchStatus.ACTIVE


@pytest.mark.parametrize("end", ["cancel", "delete"])
async def test_a_slot_that_has_begun_can_be_left_and_the_platform_is_free(world, end):
    batch = await book(world, 60, 60)
    await leap(world, 70)

    await getattr(world.core.batches, end)(world.owner, batch.id)

    assert (await booking_of(world, batch)).status is BookingStatus.CANCELLED
    await create(world, 1, platform=QPU)
    assert await claim_one(world)


async def test_many_are_cancelled_one_by_one_and_the_one_that_is_too_late_is_told(world):
    late, plain = await book(world, 60, 60), await create(world, 1)
    world.clock.move(seconds=55)

    cancelled, refused = await world.core.batches.cancel_each(world.owner, [late.id, plain.id])

    assert [batch.id for batch in cancelled] == [plain.id]
    assert isinstance(refused[late.id], TooLateToCancel)


async def test_a_booking_is_cancelling_while_a_job_of_its_batch_runs_and_outlives_the_batch(world):
    batch = await book(world, 60, 60, jobs=1)
    await leap(world, 60)
    grant = await claim_one(world)

    await world.core.batches.delete(world.owner, batch.id)
    cancelling = await booking_of(world, batch)
    await done(world, grant)

    assert cancelling.status is BookingStatus.CANCELLING
    with pytest.raises(Unknown):
        await batch_of(world, batch.id)
    assert (await booking_of(world, batch)).status is BookingStatus.CANCELLED


async def test_a_batch_that_ends_twice_changes_nothing(world):
    batch = await book(world)
    await world.core.batches.cancel(world.owner, batch.id)

    with pytest.raises(AlreadyFinished):
        await world.core.batches.cancel(world.owner, batch.id)


async def test_an_operator_ends_a_booked_batch_at_any_time(world):
    batch = await book(world, 60, 60)
    world.clock.move(seconds=55)

    await world.core.reports.batch(world.operator, batch.id, BatchStatus.CANCELLED, Span())

    assert (await booking_of(world, batch)).status is BookingStatus.CANCELLED


async def test_a_batch_that_lives_with_the_same_key_is_answered_and_nothing_more_is_booked(world):
    first = await book(world, deduplication_key="key")

    again = await book(world, 3600, deduplication_key="key")
    against_every_rule = await book(world, -5, 1, deduplication_key="key")

    assert again == against_every_rule == first
    assert len(await calendar(world)) == 1


async def test_strangers_see_when_a_platform_is_taken_and_nothing_else(world):
    stranger, _ = await world.another_project()
    mine = await booking_of(world, await book(world))
    given_up = await book(world, 600)
    await world.core.batches.cancel(world.owner, given_up.id)
    theirs = await booking_of(world, await book(world, 300, by=stranger))

    assert [booking.id for booking in await calendar(world)] == [mine.id, theirs.id, given_up.booking_id]
    seen, own = await calendar(world, stranger)
    assert (seen.id, seen.description, own.description) == (mine.id, "", "mine")
    assert (seen.starts_at, seen.ends_at, seen.status) == (mine.starts_at, mine.ends_at, mine.status)
    with pytest.raises(Unknown):
        await world.core.bookings.get(stranger, mine.id)
    with pytest.raises(Unknown):
        await world.core.bookings.change(stranger, mine.id, description="x")


async def test_operators_see_all(world):
    stranger, _ = await world.another_project()
    theirs = await book(world, by=stranger)

    (seen,) = await calendar(world, world.operator)
    listed = await world.core.bookings.list(world.operator, BookingFilter(), Page())

    assert (seen.id, seen.description) == (theirs.booking_id, "mine")
    assert listed.items == [seen]


async def test_a_list_is_of_ones_projects(world):
    stranger, _ = await world.another_project()
    mine = await booking_of(world, await book(world))
    await book(world, 300, by=stranger)

    assert (await world.core.bookings.list(world.owner, BookingFilter(), Page())).items == [mine]


async def test_its_maker_describes_a_booking_and_other_members_read_it(world):
    batch = await book(world)
    colleague = await another_member(world)
    world.clock.move(seconds=1)

    changed = await world.core.bookings.change(world.owner, batch.booking_id, description="ours")
    untouched = await world.core.bookings.change(world.owner, batch.booking_id)

    assert (changed.description, changed.updated_at) == ("ours", world.clock.now())
    assert untouched == changed == await world.core.bookings.get(colleague, batch.booking_id)
    with pytest.raises(NotAllowed):
        await world.core.bookings.change(colleague, batch.booking_id, description="theirs")
    admin = replace(colleague, roles={world.project_id: Role.ADMIN})
    assert await world.core.bookings.change(admin, batch.booking_id, description="theirs")


async def test_a_description_is_bounded_and_showable(world):
    batch = await book(world)

    for text in ("x" * 2001, "bell \a"):
        with pytest.raises(BadField):
            await world.core.bookings.change(world.owner, batch.booking_id, description=text)
        with pytest.raises(BadField):
            slot = a_slot(world, 600)
            await book(world, booking=NewBooking(slot=slot, description=text))


async def test_a_batch_that_is_closed_before_its_slot_gives_it_up_and_one_in_its_slot_has_used_it(world):
    early, used = await book(world), await book(world, 300, jobs=1)
    await world.core.batches.close(world.owner, early.id)
    await leap(world, 300)
    await world.core.batches.close(world.owner, used.id)
    await world.run_all()

    assert (await booking_of(world, early)).status is BookingStatus.CANCELLED
    assert (await batch_of(world, used.id)).status is BatchStatus.DONE
    assert (await booking_of(world, used)).status is BookingStatus.VALIDATED
    assert [status.value for status in await statuses_of(world, used.id)] == ["done"]
