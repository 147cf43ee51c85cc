"""A surface's own document.

Handlers read bodies and parameters by hand and answer ready-made bytes; what they read and answer is
declared beside them, with `told`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ketway.api.once import HEADER
from ketway.api.openapi_page import page

Schema = dict[str, Any]

_COMPONENTS = "#/components/schemas/{model}"
_JSON = "application/json"
#: What the name of a schema must not hold.
_NO_NAME = re.compile(r"[^\w.-]")
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One that a handler reads by hand.

    Args:
        schema: of its value.
        means: a sentence, or nothing where the name says it.
    """

    name: str
    schema: Schema
    means: str = ""
    is_needed: bool = False
    place: str = "query"

    def described(self) -> dict[str, Any]:
        said = {"name": self.name, "in": self.place, "required": self.is_needed, "schema": self.schema}
        return said | ({"description": self.means} if self.means else {})


IDEMPOTENCY_KEY = Parameter(
    name=HEADER,
    schema={"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    means="The same request with the same key makes nothing twice; it is answered as the first was.",
    place="header",
)


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How a dialect refuses.

    Args:
        refusal: a type that describes an error, by its status.
        no_id: status for an id in the path that is none.
        reading: statuses that follow where a query or a header is read.
        body: those that follow where a body is.
        takes_none: no body stands for an empty object.
    """

    refusal: Callable[[int], Any]
    no_id: int
    reading: frozenset[int]
    body: frozenset[int]
    takes_none: bool = False


class _AsDeclared:
    """The answer is the one that the route's own function declares."""


@dataclass(frozen=True, kw_only=True)
class _Told:
    answer: Any
    body: type[BaseModel] | None
    within: str | None
    refuses: frozenset[int]


#: What was told of each operation, by the number that stands in it. Schemas are made when somebody asks for
#: the document: made at once, they would take half of a cold start.
_EVERY: list[_Told] = []
_NUMBER = "x-told"


def told(
    answer: Any = _AsDeclared,
    *,
    query: Sequence[Parameter] = (),
    body: type[BaseModel] | None = None,
    within: str | None = None,
    is_once: bool = False,
    refuses: Iterable[int] = (),
) -> dict[str, Any]:
    """What a route's decorator has to be told.

    Args:
        answer: a type that describes a success, where the function that answers does not declare it.
        query: the parameters that it reads.
        body: what it reads as one.
        within: name of the field of `body` that a bare list stands for.
        is_once: it makes something, and knows when it is asked again.
        refuses: statuses that follow neither from its path, its query and its body nor from its login.
    """
    parameters = [*query, *([IDEMPOTENCY_KEY] if is_once else ())]
    gone = {410} if is_once else set()
    _EVERY.append(_Told(answer=answer, body=body, within=within, refuses=frozenset({*refuses, *gone})))
    number = len(_EVERY) - 1
    return {"openapi_extra": {"parameters": [each.described() for each in parameters], _NUMBER: number}}


def install(app: FastAPI, manners: Manners) -> None:
    """Serve the application's document at `/openapi.json` and its page at `/docs`."""
    original = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(original(), manners)
        return app.openapi_schema

    async def docs(request: Request) -> Response:
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(page(document()), headers=headers)

    app.openapi = document  # type: ignore[method-assign]
    app.add_route("/docs", docs, include_in_schema=False)


def _completed(document: dict[str, Any], manners: Manners) -> dict[str, Any]:
    """With every body, answer and refusal, and every schema by its name."""
    components = document.setdefault("components", {})
    schemas: dict[str, Schema] = components.setdefault("schemas", {})
    for invented in ("HTTPValidationError", "ValidationError"):
        schemas.pop(invented, None)

    @cache
    def refused(status: int) -> dict[str, Any]:
        schema = _named(_schema_of(manners.refusal(status)), schemas)
        return _response(HTTPStatus(status).phrase, schema)

    for operation in _operations(document):
        said = _EVERY[operation.pop(_NUMBER)]
        if said.body is not None:
            body = _named(_body_schema(said.body, said.within), schemas)
            operation["requestBody"] = _request_body(body, is_needed=_is_needed(said.body, manners))
        operation["responses"] = _answers(operation, said, schemas) | {
            str(status): refused(status) for status in sorted(said.refuses | _follow(operation, manners))
        }
    components["schemas"] = {name: schemas[name] for name in sorted(schemas)}
    return document


def _answers(operation: Mapping[str, Any], said: _Told, schemas: dict[str, Schema]) -> dict[str, Any]:
    """Of successes."""
    if said.answer is _AsDeclared:
        return {status: each for status, each in operation["responses"].items() if status.startswith("2")}
    return {"200": _response("Successful Response", _named(_schema_of(said.answer), schemas))}


def _is_needed(body: type[BaseModel], manners: Manners) -> bool:
    return not manners.takes_none or any(field.is_required() for field in body.model_fields.values())


def _schema_of(answer: Any) -> Schema:
    return TypeAdapter(answer).json_schema(ref_template=_COMPONENTS, mode="serialization")


def _body_schema(model: type[BaseModel], within: str | None) -> Schema:
    schema = model.model_json_schema(ref_template=_COMPONENTS)
    if within is None:
        return schema
    inner: Schema = schema["properties"][within]
    return inner | {"$defs": schema.get("$defs", {})}


def _request_body(schema: Schema, *, is_needed: bool) -> dict[str, Any]:
    return {
        "required": is_needed,
        "description": "May be compressed: `Content-Encoding: gzip`.",
        "content": {_JSON: {"schema": schema}},
    }


def _response(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": schema}}}


def _follow(operation: Mapping[str, Any], manners: Manners) -> set[int]:
    """Statuses of the refusals that follow from what an operation reads."""
    parameters = operation.get("parameters", [])
    found = {503}
    if operation.get("security"):
        found |= {401}
    if any(parameter["in"] == "path" for parameter in parameters):
        found |= {404}
    if any(parameter["in"] == "path" and "format" in parameter["schema"] for parameter in parameters):
        found |= {manners.no_id}
    if any(parameter["in"] != "path" for parameter in parameters):
        found |= manners.reading
    if "requestBody" in operation:
        found |= manners.body
    return found


def _named(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    """What to say where a schema stands, once its parts, and itself if it is an object, have names."""
    whole = dict(schema)
    parts = whole.pop("$defs", {})
    if whole.get("type") == "object":
        name = _NO_NAME.sub("_", whole["title"])
        parts = parts | {name: whole}
        whole = {"$ref": _COMPONENTS.format(model=name)}
    for name, part in parts.items():
        if schemas.setdefault(name, part) != part:
            raise ValueError(f"two schemas are called {name}")
    return whole


def _operations(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each[method] for each in document["paths"].values() for method in _METHODS if method in each]
