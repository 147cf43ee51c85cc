"""The whole table of routes, row by row: who may call, what is answered, what is refused and how."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic.alias_generators import to_camel

from ketway.api.scaleway import surface
from tests.api.scaleway.clients import NOBODY
from tests.api.scaleway.contract import ROUTES, Route
from tests.api.scaleway.contract.shapes import ERRORS, STATUSES
from tests.api.scaleway.contract.wrong import FIELDS, FREE, PARAMETERS
from tests.api.scaleway.stage import SHUT_OUT, Stage, Who, a_stage
from tests.api.scaleway.worlds import MAX_BODY_BYTES, ORIGIN, PREFIX
from tests.api.surface.calls import Call, rows, served
from tests.api.surface.documents import must_fit
from tests.api.surface.schemas import WHOLE, Schema, exactly, many

WITH_ID = [route for route in ROUTES if "{" in route.path]
WITH_BODY = [route for route in ROUTES if route.fields]
WITHOUT_BODY = [route for route in ROUTES if not route.fields]
LISTS = [route for route in ROUTES if route.listed]
GETS = [route for route in ROUTES if route.method == "GET"]
#: The resource that an id in the path is of.
RESOURCES = {
    "platform_id": "qaas_platform",
    "session_id": "qaas_session",
    "job_id": "qaas_job",
    "model_id": "qaas_model",
    "booking_id": "qaas_booking",
    "application_id": "qaas_application",
    "process_id": "qaas_process",
}
#: There are none of these, and `test_transport` says so.
UNOFFERED = {
    (method, prefix + path)
    for prefix in (PREFIX, PREFIX + PREFIX)
    for method, path in (
        ("GET", "/applications"),
        ("GET", "/applications/{application_id}"),
        ("GET", "/processes"),
        ("POST", "/processes"),
        ("GET", "/processes/{process_id}"),
        ("PATCH", "/processes/{process_id}"),
        ("DELETE", "/processes/{process_id}"),
        ("POST", "/processes/{process_id}/cancel"),
        ("GET", "/processes/{process_id}/results"),
    )
}
#: Differ from one answer to the next although nothing else does.
FRESH = {"id", "url"}


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


async def ask(
    stage: Stage, route: Route, call: Call, who: Who = Who.CREATOR, *, base: str = ORIGIN, **more: Any
) -> httpx.Response:
    """An answer that the surface's own document foresees; clients of this dialect have seen to its form."""
    if call.body is not None:
        more = {"json": call.body} | more
    answer = await stage.clients[who].request(
        route.method, base + route.path.format(**call.ids), params=call.query, **more
    )
    stage.documents.must_foresee(route.method, route.path, answer)
    if answer.status_code >= 400:
        must_be_an_error(answer)
    return answer


def must_be_an_error(answer: httpx.Response) -> None:
    """With every key of its type, and no other."""
    said = answer.json()
    assert STATUSES[said["type"]] == answer.status_code, said
    must_fit(said, ERRORS[said["type"]])


def refused(answer: httpx.Response, type: str) -> Any:
    assert answer.status_code == STATUSES[type], (answer.status_code, answer.text)
    assert answer.json()["type"] == type, answer.text
    return answer.json()


def wrong(answer: httpx.Response) -> tuple[str, str]:
    """The one argument that was refused, and why."""
    (detail,) = refused(answer, "invalid_arguments")["details"]
    return detail["argument_name"], detail["reason"]


def expected(route: Route) -> Schema:
    if route.listed:
        return exactly({"total_count": WHOLE, route.listed: many(route.data, minItems=1)})
    return route.data


def told(answer: httpx.Response) -> Any:
    """What is the same in every answer to one call."""
    if answer.status_code == 204:
        return None
    return _without(answer.json(), FRESH)


def in_camel(sent: Any) -> Any:
    """The same in the other spelling."""
    if isinstance(sent, dict):
        return {to_camel(name): in_camel(value) for name, value in sent.items()}
    return sent


async def test_every_route_that_is_served_is_in_the_table_and_every_row_is_served(stage):
    found = served(surface(stage.world.core, public_url=None, max_body_bytes=1))

    listed = [(route.method, route.path) for route in ROUTES]
    doubled = [(route.method, PREFIX + route.path) for route in ROUTES]
    assert len(found) == len(set(found))
    assert sorted(set(found) - UNOFFERED) == sorted([*listed, *doubled])


@rows(ROUTES)
async def test_a_valid_call_is_answered_with_exactly_its_fields(stage, route):
    answer = await ask(stage, route, await route.call(stage))

    assert answer.status_code == route.status, answer.text
    if route.status == 200:
        must_fit(answer.json(), expected(route))


@rows(ROUTES)
async def test_those_may_call_who_should_and_nobody_else(stage, route):
    call = await route.call(stage)
    expected = {who: route.answers(who, call) for who in Who}
    answered: dict[Who, int] = {}

    for who in sorted(Who, key=lambda who: expected[who] == route.status):
        answered[who] = (await ask(stage, route, call, who)).status_code
        if answered[who] == route.status and route.method != "GET":
            call = await route.call(stage)

    assert answered == expected


@rows(ROUTES)
async def test_a_key_that_opens_nothing_says_why(stage, refusable, route):
    call = await refusable(route)

    answers = {who: refused(await ask(stage, route, call, who), "denied_authentication") for who in SHUT_OUT}
    rubbish = refused(
        await ask(stage, route, call, Who.NOBODY, headers={"X-Auth-Token": "rubbish"}),
        "denied_authentication",
    )
    unknown = refused(
        await ask(stage, route, call, Who.NOBODY, headers={"x-auth-token": NOBODY}), "denied_authentication"
    )

    reasons = {who: answer["reason"] for who, answer in answers.items()}
    assert reasons == {
        Who.DISABLED: "not_found",
        Who.EXPIRED: "expired",
        Who.REVOKED: "expired",
        Who.NOBODY: "invalid_argument",
    }
    assert (rubbish["reason"], unknown["reason"]) == ("invalid_argument", "not_found")


@rows(ROUTES)
async def test_under_a_doubled_prefix_the_same_is_served(stage, route):
    plain = await ask(stage, route, await route.call(stage))
    doubled = await ask(stage, route, await route.call(stage), base=ORIGIN + PREFIX)

    assert doubled.status_code == plain.status_code == route.status
    if route.status == 200 and not route.listed:
        assert doubled.json().keys() == plain.json().keys()


@rows(ROUTES)
async def test_a_slash_too_many_leads_nowhere_and_elsewhere_neither(stage, refusable, route):
    call = await refusable(route)
    path = route.path.format(**call.ids)

    for spoilt in (f"{path}/", f"{path}/nothing/at/all", path.replace("/v1alpha1/", "/v1alpha1//", 1)):
        answer = await stage.creator.request(route.method, ORIGIN + spoilt, json=call.body)

        assert refused(answer, "not_found")["resource"] == "route"
        must_be_an_error(answer)


@rows(ROUTES)
async def test_a_method_that_is_not_served_is_refused_in_json(stage, refusable, route):
    call = await refusable(route)

    for method in ("PUT", "OPTIONS", "TRACE"):
        answer = await stage.creator.request(method, ORIGIN + route.path.format(**call.ids))

        refused(answer, "method_not_allowed")
        must_be_an_error(answer)


@rows(WITH_ID)
async def test_what_is_not_there_is_not_found(stage, refusable, route):
    call = await refusable(route)
    (name,) = call.ids

    for id in (NOBODY, "7", "EMU-AER", "\U0001f431", f"{call.ids[name]}0", "%00"):
        answer = await ask(stage, route, replace(call, ids={name: id}))

        assert refused(answer, "not_found")["resource"] == RESOURCES[name]


@rows([route for route in WITH_ID if route.method == "GET"])
async def test_an_id_is_found_in_capitals_and_answered_in_lower_case(stage, refusable, route):
    call = await refusable(route)
    ((name, id),) = call.ids.items()

    shouted = await ask(stage, route, replace(call, ids={name: id.upper()}))

    assert told(shouted) == told(await ask(stage, route, call))


@rows([route for route in ROUTES if route.forbids])
async def test_what_the_state_of_things_forbids_is_refused_with_the_facts(stage, route):
    for forbidden in route.forbids:
        answer = await ask(stage, route, await forbidden.call(stage))

        assert refused(answer, forbidden.type).items() >= forbidden.facts.items()


@rows([route for route in ROUTES if route.query])
async def test_a_wrong_parameter_is_named_with_a_reason(stage, refusable, route):
    call = await refusable(route)
    assert set(route.query) <= PARAMETERS.keys() | FREE

    for name in set(route.query) & PARAMETERS.keys():
        for value, reason in PARAMETERS[name]:
            for spelled in {name, to_camel(name)}:
                query = {asked: sent for asked, sent in call.query.items() if asked != name}
                answer = await ask(stage, route, replace(call, query={**query, spelled: value}))

                assert wrong(answer) == (name, reason), value


@rows(GETS)
async def test_parameters_are_read_in_both_spellings_and_unknown_ones_ignored(stage, refusable, route):
    call = await refusable(route)
    page = {"page": "1", "page_size": "1"} if route.listed else {}

    snake = await ask(stage, route, replace(call, query={**call.query, **page}))
    camel = await ask(
        stage,
        route,
        replace(call, query={**in_camel({**call.query, **page}), "color": "red", "pages": "-1", "Page": "x"}),
    )

    assert told(snake) == told(camel)


@rows([route for route in ROUTES if route.query])
async def test_an_empty_parameter_is_none(stage, refusable, route):
    call = await refusable(route)
    empty = dict.fromkeys(set(route.query) - set(call.query), "")

    answer = await ask(stage, route, replace(call, query={**call.query, **empty}))

    assert told(answer) == told(await ask(stage, route, call))


@rows(WITHOUT_BODY)
async def test_a_body_that_is_not_asked_for_changes_nothing(stage, route):
    for content in (b"{}", b"", b"null", b"\xff nonsense"):
        answer = await ask(stage, route, await route.call(stage), content=content)

        assert answer.status_code == route.status


@rows(WITH_BODY)
async def test_a_body_is_read_in_both_spellings_and_unknown_fields_ignored(stage, route):
    snake, camel = await route.call(stage), await route.call(stage)
    more = {"color": {"is": [None]}, "origin_type": "process", "Name": 7, "": True}

    first = await ask(stage, route, snake)
    second = await ask(stage, route, replace(camel, body=in_camel(camel.body) | more))

    ours = {"session_id", "model_id", *FRESH}
    assert first.status_code == second.status_code == 200, second.text
    assert _without(first.json(), ours) == _without(second.json(), ours)


@rows(WITH_BODY)
async def test_where_both_spellings_are_sent_the_one_that_is_answered_counts(stage, route):
    call = await route.call(stage)
    other = {to_camel(name): "x" * 300 for name in call.body if to_camel(name) != name}

    answer = await ask(stage, route, replace(call, body=other | call.body))

    assert answer.status_code == 200, answer.text


@rows(WITH_BODY)
async def test_a_body_needs_no_content_type_and_may_be_compressed(stage, route):
    for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=utf-8"}):
        call = await route.call(stage)
        content = json.dumps(call.body).encode()
        plain = await ask(stage, route, replace(call, body=None), content=content, headers=headers)
        assert plain.status_code == 200, plain.text

    call = await route.call(stage)
    answer = await ask(
        stage,
        route,
        replace(call, body=None),
        content=gzip.compress(json.dumps(call.body).encode()),
        headers={"Content-Encoding": "gzip"},
    )
    assert answer.status_code == 200, answer.text


@rows(WITH_BODY)
async def test_every_field_but_those_that_are_needed_may_be_null_or_missing(stage, route):
    call = await route.call(stage)
    assert set(route.fields) <= FIELDS.keys()
    kept = {name: call.body[name] for name in (*route.needs, "circuit") if name in call.body}

    for optional in (dict.fromkeys(route.fields), {}):
        answer = await ask(stage, route, replace(call, body=optional | kept))
        assert answer.status_code == 200, answer.text

    for name in route.needs:
        missing = {field: value for field, value in call.body.items() if field != name}
        for body in (missing, missing | {name: None}, missing | {to_camel(name): None}):
            answer = await ask(stage, route, replace(call, body=body))
            assert wrong(answer) == (name, "required")


@rows(WITH_BODY)
async def test_a_wrong_field_is_named_with_a_reason(stage, refusable, route):
    call = await refusable(route)

    for name in set(route.fields) & FIELDS.keys():
        for value, reason in FIELDS[name]:
            for spelled in {name, to_camel(name)}:
                body = {field: sent for field, sent in call.body.items() if field != name}
                answer = await ask(stage, route, replace(call, body=body | {spelled: value}))

                argument, why = wrong(answer)
                assert (argument.split(".")[0], why) == (name, reason), str(value)[:40]


@rows(WITH_BODY)
async def test_a_body_that_cannot_be_read_is_refused(stage, refusable, route):
    call = await refusable(route)
    plain: list[bytes] = [
        *(b"{", b"nonsense", b"[]", b"7", b'"x"', b"[{}]", b"\xff", b'{"name": "\xed\xa0\x80"}'),
        *(b'{"name": "\\ud800"}', b'{"name": "\\u0000"}', b'{"\\u0000": 1}', b'{"a": NaN}', b'{"a": 1e999}'),
        *(b'{"a": ' + b"9" * 5000 + b"}", b'{"a": ' + b"[" * 65 + b"]" * 65 + b"}", b"[" * 100_000),
    ]
    large = b'{"a": "' + b"x" * MAX_BODY_BYTES + b'"}'
    encoded: Mapping[str, list[bytes]] = {
        "": [*plain, large, b'{"a": [' + b"0," * 250_000 + b"0]}"],
        "gzip": [b"not gzip", gzip.compress(large), gzip.compress(b"{}")[:-1], gzip.compress(b"{}") * 2],
        "br": [b"{}"],
    }

    for encoding, bodies in encoded.items():
        for content in bodies:
            answer = await ask(
                stage,
                route,
                replace(call, body=None),
                content=content,
                headers={"Content-Encoding": encoding, "Content-Type": "application/json"},
            )

            assert wrong(answer)[0] == "body", content[:40]


@rows(WITH_BODY)
async def test_of_a_field_that_comes_twice_the_last_one_counts(stage, refusable, route):
    call = await refusable(route)
    name = next(field for field in route.fields if field in FIELDS)
    sent, reason = FIELDS[name][0]
    fields = [*call.body.items(), (name, sent)]
    twice = "{" + ", ".join(f"{json.dumps(field)}: {json.dumps(value)}" for field, value in fields) + "}"

    answer = await ask(stage, route, replace(call, body=None), content=twice.encode())

    assert wrong(answer) == (name, reason)


@rows(LISTS)
async def test_a_page_past_the_end_is_empty_and_a_large_one_is_cut(stage, route):
    call = await route.some(stage)

    async def page(**asked: Any) -> Any:
        return (await ask(stage, route, replace(call, query={**call.query, **asked}))).json()

    whole = await page()
    total = whole["total_count"]
    assert len(whole[route.listed]) == min(total, route.most)
    for empty in ({"page": total + 1, "page_size": 1}, {"page": 2**63}, {"page": "9" * 5000}):
        assert await page(**empty) == {"total_count": total, route.listed: []}
    for all_of_it in ({"page": 0, "page_size": 0}, {"page_size": route.most}, {"pageSize": "9" * 5000}):
        assert _without(await page(**all_of_it), {"url"}) == _without(whole, {"url"})


@rows(LISTS)
async def test_every_order_that_can_be_asked_for_is_kept_and_its_pages_are_stable(stage, route):
    call = await route.some(stage)

    async def listed(**asked: Any) -> list[Any]:
        answer = await ask(stage, route, replace(call, query={**call.query, **asked}))
        return answer.json()[route.listed]

    usual = next(iter(route.orders))
    assert [_id(row) for row in await listed()] == [_id(row) for row in await listed(order_by=usual)]
    for word, key in route.orders.items():
        whole = await listed(order_by=word)
        size = max(len(whole) // 4, 1)
        pages = [await listed(order_by=word, page=number, page_size=size) for number in range(1, 9)]

        found = [key(row) for row in whole]
        assert found == sorted(found, reverse=word.endswith("_desc")), word
        assert [_id(row) for page in pages for row in page] == [_id(row) for row in whole], word


@rows([route for route in LISTS if "tags" in route.query])
async def test_tags_that_repeat_are_all_needed(stage, route):
    call = await route.some(stage)
    some = (await ask(stage, route, call)).json()[route.listed]
    tags: list[str] = list(call.query["tags"])

    none = await ask(stage, route, replace(call, query={**call.query, "tags": [*tags, "no such tag"]}))
    without = await ask(stage, route, replace(call, query={**call.query, "tags": ["several ", "Several"]}))

    assert some
    assert all(set(tags) <= set(row["tags"]) for row in some)
    assert none.json()["total_count"] == without.json()["total_count"] == 0


def _id(row: Any) -> str:
    return row if isinstance(row, str) else str(row.get("id") or row["job_id"])


def _without(said: Any, names: set[str]) -> Any:
    if isinstance(said, dict):
        return {name: _without(value, names) for name, value in said.items() if name not in names}
    return [_without(each, names) for each in said] if isinstance(said, list) else said
