"""`ketway serve`: sockets, signals, and what is printed."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ketway.api.faults import CUT
from ketway.bootstrap import CannotStart, Opened, open_server
from ketway.cli import logs
from ketway.engines import catalogue
from ketway.fleet.local import LocalFleet
from ketway.settings import Settings

log = structlog.get_logger()

#: How long open connections may finish once the workers have stopped.
_FAREWELL_S = 3
_BACKLOG = 2048


@dataclass(frozen=True, kw_only=True)
class Serving:
    url: str
    opened: Opened


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then stop gently.

    Raises:
        CannotStart
    """
    logs.set_up(settings.log_level)
    async with serving(settings) as server:
        told = _told_to_stop()  # before anybody hears that we are here, and may tell us
        _greet(settings, server)
        _spare_what_stays()
        await told.wait()
        log.info("server_stopping")


def _spare_what_stays() -> None:
    """Have the garbage collector leave alone what was imported, and look less often at what is new.

    A claim or an outcome of many jobs makes so many objects that it came by several times in each, and
    went through all there are every few seconds: a tenth of the server's time over jobs of a millisecond.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    gc.enable()


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Serving]:
    """A server that answers, and its local workers; both are stopped on leaving.

    Raises:
        CannotStart
    """
    _must_have_engines(settings)
    with _listening(settings) as listener:
        port: int = listener.getsockname()[1]
        url = f"{'https' if settings.tls_cert else 'http'}://{_reachable(settings.host)}:{port}"
        async with open_server(settings, url) as opened:
            server = _Uvicorn(_config(settings, opened))
            answering = asyncio.ensure_future(server.serve(sockets=[listener]))
            await _until_started(server, answering)
            fleet = _fleet(settings, opened, url)
            if fleet is not None:
                fleet.start()
            try:
                yield Serving(url=url, opened=opened)
            finally:
                if fleet is not None:
                    await fleet.stop()
                opened.core.bell.silence()
                server.should_exit = True
                await answering


class _Uvicorn(uvicorn.Server):
    """Signals are ours: workers stop before the server does."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Severable(HttpToolsProtocol):
    """Lets the application hang up at once, as a rehearsed fault does."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CUT: {"now": self.transport.abort}}


def _config(settings: Settings, opened: Opened) -> uvicorn.Config:
    return uvicorn.Config(
        opened.app,
        lifespan="off",
        http=_Severable if opened.faults else "auto",
        log_config=None,
        access_log=False,  # links are secrets, and would stand in it
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_FAREWELL_S,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )


async def _until_started(server: uvicorn.Server, answering: asyncio.Future[None]) -> None:
    while not server.started:
        if answering.done():
            await answering
            raise CannotStart("The web server ended before it began; see the lines above.")
        await asyncio.sleep(0.005)


def _fleet(settings: Settings, opened: Opened, url: str) -> LocalFleet | None:
    if settings.workers == 0:
        return None
    return LocalFleet(
        url=url,
        token=opened.credentials.worker_token,
        name=opened.run,
        slots=settings.workers,
        stop_grace_s=settings.stop_grace_s,
        on_death=partial(opened.core.housekeeping.void_local, [opened.run]),
        arguments=tuple(_arguments(settings)),
    )


def _arguments(settings: Settings) -> Iterator[str]:
    if settings.require_sandbox:
        yield "--require-sandbox"
    if settings.tls_cert is not None:
        # The certificate is for the clients' name of this server; its own worker knows it by heart.
        yield f"--trusted={settings.tls_cert}"


def _must_have_engines(settings: Settings) -> None:
    if settings.workers and not set(catalogue.installed()) - {"noop"}:
        raise CannotStart(
            "No engine is installed here, so no job could run: pip install 'ketway[all]', "
            "or start with --workers 0 and let workers elsewhere dial in."
        )


@contextlib.contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by every connection; without it an answer waits 40 ms for the client's ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(_BACKLOG)
        except OSError as error:
            raise CannotStart(_why_not(settings, error)) from None
        yield listener


def _why_not(settings: Settings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {settings.port} on {settings.host} is in use; "
            "stop what uses it, or choose another with --port."
        )
    return f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}."


def _reachable(host: str) -> str:
    """Where this machine's own clients find a server that listens on `host`."""
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not bound to
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _told_to_stop() -> asyncio.Event:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    return told


def _greet(settings: Settings, server: Serving) -> None:
    print(f"ketway serves at {server.url}")
    credentials = server.opened.credentials
    if server.opened.is_first_start:
        print("First start: these were made now and are printed once.")
        for name in ("username", "password", "project_id", "access_key", "secret_key"):
            print(f"  {name:<11} {getattr(credentials, name)}")
    _warn(settings, server.opened.faults)
    print(f"Credentials are kept in {settings.data / 'credentials.json'}")
    print("Point your clients here: ketway env   Stop: Ctrl-C", flush=True)


def _warn(settings: Settings, faults: Sequence[str]) -> None:
    if faults:
        print(f"FAULTS ARE ON, as {settings.faults} says; this goes wrong on purpose:")
        for fault in faults:
            print(f"  - {fault}")
