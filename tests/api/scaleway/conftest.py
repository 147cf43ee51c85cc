from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.scaleway.worlds import a_client, a_qpu, an_aer
from tests.builders import a_platform
from tests.worlds import World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An Aer platform, one that takes one session at a time, and one that another door shows."""
    async with a_world(tmp_path, catalogue=[a_qpu(), an_aer(), a_platform()]) as world:
        yield world


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """The owner's client."""
    async with a_client(world.core, world.credentials.secret_key) as client:
        yield client


@pytest.fixture
async def stranger(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another project."""
    _, secret = await world.another_project()
    async with a_client(world.core, secret) as client:
        yield client
