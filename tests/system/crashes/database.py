"""Where the servers of a rig keep what they know: what a play must be able to do with it, and a file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.system.crashes.disk import Disk
from tests.system.crashes.line import Line
from tests.system.crashes.schedule import IN_A_FILE, Kind

#: Asks a query; its rows.
Ask = Callable[[str], Sequence[Sequence[Any]]]


class Database(Protocol):
    """
    Args:
        kinds: what can happen to those who use it, and to itself.
        servers: what starts each of the servers.
        lines: from each server to it; none where there is nothing in between.
        disk: of its own; None where it lies on that of the servers.
    """

    kinds: Sequence[Kind]
    servers: Sequence[Sequence[str]]
    lines: Sequence[Line]
    disk: Disk | None

    def keep_up(self) -> None:
        """Start what is not running."""

    def is_ready(self) -> bool: ...

    def environment(self, server: int) -> dict[str, str]:
        """What tells a server of it."""

    def first(self) -> list[int]:
        """The process that started all others, if it runs."""

    def others(self) -> list[int]: ...

    def ask(self, query: str) -> Sequence[Sequence[Any]]: ...

    def stop(self) -> Iterator[str]:
        """Ask it to, and look through what it leaves: what is wrong, a sentence each."""

    def kill(self) -> None: ...


class InAFile:
    """SQLite, in the folder of its one server.

    Args:
        data: of the server.
    """

    kinds: Sequence[Kind] = IN_A_FILE
    servers: Sequence[Sequence[str]] = (("serve", "--workers=2"),)
    lines: Sequence[Line] = ()
    disk: Disk | None = None

    def __init__(self, data: Path) -> None:
        self._file = data / "ketway.db"

    def keep_up(self) -> None:
        pass

    def is_ready(self) -> bool:
        return True

    def environment(self, server: int) -> dict[str, str]:
        return {}

    def first(self) -> list[int]:
        return []

    def others(self) -> list[int]:
        return []

    def ask(self, query: str) -> Sequence[Sequence[Any]]:
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()

    def stop(self) -> Iterator[str]:
        ((sound,),) = self.ask("PRAGMA integrity_check")
        if sound != "ok":
            yield f"the database is broken: {sound}"

    def kill(self) -> None:
        pass


@contextmanager
def in_a_file(folder: Path, data: Path) -> Iterator[Database]:
    """
    Args:
        folder: for what is kept beside the data.
    """
    yield InAFile(data)


#: Makes one, given a folder for its logs and the data folder of the servers.
Kept = Callable[[Path, Path], AbstractContextManager[Database]]
