"""What clients do before the thing that a test is about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from tests.api.pasqal.worlds import CORE
from tests.worlds import World

NOBODY = str(UUID(int=99))
SEQUENCE = '{"version": "1", "device": {"name": "EMU_FREE"}}'


def a_batch_body(world: World, **changes: Any) -> dict[str, Any]:
    """What the newest client sends for a closed batch of one job."""
    return {
        "project_id": str(world.project_id),
        "sequence_builder": SEQUENCE,
        "webhook": None,
        "jobs": [{"runs": 10}],
        "open": False,
        "device_type": "EMU_FREE",
    } | changes


async def a_batch(api: httpx.AsyncClient, world: World, **changes: Any) -> dict[str, Any]:
    return data(await api.post(f"{CORE}/v1/batches", json=a_batch_body(world, **changes)))


async def an_open_batch(api: httpx.AsyncClient, world: World, **changes: Any) -> dict[str, Any]:
    return await a_batch(api, world, **{"open": True, "jobs": []} | changes)


async def the_batch(api: httpx.AsyncClient, id: str) -> dict[str, Any]:
    return data(await api.get(f"{CORE}/v2/batches/{id}"))


async def the_jobs(api: httpx.AsyncClient, batch_id: str) -> list[dict[str, Any]]:
    """As every client reads a batch's jobs."""
    query = {"batch_id": batch_id, "order_by": "creation_order", "order_by_direction": "ASC"}
    listed: list[dict[str, Any]] = data(await api.get(f"{CORE}/v2/jobs", params=query))
    return listed


def data(response: httpx.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()["data"]


def why(response: httpx.Response) -> str:
    """The sentence of a refusal, or of its only detail."""
    description = response.json()["data"]["description"]
    if isinstance(description, str):
        return description
    (detail,) = description
    return str(detail["msg"])


def places(response: httpx.Response) -> list[list[str | int]]:
    """Where the fields stand that a refusal is about."""
    return [detail["loc"] for detail in response.json()["data"]["description"]]
