"""Every revision that was ever released is upgraded with rows in every table, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    insert,
    inspect,
    select,
    update,
)

from ketway.db import learning_tables
from ketway.db.migrate import MIGRATIONS, compare_by_bytes, upgrade, upgrade_postgres
from ketway.db.postgres import _connected, _engine
from tests.builders import NOON
from tests.postgres import Postgres

T = TypeVar("T")

TABLES = learning_tables.learners.metadata
REVISIONS = sorted(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
#: What a column of this name holds where any text will not do; None for what a row may lack.
WORDS: dict[str, str | None] = {
    "role": "admin",
    "status": "done",
    "yields": "pauses",
    "ends_as": None,
    "level": "warning",
    "standing": "draft",
    "prices": "1.5 0 0.25 EUR",
    "specs": "{}",
    "answers": "[]",
    "quotas": "{}",
    "retention": "{}",
    **dict.fromkeys(("tags", "errors", "counts", "made", "allowed_platforms"), '["some"]'),
    **dict.fromkeys(("echo", "parameters", "metadata", "engines", "progress", "data", "review"), "{}"),
}
OWN: dict[tuple[str, str], Any] = {
    ("leases", "status"): "ended",
    ("bookings", "status"): "validated",
    ("platform_states", "made"): None,
    ("processes", "configuration"): "{}",
    ("jobs", "progress"): 50,
    ("processes", "progress"): 50,
    ("learners", "package"): "package",
    ("run_records", "runs"): "[[4, 0.5, null]]",
}


class OnSqlite:
    def __init__(self, path: Path) -> None:
        self._engine = create_engine(f"sqlite:///{path}")

    async def upgrade(self, to: str = "head") -> None:
        upgrade(self._engine, to)

    async def run(self, function: Callable[[Connection], T]) -> T:
        with self._engine.begin() as connection:
            return function(connection)


class OnPostgres:
    def __init__(self, url: str) -> None:
        self._engine = _engine(url, connections=1)

    async def upgrade(self, to: str = "head") -> None:
        async with _connected(self._engine) as connection:
            await connection.run_sync(upgrade_postgres, to)

    async def run(self, function: Callable[[Connection], T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(function)

    async def close(self) -> None:
        await self._engine.dispose()


Bare = OnSqlite | OnPostgres


@pytest.fixture(params=["sqlite", "postgres"])
async def bare(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bare]:
    """A database without a table."""
    if request.param == "sqlite":
        yield OnSqlite(tmp_path / "ketway.db")
        return
    async with _on_postgres(request.getfixturevalue("postgres")) as database:
        yield database


@asynccontextmanager
async def _on_postgres(server: Postgres) -> AsyncIterator[OnPostgres]:
    async with server.empty() as url:
        database = OnPostgres(url)
        try:
            yield database
        finally:
            await database.close()


@pytest.mark.parametrize("revision", REVISIONS)
async def test_what_was_kept_at_any_revision_is_there_after_the_upgrade_and_can_be_read(bare, revision):
    await bare.upgrade(revision)
    before = await bare.run(fill)

    await bare.upgrade()

    after = await bare.run(everything)
    assert before
    # Counted anew, from jobs.
    kept_rows = {table: row for table, row in before.items() if (table, revision) != ("ended_jobs", "0011")}
    for table, row in kept_rows.items():
        (found,) = after[table]
        kept = {name: value for name, value in row.items() if (table, name) not in CHANGED}
        assert {name: found[name] for name in kept} == kept
    assert set(after) == set(TABLES.tables)
    # Through the columns that the code knows: each value is one that it can read.
    await bare.run(lambda connection: [connection.execute(select(table)).all() for table in tables()])


#: What an upgrade writes anew.
CHANGED = {("members", "created_at"), ("members", "updated_at")}


async def test_an_empty_database_is_upgraded_to_what_the_code_expects(bare):
    await bare.upgrade()

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, TABLES)

    assert await bare.run(differences) == []


async def test_upgrading_makes_the_same_indexes_as_the_tables_say(bare, postgres, tmp_path):
    await bare.upgrade()
    made = await bare.run(indexes)

    if isinstance(bare, OnSqlite):
        direct = OnSqlite(tmp_path / "direct.db")
        await direct.run(TABLES.create_all)
        assert made == await direct.run(indexes)
        return
    async with _on_postgres(postgres) as other:
        await other.run(TABLES.create_all)
        await other.run(compare_by_bytes)
        assert made == await other.run(indexes)


async def test_what_ended_before_it_was_counted_is_counted_and_its_result_knows_its_project(bare):
    await bare.upgrade("0010")
    before = await bare.run(fill)

    await bare.upgrade()

    job, after = before["jobs"], await bare.run(everything)
    # The row that fills every table has been deleted, so that it does not count.
    assert job["deleted_at"] is not None
    assert after["ended_jobs"] == []
    assert [row["project_id"] for row in after["results"]] == [job["project_id"]]


@pytest.mark.parametrize(
    ("batch", "status", "is_held_back"),
    [
        ({"status": "paused"}, "queued", True),
        ({"status": "queued", "slot_ends_at": 1}, "queued", True),
        ({"status": "active", "slot_ends_at": 1}, "running", True),
        ({"status": "queued"}, "queued", False),
        ({"status": "done"}, "done", False),
    ],
)
async def test_jobs_that_wait_already_are_told_of_their_batch_and_others_are_counted(
    bare, batch, status, is_held_back
):
    await bare.upgrade("0010")
    await bare.run(fill)
    plain = {"slot_ends_at": None, "deleted_at": None}
    await bare.run(lambda connection: change(connection, "batches", plain | batch))
    await bare.run(lambda connection: change(connection, "jobs", {"status": status, "deleted_at": None}))

    await bare.upgrade()

    after = await bare.run(everything)
    assert [bool(row["is_held_back"]) for row in after["jobs"]] == [is_held_back]
    assert [(row["status"], row["number"]) for row in after["ended_jobs"]] == (
        [("done", 1)] if status == "done" else []
    )


COUNTED = ("ended_jobs", "ended_shots", "ended_batches", "ended_sizes", "batch_tags")


@pytest.mark.parametrize(
    ("job", "has_errors", "shots"),
    [({}, True, 1), ({"errors": "[]", "shots": None}, False, -1), ({"status": "failed"}, True, 1)],
)
async def test_what_ended_is_counted_by_all_that_lists_are_asked_by(bare, job, has_errors, shots):
    await bare.upgrade("0011")
    before = await bare.run(fill)
    seen = {"status": "done", "deleted_at": None}
    await bare.run(lambda connection: change(connection, "batches", seen | {"tags": '["one","two","one"]'}))
    await bare.run(lambda connection: change(connection, "jobs", seen | job))

    await bare.upgrade()

    after = await bare.run(everything)
    (of_jobs,), (of_shots,), (of_batches,), (of_sizes,) = (after[name] for name in COUNTED[:4])
    whose = {name: before["jobs"][name] for name in ("project_id", "creator_id", "door")}
    ended = whose | {"status": job.get("status", "done"), "has_errors": has_errors, "number": 1}
    assert of_jobs == ended
    assert of_shots == ended | {"shots": shots}
    kept = before["batches"]
    by = {name: kept[name] for name in ("project_id", "creator_id", "door", "platform_id", "priority")}
    assert of_batches == by | {"status": "done", "number": 1}
    its = {name: kept[name] for name in ("project_id", "door")}
    assert of_sizes == its | {"status": "done", "size": 1, "number": 1}
    its |= {"created_at": kept["created_at"], "batch_id": kept["id"]}
    assert sorted(after["batch_tags"], key=str) == sorted(
        [its | {"tag": tag} for tag in ("one", "two")], key=str
    )


@pytest.mark.parametrize("change_of_all", [{"deleted_at": 1}, {"deleted_at": None, "status": "queued"}])
async def test_what_was_deleted_or_has_not_ended_is_not_counted(bare, change_of_all):
    await bare.upgrade("0011")
    await bare.run(fill)
    for name in ("batches", "jobs"):
        await bare.run(lambda connection, name=name: change(connection, name, change_of_all))

    await bare.upgrade()

    after = await bare.run(everything)
    assert not any(after[name] for name in COUNTED[:4])
    assert len(after["batch_tags"]) == (1 if change_of_all["deleted_at"] is None else 0)


async def test_upgrading_twice_is_harmless(bare):
    await bare.upgrade()
    before = await bare.run(fill)

    await bare.upgrade()

    after = await bare.run(everything)
    assert {name: after[name] for name in before} == {name: [row] for name, row in before.items()}


def tables() -> list[Table]:
    return TABLES.sorted_tables


def indexes(connection: Connection) -> set[str]:
    if connection.dialect.name == "sqlite":
        query = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = (
            "SELECT indexdef FROM pg_indexes WHERE tablename <> 'alembic_version' AND schemaname = 'public'"
        )
    return {" ".join(said.split()) for (said,) in connection.exec_driver_sql(query).all()}


def fill(connection: Connection) -> dict[str, dict[str, Any]]:
    """A row in every table that there is, as it is written: columns to values, by table."""
    known = MetaData()
    known.reflect(connection)
    rows: dict[str, dict[str, Any]] = {}
    for table in known.sorted_tables:
        if table.name != "alembic_version":
            row = {column.name: _value(table, column, rows) for column in table.columns}
            connection.execute(insert(table), [row])
            rows[table.name] = row
    return rows


def change(connection: Connection, name: str, values: dict[str, Any]) -> None:
    """Every row of a table, as it is written."""
    known = MetaData()
    known.reflect(connection)
    connection.execute(update(known.tables[name]).values(values))


def everything(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row, as it is written."""
    known = MetaData()
    known.reflect(connection)
    names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    return {
        name: [dict(row._mapping) for row in connection.execute(select(known.tables[name]))] for name in names
    }


def _value(table: Table, column: Column[Any], rows: dict[str, dict[str, Any]]) -> Any:
    for key in column.foreign_keys:
        return rows[key.column.table.name][key.column.name]
    if (table.name, column.name) in OWN:
        return OWN[table.name, column.name]
    if column.name in WORDS:
        return WORDS[column.name]
    if isinstance(column.type, LargeBinary):
        return str(column.name).encode()
    if isinstance(column.type, BigInteger):
        return int(NOON.timestamp()) * 10**6
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Integer):
        return 1
    if isinstance(column.type, Float):
        return 1.5
    if isinstance(column.type, Date):
        return NOON.date()
    if column.name == "id" or column.name.endswith("_id"):
        return str(UUID(int=len(table.name) * 1000 + len(column.name)))
    return column.name
