"""Applications: list, get."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from ketway.api.scaleway import translate, translate_processes, wire_processes
from ketway.api.scaleway.auth import CoreDep
from ketway.api.scaleway.document import told
from ketway.api.scaleway.requests import query_of
from ketway.api.scaleway.wire_processes import ApplicationQuery
from ketway.domain.applications import ApplicationId

router = APIRouter(prefix="/applications", tags=["Applications"])


@router.get("", **told(query=ApplicationQuery, orders=translate_processes.APPLICATION_ORDERS))
async def list_applications(
    core: CoreDep, query: Annotated[ApplicationQuery, Depends(query_of(ApplicationQuery))]
) -> wire_processes.Applications:
    """Those that whoever operates this server offers."""
    field, descending = translate.ordered(query, translate_processes.APPLICATION_ORDERS, "name_asc")
    found = [translate_processes.application(known) for known in core.processes.applications]
    asked = sorted((one for one in found if _matches(one, query)), key=lambda one: str(one.id))
    asked.sort(key=lambda one: str(getattr(one, field)), reverse=descending)
    size = translate.size(query, translate.SHORT_LIST)
    start = (max(query.page, 1) - 1) * size
    return wire_processes.Applications(total_count=len(asked), applications=asked[start : start + size])


@router.get("/{application_id}", **told())
async def get_application(application_id: UUID, core: CoreDep) -> wire_processes.Application:
    """One application."""
    return translate_processes.application(core.processes.application(ApplicationId(application_id)))


def _matches(one: wire_processes.Application, query: ApplicationQuery) -> bool:
    return query.name in (None, one.name) and query.application_type in (None, one.type)
