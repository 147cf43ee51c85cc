"""Batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.api.pasqal.clients import SEQUENCE
from tests.api.pasqal.contract.queries import BATCH_FILTERS, JOB_FILTERS, PAGING
from tests.api.pasqal.contract.rows import V1, V2, May, Route, of_project, on_batch, on_job
from tests.api.pasqal.contract.shapes import (
    BATCH_STATUS,
    BATCH_STATUSES,
    BATCH_V1,
    BATCH_V2,
    BATCH_WITH_JOBS,
    COUNTER,
    JOB_STATUSES,
    JOB_WITH_RESULT,
    LISTED_BATCH,
    LISTED_JOB,
    MOMENT,
    NEW_BATCH,
    REASONS,
    TRUE_BATCH,
)
from tests.api.pasqal.stage import Stage
from tests.api.surface.calls import Call
from tests.api.surface.schemas import URL, UUID, by_key, exactly, many, maybe, one_of

A_BATCH_OF_ONE = {"sequence_builder": SEQUENCE, "jobs": [{"runs": 10}], "device_type": "EMU_FREE"}
BAD_BATCHES: Sequence[Any] = (
    {},
    {"jobs": []},
    {"jobs": [{"runs": 1}], "device_type": "EMU_FREE"},
    {"sequence_builder": SEQUENCE, "device_type": "NOTHING", "jobs": [{"runs": 1}]},
    {"sequence_builder": SEQUENCE, "open": True, "complete": True},
    {"sequence_builder": 3, "open": True},
    {"sequence_builder": SEQUENCE, "jobs": [{"runs": "1"}]},
    {"sequence_builder": SEQUENCE, "open": True, "tags": ["a", "a"]},
)
BAD_JOBS: Sequence[Any] = (
    {},
    [],
    [3],
    [{"runs": "10"}],
    [{"runs": 0}],
    [{"sequence": SEQUENCE, "variables": {"a": 1}}],
)


async def batches_to_cancel(stage: Stage) -> Call:
    return Call(body={"batch_ids": [(await stage.batch())["id"]]})


async def a_repeatable_batch(stage: Stage) -> dict[str, Any]:
    return await stage.batch(jobs=[{"runs": 10}, {"runs": 20}])


async def activity(stage: Stage) -> Call:
    await stage.batch()
    return Call()


async def some_batches(stage: Stage) -> Call:
    await stage.done_batch()
    await stage.open_batch()
    return Call()


ROUTES: list[Route] = [
    Route(
        number="B1",
        method="GET",
        path=f"{V1}/batches/last_activity",
        may=May.SUPERUSER,
        call=activity,
        data=many(exactly({"project_id": UUID, "last_activity_date": MOMENT}), minItems=1),
        query=("project_id",),
    ),
    *Route(
        number="B2",
        method="GET",
        path=f"{V1}/batches",
        may=May.USER,
        call=some_batches,
        data=LISTED_BATCH,
        is_paged=True,
        query=(*PAGING, *BATCH_FILTERS),
    ).also(path=f"{V2}/batches"),
    Route(
        number="B3",
        method="POST",
        path=f"{V1}/batches",
        may=May.MEMBER,
        call=of_project(**A_BATCH_OF_ONE),
        data=NEW_BATCH,
        query=("dry_run",),
        wrong_bodies=(*BAD_BATCHES, A_BATCH_OF_ONE | {"project_id": ""}),
    ),
    Route(
        number="B4",
        method="GET",
        path=f"{V1}/batches/{{batch_id}}",
        may=May.MEMBER,
        call=on_batch(Stage.done_batch),
        data=BATCH_V1,
    ),
    Route(
        number="B5",
        method="GET",
        path=f"{V2}/batches/{{batch_id}}",
        may=May.MEMBER,
        call=on_batch(Stage.batch),
        data=BATCH_V2,
    ),
    Route(
        number="B6",
        method="GET",
        path=f"{V1}/batches/{{batch_id}}/status",
        may=May.MEMBER,
        call=on_batch(Stage.batch),
        data=BATCH_STATUS,
    ),
    *Route(
        number="B7",
        method="PUT",
        path=f"{V1}/batches/{{batch_id}}/status",
        may=May.SUPERUSER,
        call=on_batch(Stage.batch, body={"status": "PAUSED", "start_datetime": "2026-01-15T12:00:00Z"}),
        data=TRUE_BATCH,
        wrong_bodies=({}, {"status": "NONSENSE"}, {"status": "RUNNING", "device_id": "7"}),
        conflicts=(
            on_batch(Stage.done_batch, body={"status": "RUNNING"}),
            on_batch(Stage.batch, body={"status": "DONE"}),
        ),
    ).also("PATCH"),
    Route(
        number="B8",
        method="PUT",
        path=f"{V1}/batches/{{batch_id}}/complete",
        may=May.OWNER,
        call=on_batch(Stage.open_batch),
        data=BATCH_V1,
    ),
    Route(
        number="B9",
        method="PATCH",
        path=f"{V2}/batches/{{batch_id}}/complete",
        may=May.OWNER,
        call=on_batch(Stage.open_batch),
        data=BATCH_WITH_JOBS,
    ),
    Route(
        number="B10",
        method="PUT",
        path=f"{V1}/batches/{{batch_id}}/cancel",
        may=May.OWNER,
        call=on_batch(Stage.batch),
        data=BATCH_V1,
        conflicts=(on_batch(Stage.done_batch), on_batch(Stage.cancelled_batch)),
    ),
    Route(
        number="B11",
        method="PATCH",
        path=f"{V2}/batches/{{batch_id}}/cancel",
        may=May.OWNER,
        call=on_batch(Stage.batch),
        data=BATCH_WITH_JOBS,
        conflicts=(on_batch(Stage.done_batch), on_batch(Stage.cancelled_batch)),
    ),
    Route(
        number="B12",
        method="PATCH",
        path=f"{V1}/batches/cancel",
        # Whoever may not is told so in `errors`, one batch at a time.
        may=May.USER,
        call=batches_to_cancel,
        data=exactly({"batches": many(LISTED_BATCH), "errors": REASONS}),
        wrong_bodies=(
            {},
            {"batch_ids": ["7"]},
            {"cancel_all": True, "open": True},
            {"status": ["DONE"]},
            {"queue_priority": ["URGENT"]},
        ),
    ),
    Route(
        number="B13",
        method="POST",
        path=f"{V1}/batches/{{batch_id}}/jobs",
        may=May.OWNER,
        call=on_batch(Stage.open_batch, body=[{"runs": 5}, {}]),
        data=BATCH_V1,
        wrong_bodies=BAD_JOBS,
        conflicts=(on_batch(Stage.batch, body=[{"runs": 5}]),),
    ),
    Route(
        number="B14",
        method="POST",
        path=f"{V2}/batches/{{batch_id}}/jobs",
        may=May.OWNER,
        call=on_batch(Stage.open_batch, body=[{"runs": 5, "variables": None, "sequence": None}]),
        data=BATCH_WITH_JOBS,
        wrong_bodies=BAD_JOBS,
        conflicts=(on_batch(Stage.batch, body=[{"runs": 5}]),),
    ),
    Route(
        number="B15",
        method="POST",
        path=f"{V1}/batches/{{batch_id}}/rebatch",
        may=May.MEMBER,
        call=on_batch(a_repeatable_batch, query={"min_runs": "15"}),
        data=NEW_BATCH,
        query=JOB_FILTERS,
        conflicts=(on_batch(Stage.open_batch),),
    ),
    Route(
        number="B16",
        method="PUT",
        path=f"{V1}/batches/{{batch_id}}/cancel/jobs",
        may=May.OWNER,
        call=on_batch(a_repeatable_batch, query={"min_runs": "15"}),
        data=exactly({"jobs": many(JOB_WITH_RESULT, minItems=1), "errors": REASONS}),
        query=JOB_FILTERS,
    ),
    Route(
        number="B17",
        method="PATCH",
        path=f"{V2}/batches/{{batch_id}}/cancel/jobs",
        may=May.OWNER,
        call=on_batch(a_repeatable_batch, query={"max_runs": "15"}),
        data=exactly({"jobs": many(LISTED_JOB, minItems=1), "errors": REASONS}),
        query=JOB_FILTERS,
    ),
    Route(
        number="B18",
        method="GET",
        path=f"{V1}/batches/{{batch_id}}/results_link",
        may=May.MEMBER,
        call=on_batch(Stage.done_batch),
        data=exactly({"results_links": by_key(URL) | {"minProperties": 1}, "errors": REASONS}),
        query=("id", "start_date", "end_date"),
    ),
    Route(
        number="B19",
        method="PATCH",
        path=f"{V1}/batches/{{batch_id}}/tags",
        may=May.OWNER,
        call=on_batch(Stage.batch, body=["a", "b"]),
        data=NEW_BATCH,
        wrong_bodies=({}, "a", ["a", "a"], [3]),
    ),
    Route(
        number="B20",
        method="GET",
        path=f"{V1}/batches/{{batch_id}}/full_results",
        may=May.MEMBER,
        call=on_batch(Stage.done_batch),
        data=by_key(exactly({"counter": COUNTER})) | {"minProperties": 1},
    ),
    Route(
        number="B21",
        method="GET",
        path=f"{V1}/batches/{{batch_id}}/results",
        may=May.MEMBER,
        call=on_batch(Stage.done_batch),
        data={
            "type": "object",
            "properties": {
                "status": one_of(*BATCH_STATUSES),
                "jobs": many(exactly({"full_result": exactly({"counter": COUNTER})})),
            },
            "required": ["status", "jobs"],
            "minProperties": 3,
            "additionalProperties": COUNTER,
        },
    ),
    Route(
        number="B22",
        method="POST",
        path=f"{V1}/cudaq/job",
        # That format runs nowhere here; whoever sends it is told so.
        may=May.USER,
        call=of_project(machine="FRESNEL", shots=10, sequence={"setup": {}, "hamiltonian": {}}),
        data={},
        status=422,
        wrong_bodies=({}, {"machine": "FRESNEL", "shots": "10"}),
    ),
    Route(
        number="B23",
        method="GET",
        path=f"{V1}/cudaq/job/{{job_id}}",
        may=May.MEMBER,
        call=on_job(Stage.done_batch),
        data=exactly({"status": one_of(*JOB_STATUSES), "result": maybe(exactly({"counter": COUNTER}))}),
    ),
]
