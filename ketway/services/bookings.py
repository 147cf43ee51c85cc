"""Bookings: made with their batch, read, described. Only the end of the batch cancels one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC
from uuid import UUID

from ketway.domain import texts
from ketway.domain.accounts import Action, Actor
from ketway.domain.batches import Batch
from ketway.domain.booking_errors import NotBookable
from ketway.domain.bookings import Booking
from ketway.domain.platforms import Platform, PlatformId
from ketway.domain.slots import BookingId
from ketway.services.drafts import NewBooking
from ketway.services.listing import BookingFilter, Listed, Page
from ketway.services.ports import Clock, Database, Work


@dataclass(frozen=True, kw_only=True)
class Bookings:
    db: Database
    clock: Clock
    fresh: Callable[[], UUID]

    async def draft(self, work: Work, batch: Batch, platform: Platform, wish: NewBooking) -> Booking:
        """The valid booking of a batch that is about to be kept; keeps nothing, and so does not know
        whether another is in its way.

        Raises:
            NotBookable, SlotAgainstRule, QuotaReached, BadField
        """
        if platform.booking is None:
            raise NotBookable(platform.name)
        now = self.clock.now()
        booking = Booking(
            id=BookingId(self.fresh()),
            project_id=batch.project_id,
            creator_id=batch.creator_id,
            platform_id=batch.platform_id,
            batch_id=batch.id,
            door=batch.door,
            created_at=now,
            updated_at=now,
            starts_at=wish.slot.starts_at.astimezone(UTC),
            ends_at=wish.slot.ends_at.astimezone(UTC),
            time_zone=wish.slot.time_zone,
            description=texts.description(wish.description),
            cancel_ahead_s=platform.booking.cancel_ahead_s,
        )
        # Before its days are counted: those of a time far away may not exist.
        platform.booking.must_allow(booking.slot, now)
        that_day, that_week = [
            await work.bookings.count(batch.project_id, platform.id, period)
            for period in (booking.slot.day(), booking.slot.week())
        ]
        return booking.validate(platform.booking, now, that_day=that_day, that_week=that_week)

    async def get(self, actor: Actor, id: BookingId) -> Booking:
        async with self.db.look() as work:
            return await work.bookings.get(id, visible_to=actor)

    async def list(self, actor: Actor, filter: BookingFilter, page: Page) -> Listed[Booking]:
        async with self.db.look() as work:
            return await work.bookings.list(actor, filter, page)

    async def calendar(self, actor: Actor, platform: PlatformId, page: Page) -> Listed[Booking]:
        """When a platform is taken, by whomever; and the actor's own bookings of it, whatever became
        of them. Of others' nothing is told but the slot."""
        async with self.db.look() as work:
            found = await work.bookings.calendar(actor, platform, page)
        shown = [booking if actor.finds(booking) else booking.for_strangers() for booking in found.items]
        return Listed(items=shown, total=found.total)

    async def change(self, actor: Actor, id: BookingId, *, description: str | None = None) -> Booking:
        """Change what is given.

        Raises:
            Unknown, NotAllowed, BadField
        """
        async with self.db.work() as work:
            booking = await work.bookings.get(id, visible_to=actor)
            actor.must(Action.CHANGE_BOOKING, booking)
            if description is not None:
                told = texts.description(description)
                await work.bookings.put(replace(booking, description=told, updated_at=self.clock.now()))
            return await work.bookings.fetch(id)
