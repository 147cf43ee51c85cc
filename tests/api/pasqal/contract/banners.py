"""Banners, and how the server is."""

from __future__ import annotations

from tests.api.pasqal.contract.queries import PAGE
from tests.api.pasqal.contract.rows import V1, May, Route, on_banner
from tests.api.pasqal.contract.shapes import BANNER
from tests.api.pasqal.stage import Stage
from tests.api.surface.calls import Call, plain
from tests.api.surface.schemas import NOTHING

A_BANNER = {
    "banner_message": "Maintenance.",
    "start_datetime": "2026-01-15T12:00:00Z",
    "end_datetime": "2026-01-15T13:00:00",
}


async def some_banners(stage: Stage) -> Call:
    await stage.banner()
    return Call()


ROUTES: list[Route] = [
    Route(
        number="H1",
        method="GET",
        path=f"{V1}/health",
        may=May.ANYBODY,
        call=plain(),
        data=NOTHING,
    ),
    Route(
        number="N1",
        method="GET",
        path=f"{V1}/banners",
        may=May.ANYBODY,
        call=some_banners,
        data=BANNER,
        is_paged=True,
        query=PAGE,
    ),
    Route(
        number="N2",
        method="POST",
        path=f"{V1}/banners",
        may=May.SUPERUSER,
        call=plain(body=A_BANNER),
        data=BANNER,
        wrong_bodies=({}, A_BANNER | {"level": "LOUD"}, A_BANNER | {"end_datetime": "later"}),
    ),
    Route(
        number="N3",
        method="PATCH",
        path=f"{V1}/banners/{{banner_id}}",
        may=May.SUPERUSER,
        call=on_banner(body={"level": "WARNING"}),
        data=BANNER,
        wrong_bodies=({"level": "LOUD"}, {"banner_message": 3}),
    ),
    Route(
        number="N4",
        method="DELETE",
        path=f"{V1}/banners/{{banner_id}}",
        may=May.SUPERUSER,
        call=on_banner(),
        data=NOTHING,
    ),
]
