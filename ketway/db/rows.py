"""One way from a domain object to a row and back: columns are named as fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from operator import itemgetter
from typing import Any, ClassVar, Protocol, TypeVar, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    TextClause,
    Update,
    bindparam,
    select,
    update,
)
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from ketway.db import bulk
from ketway.domain.errors import Malformed, Stale, StoreBusy
from ketway.domain.jobs import Job
from ketway.domain.leases import Lease

#: What a query may be narrowed by.
Condition = ColumnElement[bool] | TextClause

_NOT_KEPT = "One of the values sent is too large, or a text that cannot be kept."

_FIXED = {
    "id",
    "project_id",
    "creator_id",
    "batch_id",
    "platform_id",
    "job_id",
    "worker_id",
    "parent_id",
    "prices",
    "door",
    "position",
    "created_at",
    "booking_id",
    "slot_starts_at",
    "slot_ends_at",
    "starts_at",
    "ends_at",
}
#: What else of a kind never changes, though it has no index: to write it again costs its encoding.
_FIXED_OF: dict[type, set[str]] = {
    Job: {"program_id", "qubits", "parameters", "echo", "max_duration_s"},
    Lease: {"attempt", "secret", "request_id", "granted_at"},
}


class Kept(Protocol):
    """Any frozen dataclass of the domain."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


T = TypeVar("T")
K = TypeVar("K", bound=Kept)


class Runner(Protocol):
    """Runs a function on the connection of a transaction, wherever that lives."""

    async def run(self, function: Callable[[Connection], T]) -> T:
        """
        Raises:
            Stale: a unique rule was broken: somebody else was first.
            StoreBusy: the database cannot do it now.
        """

    async def run_aside(self, function: Callable[[Connection], T]) -> T:
        """As `run`, for what may take long: nobody but its own transaction waits for it."""


@cache
def names_of(kind: type[Kept]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _changing(kind: type[Kept]) -> tuple[str, ...]:
    fixed = _FIXED | _FIXED_OF.get(kind, set())
    return tuple(name for name in names_of(kind) if name not in fixed)


def to_row(kept: Kept) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in names_of(type(kept))}


def to_changes(kept: Kept) -> dict[str, Any]:
    """What an update writes: without what is fixed from the beginning, whose indexes, and the rows
    that refer to it, the database would go through for nothing."""
    return {name: getattr(kept, name) for name in _changing(type(kept))}


def from_row(kind: type[K], row: Row[Any]) -> K:
    values = row._mapping
    return kind(**{name: values[name] for name in names_of(kind)})


def from_rows(kind: type[K], rows: Sequence[Row[Any]]) -> list[K]:
    """As `from_row`, of many: where each column stands is looked up once."""
    if not rows:
        return []
    names, columns = names_of(kind), rows[0]._fields
    values = itemgetter(*map(columns.index, names))
    return [kind(**dict(zip(names, values(row), strict=True))) for row in rows]


def rows_by(column: Column[Any]) -> Select[Any]:
    """The rows of which a column is one of `ids`. To be made once: to make a statement anew costs as
    much as to run it."""
    return select(column.table).where(column.in_(bindparam("ids", expanding=True)))


@cache
def _by_version(table: Table) -> Update:
    return update(table).where(table.c.id == bindparam("old_id"), table.c.version == bindparam("old_version"))


def put_all(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> bool:
    """Write rows by id, each if it still has the version that was read, and raise that.

    Returns:
        Whether all of them had; else some may be written, and the transaction is to be undone.
    """
    if not rows:
        return True
    if len(rows) > 1 and not connection.dialect.supports_sane_multi_rowcount:
        # Not counted there, where nobody else writes before this transaction has ended.
        kept = {row.id: row.version for row in connection.execute(_versions(table), {"ids": _ids(rows)})}
        if any(kept.get(row["old_id"]) != row["old_version"] for row in rows):
            return False
        bulk.execute(connection, _by_version(table), rows)
        return True
    return bulk.execute(connection, _by_version(table), rows).rowcount == len(rows)


@cache
def _versions(table: Table) -> Select[Any]:
    return select(table.c.id, table.c.version).where(table.c.id.in_(bindparam("ids", expanding=True)))


def _ids(rows: Sequence[dict[str, Any]]) -> list[Any]:
    return [row["old_id"] for row in rows]


def refused(error: SQLAlchemyError) -> Stale | Malformed | StoreBusy:
    """The refusal that a database's error amounts to."""
    if isinstance(error, IntegrityError):
        return Stale("row", str(error.orig))
    if _is_of_a_value(error):
        return Malformed(_NOT_KEPT)
    return StoreBusy(str(cast(Any, error).orig if hasattr(error, "orig") else error))


def _is_of_a_value(error: SQLAlchemyError) -> bool:
    """Whether it says that a value is none of its column: NUL in a text, a text or number too large."""
    if isinstance(error, DataError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    # asyncpg has a class for each code of the standard; those of data begin with 22. What it finds wrong
    # itself, before it asks, has no code.
    cause = error.orig.__cause__ if error.orig is not None else None
    code = getattr(cause, "sqlstate", None)
    return isinstance(cause, ValueError) if code is None else str(code).startswith("22")
