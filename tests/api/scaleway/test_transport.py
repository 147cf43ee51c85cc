from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from structlog.testing import capture_logs

from ketway.api.scaleway.translate import DOOR
from tests.api.scaleway.clients import AER, NOBODY, a_job, a_session
from tests.api.scaleway.worlds import PREFIX, a_client, an_aer
from tests.worlds import World


@pytest.mark.parametrize("secret", [None, "", "  "])
async def test_a_request_without_a_key_is_refused(world: World, secret):
    async with a_client(world.core, secret) as api:
        answer = await api.get("/platforms")

    assert answer.status_code == 401
    assert answer.json().items() >= {
        ("type", "denied_authentication"),
        ("method", "api_key"),
        ("reason", "invalid_argument"),
    }


async def test_a_revoked_key_opens_nothing(world: World, api: httpx.AsyncClient):
    _, key = await world.core.accounts.by_secret(world.credentials.secret_key)

    await world.core.keys.revoke(world.operator, key.id)

    answer = await api.get("/platforms")
    assert (answer.status_code, answer.json()["reason"]) == (401, "expired")


async def test_a_key_of_a_disabled_account_opens_nothing(world: World):
    stranger, secret = await world.another_project()

    await world.core.accounts.disable(world.operator, stranger.account_id)

    async with a_client(world.core, secret) as api:
        answer = await api.get("/platforms")
    assert (answer.status_code, answer.json()["type"]) == (401, "denied_authentication")


async def test_an_unknown_key_is_refused_before_its_body_is_read(world: World):
    async with a_client(world.core, NOBODY, max_body_bytes=1) as api:
        answer = await api.post("/sessions", content=b"much more than one byte")

    assert (answer.status_code, answer.json()["reason"]) == (401, "not_found")


@pytest.mark.parametrize("path", ["/nothing", "/platforms/", f"{PREFIX}{PREFIX}/jobs", "/", "/redoc"])
async def test_an_unknown_route_is_answered_in_json_without_a_redirect(api: httpx.AsyncClient, path):
    answer = await api.get(path)

    assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
    assert answer.json().keys() >= {"resource", "resource_id"}


async def test_a_method_that_a_route_lacks_is_answered_in_json(api: httpx.AsyncClient):
    answer = await api.put("/jobs", json={})

    assert (answer.status_code, answer.json()["type"]) == (405, "method_not_allowed")


async def test_the_routes_are_served_under_a_doubled_prefix_too(api: httpx.AsyncClient):
    assert (await api.get(f"{PREFIX}/platforms")).json() == (await api.get("/platforms")).json()


async def test_an_empty_object_in_the_body_of_a_get_or_delete_is_ignored(api: httpx.AsyncClient):
    session = await a_session(api)

    for method, path in [
        ("GET", "/platforms"),
        ("GET", f"/sessions/{session['id']}"),
        ("DELETE", f"/sessions/{session['id']}"),
    ]:
        assert (await api.request(method, path, content=b"{}")).status_code in (200, 204)


async def test_terminate_and_cancel_take_no_body_and_no_content_type(api: httpx.AsyncClient):
    session = await a_session(api)
    job = await a_job(api, session["id"])

    cancelled = await api.post(f"/jobs/{job['id']}/cancel")
    terminated = await api.post(f"/sessions/{session['id']}/terminate")

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert (terminated.status_code, terminated.json()["status"]) == (200, "stopped")


async def test_a_body_is_read_without_a_content_type(api: httpx.AsyncClient):
    answer = await api.post("/sessions", content=f'{{"platform_id": "{AER}"}}'.encode())

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"x"', b'{"payload": "\\u0000"}', b'{"payload": "\\ud800"}', b"\xff"]
)
async def test_a_body_that_is_no_clean_json_object_is_refused(api: httpx.AsyncClient, body):
    answer = await api.post("/models", content=body)

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_arguments")
    assert answer.json()["details"][0]["reason"] == "format"


async def test_a_body_over_the_bound_is_refused_as_an_argument(world: World):
    async with a_client(world.core, world.credentials.secret_key, max_body_bytes=100) as api:
        answer = await api.post("/models", json={"payload": "x" * 100})

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_arguments")
    assert answer.json()["details"][0]["argument_name"] == "body"


async def test_a_failure_of_ours_is_answered_in_json(world: World):
    unreadable = an_aer(shown={DOOR: {}})
    broken = replace(world.core, platforms=replace(world.core.platforms, catalogue=[unreadable]))
    with capture_logs() as logged:
        async with a_client(broken, world.credentials.secret_key) as api:
            answer = await api.get("/platforms")

    assert (answer.status_code, answer.json()["type"]) == (500, "internal")
    assert [entry["event"] for entry in logged] == ["request_failed"]


@pytest.mark.parametrize("noun", ["applications", "processes"])
async def test_what_is_not_offered_is_listed_empty_and_never_found(api: httpx.AsyncClient, noun):
    listed = await api.get(f"/{noun}", params={"page": 1, "order_by": "created_at_desc"})
    got = await api.get(f"/{noun}/{NOBODY}")

    assert listed.json() == {"total_count": 0, noun: []}
    assert (got.status_code, got.json()["type"], got.json()["resource_id"]) == (404, "not_found", NOBODY)


async def test_a_process_needs_an_application_and_there_is_none(api: httpx.AsyncClient):
    answer = await api.post("/processes", json={"application_id": NOBODY, "platform_id": AER})

    assert (answer.status_code, answer.json()["resource"]) == (404, "qaas_application")


@pytest.mark.parametrize("query", [{"page": -1}, {"page_size": "x"}, {"order_by": "shoe_size_asc"}])
async def test_a_bad_page_or_order_is_refused(api: httpx.AsyncClient, query):
    for path in ("/platforms", "/sessions", "/jobs", "/models"):
        answer = await api.get(path, params=query)

        assert (answer.status_code, answer.json()["type"]) == (400, "invalid_arguments")
        assert answer.json()["details"][0]["argument_name"] == next(iter(query))
