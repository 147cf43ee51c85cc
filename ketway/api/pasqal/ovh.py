"""The mirror below `/third-party-access/ovh`: same batches and jobs, another login, fewer routes.

Its clients send a token and no project: the token is a secret key, and the project is that key's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from ketway.api.pasqal import answers, jobs, translate, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import CoreDep, bearer
from ketway.api.pasqal.batches import read_batch, read_status
from ketway.api.pasqal.creation import new_batch
from ketway.domain.accounts import Actor, ProjectId

router = APIRouter(prefix="/api/v1/third-party-access/ovh")


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who came with a secret key, looking through this door alone."""

    actor: Actor
    project_id: ProjectId


async def visitor(request: Request, core: CoreDep) -> Visitor:
    """
    Raises:
        BadToken: none, or not a secret key.
    """
    actor, key = await core.accounts.by_secret(bearer(request))
    return Visitor(actor=actor.through(translate.OVH), project_id=key.project_id)


VisitorDep = Annotated[Visitor, Depends(visitor)]


@router.post("/batches")
async def create_ovh_batch(request: Request, visitor: VisitorDep, core: CoreDep) -> Response:
    said, asked = await answers.read_once(request, visitor.actor, wire.CreateOvhBatch)
    placed = wire.CreateBatch(**dict(said) | {"project_id": visitor.project_id})
    new = await new_batch(core, placed, translate.OVH)
    batch = await core.batches.create_checked(visitor.actor, new, asked)
    return success(await answers.batch_v1(core, visitor.actor, batch, new.program))


@router.get("/batches/{batch_id}")
async def get_ovh_batch(batch_id: UUID, visitor: VisitorDep, core: CoreDep) -> Response:
    return success(await read_batch(core, visitor.actor, batch_id))


@router.get("/batches/{batch_id}/status")
async def get_ovh_batch_status(batch_id: UUID, visitor: VisitorDep, core: CoreDep) -> Response:
    return success(await read_status(core, visitor.actor, batch_id))


@router.get("/jobs")
async def get_ovh_jobs(request: Request, visitor: VisitorDep, core: CoreDep) -> Response:
    return await jobs.get_jobs(request, visitor.actor, core)


@router.get("/jobs/{job_id}/status")
async def get_ovh_job_status(job_id: UUID, visitor: VisitorDep, core: CoreDep) -> Response:
    return await jobs.get_job_status(job_id, visitor.actor, core)


@router.get("/jobs/{job_id}/results_link")
async def get_ovh_results_link(
    job_id: UUID, request: Request, visitor: VisitorDep, core: CoreDep
) -> Response:
    return await jobs.get_results_link(job_id, request, visitor.actor, core)
