"""Whatever the document allows, and much that it does not, is answered as the document says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.scaleway.contract import ROUTES
from tests.api.scaleway.stage import Stage, a_stage
from tests.api.scaleway.worlds import ORIGIN, PREFIX
from tests.api.surface.calls import rows
from tests.api.surface.cases import cases_of, must_be_answered_as_told, read_schemas, steer

#: Fields of bodies that name something.
NAMES = ("project_id", "platform_id", "session_id", "model_id", "application_id")


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with a_stage(tmp_path_factory.mktemp("schemathesis")) as stage:
        yield stage


@pytest.fixture(scope="module")
def schemas(stage: Stage) -> dict[str, Any]:
    return read_schemas(stage.documents)


@rows(ROUTES)
async def test_every_answer_is_one_that_the_document_foresees(stage, schemas, route):
    operation = schemas[PREFIX][route.path.removeprefix(PREFIX)][route.method]
    likely = await route.call(stage)

    for place, case in enumerate(cases_of(operation)):
        if place % 2:
            steer(case, likely, NAMES)
        await must_be_answered_as_told(case, stage.creator, f"{ORIGIN}{PREFIX}")
