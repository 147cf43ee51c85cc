"""Routes of the workers' protocol."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any, TypeVar

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
from ketway.api.work import translate
from ketway.domain.credentials import WorkerToken
from ketway.domain.errors import BadToken, Malformed, Refusal
from ketway.domain.leases import Verdict, WorkerId
from ketway.services.core import Core
from ketway.services.grants import Grant
from ketway.services.leases import Beat

log = structlog.get_logger()

_MAX_METADATA = 64 * 1024
_MAX_MOST = 64
_VERDICTS = {verdict.value for verdict in Verdict}

T = TypeVar("T")


def surface(core: Core, *, max_result_bytes: int, faults: HttpFaults = NO_HTTP_FAULTS) -> Starlette:
    """The application to mount at `/work/v1`."""
    routes = Routes(core, max_result_bytes)
    return Starlette(
        routes=[
            Route("/workers", routes.register, methods=["POST"]),
            Route("/leases", routes.claim, methods=["POST"]),
            Route("/heartbeats", routes.heartbeat, methods=["POST"]),
            Route("/outcomes", routes.outcomes, methods=["POST"]),
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
                WorkerId(translate.uuid(said.worker_id)),
                said.request_id[:64],
                most=min(max(said.most, 1), _MAX_MOST),
                wait_s=said.wait_s,
            )
        )
        grants = await _while_connected(request, claiming)
        return answer(translate.claimed(grants))

    async def heartbeat(self, request: Request) -> Response:
        token = await self._token(request)
        said = await self._read(request, wire.Beats)
        beats = [
            Beat(
                lease_id=translate.lease_id(beat.lease_id),
                secret=beat.secret,
                progress=beat.progress,
                waits=beat.waits,
            )
            for beat in said.beats
        ]
        words = await self._core.leases.heartbeat(token, WorkerId(translate.uuid(said.worker_id)), beats)
        return answer(wire.Words(words={str(id): word.value for id, word in words.items()}))

    async def outcomes(self, request: Request) -> Response:
        await self._token(request)
        said = await self._read(request, wire.Outcomes)
        refused = {place: why for place, one in enumerate(said.outcomes) if (why := _why_not(one))}
        told = [translate.outcome(one) for place, one in enumerate(said.outcomes) if place not in refused]
        lost = iter(await self._core.outcomes.tell(told))
        answers = [
            wire.Answer("refused", refused[place])
            if place in refused
            else wire.Answer("kept" if next(lost) is None else "lost")
            for place in range(len(said.outcomes))
        ]
        return answer(wire.Answers(answers))

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
    asked.add_done_callback(_heard)
    either: set[asyncio.Future[Any]] = {asked, gone}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if asked.done():
            return asked.result()
        return ()
    finally:
        gone.cancel()
        asked.cancel()


def _heard(asked: asyncio.Future[Any]) -> None:
    """Who has hung up is not told how it failed, and nobody else need be."""
    if not asked.cancelled():
        asked.exception()


async def _disconnected(request: Request) -> None:
    if (await request.receive())["type"] != "http.disconnect":
        await asyncio.Event().wait()  # a server that says the body again never tells of the end


def _why_not(outcome: wire.Outcome) -> str | None:
    """Why an outcome cannot be kept, whoever tells it."""
    if isinstance(outcome, wire.Failure) and outcome.verdict not in _VERDICTS:
        return f"{outcome.verdict[:40]!r} is no verdict"
    if not isinstance(outcome, wire.Result):
        return None
    if hashlib.sha256(outcome.document.encode()).hexdigest() != outcome.sha256:
        return "the document does not fit its checksum"
    if len(msgspec.json.encode(outcome.metadata)) > _MAX_METADATA:
        return "the metadata is too large"
    return None
