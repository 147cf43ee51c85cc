"""A bell heard by every process of one PostgreSQL database.

Its connection also shows the others that this process stands. A notification may be missed while it
is away; it is a hint, and whoever waits for work looks again by itself.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from ketway.db.presence import HOLD, KIND, number_of
from ketway.services.ports import Bell

log = structlog.get_logger()

_CHANNEL = "ketway_bell"
_CONNECT_S = 5.0
#: How long a connection may say nothing before it is asked whether it still stands.
_QUIET_S = 15.0
_AGAIN_S = 1.0


class SharedBell:
    """The `Bell` port, heard by all processes of a database.

    Args:
        here: the bell of this process.
    """

    def __init__(self, url: str, here: Bell) -> None:
        self._url = url
        self._here = here
        self._news = asyncio.Event()
        self._ringing: set[asyncio.Task[None]] = set()

    async def ring(self) -> None:
        await self._here.ring()
        self._news.set()

    def silence(self) -> None:
        self._here.silence()

    def is_silent(self) -> bool:
        return self._here.is_silent()

    def strokes(self) -> int:
        return self._here.strokes()

    async def wait(self, after: int, timeout_s: float) -> None:
        await self._here.wait(after, timeout_s)

    async def attend(self, server: str) -> None:
        """Hear the others and be heard, for ever.

        Args:
            server: name of this run, which the others can ask after.
        """
        while True:
            try:
                await self._attend_once(server)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("other_servers_unheard", why=type(error).__name__)
            await self._here.ring()
            await asyncio.sleep(_AGAIN_S)

    async def _attend_once(self, server: str) -> None:
        """Until the connection is lost."""
        connection = await asyncpg.connect(self._url, timeout=_CONNECT_S, command_timeout=_CONNECT_S)
        try:
            connection.add_termination_listener(lambda _: self._news.set())
            await connection.execute(HOLD, KIND, number_of(server))
            await connection.add_listener(_CHANNEL, self._hear)
            # What was said before we listened was not heard.
            await self._here.ring()
            while not connection.is_closed():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), _QUIET_S)
                is_news = self._news.is_set()
                self._news.clear()
                # Rings that come while one is on its way share the next.
                await connection.execute(f"NOTIFY {_CHANNEL}" if is_news else "SELECT 1")
        finally:
            connection.terminate()

    def _hear(self, connection: Any, sender: int, *_: Any) -> None:
        if sender != connection.get_server_pid():
            task = asyncio.ensure_future(self._here.ring())
            self._ringing.add(task)
            task.add_done_callback(self._ringing.discard)
