from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.pasqal.worlds import (
    a_client,
    a_colleagues_token,
    a_machine,
    a_strangers_token,
    a_token,
    an_emulator,
)
from tests.builders import a_platform
from tests.worlds import World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An emulator for all, a machine that takes one batch at a time, and a platform of another door."""
    async with a_world(tmp_path, catalogue=[an_emulator(), a_machine(), a_platform()]) as world:
        yield world


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The owner's client."""
    async with a_client(world, await a_token(world)) as client:
        yield client


@pytest.fixture
async def stranger(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another project."""
    async with a_client(world, await a_strangers_token(world)) as client:
        yield client


@pytest.fixture
async def colleague(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the same project, who did not make what is in it."""
    async with a_client(world, await a_colleagues_token(world)) as client:
        yield client


@pytest.fixture
async def anonymous(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with a_client(world, None) as client:
        yield client
