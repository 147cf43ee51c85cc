"""Whatever the document allows, and much that it does not, is answered as the document says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.pasqal.contract import ROUTES, Route
from tests.api.pasqal.stage import LEARNING, Stage, Who, a_stage
from tests.api.pasqal.worlds import ORIGIN
from tests.api.surface.calls import Call
from tests.api.surface.cases import cases_of, must_be_answered_as_told, read_schemas, steer

TABLE = {(route.method, route.path): route for route in ROUTES if not route.is_login}
OPERATIONS = [*TABLE, *sorted(LEARNING)]
#: Fields of bodies that name something.
NAMES = ("project_id", "batch_id", "device_type", "sequence_builder")


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with a_stage(tmp_path_factory.mktemp("schemathesis")) as stage:
        yield stage


@pytest.fixture(scope="module")
def schemas(stage: Stage) -> dict[str, Any]:
    return read_schemas(stage.documents)


@pytest.fixture
async def likely(stage: Stage, method: str, path: str) -> Call:
    """What a request should name to get anywhere."""
    route: Route | None = TABLE.get((method, path))
    return Call() if route is None else await route.call(stage)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_every_answer_is_one_that_the_document_foresees(stage, schemas, likely, method, path):
    base = stage.documents.base_of(path)
    operation = schemas[base][path.removeprefix(base)][method]
    who = Who.BEARER if "/ovh/" in path else Who.OPERATOR

    for place, case in enumerate(cases_of(operation)):
        if place % 2:
            steer(case, likely, NAMES)
        await must_be_answered_as_told(case, stage.clients[who], f"{ORIGIN}{base}")
