"""PostgreSQL: one writer at a time among all processes, looks beside it.

Every use case was proven with one writer at a time: limits, holders and slots are read before they
are written. So a transaction that writes begins by taking one lock of the whole database, and
several processes behave as one does on SQLite. See docs/decisions/0016-one-writer-on-postgresql.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ketway.db.migrate import WRITING, upgrade_postgres
from ketway.db.rows import refused
from ketway.db.work import SqlWork
from ketway.domain.errors import StoreBusy

T = TypeVar("T")

#: How long a transaction queues in this process for those before it.
_QUEUE_S = 30.0
_CONNECT_S = 5.0
#: Above all that the server itself limits: it is asked this long only if it has fallen silent.
_SILENCE_S = 60.0
_LOOKS = 8
_LOCK = f"SELECT pg_advisory_xact_lock({WRITING})"
_LIMITS = {
    "application_name": "ketway",
    # The queries are small: compiling one takes longer than running it.
    "jit": "off",
    "lock_timeout": "20s",
    "statement_timeout": "30s",
    # A process that was paused in a transaction must not keep all others from writing.
    "idle_in_transaction_session_timeout": "10s",
    "synchronous_commit": "on",
}
#: A plan is kept for a while, also of what a foreign key looks up. One made when a table was as good as
#: empty would read all of it with every row that is written, and there is an index for each.
_BY_INDEX = {"enable_seqscan": "off"}


class _Statements:
    """The `Runner` of stores that speak through one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def run(self, function: Callable[[Connection], T]) -> T:
        with _refusing():
            return await self._connection.run_sync(function)

    run_aside = run


class PostgresDatabase:
    """The `Database` port on a database that other processes may use too; made by `open_postgres`."""

    def __init__(self, writer: AsyncEngine, readers: AsyncEngine) -> None:
        self._writer = writer
        self._readers = readers
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[SqlWork]:
        async with self._turn(), _connected(self._writer) as connection:
            with _refusing():
                await connection.exec_driver_sql(_LOCK)
            yield SqlWork(_Statements(connection))
            with _refusing():
                await _to_its_end(connection.commit())

    @asynccontextmanager
    async def look(self) -> AsyncIterator[SqlWork]:
        async with _connected(self._readers) as connection:
            yield SqlWork(_Statements(connection))

    async def time(self) -> datetime:
        """The time of day there."""
        async with _connected(self._readers) as connection:
            with _refusing():
                told: datetime = (await connection.exec_driver_sql("SELECT clock_timestamp()")).scalar_one()
        return told

    async def close(self) -> None:
        await self._writer.dispose()
        await self._readers.dispose()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """The lock of the database is asked for by one transaction of this process at a time."""
        try:
            async with asyncio.timeout(_QUEUE_S):
                await self._writing.acquire()
        except TimeoutError:
            raise StoreBusy("too many wait to write") from None
        try:
            yield
        finally:
            self._writing.release()


@asynccontextmanager
async def open_postgres(url: str) -> AsyncIterator[PostgresDatabase]:
    """Open or migrate the database at a URL.

    Args:
        url: postgresql://user:password@host/database, as libpq reads it.
    Raises:
        StoreBusy: nobody answers there, or not to us; says nothing of the password.
    """
    await _migrate(url)
    writer = _engine(url, connections=1, settings=_LIMITS | _BY_INDEX)
    readers = _engine(url, connections=_LOOKS).execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )
    database = PostgresDatabase(writer, readers)
    try:
        yield database
    finally:
        await database.close()


async def _migrate(url: str) -> None:
    engine = _engine(url, connections=1)
    try:
        async with _connected(engine) as connection:
            with _refusing():
                await connection.run_sync(upgrade_postgres)
    finally:
        await engine.dispose()


def _engine(url: str, *, connections: int, settings: Mapping[str, str] = _LIMITS) -> AsyncEngine:
    async def connect() -> Any:
        # asyncpg reads the URL, as it knows all that libpq does: sockets, certificates, several hosts.
        try:
            return await asyncpg.connect(
                url, timeout=_CONNECT_S, command_timeout=_SILENCE_S, server_settings=dict(settings)
            )
        except ValueError:
            # Its words would quote the URL, password and all.
            raise asyncpg.InterfaceError("its URL cannot be read") from None

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_QUEUE_S,
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def must_be_open(connection: Any, *_: Any) -> None:
        # Known without asking; the pool then makes a new one.
        if connection.driver_connection.is_closed():
            raise DisconnectionError

    return engine


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection; what was not committed on it is rolled back."""
    with _refusing():
        connection = await engine.connect()
    try:
        yield connection
    except asyncio.CancelledError:
        # Nobody knows how far its last statement came.
        await _to_its_end(connection.invalidate())
        raise
    finally:
        with _refusing():
            await _to_its_end(connection.close())


async def _to_its_end(doing: Awaitable[None]) -> None:
    """Even if whoever waits for it is cancelled meanwhile."""
    task = asyncio.ensure_future(doing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # whoever is cancelled is not told of it
        raise


@contextmanager
def _refusing() -> Iterator[None]:
    """What the database or the way to it raises, as a refusal."""
    try:
        yield
    except SQLAlchemyError as error:
        raise refused(error) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise StoreBusy(str(error) or type(error).__name__) from error
