"""What signed links fetch over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from ketway.api.blobs import route
from ketway.domain.errors import StoreBusy
from ketway.keys.links import LinkSigner, fresh_key
from tests.builders import NOON
from tests.fakes import MemoryBlobs
from tests.worlds import MovableClock

KEY = "results/ab/1/1"


class FullBlobs(MemoryBlobs):
    """Cannot read anything right now."""

    async def get(self, key: str) -> bytes:
        raise StoreBusy("input/output error")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def blobs() -> MemoryBlobs:
    blobs = MemoryBlobs(LinkSigner(fresh_key()))
    await blobs.put(KEY, b"<script>alert(1)</script>")
    return blobs


@pytest.fixture
async def client(blobs: MemoryBlobs, clock: MovableClock) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[route(blobs, blobs.get, clock)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        yield client


@pytest.fixture
def link(blobs: MemoryBlobs) -> str:
    return blobs.link(KEY, filename="job.json", until=NOON + timedelta(minutes=1))


async def test_a_link_fetches_the_bytes(client, link):
    answer = await client.get(link)

    assert (answer.status_code, answer.content) == (200, b"<script>alert(1)</script>")


async def test_no_browser_runs_or_keeps_what_a_link_fetches(client, link):
    headers = (await client.get(link)).headers

    assert headers["content-type"].startswith("application/json")
    assert headers["content-disposition"] == 'attachment; filename="job.json"'
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert "no-store" in headers["cache-control"]


async def test_a_forged_link_is_forbidden(client, link):
    query = dict(parse_qsl(urlsplit(link).query))

    for path, params in (
        (f"/blobs/{KEY}", {}),
        (f"/blobs/{KEY}", query | {"proof": "0" * 64}),
        (f"/blobs/{KEY}", query | {"proof": "ünï"}),
        (f"/blobs/{KEY}", query | {"until": "99999999999"}),
        (f"/blobs/{KEY}", query | {"until": "x"}),
        (f"/blobs/{KEY}", query | {"name": "evil.html"}),
        ("/blobs/results/ab/1/2", query),
        ("/blobs/%2e%2e/secret", query),
    ):
        answer = await client.get(path, params=params)

        assert answer.status_code == 403, (path, params)
        assert "valid" in answer.json()["message"]


async def test_an_expired_link_is_forbidden(client, link, clock):
    clock.move(minutes=2)

    assert (await client.get(link)).status_code == 403


async def test_what_is_gone_is_not_found(client, link, blobs):
    await blobs.delete(KEY)

    assert (await client.get(link)).status_code == 404


async def test_a_link_is_for_reading(client, link):
    for method in ("PUT", "POST", "DELETE"):
        assert (await client.request(method, link)).status_code == 405


async def test_a_store_that_cannot_read_is_unavailable(clock):
    blobs = FullBlobs(LinkSigner(fresh_key()))
    app = Starlette(routes=[route(blobs, blobs.get, clock)])
    link = blobs.link(KEY, filename="f", until=NOON)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        assert (await client.get(link)).status_code == 503
