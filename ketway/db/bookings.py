"""Bookings."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, exists, func, insert, literal, or_, select, true, update

from ketway.db.paging import page_of
from ketway.db.rows import Condition, Runner, from_row, to_changes, to_row
from ketway.db.tables import bookings
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.booking_errors import SlotTaken
from ketway.domain.bookings import LIVE, Booking
from ketway.domain.errors import Stale, Unknown
from ketway.domain.platforms import PlatformId
from ketway.domain.slots import BookingId, Period
from ketway.services.listing import BookingFilter, Listed, Page


class SqlBookings:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._run = runner.run

    async def add(self, booking: Booking) -> None:
        row = to_row(booking)
        taken = exists().where(
            bookings.c.platform_id == booking.platform_id,
            bookings.c.starts_at < booking.ends_at,
            bookings.c.ends_at > booking.starts_at,
            bookings.c.status.in_(LIVE),
        )
        columns = [bookings.c[name] for name in row]
        values = [literal(value, column.type) for column, value in zip(columns, row.values(), strict=True)]
        # One statement looks and writes: nobody comes in between.
        statement = insert(bookings).from_select(list(row), select(*values).where(~taken))
        if await self._run(lambda c: c.execute(statement).rowcount) != 1:
            raise SlotTaken

    async def get(self, id: BookingId, *, visible_to: Actor) -> Booking:
        found = await self.fetch(id)
        if not visible_to.finds(found):
            raise Unknown("booking", str(id))
        return found

    async def fetch(self, id: BookingId) -> Booking:
        query = select(bookings).where(bookings.c.id == id)
        row = await self._run(lambda c: c.execute(query).one_or_none())
        if row is None:
            raise Unknown("booking", str(id))
        return from_row(Booking, row)

    async def put(self, booking: Booking) -> None:
        row = to_changes(booking) | {"version": booking.version + 1}
        statement = update(bookings).where(bookings.c.id == booking.id, bookings.c.version == booking.version)
        if await self._run(lambda c: c.execute(statement.values(row)).rowcount) != 1:
            raise Stale("booking", str(booking.id))

    async def list(self, actor: Actor, filter: BookingFilter, page: Page) -> Listed[Booking]:
        asked = _found_by(actor)
        if filter.project_ids is not None:
            asked.append(bookings.c.project_id.in_(filter.project_ids))
        if filter.platform_ids is not None:
            asked.append(bookings.c.platform_id.in_(filter.platform_ids))
        return await self._page(asked, page)

    async def calendar(self, actor: Actor, platform: PlatformId, page: Page) -> Listed[Booking]:
        seen = or_(and_(true(), *_found_by(actor)), bookings.c.status.in_(LIVE))
        return await self._page([bookings.c.platform_id == platform, seen], page)

    async def count(self, project: ProjectId, platform: PlatformId, period: Period) -> int:
        c = bookings.c
        query = (
            select(func.count())
            .select_from(bookings)
            .where(
                c.platform_id == platform,
                c.starts_at >= period.starts_at,
                c.starts_at < period.ends_at,
                c.project_id == project,
                or_(c.status.in_(LIVE), c.cancelled_at >= c.starts_at),
            )
        )
        return await self._run(lambda connection: connection.execute(query).scalar_one())

    async def _page(self, conditions: Sequence[Condition], page: Page) -> Listed[Booking]:
        rows, total = await page_of(self._runner, bookings, conditions, page)
        return Listed(items=[from_row(Booking, row) for row in rows], total=total)


def _found_by(actor: Actor) -> list[Condition]:
    """What somebody finds, whatever it is of."""
    found: list[Condition] = []
    if not actor.superuser:
        found.append(bookings.c.project_id.in_(list(actor.roles)))
    if actor.doors is not None:
        found.append(bookings.c.door.in_(actor.doors))
    return found
