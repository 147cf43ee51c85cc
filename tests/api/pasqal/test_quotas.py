"""Quotas as this dialect tells of them."""

from __future__ import annotations

import pytest

from ketway.services.projects import ProjectChange
from tests.api.pasqal.clients import a_batch_body, an_open_batch, data, why
from tests.api.pasqal.worlds import CORE

BATCHES = f"{CORE}/v1/batches"
REFUSED = "The project has 0 waiting jobs, 2 more are asked for, and may have 1."


@pytest.fixture
async def narrow(world):
    """A world whose project may have one job waiting, and one open batch."""
    change = ProjectChange(quotas={"waiting_jobs": 1, "open_batches": 1})
    await world.core.projects.change(world.operator, world.project_id, change)
    return world


@pytest.mark.parametrize("query", [{}, {"dry_run": "true"}])
async def test_a_batch_over_a_quota_is_refused_in_a_sentence_and_so_is_its_rehearsal(narrow, api, query):
    body = a_batch_body(narrow, jobs=[{"runs": 10}] * 2)

    answer = await api.post(BATCHES, json=body, params=query)

    assert (answer.status_code, why(answer)) == (403, REFUSED)
    assert data(await api.get(f"{CORE}/v1/batches")) == []


async def test_jobs_over_a_quota_are_refused_in_a_sentence(narrow, api):
    batch = await an_open_batch(api, narrow)

    answer = await api.post(f"{CORE}/v2/batches/{batch['id']}/jobs", json=[{"runs": 1}] * 2)

    assert (answer.status_code, why(answer)) == (403, REFUSED)


async def test_an_open_batch_too_many_is_refused(narrow, api):
    await an_open_batch(api, narrow)

    answer = await api.post(BATCHES, json=a_batch_body(narrow, open=True, jobs=[]))

    assert answer.status_code == 403
    assert "1 open batches" in why(answer)
