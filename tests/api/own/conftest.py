from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from ketway.api.own import surface
from tests.fakes import a_memory_world
from tests.worlds import World


@asynccontextmanager
async def a_client(world: World, bearer: str | None) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(surface(world.core), raise_app_exceptions=False),
        base_url="http://here",
        headers={} if bearer is None else {"Authorization": f"Bearer {bearer}"},
    ) as client:
        yield client


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_memory_world() as made:
        yield made


@pytest.fixture
async def operator(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A superuser who has logged in."""
    said = {"email": world.credentials.username, "password": world.credentials.password}
    async with a_client(world, None) as anonymous:
        token = (await anonymous.post("/login", json=said)).json()["token"]
    async with a_client(world, token) as client:
        yield client


@pytest.fixture
async def program(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever has the operator's secret key."""
    async with a_client(world, world.credentials.secret_key) as client:
        yield client


@pytest.fixture
async def anonymous(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(world, None) as client:
        yield client
