"""Whatever the document allows, and much that it does not, is answered as the document says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
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

from tests.api.pasqal.contract import ROUTES, Call, Route
from tests.api.pasqal.documents import BASES
from tests.api.pasqal.stage import LEARNING, Stage, Who, a_stage
from tests.api.pasqal.worlds import ORIGIN

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
TABLE = {(route.method, route.path): route for route in ROUTES if not route.is_login}
OPERATIONS = [*TABLE, *sorted(LEARNING)]
A_FEW = settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with a_stage(tmp_path_factory.mktemp("schemathesis")) as stage:
        yield stage


@pytest.fixture(scope="module")
async def schemas(stage: Stage) -> dict[str, Any]:
    read = {base: (await stage.creator.get(f"{base}/openapi.json")).json() for base in BASES}
    return {base: schemathesis.openapi.from_dict(document) for base, document in read.items()}


@pytest.fixture
async def likely(stage: Stage, method: str, path: str) -> Call:
    """What a request should name to get anywhere."""
    route: Route | None = TABLE.get((method, path))
    return Call() if route is None else await route.call(stage)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_every_answer_is_one_that_the_document_foresees(stage, schemas, likely, method, path):
    base = "/" + path.split("/")[1]
    operation = schemas[base][path.removeprefix(base)][method]
    who = Who.BEARER if "/ovh/" in path else Who.OPERATOR

    for place, case in enumerate(_cases(operation)):
        if place % 2:
            _steer(case, likely)
        sent = requests.Request(**case.as_transport_kwargs(base_url=f"{ORIGIN}{base}")).prepare()
        answer = await stage.clients[who].request(
            method, sent.url or "", content=sent.body, headers=dict(sent.headers)
        )

        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as found:
            # No ordinary exception: it would end every test of this module.
            raise AssertionError(str(found)) from None


def _cases(operation: APIOperation) -> list[Case]:
    """The same ones every time, half of them of what the document forbids."""
    found: list[Case] = []

    @A_FEW
    @given(st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
    def collect(case: Case) -> None:
        found.append(case)

    collect()
    # A path with a line break in it reaches no application.
    return [case for case in found if "%0A" not in "".join(map(str, case.path_parameters.values()))]


def _steer(case: Case, likely: Call) -> None:
    """Towards what is there: random ids are never found."""
    case.path_parameters = {**case.path_parameters, **likely.ids}
    if isinstance(case.body, dict) and isinstance(likely.body, dict):
        for name in ("project_id", "batch_id", "device_type", "sequence_builder"):
            if name in likely.body:
                case.body[name] = likely.body[name]
