"""The whole table of routes, row by row: who may call, what is answered, what is refused and how."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from ketway.api.pasqal import surface
from tests.api.pasqal.clients import NOBODY
from tests.api.pasqal.contract import ROUTES, Route
from tests.api.pasqal.contract.queries import WRONG
from tests.api.pasqal.stage import LEARNING, Stage, Who, a_stage
from tests.api.pasqal.worlds import ACCOUNT, MAX_BODY_BYTES
from tests.api.surface.calls import Call, rows, served
from tests.api.surface.documents import must_fit
from tests.api.surface.schemas import Schema, exactly, many

JSEND = [route for route in ROUTES if not route.is_login]
WITH_BODY = [route for route in JSEND if route.has_body]

PAGINATION = exactly({name: {"type": "integer", "minimum": 0} for name in ("total", "start", "end")})
#: Paths with these ids name things that may be unknown; a realm is any.
_NAMES = {"dt_name", "device_type"}


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with a_stage(tmp_path_factory.mktemp("contract")) as stage:
        yield stage


@pytest.fixture(scope="module")
def refusable(stage: Stage) -> Callable[[Route], Awaitable[Call]]:
    """A valid call, to be spoilt: what it needs is brought about once, as no refusal changes anything."""
    made: dict[str, Call] = {}

    async def call(route: Route) -> Call:
        if str(route) not in made:
            made[str(route)] = await route.call(stage)
        return made[str(route)]

    return call


async def ask(stage: Stage, who: Who, route: Route, call: Call, **more: Any) -> httpx.Response:
    """An answer that the surface's own document foresees."""
    path = route.path.format(**call.ids)
    if call.body is not None:
        more = {"json": call.body} | more
    client = stage.clients[who]
    answer = await client.request(route.method, path, params=call.query, data=call.form, **more)
    if not route.is_login:
        stage.documents.must_foresee(route.method, route.path, answer)
    return answer


def permitted(route: Route) -> Who:
    """Somebody who may make every call of a route."""
    return Who.BEARER if route.is_ovh else Who.OPERATOR


def envelope(route: Route) -> Schema:
    """Of a success."""
    code = 200 if route.path.startswith(ACCOUNT) else "200"
    fields: dict[str, Schema] = {
        "status": {"const": "success"},
        "message": {"const": "OK."},
        "code": {"const": code},
        "data": many(route.data, minItems=1) if route.is_paged else route.data,
    }
    return exactly(fields | ({"pagination": PAGINATION} if route.is_paged else {}))


def refused(response: httpx.Response, status: int) -> Any:
    """The refusal's description; clients of this dialect have seen to the rest of its shape."""
    assert response.status_code == status, (response.status_code, response.text)
    return response.json()["data"]["description"]


async def test_every_route_that_is_served_is_in_the_table_and_every_row_is_served(stage):
    found = served(surface(stage.world.core, public_url=None, max_body_bytes=1))

    listed = [(route.method, route.path) for route in ROUTES]
    grants = {("POST", "/oauth/token"), ("POST", "/realms/{realm}/protocol/openid-connect/token")}
    assert len(found) == len(set(found))
    assert set(found) == {*listed, *LEARNING}
    assert sorted(set(listed) - grants) == sorted(row for row in listed if row not in grants)


@rows(ROUTES)
async def test_a_valid_call_is_answered_with_exactly_its_fields(stage, route):
    call = await route.call(stage)
    callers = (Who.CREATOR, Who.BEARER, Who.ADMIN, Who.OPERATOR)
    caller = next(who for who in callers if route.answers(who, call) == route.status)

    answer = await ask(stage, caller, route, call)

    assert answer.status_code == route.status, answer.text
    if route.is_login:
        must_fit(answer.json(), route.data)
    elif route.status == 200:
        must_fit(answer.json(), envelope(route))
    assert ("content-range" in answer.headers) == route.is_paged


@rows(ROUTES)
async def test_those_may_call_who_should_and_nobody_else(stage, route):
    call = await route.call(stage)
    expected = {who: route.answers(who, call) for who in Who}
    answered: dict[Who, int] = {}

    for who in sorted(Who, key=lambda who: expected[who] == route.status):
        answered[who] = (await ask(stage, who, route, call)).status_code
        if answered[who] == route.status and route.method != "GET":
            call = await route.call(stage)

    assert answered == expected


@rows(JSEND)
async def test_a_token_of_somebody_elses_opens_nothing_that_needs_one(stage, refusable, route):
    call = await refusable(route)

    for token in ("rubbish", "a.b.c"):
        headers = {"Authorization": f"Bearer {token}"}
        answer = await ask(stage, Who.NOBODY, route, call, headers=headers)

        expected = route.answers(Who.NOBODY, call)
        assert answer.status_code == expected
        if expected == 401:
            assert "not one of this server's" in refused(answer, 401)


@rows([route for route in JSEND if "{" in route.path])
async def test_what_is_not_there_is_not_found(stage, refusable, route):
    call = await refusable(route)
    (name,) = call.ids

    unknown = replace(call, ids={name: "NOTHING" if name in _NAMES else NOBODY})
    answer = await ask(stage, permitted(route), route, unknown)

    assert "not found" in refused(answer, 404)


@rows([route for route in JSEND if "_id}" in route.path])
async def test_an_id_that_is_none_is_invalid(stage, refusable, route):
    call = await refusable(route)
    (name,) = call.ids

    answer = await ask(stage, permitted(route), route, replace(call, ids={name: "7"}))

    (detail,) = refused(answer, 422)
    assert detail["loc"] == ["path", name]


@rows([route for route in JSEND if route.number in ("B3", "J12", "S1", "W1")])
async def test_what_is_named_elsewhere_and_is_not_there_is_not_found(stage, refusable, route):
    call = await refusable(route)

    answer = await ask(stage, permitted(route), route, _naming(call, NOBODY))

    assert "not found" in refused(answer, 404)


@rows([route for route in JSEND if route.conflicts])
async def test_what_the_state_of_things_forbids_is_a_conflict(stage, route):
    for prepare in route.conflicts:
        answer = await ask(stage, permitted(route), route, await prepare(stage))

        assert refused(answer, 409)


@rows([route for route in JSEND if route.query])
async def test_a_wrong_parameter_is_named(stage, refusable, route):
    call = await refusable(route)
    free = {"id__starts_with", "user_id", "device_type", "tag", "project_status"}
    assert set(route.query) <= WRONG.keys() | free

    for name in set(route.query) & WRONG.keys():
        for value in WRONG[name]:
            answer = await ask(
                stage, permitted(route), route, replace(call, query={**call.query, name: value})
            )

            (detail,) = refused(answer, 422)
            assert detail["loc"] == ["query", name]


@rows([route for route in JSEND if route.query])
async def test_an_empty_parameter_is_none(stage, route):
    call = await route.call(stage)
    empty = dict.fromkeys(set(route.query) - set(call.query), "")

    answer = await ask(stage, permitted(route), route, replace(call, query={**call.query, **empty}))

    assert answer.status_code == route.status, answer.text


@rows(WITH_BODY)
async def test_a_body_that_does_not_fit_is_told_where(stage, refusable, route):
    call = await refusable(route)

    for wrong in route.wrong_bodies:
        if isinstance(wrong, dict) and wrong and isinstance(call.body, dict):
            wrong = {key: call.body[key] for key in {"project_id"} & call.body.keys()} | wrong
        answer = await ask(stage, permitted(route), route, replace(call, body=wrong))

        description = refused(answer, 422)
        assert isinstance(description, str) or all(
            detail["loc"][0] == "body" and detail["msg"] for detail in description
        )


@rows(WITH_BODY)
async def test_a_body_that_cannot_be_read_is_refused(stage, refusable, route):
    call = await refusable(route)
    bodies: Mapping[int, list[tuple[bytes, str]]] = {
        400: [(b"{", ""), (b"\xff", ""), (b"not gzip", "gzip"), (b'{"a": NaN}', "")],
        413: [(b'"' + b"a" * MAX_BODY_BYTES + b'"', ""), (gzip.compress(bytes(MAX_BODY_BYTES + 1)), "gzip")],
        415: [(b"{}", "br")],
        422: [(b"", "")],
    }

    for status, sent in bodies.items():
        for content, encoding in sent:
            headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
            answer = await ask(
                stage, permitted(route), route, replace(call, body=None), content=content, headers=headers
            )

            assert refused(answer, status)


@rows(WITH_BODY)
async def test_a_body_may_be_compressed(stage, route):
    call = await route.call(stage)
    request = httpx.Request(route.method, "http://here", json=call.body)

    answer = await ask(
        stage,
        permitted(route),
        route,
        replace(call, body=None),
        content=gzip.compress(request.content),
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
    )

    assert answer.status_code == route.status, answer.text


async def test_nobody_cancels_what_they_may_not_in_bulk(stage):
    mine, another = await stage.batch(), await stage.batch()
    (route,) = [route for route in ROUTES if route.number == "B12"]
    call = Call(body={"batch_ids": [mine["id"], another["id"], NOBODY]})

    def why(answer: httpx.Response) -> dict[str, str]:
        return answer.json()["data"]["errors"]

    by_colleague = await ask(stage, Who.COLLEAGUE, route, call)
    by_stranger = await ask(stage, Who.STRANGER, route, call)
    by_creator = await ask(stage, Who.CREATOR, route, call)

    assert "not allowed" in why(by_colleague)[mine["id"]]
    assert why(by_stranger)[mine["id"]] == "Batch not found."
    assert why(by_creator) == {NOBODY: "Batch not found."}
    assert [batch["status"] for batch in by_creator.json()["data"]["batches"]] == ["CANCELED"] * 2


def _naming(call: Call, id: str) -> Call:
    """The same call about another project or batch."""
    if call.query:
        return replace(call, query={**call.query, "project_id": id})
    name = "batch_id" if "batch_id" in call.body else "project_id"
    return replace(call, body=call.body | {name: id})
