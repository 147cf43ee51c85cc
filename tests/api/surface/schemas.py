"""What is answered, described as JSON Schema, exactly: a field that is not named must not be answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
UUID: Schema = {"type": "string", "format": "uuid"}
URL: Schema = {"type": "string", "pattern": r"^https?://[^/]+/"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number", "minimum": 0}
BOOLEAN: Schema = {"type": "boolean"}
ANYTHING: Schema = {"type": "object"}
NOTHING: Schema = {"type": "object", "maxProperties": 0}


def maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*words: str) -> Schema:
    return {"enum": list(words)}


def many(schema: Schema, **bounds: int) -> Schema:
    return {"type": "array", "items": schema} | bounds


def by_key(value: Schema, key: Schema = UUID) -> Schema:
    return {"type": "object", "propertyNames": key, "additionalProperties": value}


def exactly(fields: Mapping[str, Schema], **more: Schema) -> Schema:
    """All of these fields and no other."""
    every = {**fields, **more}
    return {
        "type": "object",
        "properties": every,
        "required": list(every),
        "additionalProperties": False,
    }


def with_unset(fields: Mapping[str, Schema], **unset: Schema) -> Schema:
    """All of these fields, some of those that are left out while they are unset, and no other."""
    return exactly(fields) | {"properties": {**fields, **unset}}


def without(fields: Mapping[str, Schema], *names: str) -> dict[str, Schema]:
    return {name: schema for name, schema in fields.items() if name not in names}
