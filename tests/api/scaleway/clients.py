"""What clients do before the thing that a test is about."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import httpx

from ketway.domain.platforms import platform_id

AER = str(platform_id("EMU-AER"))
QPU = str(platform_id("QPU-IBEX"))
BOOKABLE = str(platform_id("QPU-BOOKABLE"))
NOBODY = str(UUID(int=99))


async def a_session(api: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    return await _made(api, "/sessions", {"platform_id": AER, "name": "mine"} | changes)


async def a_model(api: httpx.AsyncClient, payload: str = '{"programs": []}') -> dict[str, Any]:
    return await _made(api, "/models", {"payload": payload})


async def a_job(api: httpx.AsyncClient, session_id: str, **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": "flip",
        "session_id": session_id,
        "circuit": {"qiskit_circuit": '{"programs": []}'},
        "parameters": json.dumps({"shots": 10, "options": {"memory": True}}),
    }
    return await _made(api, "/jobs", plain | changes)


async def _made(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    response = await api.post(path, json=body)
    assert response.status_code == 200, response.text
    made: dict[str, Any] = response.json()
    return made
