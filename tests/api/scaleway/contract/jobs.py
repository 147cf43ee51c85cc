"""Jobs."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.api.scaleway.clients import QPU
from tests.api.scaleway.contract.rows import LIST, Forbidden, May, Route, by, newest_first
from tests.api.scaleway.contract.shapes import CANCELLED_JOB, DONE_JOB, JOB, RESULT, WAITING_JOB
from tests.api.scaleway.stage import Stage
from tests.api.scaleway.worlds import PREFIX
from tests.api.surface.calls import Call, on
from tests.api.surface.schemas import TEXT, exactly

on_job = partial(on, "job_id")

#: As far as it has come; a job that is cancelling still runs.
LIFE = {"waiting": 0, "running": 1, "cancelling": 1, "completed": 2, "error": 3, "cancelled": 4}


async def new_job(stage: Stage) -> Call:
    return Call(body=await _for_a_session(stage, (await stage.starting_session())["id"]))


async def for_a_stopped_session(stage: Stage) -> Call:
    return Call(body=await _for_a_session(stage, (await stage.stopped_session())["id"]))


async def for_a_stopping_session(stage: Stage) -> Call:
    return Call(body=await _for_a_session(stage, (await stage.stopping_session())["id"]))


async def _for_a_session(stage: Stage, id: str) -> dict[str, Any]:
    return {
        "name": "flip",
        "session_id": id,
        "circuit": {"qiskit_circuit": '{"run": {}}', "perceval_circuit": None},
        "model_id": None,
        "parameters": '{"shots":  10}',
        "max_duration": 90,
        "tags": ["a", "b"],
    }


async def of_session(stage: Stage) -> Call:
    return Call(query={"session_id": (await stage.job())["session_id"]})


async def several(stage: Stage) -> Call:
    """Of the same time, some of the same name, in most states; each with its session's name as a tag."""
    tags = ["several"]
    done = await stage.done_job(name="b", tags=[*tags, "mine", "EMU-AER"])
    for session in ("s", "s", "r"):
        there = await stage.session(name=session, platform_id=QPU)
        for name in ("b", "a"):
            body = await _for_a_session(stage, there["id"])
            sent = body | {"name": name, "tags": [*tags, session, "QPU-IBEX"]}
            assert (await stage.creator.post("/jobs", json=sent)).status_code == 200
    stage.world.clock.move(seconds=1)
    ended = await stage.cancelled_job()
    await stage.creator.patch(f"/jobs/{ended['id']}", json={"tags": [*tags, "mine", "EMU-AER"]})
    assert done["status"] == "completed"
    return Call(query={"project_id": stage.project_id, "tags": tags})


def _place(job: dict[str, Any]) -> int:
    return LIFE[job["status"]]


def _session_name(job: dict[str, Any]) -> str:
    return job["tags"][1]


def _platform_name(job: dict[str, Any]) -> str:
    return job["tags"][2]


ROUTES = [
    Route(
        number="J1",
        operation="list_jobs",
        method="GET",
        path=f"{PREFIX}/jobs",
        may=May.USER,
        call=of_session,
        data=JOB,
        listed="jobs",
        orders=newest_first(
            "created_at",
            created_at=by("created_at"),
            status=_place,
            platform_name=_platform_name,
            name=by("name"),
            session_name=_session_name,
        ),
        most=1000,
        some=several,
        query=(*LIST, "session_id", "project_id", "tags"),
    ),
    Route(
        number="J2",
        operation="create_job",
        method="POST",
        path=f"{PREFIX}/jobs",
        may=May.OWNER,
        call=new_job,
        data=WAITING_JOB,
        fields=("name", "session_id", "circuit", "model_id", "parameters", "max_duration", "tags"),
        needs=("session_id",),
        forbids=(
            *(
                Forbidden(
                    call=call,
                    type="precondition_failed",
                    facts={"precondition": "resource_not_usable"},
                )
                for call in (for_a_stopped_session, for_a_stopping_session)
            ),
        ),
    ),
    Route(
        number="J3",
        operation="get_job",
        method="GET",
        path=f"{PREFIX}/jobs/{{job_id}}",
        may=May.MEMBER,
        call=on_job(Stage.done_job),
        data=DONE_JOB,
    ),
    Route(
        number="J4",
        operation="update_job",
        method="PATCH",
        path=f"{PREFIX}/jobs/{{job_id}}",
        may=May.OWNER,
        call=on_job(Stage.job, body={"name": "other", "tags": ["c"]}),
        data=WAITING_JOB,
        fields=("name", "tags"),
        forbids=(
            Forbidden(
                call=on_job(Stage.cancelling_job, body={"name": "other"}),
                type="transient_state",
                facts={"resource": "qaas_job", "current_state": "cancelling"},
            ),
        ),
    ),
    Route(
        number="J5",
        operation="cancel_job",
        method="POST",
        path=f"{PREFIX}/jobs/{{job_id}}/cancel",
        may=May.OWNER,
        call=on_job(Stage.job),
        data=CANCELLED_JOB,
    ),
    Route(
        number="J6",
        operation="delete_job",
        method="DELETE",
        path=f"{PREFIX}/jobs/{{job_id}}",
        may=May.OWNER,
        call=on_job(Stage.cancelled_job),
        data={},
        status=204,
        forbids=(
            *(
                Forbidden(
                    call=on_job(make),
                    type="precondition_failed",
                    facts={"precondition": "resource_still_in_use"},
                )
                for make in (Stage.job, Stage.running_job, Stage.cancelling_job)
            ),
        ),
    ),
    Route(
        number="J7",
        operation="get_job_circuit",
        method="GET",
        path=f"{PREFIX}/jobs/{{job_id}}/circuit",
        may=May.MEMBER,
        call=on_job(Stage.job),
        data=exactly({"qiskit_circuit": TEXT}),
    ),
    Route(
        number="J8",
        operation="list_job_results",
        method="GET",
        path=f"{PREFIX}/jobs/{{job_id}}/results",
        may=May.MEMBER,
        call=on_job(Stage.done_job),
        data=RESULT,
        listed="job_results",
        orders=newest_first("created_at", created_at=by("created_at")),
        most=1000,
        some=on_job(Stage.done_job),
        query=LIST,
    ),
]
