"""Processes."""

from __future__ import annotations

from functools import partial
from typing import Any

from ketway.domain.jobs import JobStatus
from tests.api.scaleway.clients import AER, QPU, VQE
from tests.api.scaleway.contract.rows import LIST, May, Route, by, newest_first
from tests.api.scaleway.contract.shapes import (
    CANCELLED_PROCESS,
    DONE_PROCESS,
    PROCESS,
    PROCESS_RESULT,
    STARTING_PROCESS,
)
from tests.api.scaleway.stage import Stage
from tests.api.scaleway.worlds import PREFIX
from tests.api.surface.calls import Call, on

on_process = partial(on, "process_id")

#: As far as it has come.
LIFE = ("starting", "running", "completed", "error", "cancelling", "cancelled")


async def new_process(stage: Stage) -> Call:
    """With all that may be brought along."""
    return Call(
        body={
            "project_id": stage.project_id,
            "platform_id": AER,
            "application_id": VQE,
            "name": "mine",
            "input": '{"distance":  0.74}',
            "tags": ["a", "b"],
        }
    )


async def of_project(stage: Stage) -> Call:
    await stage.process()
    return Call(query={"project_id": stage.project_id})


async def several(stage: Stage) -> Call:
    """Of the same time, some of the same name, in every state."""
    tags = ["several"]
    for name in ("b", "a", "a"):
        await stage.process(name=name, tags=tags, platform_id=QPU)
    await stage.moved_process(JobStatus.RUNNING, name="b", tags=tags)
    stage.world.clock.move(seconds=1)
    await stage.moved_process(JobStatus.FAILED, name="a", tags=tags)
    await stage.moved_process(JobStatus.DONE, {}, name="c", tags=tags)
    cancelled = await stage.process(name="d", tags=tags)
    await stage.creator.post(f"/processes/{cancelled['id']}/cancel")
    return Call(query={"project_id": stage.project_id, "tags": tags})


async def with_results(stage: Stage) -> dict[str, Any]:
    """Some of them of the same time."""
    return await stage.moved_process(JobStatus.DONE, {"step": 1}, {"step": 2}, {"step": 3}, {"step": 4})


def _place(process: dict[str, Any]) -> int:
    return LIFE.index(process["status"])


ROUTES = [
    Route(
        number="P1",
        operation="list_processes",
        method="GET",
        path=f"{PREFIX}/processes",
        may=May.MEMBER,
        call=of_project,
        data=PROCESS,
        listed="processes",
        orders=newest_first(
            "created_at",
            created_at=by("created_at"),
            name=by("name"),
            started_at=by("started_at"),
            status=_place,
        ),
        most=100,
        some=several,
        query=(*LIST, "project_id", "application_id", "tags"),
    ),
    Route(
        number="P2",
        operation="create_process",
        method="POST",
        path=f"{PREFIX}/processes",
        may=May.MEMBER,
        call=new_process,
        data=STARTING_PROCESS,
        fields=("project_id", "platform_id", "application_id", "name", "input", "tags"),
        needs=("platform_id", "application_id"),
    ),
    Route(
        number="P3",
        operation="get_process",
        method="GET",
        path=f"{PREFIX}/processes/{{process_id}}",
        may=May.MEMBER,
        call=on_process(Stage.done_process),
        data=DONE_PROCESS,
    ),
    Route(
        number="P4",
        operation="update_process",
        method="PATCH",
        path=f"{PREFIX}/processes/{{process_id}}",
        may=May.OWNER,
        call=on_process(Stage.process, body={"name": "other", "tags": ["c"]}),
        data=STARTING_PROCESS,
        fields=("name", "tags"),
    ),
    Route(
        number="P5",
        operation="cancel_process",
        method="POST",
        path=f"{PREFIX}/processes/{{process_id}}/cancel",
        may=May.OWNER,
        call=on_process(Stage.running_process),
        data=CANCELLED_PROCESS,
    ),
    Route(
        number="P6",
        operation="delete_process",
        method="DELETE",
        path=f"{PREFIX}/processes/{{process_id}}",
        may=May.OWNER,
        call=on_process(Stage.running_process),
        data={},
        status=204,
    ),
    Route(
        number="P7",
        operation="list_process_results",
        method="GET",
        path=f"{PREFIX}/processes/{{process_id}}/results",
        may=May.MEMBER,
        call=on_process(with_results),
        data=PROCESS_RESULT,
        listed="process_results",
        orders=newest_first("created_at", created_at=by("created_at")),
        most=100,
        some=on_process(with_results),
        query=LIST,
    ),
]
