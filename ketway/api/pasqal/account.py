"""Routes of the caller, below `/account`; here `code` is an integer."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ketway.api.openapi import told
from ketway.api.pasqal import people, records, shapes
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep

router = APIRouter(tags=["Caller"])


@router.get("/api/v1/auth/info", **told(shapes.AccountAnswer[records.Caller]))
async def get_caller(actor: ActorDep, core: CoreDep) -> Response:
    """Who asks, and what they are in which project."""
    account = await core.accounts.account(actor.account_id)
    members = await core.accounts.memberships(actor)
    projects = [found.project for found in await core.projects.mine(actor)]
    return success(people.caller(actor, account, members, projects), code=200)


@router.get("/api/v1/ping", **told(shapes.AccountAnswer[shapes.Nothing]))
async def ping() -> Response:
    """Whether the server answers."""
    return success({}, code=200)
