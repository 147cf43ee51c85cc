"""What is written in bulk is what SQLAlchemy would have written, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Double,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    create_engine,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import create_async_engine

from ketway.db import bulk, tables
from ketway.db.types import Id, Json, Moment, PriceList, Rank, Time, Word, Words
from ketway.domain.jobs import JobStatus
from ketway.domain.priorities import Priority
from tests.builders import COSTLY, NOON
from tests.postgres import Postgres

Run = Callable[[Callable[[Connection], Any]], Awaitable[Any]]

_OF_EVERY_TYPE: dict[str, tuple[Any, list[Any]]] = {
    "id": (Id, [UUID(int=1), UUID(int=2), UUID(int=3)]),
    "moment": (Moment, [NOON, NOON + timedelta(microseconds=1), None]),
    "length": (Time, [timedelta(seconds=1.5), None, timedelta(0)]),
    "prices": (PriceList, [COSTLY, None, COSTLY]),
    "json": (Json, [{"é": [1, None, "\\"]}, {}, None]),
    "words": (Words, [("a", "b"), (), None]),
    "word": (Word(JobStatus), [JobStatus.DONE, JobStatus.DONE, JobStatus.DONE]),
    "rank": (Rank(Priority), [Priority.HIGH, None, Priority.LOW]),
    "text": (Text, ["'; --", "", None]),
    "short": (String(20), ["π", "π", "π"]),
    "number": (Integer, [0, -1, None]),
    "large": (BigInteger, [2**62, 0, None]),
    "part": (Float, [0.1, 1, None]),
    "double": (Double, [1e300, 0.0, None]),
    "is_so": (Boolean, [True, False, None]),
    "bytes": (LargeBinary, [b"\0\xff", b"", None]),
    "day": (Date, [NOON.date(), None, NOON.date()]),
}
_ROWS = [{name: said[place] for name, (_, said) in _OF_EVERY_TYPE.items()} for place in range(3)]


def _a_table(name: str) -> Table:
    columns = [
        Column(name, kind, primary_key=name == "id", autoincrement=False)
        for name, (kind, _) in _OF_EVERY_TYPE.items()
    ]
    return Table(name, MetaData(), *columns)


ONE, OTHER = _a_table("one_way"), _a_table("the_other")


@pytest.fixture(params=["sqlite", "postgres"])
async def run(request: pytest.FixtureRequest) -> AsyncIterator[Run]:
    """Runs a function on a connection, in a database with two tables that have a column of every type."""

    def make(connection: Connection) -> None:
        for table in (ONE, OTHER):
            table.create(connection)

    if request.param == "sqlite":
        with create_engine("sqlite://").connect() as connection:
            make(connection)

            async def run(function: Callable[[Connection], Any]) -> Any:
                return function(connection)

            yield run
        return
    server: Postgres = request.getfixturevalue("postgres")
    async with server.empty() as url:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.connect() as shared:
            await shared.run_sync(make)
            yield shared.run_sync
        await engine.dispose()


def _kept(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    """As the database has it, before any type of a column reads it."""
    return [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table.name} ORDER BY id"))]


async def test_new_rows_are_kept_as_sqlalchemy_keeps_them(run: Run) -> None:
    def write(connection: Connection) -> None:
        connection.execute(insert(ONE), _ROWS)
        bulk.execute(connection, insert(OTHER), _ROWS)

    await run(write)

    kept = await run(lambda connection: _kept(connection, OTHER))
    assert kept == await run(lambda connection: _kept(connection, ONE))
    assert len(kept) == 3


async def test_a_row_alone_is_kept_too(run: Run) -> None:
    def write(connection: Connection) -> None:
        connection.execute(insert(ONE), _ROWS[:1])
        bulk.execute(connection, insert(OTHER), _ROWS[:1])

    await run(write)

    assert await run(lambda c: _kept(c, OTHER)) == await run(lambda c: _kept(c, ONE))


async def test_values_of_the_statement_itself_stand_beside_those_of_rows(run: Run) -> None:
    def change(table: Table) -> Any:
        looked_up = select(table.c.length).where(table.c.id == bindparam("of")).scalar_subquery()
        changing = update(table).where(table.c.id == bindparam("old_id"), table.c.word == JobStatus.DONE)
        return changing.values(rank=Priority.FREE, length=looked_up)

    said = [{"old_id": row["id"], "of": _ROWS[0]["id"], "moment": NOON, "words": ("c",)} for row in _ROWS]

    def write(connection: Connection) -> None:
        for table in (ONE, OTHER):
            connection.execute(insert(table), _ROWS)
        connection.execute(change(ONE), said)
        bulk.execute(connection, change(OTHER), said)

    await run(write)

    kept = await run(lambda connection: _kept(connection, OTHER))
    assert kept == await run(lambda connection: _kept(connection, ONE))
    assert {row[OTHER.c.keys().index("rank")] for row in kept} == {Priority.FREE.value}


async def test_it_says_whether_a_row_was_found(run: Run) -> None:
    put = update(ONE).where(ONE.c.id == bindparam("old_id"))
    await run(lambda connection: bulk.execute(connection, insert(ONE), _ROWS))

    def changed(id: UUID) -> Callable[[Connection], int]:
        return lambda connection: bulk.execute(connection, put, [{"old_id": id, "text": "new"}]).rowcount

    assert await run(changed(UUID(int=1))) == 1
    assert await run(changed(uuid4())) == 0


def test_no_type_of_a_column_is_left_out() -> None:
    ours = {type(column.type) for table in tables.metadata.tables.values() for column in table.c}

    assert ours <= {type(column.type) for column in ONE.c}
