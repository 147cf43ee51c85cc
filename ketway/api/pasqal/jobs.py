"""Routes of jobs."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api import links
from ketway.api.openapi import told
from ketway.api.pasqal import answers, shapes, translate, translate_records, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.creation import new_jobs
from ketway.api.pasqal.queries import JOB_FILTERS, PAGING, Query, job_filter
from ketway.api.pasqal.shapes import Answer
from ketway.domain.batches import BatchId
from ketway.domain.jobs import JobId

router = APIRouter(tags=["Jobs"])


@router.get("/api/v1/jobs", **told(shapes.Page[shapes.JobWithResult], query=(*PAGING, *JOB_FILTERS)))
async def get_all_jobs(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """With results, which the other version leaves to the results link."""
    query = Query(request.query_params)
    page = query.page()
    listed = await core.jobs.list(actor, job_filter(query), page)
    return answers.page(await answers.jobs_with_results(core, actor, listed.items), listed, page)


@router.get("/api/v2/jobs", **told(shapes.Page[shapes.ListedJob], query=(*PAGING, *JOB_FILTERS)))
async def get_jobs(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Jobs of the projects that the caller is in; without results."""
    query = Query(request.query_params)
    page = query.page()
    listed = await core.jobs.list(actor, job_filter(query), page)
    return answers.page([translate.job(job) for job in listed.items], listed, page)


@router.post(
    "/api/v1/jobs",
    **told(Answer[shapes.Job], body=wire.CreateJobOfBatch, is_once=True, refuses=(403, 404, 409)),
)
async def create_job(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """One job for an open batch, as clients up to 0.4.3 add them."""
    said, asked = await answers.read_once(request, actor, wire.CreateJobOfBatch)
    batch = await core.batches.get(actor, BatchId(said.batch_id))
    new = new_jobs([said], has_sequence=batch.program_id is not None)
    added = await core.batches.add_jobs_checked(actor, batch.id, new, asked)
    return success((await answers.jobs_v1(core, actor, added))[0])


@router.get("/api/v1/jobs/{job_id}", **told(Answer[shapes.SingleJobV1]))
async def get_job_with_result(job_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """With its own sequence and what it counted."""
    job = await core.jobs.get(actor, JobId(job_id))
    (shown,) = await answers.jobs_with_results(core, actor, [job])
    return success(shown | {"logs_link": None} | translate_records.prospect(await core.prospects.of(job)))


@router.get("/api/v2/jobs/{job_id}", **told(Answer[shapes.SingleJob]))
async def get_job(job_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """With its own sequence; its result is behind the results link."""
    job = await core.jobs.get(actor, JobId(job_id))
    shown = translate.job_with_sequence(job, await answers.sequence_of(core, actor, job))
    return success(shown | translate_records.prospect(await core.prospects.of(job)))


@router.get("/api/v1/jobs/{job_id}/status", **told(Answer[shapes.JobStatus]))
async def get_job_status(job_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """PENDING and RUNNING are the statuses to wait on; every other is final."""
    return success(translate.job_status(await core.jobs.get(actor, JobId(job_id))))


@router.put("/api/v1/jobs/{job_id}/cancel", **told(Answer[shapes.JobWithResult], refuses=(403, 409)))
async def cancel_job_with_result(job_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """At once if it waits; one that runs is asked to stop."""
    (shown,) = await answers.jobs_with_results(core, actor, [await core.jobs.cancel(actor, JobId(job_id))])
    return success(shown)


@router.patch("/api/v2/jobs/{job_id}/cancel", **told(Answer[shapes.ListedJob], refuses=(403, 409)))
async def cancel_job(job_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """At once if it waits; one that runs is asked to stop."""
    return success(translate.job(await core.jobs.cancel(actor, JobId(job_id))))


@router.get("/api/v1/jobs/{job_id}/results_link", **told(Answer[shapes.ResultsLink]))
async def get_results_link(job_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Null until there is a result; gone once that is kept no longer. The link is fetched without a login,
    so it must be absolute."""
    job = await core.jobs.get(actor, JobId(job_id))
    result = await core.jobs.result(job.id)
    link = None if result is None else links.absolute(request, core.jobs.link(result))
    return success({"results_link": link})
