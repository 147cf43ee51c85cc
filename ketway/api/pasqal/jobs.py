"""Routes of jobs."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api import links
from ketway.api.pasqal import answers, translate, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.creation import new_jobs
from ketway.api.pasqal.queries import Query, job_filter
from ketway.domain.batches import BatchId
from ketway.domain.jobs import JobId

router = APIRouter()


@router.get("/api/v1/jobs")
async def get_all_jobs(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """With results, which the other version leaves to the results link."""
    query = Query(request.query_params)
    page = query.page()
    listed = await core.jobs.list(actor, job_filter(query), page)
    return answers.page(await answers.jobs_with_results(core, actor, listed.items), listed, page)


@router.get("/api/v2/jobs")
async def get_jobs(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    query = Query(request.query_params)
    page = query.page()
    listed = await core.jobs.list(actor, job_filter(query), page)
    return answers.page([translate.job(job) for job in listed.items], listed, page)


@router.post("/api/v1/jobs")
async def create_job(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """One job for an open batch, as clients up to 0.4.3 add them."""
    said, asked = await answers.read_once(request, actor, wire.CreateJobOfBatch)
    batch = await core.batches.get(actor, BatchId(said.batch_id))
    new = new_jobs([said], has_sequence=batch.program_id is not None)
    added = await core.batches.add_jobs_checked(actor, batch.id, new, asked)
    return success((await answers.jobs_v1(core, actor, added))[0])


@router.get("/api/v1/jobs/{job_id}")
async def get_job_with_result(job_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    job = await core.jobs.get(actor, JobId(job_id))
    (shown,) = await answers.jobs_with_results(core, actor, [job])
    return success(shown | {"logs_link": None})


@router.get("/api/v2/jobs/{job_id}")
async def get_job(job_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    job = await core.jobs.get(actor, JobId(job_id))
    return success(translate.job_with_sequence(job, await answers.sequence_of(core, actor, job)))


@router.get("/api/v1/jobs/{job_id}/status")
async def get_job_status(job_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    return success(translate.job_status(await core.jobs.get(actor, JobId(job_id))))


@router.put("/api/v1/jobs/{job_id}/cancel")
async def cancel_job_with_result(job_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    (shown,) = await answers.jobs_with_results(core, actor, [await core.jobs.cancel(actor, JobId(job_id))])
    return success(shown)


@router.patch("/api/v2/jobs/{job_id}/cancel")
async def cancel_job(job_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    return success(translate.job(await core.jobs.cancel(actor, JobId(job_id))))


@router.get("/api/v1/jobs/{job_id}/results_link")
async def get_results_link(job_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Null until there is a result. The link is fetched without a login, so it must be absolute."""
    job = await core.jobs.get(actor, JobId(job_id))
    result = (await core.jobs.results([job.id])).get(job.id)
    link = None if result is None else links.absolute(request, core.jobs.link(result))
    return success({"results_link": link})
