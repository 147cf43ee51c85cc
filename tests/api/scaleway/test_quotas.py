"""Quotas as this dialect tells of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketway.api.scaleway import errors
from ketway.domain.quota_errors import QuotaExceeded
from ketway.services.projects import ProjectChange
from tests.api.scaleway.clients import AER, a_model, a_session
from tests.builders import NOON, PROJECT


async def grant(world, **quotas) -> None:
    await world.core.projects.change(world.operator, world.project_id, ProjectChange(quotas=quotas))


def told(answer, world) -> dict[str, object]:
    """What is said of the quota."""
    assert (answer.status_code, answer.json()["type"]) == (403, "quotas_exceeded")
    (detail,) = answer.json()["details"]
    assert detail.pop("project_id") == str(world.project_id)
    return dict(detail)


async def test_too_many_open_sessions_are_refused_with_the_figures(world, api):
    await grant(world, open_batches=1)
    await a_session(api)

    answer = await api.post("/sessions", json={"platform_id": AER})

    assert told(answer, world) == {"resource": "qaas_session", "quota": 1, "current": 1}
    assert "1 open sessions" in answer.json()["message"]
    assert (await api.get("/sessions")).json()["total_count"] == 1


async def test_too_many_waiting_jobs_are_refused_with_the_figures(world, api):
    await grant(world, waiting_jobs=0)
    session, model = await a_session(api), await a_model(api)

    answer = await api.post(
        "/jobs", json={"name": "one", "session_id": session["id"], "model_id": model["id"]}
    )

    assert told(answer, world) == {"resource": "qaas_job", "quota": 0, "current": 0}
    assert (await api.get("/jobs")).json()["total_count"] == 0


async def test_too_many_stored_bytes_are_refused_with_the_figures(world, api):
    await grant(world, stored_bytes=10)

    answer = await api.post("/models", json={"payload": "more than ten bytes"})

    assert told(answer, world) == {"resource": "qaas_job_result", "quota": 10, "current": 0}


@pytest.mark.parametrize(
    ("kind", "resource"), [("platform", "qaas_platform"), ("project", "project"), ("job", "qaas_job")]
)
def test_figures_are_whole_numbers(kind, resource):
    refusal = QuotaExceeded(kind, "EUR spent this month", Decimal("1.5"), Decimal("2.01"), 0, str(PROJECT))

    status, body = errors.body(refusal, NOON)

    assert status == 403
    assert body["details"] == [{"resource": resource, "quota": 1, "current": 3, "project_id": str(PROJECT)}]
    assert body["message"] == "The project has 2.01 EUR spent this month and may have 1.5."
