"""Routes below `/account`; here `code` is an integer."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ketway.api.pasqal import translate
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep

router = APIRouter()


@router.get("/api/v1/projects")
async def get_projects(actor: ActorDep, core: CoreDep) -> Response:
    projects = [translate.project(found.project) for found in await core.projects.mine(actor)]
    block = {"total": len(projects), "start": 0, "end": len(projects)}
    return success(projects, pagination=block, code=200)


@router.get("/api/v1/auth/info")
async def get_caller(actor: ActorDep, core: CoreDep) -> Response:
    account = await core.accounts.account(actor.account_id)
    roles = [
        {"project_id": str(project), "role": role.name, "status": "ACTIVE"}
        for project, role in actor.roles.items()
    ]
    return success(
        {
            "id": str(account.id),
            "email": account.email,
            "email_verified": True,
            "type": "USER",
            "superuser": actor.superuser,
            "acl": roles,
            "projects": [role["project_id"] for role in roles],
            "allowed_device_types": None,
        },
        code=200,
    )


@router.get("/api/v1/ping")
async def ping() -> Response:
    return success({}, code=200)
