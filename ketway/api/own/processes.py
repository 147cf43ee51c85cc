"""Routes of processes, for whoever runs what is behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ketway.api.answers import answer
from ketway.api.own import wire
from ketway.api.own.requests import actor_of, id_of, page_of, read, statuses_of, texts_asked
from ketway.domain.accounts import Actor
from ketway.domain.batches import BatchId
from ketway.domain.jobs import JobStatus
from ketway.domain.processes import Process, ProcessId
from ketway.services.core import Core
from ketway.services.listing import ProcessFilter
from ketway.services.reports import Span

_AT_THIS_TIME = Span()


def routes(core: Core) -> list[Route]:
    processes = Processes(core)
    one = "/processes/{id:uuid}"
    return [
        Route("/processes", processes.list, methods=["GET"]),
        Route(one, processes.get, methods=["GET"]),
        Route(f"{one}/start", processes.start, methods=["POST"]),
        Route(f"{one}/progress", processes.advance, methods=["POST"]),
        Route(f"{one}/batches/{{batch:uuid}}", processes.attach, methods=["PUT"]),
        Route(f"{one}/results", processes.keep_result, methods=["POST"]),
        Route(f"{one}/done", processes.finish, methods=["POST"]),
        Route(f"{one}/fail", processes.fail, methods=["POST"]),
        Route(f"{one}/cancel", processes.cancel, methods=["POST"]),
    ]


class Processes:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def list(self, request: Request) -> Response:
        actor = await actor_of(self._core, request)
        asked = ProcessFilter(statuses=statuses_of(request), kinds=texts_asked(request, "kind"))
        listed = await self._core.processes.list(actor, asked, page_of(request))
        return answer({"processes": await self._shown(*listed.items), "total": listed.total})

    async def get(self, request: Request) -> Response:
        actor, id = await self._asked(request)
        return await self._one(await self._core.processes.get(actor, id))

    async def start(self, request: Request) -> Response:
        actor, id = await self._asked(request)
        return await self._one(await self._core.processes.move(actor, id, JobStatus.RUNNING, _AT_THIS_TIME))

    async def advance(self, request: Request) -> Response:
        actor, id = await self._asked(request)
        said = await read(request, wire.Progress)
        return await self._one(await self._core.processes.advance(actor, id, said.progress, said.message))

    async def attach(self, request: Request) -> Response:
        actor, id = await self._asked(request)
        await self._core.processes.attach(actor, id, BatchId(id_of(request, "batch")))
        return await self._one(await self._core.processes.get(actor, id))

    async def keep_result(self, request: Request) -> Response:
        actor, id = await self._asked(request)
        said = await read(request, wire.Found)
        return await self._one(await self._core.processes.keep_result(actor, id, said.result))

    async def finish(self, request: Request) -> Response:
        actor, id = await self._asked(request)
        return await self._one(await self._core.processes.move(actor, id, JobStatus.DONE, _AT_THIS_TIME))

    async def fail(self, request: Request) -> Response:
        actor, id = await self._asked(request)
        said = await read(request, wire.Errors)
        return await self._one(await self._core.processes.fail(actor, id, said.errors))

    async def cancel(self, request: Request) -> Response:
        actor, id = await self._asked(request)
        return await self._one(await self._core.processes.cancel(actor, id))

    async def _asked(self, request: Request) -> tuple[Actor, ProcessId]:
        return await actor_of(self._core, request), ProcessId(id_of(request))

    async def _one(self, process: Process) -> Response:
        (shown,) = await self._shown(process)
        return answer(shown)

    async def _shown(self, *processes: Process) -> Sequence[dict[str, Any]]:
        names = await self._core.platforms.names()
        batches = await self._core.processes.batches_of([process.id for process in processes])
        return [
            {
                "id": str(process.id),
                "project_id": str(process.project_id),
                "door": process.door,
                "kind": process.kind,
                "backend": process.backend,
                "platform": process.platform_id and names[process.platform_id],
                "name": process.name,
                "tags": list(process.tags),
                "configuration": dict(process.configuration),
                "status": process.status.value,
                "progress": process.progress,
                "message": process.message,
                "errors": list(process.errors),
                "batches": [str(id) for id in batches[process.id]],
                "created_at": process.created_at.isoformat(),
                "started_at": process.started_at and process.started_at.isoformat(),
                "ended_at": process.ended_at and process.ended_at.isoformat(),
            }
            for process in processes
        ]
