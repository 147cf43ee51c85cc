"""What the use cases need to keep of bookings."""

from __future__ import annotations

from typing import Protocol

from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.bookings import Booking
from ketway.domain.platforms import PlatformId
from ketway.domain.slots import BookingId, Period
from ketway.services.listing import BookingFilter, Listed, Page


class BookingStore(Protocol):
    async def add(self, booking: Booking) -> None:
        """
        Raises:
            SlotTaken: a live booking of the platform overlaps it, whoever was first.
        """

    async def get(self, id: BookingId, *, visible_to: Actor) -> Booking:
        """
        Raises:
            Unknown: no such booking, or one that the actor does not find.
        """

    async def fetch(self, id: BookingId) -> Booking:
        """As `get`, for the core itself: no actor."""

    async def put(self, booking: Booking) -> None:
        """As `BatchStore.put`."""

    async def list(self, actor: Actor, filter: BookingFilter, page: Page) -> Listed[Booking]: ...

    async def calendar(self, actor: Actor, platform: PlatformId, page: Page) -> Listed[Booking]:
        """Bookings of a platform: all that the actor finds, and of others the live ones."""

    async def count(self, project: ProjectId, platform: PlatformId, period: Period) -> int:
        """How many that count (`Booking.counts`) begin in a period."""
