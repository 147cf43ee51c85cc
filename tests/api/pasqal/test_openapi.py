"""The surface's own document, and the page that is made of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.api.pasqal.contract import ROUTES
from tests.api.pasqal.stage import BASES, LEARNING
from tests.api.pasqal.worlds import an_app, an_emulator
from tests.api.surface.documents import Documents, read_documents
from tests.worlds import a_world


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    async with a_world(tmp_path_factory.mktemp("openapi"), catalogue=[an_emulator()]) as world:
        transport = httpx.ASGITransport(an_app(world))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            yield client


@pytest.fixture(scope="module")
async def documents(client: httpx.AsyncClient) -> Documents:
    return await read_documents(client, *BASES)


async def test_every_route_is_told_with_a_sentence_and_an_id_of_its_own(documents):
    found = documents.operations

    ids = [operation["operationId"] for operation in found.values()]
    listed = {(route.method, route.path) for route in ROUTES if not route.is_login}
    assert set(found) == listed | LEARNING
    assert len(set(ids)) == len(ids)
    assert found["GET", "/core-fast/api/v2/jobs"]["operationId"] == "get_jobs_api_v2_jobs_get"
    assert all(operation["summary"] and operation["description"] for operation in found.values())
    assert all(operation["tags"] for operation in found.values())


async def test_every_parameter_that_is_read_is_told(documents):
    found = documents.operations

    for route in ROUTES:
        if not route.is_login:
            parameters = found[route.method, route.path]["parameters"]
            told = set(_named(parameters, "query"))
            assert told == set(route.query), route
            assert set(_named(parameters, "path")) == set(re.findall(r"{(\w+)}", route.path)), route


async def test_bodies_are_told_where_they_are_read_and_logins_where_they_are_needed(documents):
    found = documents.operations

    for route in ROUTES:
        if not route.is_login:
            operation = found[route.method, route.path]
            assert ("requestBody" in operation) == route.has_body, route
            assert ("security" in operation) == ("401" in operation["responses"]), route
            assert ("security" in operation) == (route.may.value != "P"), route


async def test_every_reference_leads_somewhere(documents):
    for document in documents.by_base.values():
        names = set(re.findall(r"#/components/schemas/([^'\"]+)", str(document)))

        assert names <= document["components"]["schemas"].keys()
        assert "HTTPValidationError" not in document["components"]["schemas"]


@pytest.mark.parametrize("base", BASES)
async def test_the_page_needs_nothing_from_elsewhere(client, base):
    answer = await client.get(f"{base}/docs")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert not re.search(r"<script|<link|src=|https?://", answer.text)
    for route in ROUTES:
        if route.path.startswith(base):
            assert route.path.removeprefix(base) in answer.text


def _named(parameters: list[dict[str, Any]], place: str) -> list[str]:
    return [parameter["name"] for parameter in parameters if parameter["in"] == place]
