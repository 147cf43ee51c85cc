"""Where a server keeps what it knows: in a folder of its own, or in a database that several share."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from ketway.db import SqliteDatabase, open_database
from ketway.domain.errors import StoreBusy
from ketway.host import runs
from ketway.host.bell import LocalBell
from ketway.host.clock import SystemClock, ToldClock
from ketway.services.ports import Bell, Clock
from ketway.settings import Settings

if TYPE_CHECKING:
    from ketway.db.postgres import PostgresDatabase

log = structlog.get_logger()

#: How often the time of day is asked of a shared database.
_TIME_EVERY_S = 60.0
#: For the few small files that a start writes.
_LEAST_ROOM_BYTES = 64 * 1024


class CannotStart(Exception):
    """Why there is no server; the sentence is for the person who tried."""


@dataclass(frozen=True, kw_only=True)
class Premises:
    """
    Args:
        is_alone: no other server shares the database.
        server: name of this run.
        dead: earlier runs that did not end gently, where it is known of each.
    """

    db: SqliteDatabase | PostgresDatabase
    bell: Bell
    clock: Clock
    is_alone: bool
    server: str = field(default_factory=lambda: str(uuid4()))
    dead: Collection[str] = ()

    async def key(self, name: str, fresh: Callable[[], str]) -> str:
        """A key that all who share the database share, drawn by the first who needs it."""
        async with self.db.work() as work:
            known = await work.keys.get(name)
            if known is None:
                known = fresh()
                await work.keys.add(name, known)
        return known


@asynccontextmanager
async def open_premises(settings: Settings) -> AsyncIterator[Premises]:
    """
    Raises:
        CannotStart
    """
    folder = _folder(settings.data)
    async with AsyncExitStack() as stack:
        if settings.database is None:
            stack.enter_context(_locked(folder, fcntl.LOCK_EX))
            yield await stack.enter_async_context(_alone(folder / "ketway.db"))
        else:
            # Among themselves they share the folder, too.
            stack.enter_context(_locked(folder, fcntl.LOCK_SH))
            shared = await stack.enter_async_context(_shared(settings.database.get_secret_value()))
            await _must_be_its_folder(shared, folder)
            async with one_after_another(folder):
                dead = runs.bury(folder / "runs")
                stack.enter_context(runs.held(folder / "runs", shared.server))
            yield replace(shared, dead=dead)


@asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[Premises]:
    async with AsyncExitStack() as stack:
        try:
            db = await stack.enter_async_context(open_database(path))
        except StoreBusy as busy:
            raise CannotStart(f"The database {path} cannot be opened: {busy.why}") from None
        await asyncio.to_thread(path.chmod, 0o600)
        yield Premises(db=db, bell=LocalBell(), clock=SystemClock(), is_alone=True)


@asynccontextmanager
async def _shared(url: str) -> AsyncIterator[Premises]:
    try:
        from ketway.db.bell import SharedBell
        from ketway.db.postgres import open_postgres
    except ImportError:
        raise CannotStart("PostgreSQL is spoken by an extra: pip install 'ketway[postgres]'.") from None
    async with AsyncExitStack() as stack:
        try:
            db = await stack.enter_async_context(open_postgres(url))
        except StoreBusy as busy:
            raise CannotStart(f"The database that the settings name cannot be opened: {busy.why}") from None
        clock, bell = ToldClock(), SharedBell(url, LocalBell())
        await clock.ask(db.time)
        premises = Premises(db=db, bell=bell, clock=clock, is_alone=False)
        await stack.enter_async_context(repeating(lambda: clock.ask(db.time), _TIME_EVERY_S))
        await stack.enter_async_context(_during(bell.attend(premises.server)))
        yield premises


async def _must_be_its_folder(premises: Premises, folder: Path) -> None:
    """Programs and results are files, which every server of a database must find.

    Raises:
        CannotStart
    """
    async with one_after_another(folder):
        name = folder / "name"
        if not name.exists():
            name.write_text(str(uuid4()))
        here = name.read_text()
    if await premises.key("folder", lambda: here) != here:
        raise CannotStart(
            f"The database belongs to another data folder than {folder}: programs and results lie there. "
            "Give that one with --data; servers on several machines share it."
        )


@asynccontextmanager
async def one_after_another(folder: Path) -> AsyncIterator[None]:
    """For what servers that share a folder must not do at the same time."""
    with (folder / "turn").open("a") as file:
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        yield


def _folder(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        _must_have_room(path / f".writable-{os.getpid()}")
    except OSError as error:
        raise CannotStart(
            f"The data folder {path} cannot be written ({error.strerror}); choose another with --data."
        ) from None
    return path


def _must_have_room(file: Path) -> None:
    """
    Raises:
        OSError
    """
    try:
        # An empty file fits on a full disk, too.
        file.write_bytes(b"\0" * _LEAST_ROOM_BYTES)
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    with (folder / "lock").open("a+") as file:
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise CannotStart(
                f"Another ketway (process {file.read().strip() or 'unknown'}) uses the data folder {folder}; "
                "stop it, or choose another with --data."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@asynccontextmanager
async def repeating(do: Callable[[], Awaitable[None]], every_s: float) -> AsyncIterator[None]:
    """Done again and again meanwhile, put off while the database is busy; what breaks once is tried again."""

    async def forever() -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await do()
            except StoreBusy as busy:
                log.warning("sweep_put_off", why=str(busy))
            except Exception as error:
                # Leases that run out, slots and limits hang on it: none of them is to end with one round.
                log.error("sweep_broke", exc_info=error)

    async with _during(forever()):
        yield


@asynccontextmanager
async def _during(forever: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(forever)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
