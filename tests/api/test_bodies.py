"""Bodies of strangers."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ketway.api.bodies import MAX_DEPTH, MAX_VALUES, inflate, parse, read_json
from ketway.domain.errors import Invalid, Malformed, OverBound, Refusal, UnknownEncoding

LIMIT = 1000


async def echo(request: Request) -> Response:
    return JSONResponse({"read": await read_json(request, limit=LIMIT)})


async def refuse(request: Request, error: Exception) -> Response:
    return JSONResponse({"refused": type(error).__name__}, 400)


async def sent(content, **headers: str) -> dict:
    app = Starlette(routes=[Route("/", echo, methods=["POST"])], exception_handlers={Refusal: refuse})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        return (await client.post("/", content=content, headers=headers)).json()


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


async def test_json_comes_through():
    assert await sent('{"ü": [1, 2.5, null, true]}') == {"read": {"ü": [1, 2.5, None, True]}}


@pytest.mark.parametrize("body", [b"", b" \n"])
async def test_no_body_is_none(body):
    assert await sent(body) == {"read": None}


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " gzip "])
async def test_gzip_is_undone(encoding):
    assert await sent(gzip.compress(b'{"a": 1}'), **{"content-encoding": encoding}) == {"read": {"a": 1}}


async def test_identity_is_nothing_to_undo():
    assert await sent(b"[1]", **{"content-encoding": "identity"}) == {"read": [1]}


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "ünï".encode().decode("latin-1")])
async def test_another_encoding_is_refused(encoding):
    with pytest.raises(UnknownEncoding):
        inflate(encoding, b"x", LIMIT)


async def test_a_body_may_be_as_large_as_the_limit_and_no_larger():
    whole = json.dumps("x" * (LIMIT - 2)).encode()

    assert "read" in await sent(whole)
    assert await sent(whole + b" ") == {"refused": "OverBound"}


async def test_a_body_whose_length_is_not_declared_is_bounded_as_it_comes():
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (LIMIT // 2)

    assert await sent(parts()) == {"refused": "OverBound"}


async def test_a_declared_length_over_the_limit_is_refused_before_reading():
    assert await sent(b"1", **{"content-length": str(10**12)}) == {"refused": "OverBound"}


async def test_a_body_may_inflate_to_the_limit_and_no_further():
    whole = json.dumps("x" * (LIMIT - 2)).encode()

    assert "read" in await sent(gzip.compress(whole), **{"content-encoding": "gzip"})
    over = await sent(gzip.compress(whole + b" "), **{"content-encoding": "gzip"})
    assert over == {"refused": "OverBound"}


def test_a_bomb_is_stopped_at_the_limit():
    bomb = gzip.compress(bytes(50 * 2**20))

    with pytest.raises(OverBound):
        inflate("gzip", bomb, LIMIT)


@pytest.mark.parametrize(
    "body",
    [
        b"not gzip",
        b"\x1f\x8b",
        gzip.compress(b"[1]")[:-1],
        gzip.compress(b"[1]")[:-8] + bytes(8),
        zlib.compress(b"[1]"),
    ],
    ids=["plain", "head", "cut", "checksum", "zlib"],
)
def test_broken_gzip_is_malformed(body):
    with pytest.raises(Malformed):
        inflate("gzip", body, LIMIT)


def test_what_follows_the_gzip_is_not_dropped_in_silence():
    for rest in (b"garbage", gzip.compress(b"[2]")):
        with pytest.raises(Malformed):
            inflate("gzip", gzip.compress(b"[1]") + rest, LIMIT)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'a': 1}",
        b"[1,]",
        b"[1] [2]",
        b"\xff\xfe",
        b"\xef\xbb\xbf[]",
        b'"\xc3"',
        b'"a\nb"',
        b"NaN",
        b"[Infinity]",
        b'{"a": -Infinity}',
        b"1e999",
        b"[-1e999]",
        b'"\\u0000"',
        b'{"\\u0000": 1}',
        b'{"a": ["b\\u0000"]}',
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b'"\\ude00\\ud83d"',
        b"9" * 5000,
        b"-" + b"9" * 5000,
        nested(100_000),
        b'{"a":' * 100_000,
    ],
    ids=range(23),
)
def test_what_no_database_could_keep_is_malformed(body):
    with pytest.raises(Malformed):
        parse(body)


def test_a_body_may_be_as_deep_as_the_limit_and_no_deeper():
    assert parse(nested(MAX_DEPTH)) is not None
    with pytest.raises(Malformed):
        parse(nested(MAX_DEPTH + 2))
    with pytest.raises(Malformed):
        parse(b'{"a":' * (MAX_DEPTH + 2) + b"1" + b"}" * (MAX_DEPTH + 2))


def test_a_body_may_have_as_many_values_as_the_limit_and_no_more():
    assert parse(json.dumps([0] * (MAX_VALUES - 1)))
    for many in ([0] * MAX_VALUES, [[0] * MAX_VALUES], {str(place): 0 for place in range(MAX_VALUES)}):
        with pytest.raises(OverBound):
            parse(json.dumps(many))


def test_a_whole_pair_of_surrogates_is_a_character():
    assert parse(b'"\\ud83d\\ude00"') == "\U0001f600"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), inner)
    ),
)


@given(VALUES)
def test_any_good_value_comes_through(value):
    assert parse(json.dumps(value)) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary())
def test_any_bytes_are_a_value_or_refused(body):
    try:
        value = parse(body)
    except Invalid:
        return
    json.dumps(value, allow_nan=False).encode()


@given(st.binary())
def test_any_bytes_are_gzip_or_refused(body):
    try:
        assert len(inflate("gzip", body, LIMIT)) <= LIMIT
    except (Invalid, OverBound):
        return
