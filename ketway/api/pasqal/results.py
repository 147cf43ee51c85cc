"""Routes of the results of a whole batch, in the three shapes that clients know."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api import links
from ketway.api.openapi import told
from ketway.api.pasqal import answers, shapes, translate, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.queries import RESULT_FILTERS, Query, results_filter
from ketway.api.pasqal.shapes import Answer
from ketway.domain.accounts import Actor
from ketway.domain.batches import BatchId
from ketway.domain.errors import BadField
from ketway.domain.jobs import Job, JobId
from ketway.services.core import Core

router = APIRouter(tags=["Results"])

_NO_RESULT = "The job has no result."


@router.get(
    "/api/v1/batches/{batch_id}/results_link", **told(Answer[shapes.ResultsLinks], query=RESULT_FILTERS)
)
async def get_batch_results_link(
    batch_id: UUID, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    """A link for each job that the query selects and that has a result; for the others, why not."""
    is_selected = results_filter(Query(request.query_params))
    jobs = [job for job in await core.batches.jobs_of(actor, BatchId(batch_id)) if is_selected(job)]
    results = await core.jobs.results([job.id for job in jobs])
    found = {str(id): links.absolute(request, core.jobs.link(result)) for id, result in results.items()}
    without = [job.id for job in jobs if job.id not in results]
    expired = await core.jobs.expired(without)
    errors = {str(id): str(expired[id]) if id in expired else _NO_RESULT for id in without}
    return success({"results_links": found, "errors": errors})


@router.get("/api/v1/batches/{batch_id}/full_results", **told(Answer[dict[UUID, shapes.Counted]]))
async def get_full_results(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """What each job counted, by its id; jobs without a result are left out."""
    return success(
        {str(job.id): {"counter": counter} for job, counter in await _counters(core, actor, batch_id)}
    )


@router.get("/api/v1/batches/{batch_id}/results", **told(Answer[shapes.Results]))
async def get_results(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """Two kinds of clients, two shapes: both in one object."""
    batch = await core.batches.get(actor, BatchId(batch_id))
    counters = await _counters(core, actor, batch_id)
    return success(
        {str(job.id): counter for job, counter in counters}
        | {
            "status": translate.BATCH_STATUS[batch.status],
            "jobs": [{"full_result": {"counter": counter}} for _, counter in counters],
        }
    )


@router.post("/api/v1/cudaq/job", **told(Answer[shapes.CreatedCudaqJob], body=wire.CreateCudaqJob))
async def create_cudaq_job(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """That format is neither Pulser's nor ours to run; the refusal says what is."""
    await answers.read(request, wire.CreateCudaqJob)
    raise BadField(
        ("body", "sequence"),
        "CUDA-Q's analog format is not supported; send a Pulser sequence to /api/v1/batches.",
    )


@router.get("/api/v1/cudaq/job/{job_id}", **told(Answer[shapes.CudaqJob]))
async def get_cudaq_job(job_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """Any job, as these clients read it."""
    job = await core.jobs.get(actor, JobId(job_id))
    documents = await core.jobs.documents([job.id])
    result = {"counter": _counter(documents[job.id])} if job.id in documents else None
    return success({"status": translate.JOB_STATUS[job.status], "result": result})


async def _counters(core: Core, actor: Actor, batch_id: UUID) -> list[tuple[Job, Any]]:
    """Jobs of a batch that have a result, in creation order, with what they counted."""
    jobs = await core.batches.jobs_of(actor, BatchId(batch_id))
    documents = await core.jobs.documents([job.id for job in jobs])
    return [(job, _counter(documents[job.id])) for job in jobs if job.id in documents]


def _counter(document: bytes) -> Any:
    return json.loads(document)["counter"]
