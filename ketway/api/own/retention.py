"""Routes of how long results are kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ketway.api.answers import answer
from ketway.api.own.requests import actor_of
from ketway.services.core import Core
from ketway.services.retention import Due


def routes(core: Core) -> list[Route]:
    retention = Retention(core)
    return [
        Route("/retention", retention.get, methods=["GET"]),
        Route("/retention/run", retention.run, methods=["POST"]),
    ]


class Retention:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def get(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        return self._told([_shown(due) for due in await self._core.retaining.due(actor)])

    async def run(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        return self._told([_shown(due) for due in await self._core.retaining.begin(actor)])

    def _told(self, due: list[dict[str, Any]]) -> Response:
        return answer({"server": asdict(self._core.retaining.server), "due": due})


def _shown(due: Due) -> dict[str, Any]:
    return {
        "project_id": str(due.project.id),
        "project": due.project.name,
        "rules": asdict(due.rules),
        "results": due.results,
        "bytes": due.bytes,
    }
