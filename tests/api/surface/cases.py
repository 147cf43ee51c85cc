"""Requests drawn from a document by schemathesis: what it allows, and much that it does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.surface.calls import Call
from tests.api.surface.documents import Documents

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
A_FEW = settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def read_schemas(documents: Documents) -> dict[str, Any]:
    """By base path."""
    return {base: schemathesis.openapi.from_dict(document) for base, document in documents.by_base.items()}


def cases_of(operation: APIOperation) -> list[Case]:
    """The same ones every time, half of them of what the document forbids."""
    found: list[Case] = []

    @A_FEW
    @given(st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    # A path with a line break in it reaches no application.
    return [case for case in found if "%0A" not in "".join(map(str, case.path_parameters.values()))]


def steer(case: Case, likely: Call, fields: Sequence[str]) -> None:
    """Towards what is there: random ids are never found.

    Args:
        fields: of the body, that name something.
    """
    case.path_parameters = {**case.path_parameters, **likely.ids}
    if isinstance(case.body, dict) and isinstance(likely.body, dict):
        for name in fields:
            if name in likely.body:
                case.body[name] = likely.body[name]


async def must_be_answered_as_told(case: Case, client: httpx.AsyncClient, address: str) -> None:
    """Args: address: of the application, with its base path."""
    sent = requests.Request(**case.as_transport_kwargs(base_url=address)).prepare()
    assert sent.body is None or isinstance(sent.body, str | bytes)
    headers = {
        name: value.decode() if isinstance(value, bytes) else value for name, value in sent.headers.items()
    }
    answer = await client.request(case.method, sent.url or "", content=sent.body, headers=headers)
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as found:
        # No ordinary exception: it would end every test of its module.
        raise AssertionError(str(found)) from None
