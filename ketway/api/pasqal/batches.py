"""Routes of batches."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api.pasqal import answers, translate, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.queries import Query, batch_filter, job_filter, pagination
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import Batch, BatchId
from ketway.domain.errors import BadField, NotFound, Refusal
from ketway.domain.platforms import Platform
from ketway.services.batches import NewBatch, NewJob
from ketway.services.core import Core

router = APIRouter()


@router.post("/api/v1/batches")
async def create_batch(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    said = await answers.read(request, wire.CreateBatch)
    new = await _new_batch(core, said)
    return success(await _with_jobs(core, actor, await core.batches.create_checked(actor, new)))


@router.get("/api/v1/batches")
@router.get("/api/v2/batches")
async def get_batches(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    query = Query(request.query_params)
    page = query.page()
    listed = await core.batches.list(actor, batch_filter(query), page)
    block, headers = pagination(listed, page)
    return success(await answers.batches(core, listed.items), pagination=block, headers=headers)


@router.patch("/api/v1/batches/cancel")
async def cancel_batches(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    said = await answers.read(request, wire.CancelBatches)
    cancelled: list[Batch] = []
    errors: dict[str, str] = {}
    for id in said.batch_ids:
        try:
            cancelled.append(await core.batches.cancel(actor, BatchId(id)))
        except Refusal as refusal:
            errors[str(id)] = str(refusal)
    return success({"batches": await answers.batches(core, cancelled), "errors": errors})


@router.get("/api/v2/batches/{batch_id}")
async def get_batch(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    batch = await _batch(core, actor, batch_id)
    sequence = await core.programs.text(actor, batch.program_id) if batch.program_id else None
    (shown,) = await answers.batches(core, [batch])
    children = await core.batches.children(actor, batch.id)
    return success(translate.batch_with_sequence(shown, sequence, children))


@router.get("/api/v1/batches/{batch_id}/status")
async def get_batch_status(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """Newest clients wait on the counts, not on the status."""
    batch = await _batch(core, actor, batch_id)
    counts = (await core.batches.counts([batch.id]))[batch.id]
    return success(
        {
            "id": str(batch.id),
            "status": translate.BATCH_STATUS[batch.status],
            "open": batch.is_open,
            "jobs_count": sum(counts.values()),
            "jobs_count_per_status": translate.counts(counts),
        }
    )


@router.post("/api/v2/batches/{batch_id}/jobs")
async def add_jobs(batch_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    said = await answers.read(request, wire.AddJobs, within="jobs")
    batch = await _batch(core, actor, batch_id)
    jobs = _new_jobs(said.jobs, has_sequence=batch.program_id is not None)
    await core.batches.add_jobs_checked(actor, batch.id, jobs)
    return success(await _with_jobs(core, actor, await _batch(core, actor, batch_id)))


@router.patch("/api/v2/batches/{batch_id}/complete")
async def close_batch(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    batch = await core.batches.close(actor, BatchId(batch_id))
    return success(await _with_jobs(core, actor, batch))


@router.patch("/api/v2/batches/{batch_id}/cancel")
async def cancel_batch(batch_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    batch = await core.batches.cancel(actor, BatchId(batch_id))
    return success(await _with_jobs(core, actor, batch))


@router.patch("/api/v2/batches/{batch_id}/cancel/jobs")
async def cancel_jobs(batch_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Cancel those jobs of a batch that the query selects; without one, all of them."""
    asked = job_filter(Query(request.query_params))
    cancelled, refused = await core.jobs.cancel_of_batch(actor, BatchId(batch_id), asked)
    errors = {str(id): str(refusal) for id, refusal in refused.items()}
    return success({"jobs": [translate.job(job) for job in cancelled], "errors": errors})


@router.patch("/api/v1/batches/{batch_id}/tags")
async def set_tags(batch_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    said = await answers.read(request, wire.Tags, within="tags")
    _must_be_unique(said.tags)
    batch = await core.batches.change(actor, BatchId(batch_id), tags=tuple(said.tags))
    return success(await _with_jobs(core, actor, batch))


async def _batch(core: Core, actor: Actor, id: UUID) -> Batch:
    return await core.batches.get(actor, BatchId(id))


async def _with_jobs(core: Core, actor: Actor, batch: Batch) -> dict[str, Any]:
    (shown,) = await answers.batches(core, [batch])
    jobs = await core.batches.jobs_of(actor, batch.id)
    return shown | {"jobs": [translate.job(job) for job in jobs]}


async def _new_batch(core: Core, said: wire.CreateBatch) -> NewBatch:
    opened = translate.is_open(said)
    if not opened and not said.jobs:
        raise BadField(("body", "jobs"), "A batch that is not open needs at least one job.", "required")
    _must_be_unique(said.tags or [])
    return NewBatch(
        project_id=ProjectId(said.project_id),
        platform=await _platform(core, said),
        door=translate.DOOR,
        jobs=_new_jobs(said.jobs, has_sequence=said.sequence_builder is not None),
        program=said.sequence_builder,
        configuration=said.backend_configuration,
        is_open=opened,
        tags=tuple(said.tags or ()),
        echo={"webhook": said.webhook, "configuration": said.configuration},
    )


def _new_jobs(said: list[wire.CreateJob], *, has_sequence: bool) -> tuple[NewJob, ...]:
    return tuple(
        translate.new_job(position, job, has_sequence=has_sequence) for position, job in enumerate(said)
    )


async def _platform(core: Core, said: wire.CreateBatch) -> Platform:
    name = said.device_type or said.emulator
    if name is None:
        texts = [said.sequence_builder, *(job.sequence for job in said.jobs)]
        name = next(filter(None, map(translate.device_named_in, texts)), None)
    if name is None:
        raise BadField(
            ("body", "device_type"), "is missing, and the sequence does not name a device.", "required"
        )
    try:
        return (await core.platforms.named(translate.DOOR, name)).platform
    except NotFound:
        offered = ", ".join(offer.platform.name for offer in await core.platforms.offers(translate.DOOR))
        raise BadField(
            ("body", "device_type"), f"'{name[:80]}' is not offered here; there is {offered or 'none'}."
        ) from None


def _must_be_unique(tags: list[str]) -> None:
    if len(set(tags)) != len(tags):
        raise BadField(("body", "tags"), "Tags must be unique.")
