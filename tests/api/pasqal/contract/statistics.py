"""Statistics."""

from __future__ import annotations

from tests.api.pasqal.contract.rows import V1, May, Route
from tests.api.pasqal.contract.shapes import MOMENT
from tests.api.pasqal.stage import Stage
from tests.api.surface.calls import Call
from tests.api.surface.schemas import TEXT, WHOLE, by_key, exactly, many, one_of


async def frequency(stage: Stage) -> Call:
    await stage.batch()
    return Call(query={"project_id": stage.project_id, "scope": "HOUR"})


ROUTES: list[Route] = [
    Route(
        number="S1",
        method="GET",
        path=f"{V1}/statistics/total-job-device-frequency",
        may=May.MEMBER,
        call=frequency,
        data=exactly(
            {
                "count": many(
                    exactly({"datetime": MOMENT, "devices": by_key(WHOLE, TEXT)}),
                    minItems=1,
                ),
                "job_date_scope": one_of("HOUR", "DAY", "MONTH"),
            }
        ),
        query=("project_id", "scope"),
    ),
]
