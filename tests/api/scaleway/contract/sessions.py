"""Sessions."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.api.scaleway.clients import AER, QPU
from tests.api.scaleway.contract.rows import LIST, Forbidden, May, Route, both_ways, by
from tests.api.scaleway.contract.shapes import (
    ACCESS,
    FULL_SESSION,
    RUNNING_SESSION,
    SESSION,
    STARTING_SESSION,
    STOPPED_SESSION,
)
from tests.api.scaleway.stage import Stage
from tests.api.scaleway.worlds import PREFIX
from tests.api.surface.calls import Call, on

on_session = partial(on, "session_id")

#: As far as it has come.
LIFE = ("starting", "running", "stopping", "stopped")


async def new_session(stage: Stage) -> Call:
    """With all that may be brought along."""
    model = await stage.model()
    return Call(
        body={
            "project_id": stage.project_id,
            "platform_id": AER,
            "name": "mine",
            "max_idle_duration": "600s",
            "max_duration": "3600.500000000s",
            "tags": ["a", "b"],
            "deduplication_id": "",
            "booking_demand": None,
            "model_id": model["id"],
            "parameters": '{"backend_configuration":  null}',
        }
    )


async def of_project(stage: Stage) -> Call:
    await stage.session()
    return Call(query={"project_id": stage.project_id})


async def several(stage: Stage) -> Call:
    """Of the same time, some of the same name, in every state."""
    tags = ["several"]
    await stage.session(name="b", tags=tags)
    for name in ("b", "a", "a"):
        await stage.session(name=name, platform_id=QPU, tags=tags)
    stage.world.clock.move(seconds=1)
    ended = await stage.session(name="a", tags=tags)
    await stage.creator.post(f"/sessions/{ended['id']}/terminate")
    job = await stage.running_job()
    await stage.creator.patch(f"/sessions/{job['session_id']}", json={"tags": tags})
    await stage.creator.post(f"/sessions/{job['session_id']}/terminate")
    return Call(query={"project_id": stage.project_id, "tags": tags})


async def too_late(stage: Stage) -> Call:
    return Call(ids={"session_id": (await stage.stopping_session())["id"]}, body={"name": "other"})


def _place(session: dict[str, Any]) -> int:
    return LIFE.index(session["status"])


TOO_NEAR = Forbidden(
    call=on_session(Stage.session_of_a_near_slot),
    type="precondition_failed",
    facts={"precondition": "resource_not_usable"},
)

ROUTES = [
    Route(
        number="S1",
        operation="list_sessions",
        method="GET",
        path=f"{PREFIX}/sessions",
        may=May.MEMBER,
        call=of_project,
        data=SESSION,
        listed="sessions",
        orders=both_ways(
            name=by("name"), started_at=by("started_at"), status=_place, created_at=by("created_at")
        ),
        most=1000,
        some=several,
        query=(*LIST, "project_id", "platform_id", "tags"),
    ),
    Route(
        number="S2",
        operation="create_session",
        method="POST",
        path=f"{PREFIX}/sessions",
        may=May.MEMBER,
        call=new_session,
        data=FULL_SESSION,
        fields=(
            *("project_id", "platform_id", "name", "max_idle_duration", "max_duration", "tags"),
            *("deduplication_id", "booking_demand", "model_id", "parameters"),
        ),
        needs=("platform_id",),
    ),
    Route(
        number="S3",
        operation="get_session",
        method="GET",
        path=f"{PREFIX}/sessions/{{session_id}}",
        may=May.MEMBER,
        call=on_session(Stage.starting_session),
        data=STARTING_SESSION,
    ),
    Route(
        number="S4",
        operation="update_session",
        method="PATCH",
        path=f"{PREFIX}/sessions/{{session_id}}",
        may=May.OWNER,
        call=on_session(
            Stage.session,
            body={"name": "other", "max_idle_duration": 30, "max_duration": "60s", "tags": ["c"]},
        ),
        data=RUNNING_SESSION,
        fields=("name", "max_idle_duration", "max_duration", "tags"),
        forbids=(
            Forbidden(
                call=too_late,
                type="transient_state",
                facts={"resource": "qaas_session", "current_state": "stopping"},
            ),
        ),
    ),
    Route(
        number="S5",
        operation="terminate_session",
        method="POST",
        path=f"{PREFIX}/sessions/{{session_id}}/terminate",
        may=May.OWNER,
        call=on_session(Stage.busy_session),
        data=STOPPED_SESSION,
        forbids=(TOO_NEAR,),
    ),
    Route(
        number="S6",
        operation="delete_session",
        method="DELETE",
        path=f"{PREFIX}/sessions/{{session_id}}",
        may=May.OWNER,
        call=on_session(Stage.busy_session),
        data={},
        status=204,
        forbids=(TOO_NEAR,),
    ),
    Route(
        number="S7",
        operation="list_session_acls",
        method="GET",
        path=f"{PREFIX}/sessions/{{session_id}}/acls",
        may=May.MEMBER,
        call=on_session(Stage.session),
        data=ACCESS,
        listed="acls",
        orders=both_ways(access=str),
        most=1000,
        some=on_session(Stage.session),
        query=LIST,
    ),
]
