"""What the surface says of itself, held against what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

BASES = ("/core-fast", "/account")


def must_fit(answer: Any, schema: Mapping[str, Any]) -> None:
    _must_please(answer, _validator(schema))


class Documents:
    """Which statuses each route answers, and with what, by the base path of its application."""

    def __init__(self, documents: Mapping[str, Any]) -> None:
        self._documents = documents
        self._validators: dict[tuple[str, str, int], Draft202012Validator] = {}

    def must_foresee(self, method: str, path: str, answer: httpx.Response) -> None:
        """Args: path: with names where ids stand."""
        key = (method, path, answer.status_code)
        if key not in self._validators:
            self._validators[key] = _validator(self._schema(*key))
        _must_please(answer.json(), self._validators[key])

    def _schema(self, method: str, path: str, status: int) -> Mapping[str, Any]:
        base = "/" + path.split("/")[1]
        document = self._documents[base]
        told = document["paths"][path.removeprefix(base)][method.lower()]["responses"]
        assert str(status) in told, f"{method} {path} answered {status}"
        schema = told[str(status)]["content"]["application/json"]["schema"]
        return schema | {"components": document["components"]}


async def read_documents(client: httpx.AsyncClient) -> Documents:
    return Documents({base: (await client.get(f"{base}/openapi.json")).json() for base in BASES})


def _validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=FormatChecker())


def _must_please(answer: Any, validator: Draft202012Validator) -> None:
    errors = validator.iter_errors(answer)
    assert [f"{'.'.join(map(str, error.path))}: {error.message}" for error in errors] == []
