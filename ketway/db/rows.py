"""One way from a domain object to a row and back: columns are named as fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, ClassVar, Protocol, TypeVar, cast

from sqlalchemy import ColumnElement, Connection, Row, Table, TextClause, bindparam, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ketway.domain.errors import Stale, StoreBusy

#: What a query may be narrowed by.
Condition = ColumnElement[bool] | TextClause

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


def to_row(kept: Kept) -> dict[str, Any]:
    return {field.name: getattr(kept, field.name) for field in fields(kept)}


def to_changes(kept: Kept) -> dict[str, Any]:
    """What an update writes: without what is fixed from the beginning, whose indexes, and the rows
    that refer to it, the database would go through for nothing."""
    return {name: value for name, value in to_row(kept).items() if name not in _FIXED}


def from_row(kind: type[K], row: Row[Any]) -> K:
    values = row._mapping
    return kind(**{field.name: values[field.name] for field in fields(kind)})


def put_all(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> bool:
    """Write rows by id, each if it still has the version that was read, and raise that.

    Returns:
        Whether all of them had; else some may be written, and the transaction is to be undone.
    """
    if not rows:
        return True
    statement = update(table).where(
        table.c.id == bindparam("old_id"), table.c.version == bindparam("old_version")
    )
    return connection.execute(statement, rows).rowcount == len(rows)


def refused(error: SQLAlchemyError) -> Stale | StoreBusy:
    """The refusal that a database's error amounts to."""
    if isinstance(error, IntegrityError):
        return Stale("row", str(error.orig))
    return StoreBusy(str(cast(Any, error).orig if hasattr(error, "orig") else error))
