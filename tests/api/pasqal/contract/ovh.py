"""The mirror for a reseller's callers."""

from __future__ import annotations

from typing import Any

from tests.api.pasqal.contract.batches import A_BATCH_OF_ONE, BAD_BATCHES
from tests.api.pasqal.contract.queries import JOB_FILTERS, PAGING
from tests.api.pasqal.contract.rows import May, Route, on_batch, on_job
from tests.api.pasqal.contract.shapes import BATCH_STATUS, BATCH_V2, JOB_STATUS, LISTED_JOB, NEW_BATCH
from tests.api.pasqal.stage import OVH, Stage
from tests.api.surface.calls import Call, plain
from tests.api.surface.schemas import URL, exactly


async def some_ovh_jobs(stage: Stage) -> Call:
    await stage.ovh_batch()
    return Call()


async def a_done_ovh_batch(stage: Stage) -> dict[str, Any]:
    made = await stage.ovh_batch()
    await stage.world.run_all()
    return made


ROUTES: list[Route] = [
    Route(
        number="O1",
        method="POST",
        path=f"{OVH}/batches",
        may=May.MEMBER,
        call=plain(body=A_BATCH_OF_ONE | {"device_type": None}),
        data=NEW_BATCH,
        wrong_bodies=BAD_BATCHES,
    ),
    Route(
        number="O2",
        method="GET",
        path=f"{OVH}/batches/{{batch_id}}",
        may=May.MEMBER,
        call=on_batch(Stage.ovh_batch),
        data=BATCH_V2,
    ),
    Route(
        number="O3",
        method="GET",
        path=f"{OVH}/batches/{{batch_id}}/status",
        may=May.MEMBER,
        call=on_batch(Stage.ovh_batch),
        data=BATCH_STATUS,
    ),
    Route(
        number="O4",
        method="GET",
        path=f"{OVH}/jobs",
        may=May.MEMBER,
        call=some_ovh_jobs,
        data=LISTED_JOB,
        is_paged=True,
        query=(*PAGING, *JOB_FILTERS),
    ),
    Route(
        number="O5",
        method="GET",
        path=f"{OVH}/jobs/{{job_id}}/status",
        may=May.MEMBER,
        call=on_job(Stage.ovh_batch),
        data=JOB_STATUS,
    ),
    Route(
        number="O6",
        method="GET",
        path=f"{OVH}/jobs/{{job_id}}/results_link",
        may=May.MEMBER,
        call=on_job(a_done_ovh_batch),
        data=exactly({"results_link": URL}),
    ),
]
