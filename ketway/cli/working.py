"""`ketway worker`: children, the wire, signals."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from ketway.cli import logs
from ketway.engines import catalogue
from ketway.worker.children import Children
from ketway.worker.client import NotWelcome, WorkClient
from ketway.worker.loop import Worker
from ketway.worker.sandbox import SandboxMissing

log = structlog.get_logger()


class CannotWork(Exception):
    """Why there is no worker; the sentence is for the person who tried."""


async def work(
    *,
    url: str,
    slots: int | None,
    name: str | None,
    only: Sequence[str] | None,
    stop_grace_s: float,
    require_sandbox: bool,
    until_stdin_ends: bool,
    trusted: Path | None,
) -> None:
    """Run jobs until SIGTERM or SIGINT, then finish or give back what runs.

    Raises:
        CannotWork
    """
    logs.set_up(os.environ.get("KETWAY_LOG_LEVEL", "info"))
    token = os.environ.pop("KETWAY_WORKER_TOKEN", "")
    if not token:
        raise CannotWork("KETWAY_WORKER_TOKEN is not set; credentials.json of the server has one.")
    if until_stdin_ends:
        _end_with_stdin()
    engines = _engines(only)
    with TemporaryDirectory(prefix="ketway-worker-") as scratch:
        children = Children(engines=list(engines), scratch=Path(scratch), require_sandbox=require_sandbox)
        try:
            await children.start()
        except SandboxMissing as missing:
            raise CannotWork(str(missing)) from None
        print("sandbox: " + " · ".join(map(str, children.layers)), file=sys.stderr, flush=True)
        client = WorkClient(url, token, trusted=trusted)
        worker = Worker(
            client=client,
            runner=children,
            name=name or socket.gethostname(),
            engines=engines,
            slots=slots or os.cpu_count() or 1,
            keepers=[name for name in engines if catalogue.ENTRIES[name].is_keeper],
        )
        try:
            await _run(worker, stop_grace_s)
        except* NotWelcome as refused:
            raise CannotWork(
                f"The server does not take this worker's token: {refused.exceptions[0]}"
            ) from None
        finally:
            await children.close()
            await client.close()


def _engines(only: Sequence[str] | None) -> dict[str, str]:
    installed = catalogue.installed()
    for name in only or ():
        if name not in catalogue.ENTRIES:
            raise CannotWork(f"There is no engine {name}; there are {', '.join(catalogue.ENTRIES)}.")
        if name not in installed:
            extra = catalogue.ENTRIES[name].extra
            raise CannotWork(f"The engine {name} is not installed: pip install 'ketway[{extra}]'.")
    return {name: version for name, version in installed.items() if only is None or name in only}


async def _run(worker: Worker, stop_grace_s: float) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    running = asyncio.ensure_future(worker.run())
    stopping = asyncio.ensure_future(told.wait())
    await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not running.done():
        log.info("worker_stopping")
        await worker.stop(stop_grace_s)
    with contextlib.suppress(asyncio.CancelledError):
        await running


def _end_with_stdin() -> None:
    """Whoever started us holds the other end; when they are gone, so are we, at once."""

    def gone() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            os._exit(1)

    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), gone)
