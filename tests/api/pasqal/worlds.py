"""A ketway whose one surface is this dialect's, and clients that believe no answer unseen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from ketway.api import blobs
from ketway.api.pasqal import DOOR, surface
from ketway.domain.accounts import Account, AccountId, Role
from ketway.domain.platforms import Platform
from tests.builders import a_membership, a_platform
from tests.worlds import World

ORIGIN = "http://ketway.test:8750"
CORE = "/core-fast/api"
ACCOUNT = "/account/api"
MAX_BODY_BYTES = 2**20


def an_emulator(**changes: Any) -> Platform:
    """Has room for everybody."""
    plain = {"name": "EMU_FREE", "specs": '{"name": "EMU_FREE"}', "shown": {DOOR: {}}}
    return a_platform(**plain | changes)


def a_machine(**changes: Any) -> Platform:
    """One batch at a time, and no specs."""
    return a_platform(**{"name": "FRESNEL", "is_exclusive": True, "shown": {DOOR: {}}} | changes)


def an_app(world: World, *, public_url: str | None = None) -> Starlette:
    mounts = surface(world.core, public_url=public_url, max_body_bytes=MAX_BODY_BYTES)
    return Starlette(
        routes=[
            blobs.route(world.blobs, world.core.documents.read, world.core.clock),
            *[Mount(prefix, app) for prefix, app in mounts.items()],
        ]
    )


@asynccontextmanager
async def a_client(
    world: World, token: str | None, *, public_url: str | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(an_app(world, public_url=public_url), raise_app_exceptions=False),
        base_url=ORIGIN,
        headers={} if token is None else {"Authorization": f"Bearer {token}"},
        event_hooks={"response": [_must_be_readable]},
    ) as client:
        yield client


async def a_token(world: World) -> str:
    granted, _ = await world.core.accounts.login(world.credentials.username, world.credentials.password)
    return granted


async def a_strangers_token(world: World) -> str:
    """Of a member of another project."""
    actor, _ = await world.another_project()
    account = await world.core.accounts.account(actor.account_id)
    granted, _ = await world.core.accounts.login(account.email, "password")
    return granted


async def a_colleagues_token(world: World) -> str:
    """Of another member of the owner's project, who may read but not act."""
    account = Account(
        id=AccountId(uuid4()),
        email=f"{uuid4().hex}@here",
        created_at=world.clock.now(),
        password_hash=await world.core.accounts.hasher.hash("password"),
    )
    member = a_membership(account.id, world.project_id, Role.MEMBER)
    async with world.db.work() as work:
        await work.accounts.add(account)
        await work.projects.add_member(member)
    granted, _ = await world.core.accounts.login(account.email, "password")
    return granted


async def _must_be_readable(response: httpx.Response) -> None:
    """What no client survives: errors that are not JSON, or whose data is no object; redirects."""
    await response.aread()
    assert response.headers["content-type"] == "application/json", (response.request, response.text)
    answer = json.loads(response.content)
    path = response.request.url.path
    if path.endswith("/token"):
        assert answer.keys() >= ({"access_token"} if response.is_success else {"error", "error_description"})
    elif path.startswith((CORE, ACCOUNT)):
        assert response.status_code == 200 or response.status_code >= 400, response.status_code
        _must_be_jsend(response.status_code, answer, int if path.startswith(ACCOUNT) else str)


def _must_be_jsend(status: int, answer: Any, code: type) -> None:
    assert type(answer["code"]) is code, answer
    if status == 200:
        assert answer.keys() - {"pagination"} == {"status", "message", "code", "data"}, answer
        assert (answer["status"], answer["message"]) == ("success", "OK."), answer
        return
    assert answer.keys() == {"status", "message", "code", "data"}, answer
    assert answer["status"] == ("fail" if status < 500 else "error"), answer
    assert answer["message"] == HTTPStatus(status).phrase
    assert answer["code"] == code(status)
    assert isinstance(answer["data"], dict), answer
    assert answer["data"]["description"], answer
