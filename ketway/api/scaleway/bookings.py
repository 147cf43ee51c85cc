"""Bookings: list, get, describe. One is made with its session, and cancelled with it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from ketway.api.scaleway import translate, translate_bookings, wire
from ketway.api.scaleway.auth import Caller, CallerDep, CoreDep
from ketway.api.scaleway.document import told
from ketway.api.scaleway.requests import body_of, query_of
from ketway.domain.bookings import Booking
from ketway.domain.platforms import PlatformId
from ketway.domain.slots import BookingId
from ketway.services.core import Core
from ketway.services.listing import BookingFilter, Listed, Page

router = APIRouter(prefix="/bookings", tags=["Bookings"])


@router.get("", **told(query=wire.BookingQuery, orders=translate.BOOKING_ORDERS, refuses=(403,)))
async def list_bookings(
    caller: CallerDep,
    core: CoreDep,
    query: Annotated[wire.BookingQuery, Depends(query_of(wire.BookingQuery))],
) -> wire.Bookings:
    """Those of one project, by default the one that the key is for; with `platform_id` alone, when that
    platform is taken, by whomever."""
    page = translate.page(query, translate.BOOKING_ORDERS, "created_at_desc", translate.SHORT_LIST)
    found = await _found(core, caller, query, page)
    shown = [translate_bookings.booking(booking) for booking in found.items]
    return wire.Bookings(total_count=found.total, bookings=shown)


@router.get("/{booking_id}", **told())
async def get_booking(booking_id: UUID, caller: CallerDep, core: CoreDep) -> wire.Booking:
    """One booking."""
    return translate_bookings.booking(await core.bookings.get(caller.actor, BookingId(booking_id)))


@router.patch("/{booking_id}", **told(body=wire.BookingChange, refuses=(403,)))
async def update_booking(
    booking_id: UUID,
    caller: CallerDep,
    core: CoreDep,
    sent: Annotated[wire.BookingChange, Depends(body_of(wire.BookingChange))],
) -> wire.Booking:
    """Describe it; its slot stays as it is."""
    id = BookingId(booking_id)
    return translate_bookings.booking(
        await core.bookings.change(caller.actor, id, description=sent.description)
    )


async def _found(core: Core, caller: Caller, query: wire.BookingQuery, page: Page) -> Listed[Booking]:
    platform = None if query.platform_id is None else PlatformId(query.platform_id)
    if platform is not None and query.project_id is None:
        return await core.bookings.calendar(caller.actor, platform, page)
    asked = BookingFilter(
        project_ids=(caller.reads(query.project_id),),
        platform_ids=None if platform is None else (platform,),
    )
    return await core.bookings.list(caller.actor, asked, page)
