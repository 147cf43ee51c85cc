"""What callers send: bodies and queries, read into `wire` or refused field by field."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import Request

from ketway.api import bodies
from ketway.api.scaleway import wire
from ketway.domain.errors import BadField, Invalid, Several

_REASONS = {
    "constraint": "constraint",
    "enum": "constraint",
    "greater_than_equal": "constraint",
    "less_than_equal": "constraint",
    "string_too_long": "constraint",
    "too_long": "constraint",
}
_LISTS = ("tags",)

Sent = TypeVar("Sent", bound=wire.Request)


def body_of(kind: type[Sent]) -> Callable[[Request], Awaitable[Sent]]:
    """A dependency that reads the body; no body counts as an empty object."""

    async def read(request: Request) -> Sent:
        sent = await bodies.read_json(request, limit=request.app.state.max_body_bytes)
        return understood(kind, {} if sent is None else sent)

    return read


def query_of(kind: type[Sent]) -> Callable[[Request], Awaitable[Sent]]:
    """A dependency that reads the query; an empty value counts as none."""

    async def read(request: Request) -> Sent:
        return understood(kind, _values(request))

    return read


def understood(kind: type[Sent], sent: Any) -> Sent:
    """
    Raises:
        BadField, Several: with a name, a reason and what to send instead.
    """
    try:
        return kind.model_validate(sent)
    except ValidationError as error:
        parts = [_bad_field(detail) for detail in error.errors(include_url=False)]
    raise parts[0] if len(parts) == 1 else Several(parts)


def _values(request: Request) -> Mapping[str, Any]:
    query = request.query_params
    for name, value in query.multi_items():
        bodies.must_have_no_nul((name,), value)
    values = {name: query.getlist(name) if name in _LISTS else query[name] for name in query}
    return {name: value for name, value in values.items() if value not in ("", [""])}


def _bad_field(detail: ErrorDetails) -> Invalid:
    field = tuple(str(part) for part in detail["loc"]) or ("body",)
    if detail["type"] == "missing" or detail["input"] is None:
        return BadField(field, "is required", "required")
    reason = _REASONS.get(detail["type"], "format")
    return BadField(field, detail["msg"], reason)
