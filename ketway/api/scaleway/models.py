"""Models: keep a program, get it, list them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request

from ketway.api import links, once
from ketway.api.scaleway import translate, wire
from ketway.api.scaleway.auth import CallerDep, CoreDep
from ketway.api.scaleway.document import told
from ketway.api.scaleway.requests import body_of, query_of
from ketway.domain.errors import BadField, OverBound, Unknown
from ketway.domain.programs import Program, ProgramId
from ketway.services.core import Core

router = APIRouter(prefix="/models", tags=["Models"])


@router.get("", **told(query=wire.ModelQuery, orders=translate.CREATION_ORDERS, refuses=(403,)))
async def list_models(
    request: Request,
    caller: CallerDep,
    core: CoreDep,
    query: Annotated[wire.ModelQuery, Depends(query_of(wire.ModelQuery))],
) -> wire.Models:
    """Those of one project; by default the one that the key is for."""
    page = translate.page(query, translate.CREATION_ORDERS, "created_at_desc", translate.SHORT_LIST)
    found = await core.programs.list(caller.actor, caller.reads(query.project_id), page)
    models = [_shown(core, request, program) for program in found.items]
    return wire.Models(total_count=found.total, models=models)


@router.post("", **told(body=wire.NewModel, is_once=True, refuses=(403,)))
async def create_model(
    request: Request,
    caller: CallerDep,
    core: CoreDep,
    sent: Annotated[wire.NewModel, Depends(body_of(wire.NewModel))],
) -> wire.Model:
    """Keep a program, to be run by any number of jobs."""
    project = caller.writes(sent.project_id)
    asked = once.asked(request, caller.actor)
    try:
        program = await core.programs.create(caller.actor, project, sent.payload, asked)
    except OverBound as over:
        raise BadField(("payload",), f"is over the limit of {over.allowed} {over.unit}") from None
    return _shown(core, request, program)


@router.get("/{model_id}", **told())
async def get_model(model_id: UUID, request: Request, caller: CallerDep, core: CoreDep) -> wire.Model:
    """One model, with a fresh link to its payload."""
    program = await core.programs.get(caller.actor, ProgramId(model_id))
    if not program.is_named:
        raise Unknown("program", str(model_id))
    return _shown(core, request, program)


def _shown(core: Core, request: Request, program: Program) -> wire.Model:
    return translate.model(program, links.absolute(request, core.programs.link(program)))
