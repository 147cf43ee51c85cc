"""Workers beside the server: one process, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog

from ketway.domain.errors import Unavailable

log = structlog.get_logger()

_BACK_OFF_S = (0.2, 1.0, 5.0, 30.0)
_SHORT_LIFE_S = 30.0

#: A worker knows a URL and a token, and what it runs may look around.
_SECRETS = ("KETWAY_DATABASE",)


@dataclass(kw_only=True)
class LocalFleet:
    """
    Args:
        url: of the server.
        token: worker token; handed over in the environment, where no process list shows it.
        name: of the worker, by which its server knows it.
        slots: jobs side by side.
        stop_grace_s: how long a worker may finish what it runs.
        on_death: told whenever the worker died without being asked to.
        arguments: further words of the worker's command line.
    """

    url: str
    token: str
    name: str
    slots: int
    stop_grace_s: float
    on_death: Callable[[], Awaitable[None]]
    arguments: tuple[str, ...] = ()
    _process: Process | None = None
    _keeping: asyncio.Task[None] | None = field(default=None)

    def start(self) -> None:
        self._keeping = asyncio.ensure_future(self._keep())

    async def stop(self) -> None:
        """Let the worker finish for a while and give its leases back, then end it."""
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), self.stop_grace_s + 10)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        deaths = 0
        while True:
            born = loop.time()
            self._process = await self._launch()
            code = await self._process.wait()
            await self._tell_of_death()
            deaths = 0 if loop.time() - born > _SHORT_LIFE_S else deaths + 1
            pause = _BACK_OFF_S[min(deaths, len(_BACK_OFF_S) - 1)]
            log.error("worker_died", code=code, starts_again_in_s=pause)
            await asyncio.sleep(pause)

    async def _tell_of_death(self) -> None:
        try:
            await self.on_death()
        except Unavailable as busy:
            # The leases of the dead end by time, then.
            log.warning("death_not_written_down", why=str(busy))

    async def _launch(self) -> Process:
        # The worker ends when its standard input does: it never outlives this server.
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ketway",
            "worker",
            f"--url={self.url}",
            f"--name={self.name}",
            f"--slots={self.slots}",
            f"--stop-grace-s={self.stop_grace_s}",
            "--until-stdin-ends",
            *self.arguments,
            stdin=PIPE,
            start_new_session=True,  # a Ctrl-C is the server's to answer
            env=worker_environment(os.environ) | {"KETWAY_WORKER_TOKEN": self.token},
        )


def worker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in _SECRETS}
