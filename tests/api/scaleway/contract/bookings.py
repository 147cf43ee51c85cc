"""Bookings."""

from __future__ import annotations

from typing import Any

from tests.api.scaleway.contract.rows import LIST, May, Route, by, newest_first
from tests.api.scaleway.contract.shapes import BOOKING
from tests.api.scaleway.stage import Stage
from tests.api.scaleway.worlds import PREFIX
from tests.api.surface.calls import Call, on


async def several(stage: Stage) -> Call:
    """Some made at the same time, booked for later and later."""
    for seconds in (0, 0, 1, 0):
        stage.world.clock.move(seconds=seconds)
        await stage.booking()
    return Call(query={"project_id": stage.project_id})


async def the_first(stage: Stage) -> dict[str, Any]:
    """The same one each time: no two are of the same slot."""
    if not stage.booked:
        await stage.booking()
    first: dict[str, Any] = (await stage.read("/bookings?order_by=started_at_asc"))["bookings"][0]
    return first


ROUTES = [
    Route(
        number="B1",
        operation="list_bookings",
        method="GET",
        path=f"{PREFIX}/bookings",
        may=May.MEMBER,
        call=several,
        data=BOOKING,
        listed="bookings",
        orders=newest_first("created_at", created_at=by("created_at"), started_at=by("started_at")),
        most=100,
        some=several,
        query=(*LIST, "project_id", "platform_id"),
    ),
    Route(
        number="B2",
        operation="get_booking",
        method="GET",
        path=f"{PREFIX}/bookings/{{booking_id}}",
        may=May.MEMBER,
        call=on("booking_id", Stage.booking),
        data=BOOKING,
    ),
    Route(
        number="B3",
        operation="update_booking",
        method="PATCH",
        path=f"{PREFIX}/bookings/{{booking_id}}",
        may=May.OWNER,
        call=on("booking_id", the_first, body={"description": "ours"}),
        data=BOOKING,
        fields=("description",),
    ),
]
