"""SQLite: one writer with group commit, one reader.

Statements run in the event loop: handing one to a thread costs more than the statement. What
waits for the disk or for a lock, the begin and the commit, has a thread. Two writers would
starve each other. Transactions that come in together share one commit, and so one flush to disk:
each runs in its own savepoint, and none is acknowledged before the commit of them all.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ketway.db.migrate import upgrade
from ketway.db.rows import refused
from ketway.db.work import SqlWork
from ketway.domain.errors import StoreBusy

T = TypeVar("T")

#: How long a write waits for another process that writes to the file.
_BUSY_MS = 5000
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}")


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    return engine


class _Connection:
    """One connection, used in the event loop; what waits for the disk or a lock has a thread."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(self, function: Callable[[Connection], T]) -> T:
        try:
            return function(self._connection)
        except SQLAlchemyError as error:
            raise refused(error) from error

    async def run_aside(self, function: Callable[[Connection], T]) -> T:
        """As `run`, in the thread: for what may wait."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._executor, function, self._connection)
        except SQLAlchemyError as error:
            raise refused(error) from error

    async def close(self) -> None:
        await self.run(lambda connection: connection.close())
        self._executor.shutdown()


class _Group:
    """The transactions of one commit."""

    def __init__(self) -> None:
        self.is_over = False
        self.failure: StoreBusy | None = None

    def fail(self, failure: StoreBusy) -> None:
        self.is_over, self.failure = True, failure


class SqliteDatabase:
    """The `Database` port on one file; made by `open_database`."""

    def __init__(self, writer: Connection, reader: Connection) -> None:
        self._writer = _Connection(writer, "ketway-db-writer")
        self._reader = _Connection(reader, "ketway-db-reader")
        self._writing = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._group = _Group()
        self._finishing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[SqlWork]:
        failure: BaseException | None = None
        async with self._writing:
            if self._group.is_over:
                self._group = _Group()
            group = self._group
            try:
                if not await self._writer.run(_enter_at_once):
                    # One who is cancelled here has entered all the same: undoing queues in the same thread.
                    await self._finish(self._writer.run_aside(_enter))
                yield SqlWork(self._writer)
                await self._writer.run(_leave)
            except BaseException as error:
                failure = error
                await self._finish(self._undo(group))
        # Those who queued for the lock meanwhile join the group before we get it back. One who
        # failed commits as well, for neighbours of the same group.
        if failure is None:
            await self._finish(self._commit(group))
        else:
            with suppress(StoreBusy):
                await self._finish(self._commit(group))
            raise failure

    @asynccontextmanager
    async def look(self) -> AsyncIterator[SqlWork]:
        async with self._reading:
            yield SqlWork(self._reader)

    async def close(self) -> None:
        with suppress(StoreBusy):  # whoever it concerned was told
            await self._commit(self._group)
        await self._reader.close()
        await self._writer.close()

    async def _finish(self, doing: Coroutine[Any, Any, None]) -> None:
        """To its end, even if whoever waits for it is cancelled."""
        task = asyncio.ensure_future(doing)
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)
        await asyncio.shield(task)

    async def _undo(self, group: _Group) -> None:
        if not await self._writer.run_aside(_roll_back_work):
            # SQLite gave up the whole transaction (a full disk): nobody's work of it is kept.
            group.fail(StoreBusy("the database took nothing of this"))

    async def _commit(self, group: _Group) -> None:
        async with self._writing:
            if not group.is_over:
                group.is_over = True
                try:
                    await self._writer.run_aside(_commit)
                except StoreBusy as failure:
                    group.fail(failure)
                    await self._writer.run_aside(_roll_back)
        if group.failure is not None:
            raise StoreBusy(group.failure.why)


def _driver(connection: Connection) -> sqlite3.Connection:
    """The driver's connection, which says a word of ours in a tenth of the time."""
    driver: Any = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _in_transaction(connection: Connection) -> bool:
    return _driver(connection).in_transaction


def _enter_at_once(connection: Connection) -> bool:
    """Whether it could, without waiting for whoever else may write to the file: another process."""
    driver = _driver(connection)
    if not driver.in_transaction:
        driver.execute("PRAGMA busy_timeout=0")
        try:
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        finally:
            driver.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    driver.execute("SAVEPOINT work")
    return True


def _enter(connection: Connection) -> None:
    if not _in_transaction(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    connection.exec_driver_sql("SAVEPOINT work")


def _leave(connection: Connection) -> None:
    _driver(connection).execute("RELEASE work")


def _roll_back_work(connection: Connection) -> bool:
    """Whether the transaction around it still stands."""
    if not _in_transaction(connection):
        return False
    connection.exec_driver_sql("ROLLBACK TO work")
    connection.exec_driver_sql("RELEASE work")
    return True


def _commit(connection: Connection) -> None:
    if _in_transaction(connection):
        connection.exec_driver_sql("COMMIT")


def _roll_back(connection: Connection) -> None:
    if _in_transaction(connection):
        connection.exec_driver_sql("ROLLBACK")


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[SqliteDatabase]:
    """Open, create or migrate the database at a path.

    Raises:
        StoreBusy: the file cannot be opened or written.
    """
    engine = _engine(path)
    try:
        await asyncio.to_thread(upgrade, engine)
        writer, reader = _autocommitting(engine), _autocommitting(engine)
        reader.exec_driver_sql("PRAGMA query_only=ON")
        database = SqliteDatabase(writer, reader)
    except SQLAlchemyError as error:
        raise refused(error) from error
    try:
        yield database
    finally:
        await database.close()


def _autocommitting(engine: Engine) -> Connection:
    """A connection on which SQLAlchemy says neither BEGIN nor COMMIT."""
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")
