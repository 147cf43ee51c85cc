"""Routes of figures: how many jobs when and where, and which projects are active."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api.openapi import told
from ketway.api.pasqal import shapes, translate, translate_records
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.queries import PROJECT, PROJECTS, SCOPE, Query
from ketway.api.pasqal.shapes import Answer

router = APIRouter(tags=["Statistics"])


@router.get(
    "/api/v1/statistics/total-job-device-frequency",
    **told(Answer[shapes.Frequencies], query=(PROJECT, SCOPE), refuses=(404,)),
)
async def get_total_job_device_frequency(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Jobs of a project by hour, day or month of their creation, UTC, and by device."""
    query = Query(request.query_params)
    project = query.project()
    scope, unit = query.needed("scope", _scope, "HOUR, DAY or MONTH")
    found = await core.figures.frequency(actor, project, unit)
    names = await core.platforms.names()
    return success({"count": translate_records.frequency(found, scope, names), "job_date_scope": scope})


@router.get(
    "/api/v1/batches/last_activity", **told(Answer[list[shapes.Activity]], query=(PROJECTS,), refuses=(403,))
)
async def get_last_activity(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """When something last happened in each project; those where nothing did are left out."""
    projects = Query(request.query_params).projects()
    found = await core.figures.last_activity(actor, projects)
    return success(
        [{"project_id": str(id), "last_activity_date": translate.moment(at)} for id, at in found.items()]
    )


def _scope(text: str) -> tuple[str, timedelta]:
    return text, translate_records.SCOPES[text]
