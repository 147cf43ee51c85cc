"""Bookings in memory."""

from __future__ import annotations

from dataclasses import replace

from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.booking_errors import SlotTaken
from ketway.domain.bookings import Booking
from ketway.domain.errors import Stale, Unknown
from ketway.domain.platforms import PlatformId
from ketway.domain.slots import BookingId, Period
from ketway.services.listing import BookingFilter, Listed, Page
from tests.fakes.tables import Tables, insert, must_exist, page_of


class MemoryBookings:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, booking: Booking) -> None:
        must_exist(self._tables.projects, booking.project_id)
        must_exist(self._tables.accounts, booking.creator_id)
        must_exist(self._tables.batches, booking.batch_id)
        for other in self._tables.bookings.values():
            on_the_same = other.platform_id == booking.platform_id
            if on_the_same and other.is_live and other.slot.overlaps(booking.slot):
                raise SlotTaken
        insert(self._tables.bookings, booking.id, booking)

    async def get(self, id: BookingId, *, visible_to: Actor) -> Booking:
        found = await self.fetch(id)
        if not visible_to.finds(found):
            raise Unknown("booking", str(id))
        return found

    async def fetch(self, id: BookingId) -> Booking:
        try:
            return self._tables.bookings[id]
        except KeyError:
            raise Unknown("booking", str(id)) from None

    async def put(self, booking: Booking) -> None:
        stored = self._tables.bookings.get(booking.id)
        if stored is None or stored.version != booking.version:
            raise Stale("booking", str(booking.id))
        self._tables.bookings[booking.id] = replace(booking, version=booking.version + 1)

    async def list(self, actor: Actor, filter: BookingFilter, page: Page) -> Listed[Booking]:
        return page_of((each for each in self._tables.bookings.values() if _fits(each, actor, filter)), page)

    async def calendar(self, actor: Actor, platform: PlatformId, page: Page) -> Listed[Booking]:
        of_it = (each for each in self._tables.bookings.values() if each.platform_id == platform)
        return page_of((each for each in of_it if each.is_live or actor.finds(each)), page)

    async def count(self, project: ProjectId, platform: PlatformId, period: Period) -> int:
        return sum(
            each.counts and period.holds(each.starts_at)
            for each in self._tables.bookings.values()
            if (each.project_id, each.platform_id) == (project, platform)
        )


def _fits(booking: Booking, actor: Actor, filter: BookingFilter) -> bool:
    return (
        actor.finds(booking)
        and (filter.project_ids is None or booking.project_id in filter.project_ids)
        and (filter.platform_ids is None or booking.platform_id in filter.platform_ids)
    )
