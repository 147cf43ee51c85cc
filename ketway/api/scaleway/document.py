"""What this surface says of itself: errors as their `type` shapes them, and the parameters of queries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from ketway.api import openapi
from ketway.api.openapi import Manners, Parameter
from ketway.api.scaleway import wire
from ketway.api.scaleway.scalars import Timestamp


class Refused(BaseModel):
    """Every error has a `type`, which says what else it has, and a `message` for people."""

    # Built when the document is: nobody waits for it at a cold start.
    model_config = ConfigDict(extra="forbid", defer_build=True)

    message: str


class WrongArgument(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    argument_name: str
    reason: Literal["required", "format", "constraint", "unknown"]
    help_message: str


class MissingRight(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    resource: str
    action: Literal["read", "write"]


class ExceededQuota(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    resource: str
    quota: int
    current: int
    project_id: UUID | None = None


class InvalidArguments(Refused):
    type: Literal["invalid_arguments"]
    details: list[WrongArgument]


class DeniedAuthentication(Refused):
    type: Literal["denied_authentication"]
    method: Literal["api_key"]
    reason: Literal["invalid_argument", "not_found", "expired"]


class PermissionsDenied(Refused):
    type: Literal["permissions_denied"]
    details: list[MissingRight]


class QuotasExceeded(Refused):
    type: Literal["quotas_exceeded"]
    details: list[ExceededQuota]


class ResourceNotFound(Refused):
    type: Literal["not_found"]
    resource: str
    resource_id: str


class TransientState(Refused):
    type: Literal["transient_state"]
    resource: str
    resource_id: str
    current_state: str


class Expired(Refused):
    type: Literal["expired"]
    resource: str
    resource_id: str
    expired_since: Timestamp


class PreconditionFailed(Refused):
    type: Literal["precondition_failed"]
    precondition: str
    help_message: str


class OutOfStock(Refused):
    """The platform is in `shortage` or `maintenance`."""

    type: Literal["out_of_stock"]
    resource: str


class Internal(Refused):
    """Not your fault."""

    type: Literal["internal"]


REFUSALS: Mapping[int, Any] = {
    400: InvalidArguments,
    401: DeniedAuthentication,
    403: PermissionsDenied | QuotasExceeded,
    404: ResourceNotFound,
    409: TransientState,
    410: Expired,
    412: PreconditionFailed,
    503: OutOfStock | Internal,
}
MANNERS = Manners(
    refusal=REFUSALS.__getitem__,
    no_id=404,
    reading=frozenset({400}),
    body=frozenset({400}),
    takes_none=True,
)


def told(
    *,
    query: type[wire.Request] | None = None,
    orders: Iterable[str] = (),
    body: type[wire.Request] | None = None,
    is_once: bool = False,
    refuses: Iterable[int] = (),
) -> dict[str, Any]:
    """What a route's decorator has to be told; its function declares what it answers.

    Args:
        query: the parameters that it reads.
        orders: what a list may be sorted by.
        body: what it reads as one.
        is_once: it makes something, and knows when it is asked again.
        refuses: statuses that follow neither from its path, its query and its body nor from its login.
    """
    parameters = () if query is None else _parameters(query, orders)
    return openapi.told(query=parameters, body=body, is_once=is_once, refuses=refuses)


def _parameters(query: type[wire.Request], orders: Iterable[str]) -> list[Parameter]:
    schema = query.model_json_schema()
    words: dict[str, Any] = schema.get("$defs", {})
    found = {name: _plain(said, words) for name, said in schema["properties"].items()}
    found["order_by"] = {"type": "string", "enum": list(orders)}
    return [Parameter(name=name, schema=said) for name, said in found.items()]


def _plain(said: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without names and without the null that a query cannot hold."""
    (kept,) = [each for each in said.get("anyOf", [said]) if each != {"type": "null"}]
    if "$ref" in kept:
        kept = words[kept["$ref"].rsplit("/", 1)[1]]
    return {key: value for key, value in kept.items() if key not in ("title", "description")}
