"""The surface's own document, and the page that is made of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from scaleway.qaas.v1alpha1 import QaasV1Alpha1API
from starlette.applications import Starlette
from starlette.routing import Mount

from ketway.api.scaleway import surface
from tests.api.scaleway.contract import ROUTES
from tests.api.scaleway.worlds import PREFIX, an_aer
from tests.api.surface.documents import Documents, read_documents
from tests.worlds import a_world


@pytest.fixture(scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """Without a key."""
    async with a_world(tmp_path_factory.mktemp("openapi"), catalogue=[an_aer()]) as world:
        mounts = surface(world.core, public_url=None, max_body_bytes=1)
        app = Starlette(routes=[Mount(prefix, app) for prefix, app in mounts.items()])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            yield client


@pytest.fixture(scope="module")
async def documents(client: httpx.AsyncClient) -> Documents:
    return await read_documents(client, PREFIX)


async def test_every_route_is_told_with_a_sentence_and_the_name_that_the_sdk_has_for_it(documents):
    found = documents.operations

    assert {key: operation["operationId"] for key, operation in found.items()} == {
        (route.method, route.path): route.operation for route in ROUTES
    }
    for route in ROUTES:
        assert hasattr(QaasV1Alpha1API, route.operation.replace("_acls", "_ac_ls")), route
    assert all(operation["description"] and operation["tags"] for operation in found.values())


async def test_every_parameter_that_is_read_is_told_and_every_order(documents):
    for route in ROUTES:
        parameters = documents.operations[route.method, route.path]["parameters"]
        by_place = {
            place: {told["name"]: told["schema"] for told in parameters if told["in"] == place}
            for place in ("query", "path")
        }

        assert set(by_place["query"]) == set(route.query), route
        assert set(by_place["path"]) == set(re.findall(r"{(\w+)}", route.path)), route
        if route.listed:
            assert set(by_place["query"]["order_by"]["enum"]) == set(route.orders), route


async def test_every_field_that_is_read_is_told_in_snake_case(documents):
    schemas = documents.by_base[PREFIX]["components"]["schemas"]

    for route in ROUTES:
        operation = documents.operations[route.method, route.path]
        assert ("requestBody" in operation) == bool(route.fields), route
        if route.fields:
            body = operation["requestBody"]
            schema = schemas[_name(body["content"]["application/json"]["schema"])]
            assert set(schema["properties"]) == set(route.fields), route
            assert set(schema.get("required", ())) == set(route.needs), route
            assert body["required"] == bool(route.needs), route


async def test_every_field_that_is_answered_is_told_and_nothing_else_is(documents):
    schemas = documents.by_base[PREFIX]["components"]["schemas"]

    for route in ROUTES:
        if route.status == 200 and "properties" in route.data:
            answer = documents.operations[route.method, route.path]["responses"]["200"]
            schema = schemas[_name(answer["content"]["application/json"]["schema"])]
            if route.listed:
                assert set(schema["properties"]) == {"total_count", route.listed}
                schema = schemas[_name(schema["properties"][route.listed]["items"])]
            assert set(schema["properties"]) >= set(route.data["properties"]), route
            assert set(schema["required"]) <= set(route.data["required"]), route
            assert schema["additionalProperties"] is False, route
            assert "null" not in str(schema), route


async def test_a_key_is_needed_everywhere_and_every_error_is_told(documents):
    for operation in documents.operations.values():
        assert operation["security"] == [{"SecretKey": []}]
        assert {"401", "503"} <= operation["responses"].keys()
    scheme = documents.by_base[PREFIX]["components"]["securitySchemes"]["SecretKey"]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-Auth-Token")


async def test_every_reference_leads_somewhere(documents):
    document = documents.by_base[PREFIX]
    names = set(re.findall(r"#/components/schemas/([^'\"]+)", str(document)))

    assert names <= document["components"]["schemas"].keys()
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_the_page_needs_nothing_from_elsewhere(client):
    answer = await client.get(f"{PREFIX}/docs")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert not re.search(r"<script|<link|src=|https?://", answer.text)
    for route in ROUTES:
        assert route.path.removeprefix(PREFIX) in answer.text


def _name(schema: dict[str, Any]) -> str:
    return schema["$ref"].rsplit("/", 1)[1]
