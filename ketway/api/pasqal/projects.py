"""Routes of projects and their members, below `/account`; here `code` is an integer."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api.openapi import told
from ketway.api.pasqal import people, records, shapes, wire
from ketway.api.pasqal.answers import read, success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.queries import PAGING, PROJECT_STATUS, Query, pagination
from ketway.domain.accounts import AccountId, ProjectId, Role
from ketway.services.listing import Listed, Page

router = APIRouter(tags=["Projects"])


@router.get("/api/v1/projects", **told(shapes.AccountPage[records.Project], query=(PROJECT_STATUS,)))
async def get_projects(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """All of the caller's own, in one page: clients ask for no second."""
    wanted = Query(request.query_params).all("project_status", str, "a project status")
    found = await core.projects.mine(actor) if not wanted or "ACTIVE" in wanted else []
    block, headers = pagination(Listed(items=found, total=len(found)), Page())
    return success([people.project(each) for each in found], pagination=block, headers=headers, code=200)


@router.post(
    "/api/v1/projects",
    **told(shapes.AccountAnswer[records.Project], body=wire.CreateProject, refuses=(403,)),
)
async def create_project(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """A project, with somebody who has an account here as its admin."""
    actor.must_operate()
    said = await read(request, wire.CreateProject)
    return success(people.project(await core.projects.create(actor, people.new_project(said))), code=200)


@router.get("/api/v1/projects/{project_id}/members", **told(shapes.AccountPage[records.Member], query=PAGING))
async def get_members(project_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Who is in it, and as what."""
    project = await core.projects.get(actor, ProjectId(project_id))
    page = Query(request.query_params).page()
    listed = await core.projects.members(actor, project.id, page)
    block, headers = pagination(listed, page)
    shown = [people.member(each, project) for each in listed.items]
    return success(shown, pagination=block, headers=headers, code=200)


@router.put(
    "/api/v1/projects/{project_id}/members",
    **told(shapes.AccountAnswer[list[records.Member]], body=wire.SetRoles, refuses=(403, 409)),
)
async def set_roles(project_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """The same role for several members, all or nothing; answers those it was set for."""
    project = await core.projects.get(actor, ProjectId(project_id))
    actor.must_manage(project.id)
    said = await read(request, wire.SetRoles)
    accounts = [AccountId(id) for id in said.user_ids]
    changed = await core.projects.set_roles(actor, project.id, accounts, Role[said.role])
    return success([people.member(each, project) for each in changed], code=200)
