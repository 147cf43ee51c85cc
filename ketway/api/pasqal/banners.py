"""Routes of banners: what operators tell everybody."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api.openapi import told
from ketway.api.pasqal import answers, records, shapes, translate_records, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.queries import PAGE, Query
from ketway.api.pasqal.shapes import Answer
from ketway.domain.notices import NoticeId

router = APIRouter(tags=["Banners"])


@router.get("/api/v1/banners", **told(shapes.Page[records.Banner], query=PAGE))
async def get_banners(request: Request, core: CoreDep) -> Response:
    """What operators tell everybody."""
    page = Query(request.query_params).page()
    listed = await core.notices.list(page)
    return answers.page([translate_records.banner(notice) for notice in listed.items], listed, page)


@router.post("/api/v1/banners", **told(Answer[records.Banner], body=wire.CreateBanner, refuses=(403,)))
async def create_banner(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Tell everybody something, from one moment to another."""
    actor.must_operate()
    said = await answers.read(request, wire.CreateBanner)
    notice = await core.notices.create(
        actor,
        said.banner_message,
        translate_records.LEVELS[said.level],
        said.start_datetime,
        said.end_datetime,
    )
    return success(translate_records.banner(notice))


@router.patch(
    "/api/v1/banners/{banner_id}",
    **told(Answer[records.Banner], body=wire.PatchBanner, refuses=(403, 409)),
)
async def patch_banner(banner_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Change what is given."""
    actor.must_operate()
    said = await answers.read(request, wire.PatchBanner)
    notice = await core.notices.change(
        actor,
        NoticeId(banner_id),
        text=said.banner_message,
        level=None if said.level is None else translate_records.LEVELS[said.level],
        starts_at=said.start_datetime,
        ends_at=said.end_datetime,
    )
    return success(translate_records.banner(notice))


@router.delete("/api/v1/banners/{banner_id}", **told(Answer[shapes.Nothing], refuses=(403,)))
async def delete_banner(banner_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """Take it down."""
    await core.notices.delete(actor, NoticeId(banner_id))
    return success({})
