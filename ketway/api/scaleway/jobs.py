"""Jobs: create, get, list, change, cancel, delete, what they ran and what they left."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from starlette.requests import Request

from ketway.api import links, once
from ketway.api.scaleway import translate, translate_prospects, wire
from ketway.api.scaleway.auth import Caller, CallerDep, CoreDep
from ketway.api.scaleway.document import told
from ketway.api.scaleway.errors import Passing, SessionOver
from ketway.api.scaleway.requests import body_of, query_of
from ketway.domain.batches import BatchId
from ketway.domain.errors import AlreadyFinished, BadField, BatchClosed, OverBound
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.requests import Asked
from ketway.domain.results import Result
from ketway.services.core import Core
from ketway.services.drafts import NewJob
from ketway.services.listing import JobFilter, Order

#: Bytes of a result that travel inside the answer; larger ones are fetched by link.
MAX_INLINE = 512 * 2**10

router = APIRouter(prefix="/jobs", tags=["Jobs"])


@router.get("", **told(query=wire.JobQuery, orders=translate.JOB_ORDERS, refuses=(403,)))
async def list_jobs(
    caller: CallerDep, core: CoreDep, query: Annotated[wire.JobQuery, Depends(query_of(wire.JobQuery))]
) -> wire.Jobs:
    """Those of one session, of one project, or all that the key may read."""
    known = await core.platforms.known()
    places: translate.Places = {
        Order.STATUS: translate.JOB_PLACES,
        Order.PLATFORM: translate.by_name(known.values()),
    }
    page = translate.page(query, translate.JOB_ORDERS, "created_at_desc", translate.LONG_LIST, places)
    asked = JobFilter(
        batch_ids=() if query.session_id is None else (BatchId(query.session_id),),
        project_ids=None if query.project_id is None else (caller.reads(query.project_id),),
        tags=query.tags,
    )
    found = await core.jobs.list(caller.actor, asked, page)
    return wire.Jobs(total_count=found.total, jobs=[translate.job(job) for job in found.items])


@router.post("", **told(body=wire.NewJob, is_once=True, refuses=(403, 404, 412)))
async def create_job(
    request: Request,
    caller: CallerDep,
    core: CoreDep,
    sent: Annotated[wire.NewJob, Depends(body_of(wire.NewJob))],
) -> wire.Job:
    """Runs its model, else its circuit, else the model of its session."""
    asked = once.asked(request, caller.actor)
    job = await _add(core, caller, BatchId(sent.session_id), translate.new_job(sent, uuid4()), asked)
    return translate.job(job)


@router.get("/{job_id}", **told())
async def get_job(job_id: UUID, caller: CallerDep, core: CoreDep) -> wire.SingleJob:
    """One job."""
    job = await core.jobs.get(caller.actor, JobId(job_id))
    return translate_prospects.single_job(job, await core.prospects.of(job))


@router.patch("/{job_id}", **told(body=wire.JobChange, refuses=(403, 409)))
async def update_job(
    job_id: UUID,
    caller: CallerDep,
    core: CoreDep,
    sent: Annotated[wire.JobChange, Depends(body_of(wire.JobChange))],
) -> wire.Job:
    """Change what is given."""
    id = JobId(job_id)
    if translate.job_status(await core.jobs.get(caller.actor, id)) is wire.JobStatus.CANCELLING:
        raise Passing("job", str(id), wire.JobStatus.CANCELLING.value)
    changed = await core.jobs.change(caller.actor, id, name=sent.name, tags=sent.tags)
    return translate.job(changed)


@router.post("/{job_id}/cancel", **told(refuses=(403, 409)))
async def cancel_job(job_id: UUID, caller: CallerDep, core: CoreDep) -> wire.Job:
    """Cancel it, or ask it to stop if it runs; one that has ended stays as it is."""
    id = JobId(job_id)
    try:
        return translate.job(await core.jobs.cancel(caller.actor, id))
    except AlreadyFinished:
        return translate.job(await core.jobs.get(caller.actor, id))


@router.delete("/{job_id}", status_code=204, **told(refuses=(403, 412)))
async def delete_job(job_id: UUID, caller: CallerDep, core: CoreDep) -> None:
    """Remove one that has ended, with its result."""
    await core.jobs.delete(caller.actor, JobId(job_id))


@router.get("/{job_id}/circuit", **told())
async def get_job_circuit(job_id: UUID, caller: CallerDep, core: CoreDep) -> wire.Circuit:
    """The circuit as it was sent; nothing where the job runs a model."""
    job = await core.jobs.get(caller.actor, JobId(job_id))
    kind = translate.circuit_kind(job)
    if kind is None or job.program_id is None:
        return wire.Circuit()
    return translate.circuit(kind, await core.programs.text(caller.actor, job.program_id))


@router.get("/{job_id}/results", **told(query=wire.ListQuery, orders=translate.CREATION_ORDERS))
async def list_job_results(
    job_id: UUID,
    request: Request,
    caller: CallerDep,
    core: CoreDep,
    query: Annotated[wire.ListQuery, Depends(query_of(wire.ListQuery))],
) -> wire.JobResults:
    """The one result of a job that is completed: its text, or a link to it."""
    translate.ordered(query, translate.CREATION_ORDERS, "created_at_desc")
    job = await core.jobs.get(caller.actor, JobId(job_id))
    kept = await core.jobs.results([job.id]) if job.status is JobStatus.DONE else {}
    # A job has one result, so that it is all on the first page.
    shown = [await _result(core, request, result) for result in kept.values() if query.page <= 1]
    return wire.JobResults(total_count=len(kept), job_results=shown)


async def _add(core: Core, caller: Caller, session: BatchId, new: NewJob, asked: Asked) -> Job:
    """One more job for a session, with refusals that speak of what this route was sent."""
    try:
        (job,) = await core.batches.add_jobs(caller.actor, session, (new,), asked)
    except BatchClosed as closed:
        raise SessionOver(closed.id, translate.state("batch", closed.status)) from None
    except BadField:
        why = "send a circuit or a model_id, or give the session a model"
        raise BadField(("circuit",), why, "required") from None
    except OverBound as over:
        raise BadField(("circuit",), f"is over the limit of {over.allowed} {over.unit}") from None
    return job


async def _result(core: Core, request: Request, result: Result) -> wire.JobResult:
    if result.size <= MAX_INLINE:
        return translate.job_result(result, text=(await core.jobs.document(result)).decode(), url="")
    return translate.job_result(result, text="", url=links.absolute(request, core.jobs.link(result)))
