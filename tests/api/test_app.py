"""The surfaces side by side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import AsyncMock

import httpx
import pytest
from starlette.applications import Starlette
from structlog.testing import capture_logs

from ketway.api.app import create_app
from tests.worlds import a_world


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Starlette]:
    async with a_world(tmp_path) as world:
        yield create_app(
            world.core, linked=world.blobs, public_url=None, max_body_bytes=100, max_result_bytes=100
        )


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        yield client


@pytest.mark.parametrize("prefix", ["/qaas/v1alpha1", "/core-fast", "/account", "/ketway/v1"])
@pytest.mark.parametrize("path", ["", "/", "/nothing", "/nothing/"])
async def test_nobody_is_sent_elsewhere_for_want_of_a_slash_or_for_one_too_many(client, prefix, path):
    answer = await client.get(f"{prefix}{path}")

    assert answer.status_code in (401, 404), answer.headers
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/healthz/", "/readyz/", "/qaas/v1alpha2/platforms", "/docs"])
async def test_what_is_served_nowhere_says_so_in_json(client, path):
    answer = await client.get(path)

    assert (answer.status_code, answer.json()) == (404, {"message": f"Nothing is served at {path}."})


@pytest.mark.parametrize("path", ["/oauth/token", "/ketway/v1/login"])
async def test_who_hangs_up_in_the_middle_of_a_body_costs_a_line_and_no_traceback(app, path):
    heard = [
        {"type": "http.request", "body": b"half of it", "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []}

    with capture_logs() as logged:
        await app(scope, AsyncMock(side_effect=heard), AsyncMock())

    line = {"event": "caller_hung_up", "log_level": "info", "path": path, "bytes_heard": len(b"half of it")}
    assert logged == [line]
