"""A page for people, made of a surface's document: no script, and nobody else's server."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]

_JSON = "application/json"
_METHODS = ("get", "post", "put", "patch", "delete")


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
