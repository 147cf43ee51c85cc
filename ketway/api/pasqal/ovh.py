"""The mirror below `/third-party-access/ovh`: same batches and jobs, another login, fewer routes.

Its clients send a token and no project: the token is a secret key, and the project is that key's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ketway.api.openapi import told
from ketway.api.pasqal import answers, jobs, shapes, translate, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import CoreDep, TokenDep
from ketway.api.pasqal.batches import read_batch, read_status
from ketway.api.pasqal.creation import new_batch
from ketway.api.pasqal.queries import JOB_FILTERS, PAGING
from ketway.api.pasqal.shapes import Answer
from ketway.domain.accounts import Actor, ProjectId

router = APIRouter(prefix="/api/v1/third-party-access/ovh", tags=["OVH"])


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who came with a secret key, looking through this door alone."""

    actor: Actor
    project_id: ProjectId


async def visitor(token: TokenDep, core: CoreDep) -> Visitor:
    """
    Raises:
        BadToken: none, or not a secret key.
    """
    actor, key = await core.accounts.by_secret(token)
    return Visitor(actor=actor.through(translate.OVH), project_id=key.project_id)


VisitorDep = Annotated[Visitor, Depends(visitor)]


@router.post(
    "/batches", **told(Answer[shapes.NewBatch], body=wire.CreateOvhBatch, is_once=True, refuses=(403,))
)
async def create_ovh_batch(request: Request, visitor: VisitorDep, core: CoreDep) -> Response:
    """A batch of the key's project."""
    said, asked = await answers.read_once(request, visitor.actor, wire.CreateOvhBatch)
    placed = wire.CreateBatch(**dict(said) | {"project_id": visitor.project_id})
    new = await new_batch(core, placed, translate.OVH)
    made = await core.batches.create_checked(visitor.actor, new, asked)
    return success(await answers.created(core, visitor.actor, made, new))


@router.get("/batches/{batch_id}", **told(Answer[shapes.BatchWithSequence]))
async def get_ovh_batch(batch_id: UUID, visitor: VisitorDep, core: CoreDep) -> Response:
    """With its sequence, exactly as received; without its jobs."""
    return success(await read_batch(core, visitor.actor, batch_id))


@router.get("/batches/{batch_id}/status", **told(Answer[shapes.BatchStatus]))
async def get_ovh_batch_status(batch_id: UUID, visitor: VisitorDep, core: CoreDep) -> Response:
    """Its status, and how many of its jobs have which."""
    return success(await read_status(core, visitor.actor, batch_id))


@router.get("/jobs", **told(shapes.Page[shapes.ListedJob], query=(*PAGING, *JOB_FILTERS)))
async def get_ovh_jobs(request: Request, visitor: VisitorDep, core: CoreDep) -> Response:
    """Jobs of the key's project; without results."""
    return await jobs.get_jobs(request, visitor.actor, core)


@router.get("/jobs/{job_id}/status", **told(Answer[shapes.JobStatus]))
async def get_ovh_job_status(job_id: UUID, visitor: VisitorDep, core: CoreDep) -> Response:
    """PENDING and RUNNING are the statuses to wait on; every other is final."""
    return await jobs.get_job_status(job_id, visitor.actor, core)


@router.get("/jobs/{job_id}/results_link", **told(Answer[shapes.ResultsLink]))
async def get_ovh_results_link(
    job_id: UUID, request: Request, visitor: VisitorDep, core: CoreDep
) -> Response:
    """Null until there is a result."""
    return await jobs.get_results_link(job_id, request, visitor.actor, core)
