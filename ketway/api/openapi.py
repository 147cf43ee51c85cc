"""A surface's own document, and a page made of it that needs no script and nobody else's server.

Handlers read bodies and parameters by hand and answer ready-made bytes; what they read and answer is
declared beside them, with `told`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, TypeAdapter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ketway.api.once import HEADER

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
    answer: Any,
    *,
    query: Sequence[Parameter] = (),
    body: type[BaseModel] | None = None,
    within: str | None = None,
    is_once: bool = False,
    refuses: Iterable[int] = (),
) -> dict[str, Any]:
    """What a route's decorator has to be told.

    Args:
        answer: a type that describes a success.
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


def install(app: FastAPI, *, refusal: type[BaseModel]) -> None:
    """Serve the application's document at `/openapi.json` and its page at `/docs`.

    Args:
        refusal: a type that describes every error.
    """
    original = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(original(), refusal)
        return app.openapi_schema

    async def docs(request: Request) -> Response:
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return HTMLResponse(page(document()), headers=headers)

    app.openapi = document  # type: ignore[method-assign]
    app.add_route("/docs", docs, include_in_schema=False)


def _completed(document: dict[str, Any], refusal: type[BaseModel]) -> dict[str, Any]:
    """With every body, answer and refusal, and every schema by its name."""
    components = document.setdefault("components", {})
    schemas: dict[str, Schema] = components.setdefault("schemas", {})
    for invented in ("HTTPValidationError", "ValidationError"):
        schemas.pop(invented, None)
    refused = _named(_schema_of(refusal), schemas)
    for operation in _operations(document):
        said = _EVERY[operation.pop(_NUMBER)]
        if said.body is not None:
            operation["requestBody"] = _request_body(_named(_body_schema(said.body, said.within), schemas))
        answered = _response("Successful Response", _named(_schema_of(said.answer), schemas))
        statuses = sorted({*map(str, said.refuses), *_follow(operation)})
        operation["responses"] = {"200": answered} | {
            status: _response(HTTPStatus(int(status)).phrase, refused) for status in statuses
        }
    components["schemas"] = {name: schemas[name] for name in sorted(schemas)}
    return document


def _schema_of(answer: Any) -> Schema:
    return TypeAdapter(answer).json_schema(ref_template=_COMPONENTS, mode="serialization")


def _body_schema(model: type[BaseModel], within: str | None) -> Schema:
    schema = model.model_json_schema(ref_template=_COMPONENTS)
    if within is None:
        return schema
    inner: Schema = schema["properties"][within]
    return inner | {"$defs": schema.get("$defs", {})}


def _request_body(schema: Schema) -> dict[str, Any]:
    return {
        "required": True,
        "description": "May be compressed: `Content-Encoding: gzip`.",
        "content": {_JSON: {"schema": schema}},
    }


def _response(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": schema}}}


def _follow(operation: Mapping[str, Any]) -> set[str]:
    """Statuses of the refusals that follow from what an operation reads."""
    parameters = operation.get("parameters", [])
    found = {"503"}
    if operation.get("security"):
        found |= {"401"}
    if any(parameter["in"] == "path" for parameter in parameters):
        found |= {"404"}
    if any(parameter["in"] != "path" or "format" in parameter["schema"] for parameter in parameters):
        found |= {"422"}
    if "requestBody" in operation:
        found |= {"400", "413", "415", "422"}
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


def page(document: Mapping[str, Any]) -> str:
    """The document as HTML, for people."""
    info = document["info"]
    parts = [f"<h1>{_text(info['title'])}</h1><p>{_prose(info.get('description', ''))}</p>"]
    by_tag: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                tag = item[method].get("tags", ["Others"])[0]
                by_tag.setdefault(tag, []).append(_operation(method, path, item[method]))
    for tag, operations in sorted(by_tag.items()):
        parts += [f"<h2>{_text(tag)}</h2>", *operations]
    parts.append("<h2>Schemas</h2>")
    parts += [_schema(name, schema) for name, schema in document["components"]["schemas"].items()]
    return _PAGE.format(title=_text(info["title"]), body="\n".join(parts))


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    rows = [
        (parameter["name"], parameter["in"], _kind(parameter["schema"]), parameter.get("description", ""))
        for parameter in operation.get("parameters", [])
    ]
    if "requestBody" in operation:
        said = operation["requestBody"]
        rows.append(("body", "", _kind(said["content"][_JSON]["schema"]), said["description"]))
    for status, response in operation["responses"].items():
        schema = response.get("content", {}).get(_JSON, {}).get("schema", {})
        rows.append((status, "answer", _kind(schema), response["description"]))
    login = " <small>login</small>" if operation.get("security") else ""
    return (
        f'<details id="{_text(operation["operationId"])}"><summary><b>{method.upper()}</b> '
        f"<code>{_text(path)}</code> {_text(operation.get('summary', ''))}{login}</summary>"
        f"<p>{_prose(operation.get('description', ''))}</p>{_table(rows)}</details>"
    )


def _schema(name: str, schema: Schema) -> str:
    needed = schema.get("required", [])
    rows = [
        (field, "" if field in needed else "optional", _kind(each), each.get("description", ""))
        for field, each in schema.get("properties", {}).items()
    ]
    return (
        f'<details id="schema-{_text(name)}"><summary><code>{_text(name)}</code></summary>'
        f"<p>{_prose(schema.get('description', ''))}</p>{_table(rows)}</details>"
    )


def _table(rows: Iterable[tuple[str, str, str, str]]) -> str:
    """Args: rows: name, place, kind (HTML already), meaning."""
    cells = [
        f"<tr><td><code>{_text(name)}</code></td><td>{_text(place)}</td><td>{kind}</td><td>{_prose(means)}</td></tr>"
        for name, place, kind, means in rows
    ]
    return f"<table>{''.join(cells)}</table>" if cells else ""


def _kind(schema: Schema) -> str:
    """What a value may be, in words, as HTML."""
    if "$ref" in schema:
        name = _text(schema["$ref"].rsplit("/", 1)[1])
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        words = schema.get("enum", [schema.get("const")])
        return " ".join(f"<code>{_text(word)}</code>" for word in words)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_kind(schema['additionalProperties'])}"
    return _text(schema.get("format") or schema.get("type") or "anything")


def _prose(said: str) -> str:
    """A sentence whose `quoted words` are code."""
    parts = _text(said).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def _text(said: object) -> str:
    return html.escape(str(said))


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1f24; background: #fff }}
summary {{ cursor: pointer; padding: .2rem 0 }}
small {{ opacity: .6 }}
summary b {{ display: inline-block; min-width: 4.5rem }}
table {{ border-collapse: collapse; width: 100% }}
td {{ border-top: 1px solid #d0d7de; padding: .2rem .5rem; vertical-align: top }}
@media (prefers-color-scheme: dark) {{
  body {{ color: #e6edf3; background: #0d1117 }} a {{ color: #79c0ff }} td {{ border-color: #30363d }}
}}
</style>
<body>
{body}
</body>
</html>
"""
