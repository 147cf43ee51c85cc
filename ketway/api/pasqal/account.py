"""Routes of the caller, below `/account`; here `code` is an integer."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ketway.api.pasqal import people
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep

router = APIRouter()


@router.get("/api/v1/auth/info")
async def get_caller(actor: ActorDep, core: CoreDep) -> Response:
    account = await core.accounts.account(actor.account_id)
    members = await core.accounts.memberships(actor)
    projects = [found.project for found in await core.projects.mine(actor)]
    return success(people.caller(actor, account, members, projects), code=200)


@router.get("/api/v1/ping")
async def ping() -> Response:
    return success({}, code=200)
