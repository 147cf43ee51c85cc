"""Applications."""

from __future__ import annotations

from tests.api.scaleway.contract.rows import LIST, May, Route, both_ways, by
from tests.api.scaleway.contract.shapes import APPLICATION
from tests.api.scaleway.stage import Stage
from tests.api.scaleway.worlds import PREFIX
from tests.api.surface.calls import Call, on


async def all_of_them(stage: Stage) -> Call:
    return Call()


ROUTES = [
    Route(
        number="A1",
        operation="list_applications",
        method="GET",
        path=f"{PREFIX}/applications",
        may=May.USER,
        call=all_of_them,
        data=APPLICATION,
        listed="applications",
        orders=both_ways(name=by("name"), type=by("type")),
        most=100,
        some=all_of_them,
        query=(*LIST, "name", "application_type"),
    ),
    Route(
        number="A2",
        operation="get_application",
        method="GET",
        path=f"{PREFIX}/applications/{{application_id}}",
        may=May.USER,
        call=on("application_id", Stage.application),
        data=APPLICATION,
    ),
]
