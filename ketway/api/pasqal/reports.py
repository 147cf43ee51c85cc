"""Routes by which an operator, or a device run from outside, reports on batches and jobs."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api.openapi import told
from ketway.api.pasqal import answers, shapes, translate_records, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.shapes import Answer
from ketway.domain.batches import BatchId
from ketway.domain.errors import BadField
from ketway.domain.jobs import JobId

router = APIRouter(tags=["Reports"])


@router.put(
    "/api/v1/batches/{batch_id}/status",
    **told(Answer[shapes.ReportedBatch], body=wire.BatchReport, refuses=(403, 409)),
)
@router.patch(
    "/api/v1/batches/{batch_id}/status",
    **told(Answer[shapes.ReportedBatch], body=wire.BatchReport, refuses=(403, 409)),
)
async def set_batch_status(batch_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Answers the true status, PAUSED included, which clients are never shown."""
    batch = await core.batches.get(actor, BatchId(batch_id))
    actor.must_operate()
    said = await answers.read(request, wire.BatchReport)
    if said.device_id not in (None, batch.platform_id):
        raise BadField(("body", "device_id"), "is not the device that the batch was sent to")
    moved = await core.reports.batch(
        actor, batch.id, translate_records.REPORTED_BATCH[said.status], translate_records.span_of_batch(said)
    )
    (shown,) = await answers.batches(core, [moved])
    return success(shown | {"status": translate_records.true_status(moved)})


@router.put(
    "/api/v1/jobs/{job_id}/status", **told(Answer[shapes.Job], body=wire.JobReport, refuses=(403, 409))
)
@router.patch(
    "/api/v1/jobs/{job_id}/status", **told(Answer[shapes.Job], body=wire.JobReport, refuses=(403, 409))
)
async def set_job_status(job_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """What an operator says of a job; DONE takes a stored result."""
    await core.jobs.get(actor, JobId(job_id))
    actor.must_operate()
    said = await answers.read(request, wire.JobReport)
    moved = await core.reports.job(
        actor, JobId(job_id), translate_records.REPORTED_JOB[said.status], translate_records.span(said)
    )
    return success((await answers.jobs_v1(core, actor, [moved]))[0])


@router.patch("/api/v1/jobs/{job_id}", **told(Answer[shapes.Job], body=wire.JobProgress, refuses=(403, 409)))
async def patch_job(job_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """As its status is set, and how far it has come."""
    await core.jobs.get(actor, JobId(job_id))
    actor.must_operate()
    said = await answers.read(request, wire.JobProgress)
    moved = await core.reports.job(
        actor,
        JobId(job_id),
        translate_records.REPORTED_JOB[said.status],
        translate_records.span(said),
        said.progress,
    )
    return success((await answers.jobs_v1(core, actor, [moved]))[0])


@router.post("/api/v1/jobs/{job_id}/errors", **told(Answer[shapes.Job], body=wire.Errors, refuses=(403, 409)))
async def post_job_errors(job_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """The job has failed, for these reasons."""
    await core.jobs.get(actor, JobId(job_id))
    actor.must_operate()
    said = await answers.read(request, wire.Errors)
    failed = await core.reports.job_errors(actor, JobId(job_id), said.errors)
    return success((await answers.jobs_v1(core, actor, [failed]))[0])
