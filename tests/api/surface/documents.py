"""What a surface says of itself, held against what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

METHODS = {"get", "post", "put", "patch", "delete"}


def must_fit(answer: Any, schema: Mapping[str, Any]) -> None:
    _must_please(answer, _validator(schema))


class Documents:
    """Which statuses each route answers, and with what, by the base path of its application."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self.by_base = documents
        self._validators: dict[tuple[str, str, int], Draft202012Validator | None] = {}

    @property
    def operations(self) -> dict[tuple[str, str], Any]:
        """By method and whole path."""
        return {
            (method.upper(), base + path): item[method]
            for base, document in self.by_base.items()
            for path, item in document["paths"].items()
            for method in item.keys() & METHODS
        }

    def base_of(self, path: str) -> str:
        return next(base for base in self.by_base if path.startswith(f"{base}/"))

    def must_foresee(self, method: str, path: str, answer: httpx.Response) -> None:
        """Args: path: with names where ids stand."""
        key = (method, path, answer.status_code)
        if key not in self._validators:
            schema = self._schema(*key)
            self._validators[key] = None if schema is None else _validator(schema)
        validator = self._validators[key]
        if validator is None:
            assert answer.content == b"", f"{method} {path} answered {answer.text}"
        else:
            _must_please(answer.json(), validator)

    def _schema(self, method: str, path: str, status: int) -> Mapping[str, Any] | None:
        """Of an answer; None where there is no body."""
        base = self.base_of(path)
        document = self.by_base[base]
        told = document["paths"][path.removeprefix(base)][method.lower()]["responses"]
        assert str(status) in told, f"{method} {path} answered {status}"
        if "content" not in told[str(status)]:
            return None
        schema = told[str(status)]["content"]["application/json"]["schema"]
        return schema | {"components": document["components"]}


async def read_documents(client: httpx.AsyncClient, *bases: str) -> Documents:
    return Documents({base: (await client.get(f"{base}/openapi.json")).json() for base in bases})


def _validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=FormatChecker())


def _must_please(answer: Any, validator: Draft202012Validator) -> None:
    errors = validator.iter_errors(answer)
    assert [f"{'.'.join(map(str, error.path))}: {error.message}" for error in errors] == []
