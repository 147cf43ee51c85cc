"""Models."""

from __future__ import annotations

from tests.api.scaleway.contract.rows import LIST, May, Route, by, newest_first
from tests.api.scaleway.contract.shapes import MODEL
from tests.api.scaleway.stage import Stage
from tests.api.scaleway.worlds import PREFIX
from tests.api.surface.calls import Call, on


async def new_model(stage: Stage) -> Call:
    return Call(body={"project_id": stage.project_id, "payload": '{"programs": []}'})


async def several(stage: Stage) -> Call:
    """Of the same time."""
    for seconds in (0, 0, 1, 0):
        stage.world.clock.move(seconds=seconds)
        await stage.model()
    return Call(query={"project_id": stage.project_id})


ROUTES = [
    Route(
        number="M1",
        operation="list_models",
        method="GET",
        path=f"{PREFIX}/models",
        may=May.MEMBER,
        call=several,
        data=MODEL,
        listed="models",
        orders=newest_first("created_at", created_at=by("created_at")),
        most=100,
        some=several,
        query=(*LIST, "project_id"),
    ),
    Route(
        number="M2",
        operation="create_model",
        method="POST",
        path=f"{PREFIX}/models",
        may=May.MEMBER,
        call=new_model,
        data=MODEL,
        fields=("project_id", "payload"),
        needs=("payload",),
    ),
    Route(
        number="M3",
        operation="get_model",
        method="GET",
        path=f"{PREFIX}/models/{{model_id}}",
        may=May.MEMBER,
        call=on("model_id", Stage.model),
        data=MODEL,
    ),
]
