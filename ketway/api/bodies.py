"""Request bodies of strangers: bounded before and after inflation, in size, depth and number."""

from __future__ import annotations

import hashlib
import json
import math
import zlib
from typing import Any, NoReturn

import structlog
from starlette.requests import ClientDisconnect, Request

from ketway.domain.errors import BadField, Malformed, OverBound, UnknownEncoding

log = structlog.get_logger()

MAX_DEPTH = 64
#: Values of one body: each costs a hundred times its text to check, and a thousand times if it is wrong.
MAX_VALUES = 250_000
_TOO_DEEP = f"The body is nested deeper than {MAX_DEPTH} levels."
_GZIP = 16 + zlib.MAX_WBITS


async def read_json(request: Request, *, limit: int) -> Any:
    """The body's JSON value; None where there is no body.

    Args:
        limit: bytes, of what is sent and of what it inflates to.
    Raises:
        OverBound: too large, before or after inflation; too many values.
        UnknownEncoding: a Content-Encoding other than gzip or identity.
        Malformed: not gzip, not UTF-8, not JSON, too deep, not finite, NUL or lone surrogates.
    """
    body = await read_body(request, limit=limit)
    return parse(body) if body.strip() else None


async def read_body(request: Request, *, limit: int) -> bytes:
    """The body as it was before its Content-Encoding.

    Raises:
        OverBound, UnknownEncoding, Malformed: as `read_json`.
    """
    body = inflate(request.headers.get("content-encoding", ""), await _read(request, limit), limit)
    request.state.body_digest = hashlib.sha256(body).hexdigest()
    return body


def digest_of(request: Request) -> str:
    """SHA-256 of the body that was read, as it was before its Content-Encoding; empty for none."""
    return getattr(request.state, "body_digest", "")


def inflate(encoding: str, body: bytes, limit: int) -> bytes:
    """Undo a Content-Encoding, never making more than `limit` bytes."""
    if encoding.strip().lower() in ("", "identity") or not body:
        return body
    if encoding.strip().lower() != "gzip":
        raise UnknownEncoding(encoding[:40])
    inflater = zlib.decompressobj(_GZIP)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise Malformed("The body is said to be gzip but cannot be inflated.") from None
    if len(plain) > limit:
        raise OverBound("The inflated body", limit)
    if not inflater.eof:
        raise Malformed("The gzip body ends too early.")
    if inflater.unused_data:
        raise Malformed("Something follows the gzip body; send one member.")
    return plain


def parse(body: bytes | str) -> Any:
    """A JSON value without anything that a database or another parser would choke on.

    Raises:
        Malformed, OverBound
    """
    try:
        text = body if isinstance(body, str) else body.decode()
        value = json.loads(text, parse_constant=_not_finite, parse_float=_finite)
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8 text.") from None
    except RecursionError:
        raise Malformed(_TOO_DEEP) from None
    except ValueError as error:
        raise Malformed(f"The body is not JSON: {error}") from None
    _must_be_storable(value)
    return value


async def _read(request: Request, limit: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise OverBound("The body", limit)
    parts = bytearray()
    try:
        async for part in request.stream():
            parts += part
            if len(parts) > limit:
                raise OverBound("The body", limit)
    except ClientDisconnect:
        log.info("caller_hung_up", path=request.url.path, bytes_heard=len(parts))
        raise Malformed("The body ends too early.") from None
    return bytes(parts)


def _must_be_storable(value: Any) -> None:
    """Level by level, until it is too deep or too much."""
    level, number = [value], 0
    for _ in range(MAX_DEPTH + 1):
        number += len(level)
        if number > MAX_VALUES:
            raise OverBound("The body", MAX_VALUES, "values")
        below: list[Any] = []
        for each in level:
            if isinstance(each, str):
                _must_be_text(each)
            elif isinstance(each, dict):
                for key in each:
                    _must_be_text(key)
                below += each.values()
            elif isinstance(each, list):
                below += each
        level = below
    if level:
        raise Malformed(_TOO_DEEP)


def must_have_no_nul(field: tuple[str, ...], text: str) -> None:
    """For what is not sent in a body.

    Raises:
        BadField
    """
    if "\x00" in text:
        raise BadField(field, "holds a NUL character; remove it", "format")


def _must_be_text(text: str) -> None:
    if "\x00" in text:
        raise Malformed("A text holds a NUL character; remove it.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Malformed("A text holds half of a surrogate pair; send whole characters.") from None


def _not_finite(word: str) -> NoReturn:
    raise Malformed(f"{word} is not a JSON number.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Malformed(f"{text[:40]} is too large for a number.")
    return number
