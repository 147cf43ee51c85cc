"""Workloads."""

from __future__ import annotations

from typing import Any

from tests.api.pasqal.contract.queries import PAGING, WORKLOAD_FILTERS
from tests.api.pasqal.contract.rows import (
    A_RUN,
    BAD_ERRORS,
    BAD_STATUSES,
    V1,
    V2,
    May,
    Route,
    of_project,
    on_workload,
)
from tests.api.pasqal.contract.shapes import LISTED_WORKLOAD, WORKLOAD_V1, WORKLOAD_V2
from tests.api.pasqal.stage import KIND, Stage
from tests.api.surface.calls import Call


async def some_workloads(stage: Stage) -> Call:
    await stage.cancelled_workload()
    return Call()


async def a_finished_workload(stage: Stage) -> dict[str, Any]:
    """Its result stored, and DONE."""
    made = await stage.running_workload()
    path = f"{V1}/workloads/{made['id']}"
    await stage.operator.post(f"{path}/result", json={"result": {"a": 1}})
    return (await stage.operator.put(f"{path}/status", json={"status": "DONE"})).json()["data"]


ROUTES: list[Route] = [
    Route(
        number="W1",
        method="POST",
        path=f"{V1}/workloads",
        may=May.MEMBER,
        call=of_project(workload_type=KIND, backend="pyq", config={"a": 1}),
        data=WORKLOAD_V1,
        wrong_bodies=({}, {"workload_type": KIND, "backend": "pyq", "config": []}),
    ),
    Route(
        number="W2",
        method="GET",
        path=f"{V1}/workloads/{{workload_id}}",
        may=May.MEMBER,
        call=on_workload(a_finished_workload),
        data=WORKLOAD_V1,
    ),
    Route(
        number="W3",
        method="GET",
        path=f"{V2}/workloads/{{workload_id}}",
        may=May.MEMBER,
        call=on_workload(a_finished_workload),
        data=WORKLOAD_V2,
    ),
    Route(
        number="W4",
        method="GET",
        path=f"{V2}/workloads",
        may=May.USER,
        call=some_workloads,
        data=LISTED_WORKLOAD,
        is_paged=True,
        query=(*PAGING, *WORKLOAD_FILTERS),
    ),
    Route(
        number="W5",
        method="PUT",
        path=f"{V1}/workloads/{{workload_id}}/cancel",
        may=May.OWNER,
        call=on_workload(Stage.workload),
        data=WORKLOAD_V1,
        conflicts=(on_workload(Stage.cancelled_workload),),
    ),
    *Route(
        number="W6",
        method="POST",
        path=f"{V1}/workloads/{{workload_id}}/result",
        may=May.SUPERUSER,
        call=on_workload(Stage.running_workload, body={"result": {"a": [1, 2]}}),
        data=WORKLOAD_V1,
        wrong_bodies=({}, {"result": []}),
        conflicts=(on_workload(Stage.cancelled_workload, body={"result": {}}),),
    ).also(path=f"{V1}/workloads/{{workload_id}}/results"),
    Route(
        number="W7",
        method="POST",
        path=f"{V1}/workloads/{{workload_id}}/errors",
        may=May.SUPERUSER,
        call=on_workload(Stage.running_workload, body={"errors": ["It broke."]}),
        data=WORKLOAD_V1,
        wrong_bodies=BAD_ERRORS,
        conflicts=(on_workload(Stage.cancelled_workload, body={"errors": ["It broke."]}),),
    ),
    *Route(
        number="W8",
        method="PUT",
        path=f"{V1}/workloads/{{workload_id}}/status",
        may=May.SUPERUSER,
        call=on_workload(Stage.workload, body=A_RUN),
        data=WORKLOAD_V2,
        wrong_bodies=BAD_STATUSES,
        conflicts=(
            on_workload(Stage.cancelled_workload, body=A_RUN),
            on_workload(Stage.running_workload, body={"status": "DONE"}),
        ),
    ).also("PATCH"),
]
