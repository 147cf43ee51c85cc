"""Models: keep a program, get it, list them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request

from ketway.api import links, once
from ketway.api.scaleway import translate, wire
from ketway.api.scaleway.auth import CallerDep, CoreDep
from ketway.api.scaleway.requests import body_of, query_of
from ketway.domain.errors import Unknown
from ketway.domain.programs import Program, ProgramId
from ketway.services.core import Core

router = APIRouter(prefix="/models")


@router.get("")
async def list_models(
    request: Request,
    caller: CallerDep,
    core: CoreDep,
    query: Annotated[wire.ModelQuery, Depends(query_of(wire.ModelQuery))],
) -> wire.Models:
    page = translate.page(query, translate.CREATION_ORDERS, "created_at_desc", translate.SHORT_LIST)
    found = await core.programs.list(caller.actor, caller.reads(query.project_id), page)
    models = [_shown(core, request, program) for program in found.items]
    return wire.Models(total_count=found.total, models=models)


@router.post("")
async def create_model(
    request: Request,
    caller: CallerDep,
    core: CoreDep,
    sent: Annotated[wire.NewModel, Depends(body_of(wire.NewModel))],
) -> wire.Model:
    project = caller.writes(sent.project_id)
    asked = once.asked(request, caller.actor)
    return _shown(core, request, await core.programs.create(caller.actor, project, sent.payload, asked))


@router.get("/{model_id}")
async def get_model(model_id: UUID, request: Request, caller: CallerDep, core: CoreDep) -> wire.Model:
    program = await core.programs.get(caller.actor, ProgramId(model_id))
    if not program.is_named:
        raise Unknown("program", str(model_id))
    return _shown(core, request, program)


def _shown(core: Core, request: Request, program: Program) -> wire.Model:
    return translate.model(program, links.absolute(request, core.programs.link(program)))
