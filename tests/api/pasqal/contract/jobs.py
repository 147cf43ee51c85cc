"""Jobs."""

from __future__ import annotations

from tests.api.pasqal.contract.batches import some_batches
from tests.api.pasqal.contract.queries import JOB_FILTERS, PAGING
from tests.api.pasqal.contract.rows import A_RUN, BAD_ERRORS, BAD_STATUSES, V1, V2, May, Route, on_job
from tests.api.pasqal.contract.shapes import JOB, JOB_STATUS, JOB_V1, JOB_V2, JOB_WITH_RESULT, LISTED_JOB
from tests.api.pasqal.stage import Stage
from tests.api.surface.calls import Call
from tests.api.surface.schemas import URL, exactly


async def one_more_job(stage: Stage) -> Call:
    return Call(body={"runs": 5, "batch_id": (await stage.open_batch())["id"]})


async def one_job_too_many(stage: Stage) -> Call:
    return Call(body={"runs": 5, "batch_id": (await stage.batch())["id"]})


ROUTES: list[Route] = [
    Route(
        number="J1",
        method="GET",
        path=f"{V1}/jobs",
        may=May.USER,
        call=some_batches,
        data=JOB_WITH_RESULT,
        is_paged=True,
        query=(*PAGING, *JOB_FILTERS),
    ),
    Route(
        number="J2",
        method="GET",
        path=f"{V2}/jobs",
        may=May.USER,
        call=some_batches,
        data=LISTED_JOB,
        is_paged=True,
        query=(*PAGING, *JOB_FILTERS),
    ),
    Route(
        number="J3",
        method="GET",
        path=f"{V1}/jobs/{{job_id}}",
        may=May.MEMBER,
        call=on_job(Stage.done_batch),
        data=JOB_V1,
    ),
    Route(
        number="J4",
        method="GET",
        path=f"{V2}/jobs/{{job_id}}",
        may=May.MEMBER,
        call=on_job(Stage.done_batch),
        data=JOB_V2,
    ),
    Route(
        number="J5",
        method="GET",
        path=f"{V1}/jobs/{{job_id}}/status",
        may=May.MEMBER,
        call=on_job(Stage.batch),
        data=JOB_STATUS,
    ),
    *Route(
        number="J6",
        method="PUT",
        path=f"{V1}/jobs/{{job_id}}/status",
        may=May.SUPERUSER,
        call=on_job(Stage.batch, body=A_RUN),
        data=JOB,
        wrong_bodies=BAD_STATUSES,
        conflicts=(
            on_job(Stage.done_batch, body=A_RUN),
            on_job(Stage.running_job, body={"status": "DONE"}),
        ),
    ).also("PATCH"),
    Route(
        number="J7",
        method="PATCH",
        path=f"{V1}/jobs/{{job_id}}",
        may=May.SUPERUSER,
        call=on_job(Stage.running_job, body={"status": "RUNNING", "progress": 50}),
        data=JOB,
        wrong_bodies=(*BAD_STATUSES, {"status": "RUNNING", "progress": 101}),
        conflicts=(
            on_job(Stage.done_batch, body=A_RUN),
            on_job(Stage.running_job, body={"status": "DONE"}),
        ),
    ),
    Route(
        number="J8",
        method="POST",
        path=f"{V1}/jobs/{{job_id}}/errors",
        may=May.SUPERUSER,
        call=on_job(Stage.running_job, body={"errors": ["It broke."]}),
        data=JOB,
        wrong_bodies=BAD_ERRORS,
        conflicts=(on_job(Stage.done_batch, body={"errors": ["It broke."]}),),
    ),
    Route(
        number="J9",
        method="PUT",
        path=f"{V1}/jobs/{{job_id}}/cancel",
        may=May.OWNER,
        call=on_job(Stage.batch),
        data=JOB_WITH_RESULT,
        conflicts=(on_job(Stage.done_batch), on_job(Stage.cancelled_batch)),
    ),
    Route(
        number="J10",
        method="PATCH",
        path=f"{V2}/jobs/{{job_id}}/cancel",
        may=May.OWNER,
        call=on_job(Stage.batch),
        data=LISTED_JOB,
        conflicts=(on_job(Stage.done_batch), on_job(Stage.cancelled_batch)),
    ),
    Route(
        number="J11",
        method="GET",
        path=f"{V1}/jobs/{{job_id}}/results_link",
        may=May.MEMBER,
        call=on_job(Stage.done_batch),
        data=exactly({"results_link": URL}),
    ),
    Route(
        number="J12",
        method="POST",
        path=f"{V1}/jobs",
        may=May.OWNER,
        call=one_more_job,
        data=JOB,
        wrong_bodies=({}, {"runs": 5}, {"runs": 5, "batch_id": "7"}),
        conflicts=(one_job_too_many,),
    ),
]
