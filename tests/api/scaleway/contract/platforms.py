"""Platforms."""

from __future__ import annotations

from tests.api.scaleway.contract.rows import LIST, May, Route, both_ways, by
from tests.api.scaleway.contract.shapes import PLATFORM
from tests.api.scaleway.stage import Stage
from tests.api.scaleway.worlds import PREFIX
from tests.api.surface.calls import on, plain

ROUTES = [
    Route(
        number="P1",
        operation="list_platforms",
        method="GET",
        path=f"{PREFIX}/platforms",
        may=May.USER,
        call=plain(),
        data=PLATFORM,
        listed="platforms",
        orders=both_ways(
            name=by("name"),
            provider_name=by("provider_name"),
            type=by("type"),
            technology=by("technology"),
            backend_name=by("backend_name"),
        ),
        most=1000,
        some=plain(),
        query=(*(*LIST, "provider_name", "backend_name", "name", "platform_type", "platform_technology"),),
    ),
    Route(
        number="P2",
        operation="get_platform",
        method="GET",
        path=f"{PREFIX}/platforms/{{platform_id}}",
        may=May.USER,
        call=on("platform_id", Stage.platform),
        data=PLATFORM,
    ),
]
