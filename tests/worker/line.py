"""A server that workers can dial, on a line that may fail: stopped, started again, answers lost."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ketway.api.work import surface
from ketway.domain.platforms import Platform
from ketway.services.core import Limits
from tests.services.steps import PLATFORMS
from tests.worlds import World, a_world

LEASE_S = 2.0
_WAIT_S = 0.3
_PATIENCE_S = 30.0
MAX_BYTES = 10_000_000


@dataclass(kw_only=True)
class Line:
    """ASGI between a server and its workers.

    Args:
        lost: ends of paths; the next request to each is served, and its answer lost.
        refused: end of a path to status and error; what the next request there gets without being served.
        asked: every path that was asked for, in order, with its body.
    """

    app: ASGIApp
    lost: list[str] = field(default_factory=list)
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        body = await _body(receive)
        self.asked.append((path, msgspec.json.decode(body)))
        refused = next((end for end in self.refused if path.endswith(end)), None)
        if refused is not None:
            status, error = self.refused.pop(refused)
            said = msgspec.json.encode({"error": error, "message": "not now"})
            await Response(said, status)(scope, receive, send)
            return
        lost = next((end for end in self.lost if path.endswith(end)), None)
        if lost is None:
            await self.app(scope, _once(body, receive), send)
            return
        self.lost.remove(lost)
        await self.app(scope, _once(body, receive), _nowhere)
        await Response(b"", 502)(scope, receive, send)

    def found(self) -> list[str]:
        """What was told of attempts, in order."""
        told = [said["outcomes"] for path, said in self.asked if path.endswith("/outcomes")]
        return [outcome["found"] for outcomes in told for outcome in outcomes]

    def times(self, end: str) -> int:
        return sum(path.endswith(end) for path, _ in self.asked)


async def _body(receive: Receive) -> bytes:
    parts = b""
    while True:
        message = await receive()
        parts += message.get("body", b"")
        if not message.get("more_body", False):
            return parts


def _once(body: bytes, rest: Receive) -> Receive:
    """The body again, then whatever comes: at last, that the client has hung up."""
    whole = [body]

    async def receive() -> Message:
        return {"type": "http.request", "body": whole.pop(), "more_body": False} if whole else await rest()

    return receive


async def _nowhere(_: Message) -> None:
    """The line is dead."""


@dataclass(kw_only=True)
class Site:
    """One ketway behind one port.

    Args:
        line: between them.
    """

    world: World
    line: Line
    port: int
    _server: uvicorn.Server | None = None
    _serving: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        mounted = Starlette(routes=[Mount("/work/v1", self.line)])
        config = uvicorn.Config(mounted, log_level="critical", lifespan="off", timeout_graceful_shutdown=5)
        listening = _listening(self.port)
        self.port = listening.getsockname()[1]
        self._server = server = uvicorn.Server(config)
        self._serving = asyncio.ensure_future(server.serve(sockets=[listening]))
        await becomes(lambda: server.started, "the server to listen")

    async def stop(self) -> None:
        """The port is closed; the database stays."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
            self._server = self._serving = None


def _listening(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    return listening


@asynccontextmanager
async def a_site(folder: Path, catalogue: Sequence[Platform] = PLATFORMS) -> AsyncIterator[Site]:
    """A server that listens; in it time goes by as it does outside."""
    limits = Limits(lease_life=timedelta(seconds=LEASE_S), max_wait_s=_WAIT_S)
    async with a_world(folder, catalogue=catalogue, limits=limits) as world:
        line = Line(app=surface(world.core, max_result_bytes=MAX_BYTES))
        site = Site(world=world, line=line, port=0)
        passing = asyncio.ensure_future(_pass_time(world))
        await site.start()
        try:
            yield site
        finally:
            await site.stop()
            passing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await passing


async def _pass_time(world: World) -> None:
    loop = asyncio.get_running_loop()
    last = loop.time()
    while True:
        await asyncio.sleep(0.02)
        now = loop.time()
        world.clock.move(seconds=now - last)
        last = now


async def becomes(true: Callable[[], Any], what: str) -> Any:
    """The first true value of something that may be a coroutine; waits for it, not for ever."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _PATIENCE_S
    while loop.time() < deadline:
        value = true()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return value
        await asyncio.sleep(0.01)
    raise AssertionError(f"waited {_PATIENCE_S:.0f} s in vain for {what}")
