"""What every request brings: who asks, which page, what body."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request

from ketway.api.bodies import must_have_no_nul, read_json
from ketway.domain.accounts import Actor
from ketway.domain.errors import BadField, BadToken, Malformed
from ketway.domain.jobs import JobStatus
from ketway.services.core import Core
from ketway.services.listing import Page

_MAX_BODY_BYTES = 256 * 1024
_MAX_LIMIT = 1000

T = TypeVar("T")


async def actor_of(core: Core, request: Request) -> Actor:
    """
    Raises:
        BadToken, AccountDisabled
    """
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not said:
        raise BadToken("missing")
    if "." in said:
        return await core.accounts.by_token(said)
    actor, _ = await core.accounts.by_secret(said)
    return actor


async def read(request: Request, kind: type[T]) -> T:
    """The body as what it should be; no body is an empty object.

    Raises:
        OverBound, UnknownEncoding, Malformed
    """
    said = await read_json(request, limit=_MAX_BODY_BYTES)
    try:
        return msgspec.convert({} if said is None else said, kind)
    except msgspec.ValidationError as error:
        raise Malformed(str(error)) from None


def page_of(request: Request, *, default: int = 100, descending: bool = False) -> Page:
    """
    Raises:
        BadField
    """
    return Page(
        limit=_number(request, "limit", default, _MAX_LIMIT),
        offset=_number(request, "offset", 0, 2**31),
        descending=descending,
    )


def id_of(request: Request, name: str = "id") -> UUID:
    """A part of the path, which the route has read."""
    id: UUID = request.path_params[name]
    return id


def id_asked(request: Request, name: str) -> UUID | None:
    """
    Raises:
        BadField
    """
    text = request.query_params.get(name, "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise BadField(("query", name), "is not a UUID", "format") from None


def texts_asked(request: Request, name: str) -> tuple[str, ...]:
    """
    Raises:
        BadField
    """
    texts = request.query_params.getlist(name)
    for text in texts:
        must_have_no_nul(("query", name), text)
    return tuple(texts)


def statuses_of(request: Request) -> tuple[JobStatus, ...]:
    """Those that a list is of; none for all.

    Raises:
        BadField
    """
    words = request.query_params.getlist("status")
    try:
        return tuple(JobStatus(word) for word in words)
    except ValueError:
        known = ", ".join(status.value for status in JobStatus)
        raise BadField(("query", "status"), f"must be one of {known}", "unknown") from None


def _number(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit() or len(text) > 10 or int(text) > most:
        raise BadField(("query", name), f"must be 0 to {most}", "format")
    return int(text)
