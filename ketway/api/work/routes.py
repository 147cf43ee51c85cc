"""Routes of the workers' protocol."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ketway import protocol as wire
from ketway.api.answers import answer, break_down, refuse, rehearse
from ketway.api.bodies import read_body
from ketway.api.faults import NO_HTTP_FAULTS, HttpFaults
from ketway.domain.credentials import WorkerToken
from ketway.domain.errors import BadField, BadToken, Malformed, Refusal
from ketway.domain.leases import LeaseId, Verdict, WorkerId
from ketway.domain.tasks import Computed
from ketway.services.core import Core
from ketway.services.leases import Beat, Grant

log = structlog.get_logger()

_MAX_WHY = 10_000
_MAX_METADATA = 64 * 1024
_MAX_MOST = 64

T = TypeVar("T")


def surface(core: Core, *, max_result_bytes: int, faults: HttpFaults = NO_HTTP_FAULTS) -> Starlette:
    """The application to mount at `/work/v1`."""
    routes = Routes(core, max_result_bytes)
    return Starlette(
        routes=[
            Route("/workers", routes.register, methods=["POST"]),
            Route("/leases", routes.claim, methods=["POST"]),
            Route("/heartbeats", routes.heartbeat, methods=["POST"]),
            Route("/leases/{id:uuid}/result", routes.result, methods=["POST"]),
            Route("/leases/{id:uuid}/failure", routes.failure, methods=["POST"]),
            Route("/leases/{id:uuid}/return", routes.give_back, methods=["POST"]),
        ],
        middleware=faults.on("work", rehearse),
        exception_handlers={Refusal: refuse, Exception: break_down},
    )


class Routes:
    def __init__(self, core: Core, max_result_bytes: int) -> None:
        self._core = core
        self._limit = max_result_bytes

    async def register(self, request: Request) -> Response:
        token = await self._token(request)
        said = await self._read(request, wire.Register)
        leases = self._core.leases
        worker = await leases.register(token, said.name[:200], said.engines, max(said.slots, 1))
        log.info("worker_registered", worker_id=str(worker.id), name=worker.name, engines=said.engines)
        return answer(
            wire.Registered(
                worker_id=str(worker.id),
                lease_s=leases.life.total_seconds(),
                max_wait_s=leases.max_wait_s,
            )
        )

    async def claim(self, request: Request) -> Response:
        token = await self._token(request)
        said = await self._read(request, wire.Claim)
        claiming = asyncio.ensure_future(
            self._core.leases.claim(
                token,
                WorkerId(_uuid(said.worker_id)),
                said.request_id[:64],
                most=min(max(said.most, 1), _MAX_MOST),
                wait_s=said.wait_s,
            )
        )
        grants = await _while_connected(request, claiming)
        return answer(wire.Claimed(leases=[_lease(grant) for grant in grants]))

    async def heartbeat(self, request: Request) -> Response:
        token = await self._token(request)
        said = await self._read(request, wire.Beats)
        beats = [
            Beat(lease_id=LeaseId(_uuid(beat.lease_id)), secret=beat.secret, progress=beat.progress)
            for beat in said.beats
        ]
        words = await self._core.leases.heartbeat(token, WorkerId(_uuid(said.worker_id)), beats)
        return answer(wire.Words(words={str(id): word.value for id, word in words.items()}))

    async def result(self, request: Request) -> Response:
        await self._token(request)
        said = await self._read(request, wire.Result)
        if hashlib.sha256(said.document.encode()).hexdigest() != said.sha256:
            raise Malformed("The document does not fit its checksum; send it again.")
        if len(msgspec.json.encode(said.metadata)) > _MAX_METADATA:
            raise Malformed("The metadata is too large.")
        computed = Computed(
            document=said.document, counts=said.counts, shots=said.shots, metadata=said.metadata
        )
        await self._core.leases.report_done(_lease_id(request), said.secret, computed)
        return answer({})

    async def failure(self, request: Request) -> Response:
        await self._token(request)
        said = await self._read(request, wire.Failure)
        try:
            verdict = Verdict(said.verdict)
        except ValueError:
            raise BadField(("verdict",), "is not one of ours", "unknown") from None
        await self._core.leases.report_failed(_lease_id(request), said.secret, verdict, said.why[:_MAX_WHY])
        return answer({})

    async def give_back(self, request: Request) -> Response:
        await self._token(request)
        said = await self._read(request, wire.Return)
        await self._core.leases.give_back(_lease_id(request), said.secret)
        return answer({})

    async def _token(self, request: Request) -> WorkerToken:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise BadToken("missing")
        return await self._core.accounts.worker_token(token)

    async def _read(self, request: Request, kind: type[T]) -> T:
        body = await read_body(request, limit=self._limit)
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(str(error)) from None


async def _while_connected(request: Request, asked: asyncio.Future[Sequence[Grant]]) -> Sequence[Grant]:
    """What was asked for; nothing is leased to a worker that has hung up meanwhile."""
    gone = asyncio.ensure_future(_disconnected(request))
    either: set[asyncio.Future[Any]] = {asked, gone}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if asked.done():
            return asked.result()
        return ()
    finally:
        gone.cancel()
        asked.cancel()


async def _disconnected(request: Request) -> None:
    if (await request.receive())["type"] != "http.disconnect":
        await asyncio.Event().wait()  # a server that says the body again never tells of the end


def _lease(grant: Grant) -> wire.Lease:
    task = grant.task
    return wire.Lease(
        id=str(grant.lease.id),
        secret=grant.lease.secret,
        job_id=str(grant.job.id),
        project_id=str(grant.job.project_id),
        attempt=grant.lease.attempt,
        engine=grant.platform.engine,
        time_limit_s=grant.job.max_duration_s,
        memory_bytes=grant.platform.memory_bytes,
        hold_s=grant.platform.hold_s(grant.job.shots) + grant.late_s,
        shots_per_s=grant.platform.shots_per_s if grant.job.shots is None else None,
        task=wire.Task(
            program=task.program,
            shots=task.shots,
            seed=task.seed,
            max_shots=task.max_shots,
            max_qubits=task.max_qubits,
            parameters=dict(task.parameters),
            configuration=task.configuration,
            settings=dict(task.settings),
        ),
    )


def _lease_id(request: Request) -> LeaseId:
    id: UUID = request.path_params["id"]
    return LeaseId(id)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadField(("id",), "is not a UUID", "format") from None
