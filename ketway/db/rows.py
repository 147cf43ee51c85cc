"""One way from a domain object to a row and back: columns are named as fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, ClassVar, Protocol, TypeVar, cast

from sqlalchemy import ColumnElement, Connection, Row, TextClause
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from ketway.domain.errors import Malformed, Stale, StoreBusy

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
