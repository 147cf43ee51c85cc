"""Routes of batches: create, add to, read, repeat, close, cancel, tag."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api import once
from ketway.api.bodies import read_body
from ketway.api.openapi import told
from ketway.api.pasqal import answers, shapes, translate, wire
from ketway.api.pasqal.answers import batch_v1, batch_with_jobs, batch_with_results, sequence_of, success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.creation import new_batch, new_jobs, rehearsed
from ketway.api.pasqal.queries import (
    BATCH_FILTERS,
    DRY_RUN,
    JOB_FILTERS,
    PAGING,
    Query,
    batch_filter,
    cancel_filter,
    job_filter,
)
from ketway.api.pasqal.shapes import Answer
from ketway.domain.accounts import Actor
from ketway.domain.batches import Batch, BatchId
from ketway.domain.requests import Asked
from ketway.services.core import Core

router = APIRouter(tags=["Batches"])


@router.post(
    "/api/v1/batches",
    **told(
        Answer[shapes.NewBatch | shapes.RehearsedBatch],
        query=(DRY_RUN,),
        body=wire.CreateBatch,
        is_once=True,
        refuses=(403, 404),
    ),
)
async def create_batch(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """With `dry_run=true` everything is validated and nothing is kept."""
    if Query(request.query_params).boolean("dry_run"):
        said = await answers.read(request, wire.CreateBatch)
        return success(await rehearsed(core, actor, await new_batch(core, said, translate.DOOR)))
    said, asked = await answers.read_once(request, actor, wire.CreateBatch)
    new = await new_batch(core, said, translate.DOOR)
    made = await core.batches.create_checked(actor, new, asked)
    return success(await answers.created(core, actor, made, new))


@router.get("/api/v1/batches", **told(shapes.Page[shapes.Batch], query=(*PAGING, *BATCH_FILTERS)))
@router.get("/api/v2/batches", **told(shapes.Page[shapes.Batch], query=(*PAGING, *BATCH_FILTERS)))
async def get_batches(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Batches of the projects that the caller is in; without jobs and sequences."""
    query = Query(request.query_params)
    page = query.page()
    listed = await core.batches.list(actor, batch_filter(query), page)
    return answers.page(await answers.batches(core, listed.items), listed, page)


@router.patch("/api/v1/batches/cancel", **told(Answer[shapes.CancelledBatches], body=wire.CancelBatches))
async def cancel_batches(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Those named; else those that the filters select; or all. Answers 200 even if none could be."""
    said = await answers.read(request, wire.CancelBatches)
    ids = [BatchId(id) for id in said.batch_ids or ()]
    cancelled, refused = (
        await core.batches.cancel_each(actor, ids)
        if said.batch_ids is not None
        else await core.batches.cancel_all(actor, cancel_filter(said))
    )
    errors = {str(id): str(refusal) for id, refusal in refused.items()}
    return success({"batches": await answers.batches(core, cancelled), "errors": errors})


@router.get("/api/v1/batches/{batch_id}", **told(Answer[shapes.BatchWithResults]))
async def get_batch_with_results(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """With its sequence, its jobs and what they counted, as clients up to 0.10.0 wait on it."""
    return success(await batch_with_results(core, actor, await _batch(core, actor, batch_id)))


@router.get("/api/v2/batches/{batch_id}", **told(Answer[shapes.BatchWithSequence]))
async def get_batch(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """With its sequence, exactly as received; without its jobs."""
    return success(await read_batch(core, actor, batch_id))


@router.get("/api/v1/batches/{batch_id}/status", **told(Answer[shapes.BatchStatus]))
async def get_batch_status(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """Its status, and how many of its jobs have which."""
    return success(await read_status(core, actor, batch_id))


@router.post(
    "/api/v1/batches/{batch_id}/jobs",
    **told(
        Answer[shapes.BatchWithResults], body=wire.AddJobs, within="jobs", is_once=True, refuses=(403, 409)
    ),
)
async def add_jobs_with_results(batch_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """More jobs for an open batch, which is answered with all of its jobs."""
    return success(await batch_with_results(core, actor, await _added(core, actor, batch_id, request)))


@router.post(
    "/api/v2/batches/{batch_id}/jobs",
    **told(Answer[shapes.BatchWithJobs], body=wire.AddJobs, within="jobs", is_once=True, refuses=(403, 409)),
)
async def add_jobs(batch_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """More jobs for an open batch, which is answered with all of its jobs."""
    return success(await batch_with_jobs(core, actor, await _added(core, actor, batch_id, request)))


@router.post(
    "/api/v1/batches/{batch_id}/rebatch",
    **told(Answer[shapes.NewBatch], query=JOB_FILTERS, is_once=True, refuses=(403, 409)),
)
async def rebatch(batch_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """A new batch of those jobs of a closed one that the query selects; without a query, of all."""
    selected = job_filter(Query(request.query_params))
    # Not used, but until it is read nobody can tell whether the caller is still there.
    await read_body(request, limit=request.app.state.max_body_bytes)
    asked = once.asked(request, actor)
    batch = await core.batches.repeat(actor, BatchId(batch_id), selected, asked)
    return success(await batch_v1(core, actor, batch, await sequence_of(core, actor, batch)))


@router.put(
    "/api/v1/batches/{batch_id}/complete", **told(Answer[shapes.BatchWithResults], refuses=(403, 409))
)
async def close_batch_with_results(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """No more jobs; those that wait still run. Closing twice changes nothing."""
    return success(await batch_with_results(core, actor, await core.batches.close(actor, BatchId(batch_id))))


@router.patch("/api/v2/batches/{batch_id}/complete", **told(Answer[shapes.BatchWithJobs], refuses=(403, 409)))
async def close_batch(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """No more jobs; those that wait still run. Closing twice changes nothing."""
    return success(await batch_with_jobs(core, actor, await core.batches.close(actor, BatchId(batch_id))))


@router.put("/api/v1/batches/{batch_id}/cancel", **told(Answer[shapes.BatchWithResults], refuses=(403, 409)))
async def cancel_batch_with_results(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """Jobs that wait are cancelled; those that run are asked to stop."""
    return success(await batch_with_results(core, actor, await core.batches.cancel(actor, BatchId(batch_id))))


@router.patch("/api/v2/batches/{batch_id}/cancel", **told(Answer[shapes.BatchWithJobs], refuses=(403, 409)))
async def cancel_batch(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """Jobs that wait are cancelled; those that run are asked to stop."""
    return success(await batch_with_jobs(core, actor, await core.batches.cancel(actor, BatchId(batch_id))))


@router.put(
    "/api/v1/batches/{batch_id}/cancel/jobs",
    **told(Answer[shapes.CancelledJobsV1], query=JOB_FILTERS, refuses=(403, 409)),
)
async def cancel_jobs_with_results(
    batch_id: UUID, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    """Cancel those jobs of a batch that the query selects; without one, all of them."""
    selected = job_filter(Query(request.query_params))
    jobs, refused = await core.jobs.cancel_of_batch(actor, BatchId(batch_id), selected)
    errors = {str(id): str(refusal) for id, refusal in refused.items()}
    return success({"jobs": await answers.jobs_with_results(core, actor, jobs), "errors": errors})


@router.patch(
    "/api/v2/batches/{batch_id}/cancel/jobs",
    **told(Answer[shapes.CancelledJobs], query=JOB_FILTERS, refuses=(403, 409)),
)
async def cancel_jobs(batch_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Cancel those jobs of a batch that the query selects; without one, all of them."""
    selected = job_filter(Query(request.query_params))
    jobs, refused = await core.jobs.cancel_of_batch(actor, BatchId(batch_id), selected)
    errors = {str(id): str(refusal) for id, refusal in refused.items()}
    return success({"jobs": [translate.job(job) for job in jobs], "errors": errors})


@router.patch(
    "/api/v1/batches/{batch_id}/tags",
    **told(Answer[shapes.NewBatch], body=wire.Tags, within="tags", refuses=(403, 409)),
)
async def set_tags(batch_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """These tags instead of those that it had."""
    said = await answers.read(request, wire.Tags, within="tags")
    batch = await core.batches.change(actor, BatchId(batch_id), tags=tuple(said.tags))
    return success(await batch_v1(core, actor, batch, await sequence_of(core, actor, batch)))


async def read_batch(core: Core, actor: Actor, id: UUID) -> dict[str, Any]:
    """A batch by its id, as version 2 has it: with its sequence, without its jobs."""
    batch = await _batch(core, actor, id)
    sequence = await sequence_of(core, actor, batch)
    (shown,) = await answers.batches(core, [batch])
    return translate.batch_with_sequence(shown, sequence, await core.batches.children(actor, batch.id))


async def read_status(core: Core, actor: Actor, id: UUID) -> dict[str, Any]:
    """Newest clients wait on the counts, not on the status."""
    batch = await _batch(core, actor, id)
    counts = (await core.batches.counts([batch.id]))[batch.id]
    return translate.batch_status(batch, counts)


async def _batch(core: Core, actor: Actor, id: UUID) -> Batch:
    return await core.batches.get(actor, BatchId(id))


async def _added(core: Core, actor: Actor, id: UUID, request: Request) -> Batch:
    said: wire.AddJobs
    asked: Asked
    said, asked = await answers.read_once(request, actor, wire.AddJobs, within="jobs")
    batch = await _batch(core, actor, id)
    jobs = new_jobs(said.jobs, has_sequence=batch.program_id is not None)
    await core.batches.add_jobs_checked(actor, batch.id, jobs, asked)
    return await _batch(core, actor, id)
