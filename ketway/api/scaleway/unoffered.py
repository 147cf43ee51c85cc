"""Applications and processes: there are none here, and the answers say so."""

from __future__ import annotations

from typing import Annotated, Any, NoReturn

from fastapi import APIRouter, Depends
from starlette.requests import Request

from ketway.api.scaleway import wire
from ketway.api.scaleway.errors import PLACEHOLDERS, Absent
from ketway.api.scaleway.requests import body_of, query_of

router = APIRouter(include_in_schema=False)


@router.get("/applications")
@router.get("/processes")
async def list_none(
    request: Request, query: Annotated[wire.ListQuery, Depends(query_of(wire.ListQuery))]
) -> dict[str, Any]:
    return {"total_count": 0, request.url.path.rpartition("/")[2]: []}


@router.post("/processes", response_model=None)
async def create_none(
    sent: Annotated[wire.NewProcess, Depends(body_of(wire.NewProcess))],
) -> NoReturn:
    raise Absent("qaas_application", sent.application_id)


@router.get("/applications/{application_id}", response_model=None)
@router.get("/processes/{process_id}", response_model=None)
@router.patch("/processes/{process_id}", response_model=None)
@router.delete("/processes/{process_id}", response_model=None)
@router.post("/processes/{process_id}/cancel", response_model=None)
@router.get("/processes/{process_id}/results", response_model=None)
async def find_none(request: Request) -> NoReturn:
    ((placeholder, id),) = request.path_params.items()
    raise Absent(PLACEHOLDERS[placeholder], str(id))
