"""A database with a million finished jobs: a slice of a year, copied by the database itself into the past."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import asyncpg
from sqlalchemy import BigInteger, Column, Connection, Integer, Table, bindparam, text
from sqlalchemy.ext.asyncio import create_async_engine

from ketway.db import tables
from tests.db.filling import YEAR_S, Filled, fill

#: Jobs of one slice, and how many slices there are.
SLICE = 10_200
COPIES = 100
SPAN_S = YEAR_S / COPIES
_DOCUMENT = b'{"counter": {"00": 489, "11": 511}, "raw": null, "serialised_results": null}' * 10
#: Two ids that every copy has another one of; whatever else refers to them is made from the copies.
_MOVED = ("id", "batch_id")


async def fill_postgres(url: str) -> Filled:
    """As `fill_many`, on a connection that waits for as long as it takes."""
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url))
    try:
        async with engine.begin() as connection:
            filled = await connection.run_sync(fill_many)
        async with engine.connect() as connection:
            # As its own housekeeping does sooner or later; SQLite's plans hang on the tables alone.
            aside = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await aside.exec_driver_sql("VACUUM (ANALYZE)")
        return filled
    finally:
        await engine.dispose()


def fill_many(connection: Connection) -> Filled:
    """Jobs in their batches with all that finished ones leave; those of the newest slice that still wait
    or run are there as well."""
    filled = fill(connection, SLICE, SPAN_S)
    for table in (tables.leases, tables.results):
        connection.execute(table.delete())
    _teach(connection)
    indexes = [index for table in (tables.batches, tables.jobs) for index in table.indexes]
    for index in indexes:
        index.drop(connection)
    _copy(connection, tables.batches, "ended_at IS NOT NULL")
    _copy(connection, tables.jobs, "batch_id IN (SELECT id FROM slice_of_batches)")
    for index in indexes:
        index.create(connection)
    said = _values(connection)
    dialect = connection.dialect.name
    left = _LEFT | {"batch_tags": _LEFT["batch_tags"].replace("TAGS", _TAGS[dialect])}
    for statement in (*left.values(), _USAGE.replace("DAY", _DAY[dialect])):
        asked = [bindparam(name, type_=kind) for name, kind in _KINDS.items() if f":{name}" in statement]
        connection.execute(text(statement).bindparams(*asked), said)
    return filled


def _teach(connection: Connection) -> None:
    """`moved(id, copy)`: the id of a copy, as random as the first."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "CREATE FUNCTION moved(id text, copy bigint) RETURNS text LANGUAGE sql IMMUTABLE AS "
            "'SELECT CAST(CAST(md5(id || copy) AS uuid) AS text)'"
        )
        return
    driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.create_function("moved", 2, _moved, deterministic=True)


def _moved(id: str, copy: int) -> str:
    return str(UUID(hashlib.md5(f"{id}{copy}".encode(), usedforsecurity=False).hexdigest()))


def _copy(connection: Connection, table: Table, condition: str) -> None:
    """Every copy lies one slice further back."""
    names = ", ".join(table.columns.keys())
    values = ", ".join(map(_copied, table.columns))
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE slice_of_{table.name} AS SELECT * FROM {table.name} WHERE {condition}"
    )
    copy = text(f"INSERT INTO {table.name} ({names}) SELECT {values} FROM slice_of_{table.name}").bindparams(
        bindparam("copy", type_=BigInteger)
    )
    for number in range(1, COPIES):
        connection.execute(copy, {"copy": number})


def _copied(column: Column[object]) -> str:
    if column.name in _MOVED:
        return f"moved({column.name}, :copy)"
    if column.name in ("created_at", "updated_at", "started_at", "ended_at"):
        back = timedelta(seconds=SPAN_S) // timedelta(microseconds=1)
        return f"{column.name} - :copy * {back}"
    return column.name


def _values(connection: Connection) -> Mapping[str, object]:
    worker = connection.execute(text("SELECT id FROM workers")).scalar_one()
    return {
        "document": _DOCUMENT,
        "size": len(_DOCUMENT),
        "counts": [{"11": 511, "00": 489}],
        "metadata": {"engine": "noop", "qubits": 2, "seconds": 0.5},
        "worker": worker,
    }


_KINDS = {
    "document": tables.results.c.document.type,
    "size": Integer(),
    "counts": tables.results.c.counts.type,
    "metadata": tables.results.c.metadata.type,
    "worker": tables.leases.c.worker_id.type,
}
#: What jobs that ran leave behind, by table.
_LEFT = {
    "results": (
        "INSERT INTO results (job_id, attempt, key, size, sha256, shots, counts, metadata, created_at,"
        " document, project_id) SELECT id, attempt, 'rows/' || id || '-1-0123456789abcdef', :size,"
        " 'no one asks', shots, :counts, :metadata, ended_at, :document, project_id"
        " FROM jobs WHERE status = 'done'"
    ),
    "leases": (
        "INSERT INTO leases (id, job_id, platform_id, worker_id, attempt, secret, request_id, granted_at,"
        " expires_at, status, outcome)"
        " SELECT moved(id, 0), id, platform_id, :worker, attempt, 'a secret of thirty-two letters..',"
        " 'question', started_at, started_at + 30000000,"
        " CASE WHEN status = 'running' THEN 'live' ELSE 'ended' END, 'digest'"
        " FROM jobs WHERE started_at IS NOT NULL"
    ),
    "programs": (
        "INSERT INTO programs (id, project_id, creator_id, sha256, size, created_at, is_named)"
        " SELECT moved(id, 0), project_id, creator_id, 'no one asks', 2000, created_at,"
        " door = 'scaleway' FROM batches"
    ),
    "ended_shots": (
        "INSERT INTO ended_shots (project_id, shots, creator_id, door, status, has_errors, number)"
        " SELECT project_id, shots, creator_id, door, status, errors <> '[]', COUNT(*) FROM jobs"
        " WHERE status NOT IN ('queued', 'running')"
        " GROUP BY project_id, shots, creator_id, door, status, errors <> '[]'"
    ),
    "ended_jobs": (
        "INSERT INTO ended_jobs (project_id, creator_id, door, status, has_errors, number)"
        " SELECT project_id, creator_id, door, status, has_errors, SUM(number) FROM ended_shots"
        " GROUP BY project_id, creator_id, door, status, has_errors"
    ),
    "ended_batches": (
        "INSERT INTO ended_batches (project_id, creator_id, door, platform_id, status, priority, number)"
        " SELECT project_id, creator_id, door, platform_id, status, priority, COUNT(*) FROM batches"
        " WHERE ended_at IS NOT NULL"
        " GROUP BY project_id, creator_id, door, platform_id, status, priority"
    ),
    "ended_sizes": (
        "INSERT INTO ended_sizes (project_id, size, door, status, number)"
        " SELECT project_id, size, door, status, COUNT(*) FROM"
        " (SELECT project_id, door, status,"
        " (SELECT COUNT(*) FROM jobs WHERE jobs.batch_id = batches.id) AS size"
        " FROM batches WHERE ended_at IS NOT NULL) AS sized GROUP BY project_id, size, door, status"
    ),
    "batch_tags": (
        "INSERT INTO batch_tags (tag, project_id, created_at, batch_id, door)"
        " SELECT value, project_id, created_at, batches.id, door FROM batches, TAGS"
    ),
    "holdings": (
        "INSERT INTO holdings (project_id, bytes)"
        " SELECT project_id, COUNT(*) * :size FROM jobs WHERE status = 'done' GROUP BY project_id"
    ),
}
_USAGE = (
    "INSERT INTO usage (project_id, day, platform_id, prices, done, failed, cancelled, circuits, shots,"
    " computed, held) SELECT project_id, DAY, platform_id, '1.5 0 0 EUR', COUNT(*), 0, 0, COUNT(*),"
    " SUM(shots), COUNT(*) * 2000000, 0 FROM jobs GROUP BY project_id, DAY, platform_id"
)
_DAY = {
    "sqlite": "date(created_at / 1000000, 'unixepoch')",
    "postgresql": "CAST(to_timestamp(created_at / 1000000) AT TIME ZONE 'UTC' AS date)",
}
_TAGS = {
    "sqlite": "json_each(batches.tags)",
    "postgresql": "json_array_elements_text(CAST(tags AS json)) AS listed(value)",
}
