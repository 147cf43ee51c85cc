"""Batches that have ended, by what lists of them are asked by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from ketway.db import ended_tables as tables
from ketway.db.ended import Numbers, Told
from ketway.db.tables import batches, jobs
from ketway.domain.batches import MOVES, Batch, BatchId

BY_PLATFORM = Numbers(tables.ended_batches)
BY_SIZE = Numbers(tables.ended_sizes)

_NAMES = ("project_id", "creator_id", "door", "platform_id", "status", "priority")
#: How many jobs it has, deleted ones included: their positions are counted from 1. One look into an index.
SIZE = func.coalesce(
    select(func.max(jobs.c.position)).where(jobs.c.batch_id == batches.c.id).scalar_subquery(), 0
)
_KEPT = select(*(batches.c[name] for name in ("id", *_NAMES)), SIZE.label("size")).where(
    batches.c.deleted_at.is_(None), batches.c.id.in_(bindparam("ids", expanding=True))
)


def note_new(connection: Connection, batch: Batch) -> None:
    """Count it if it comes as what has ended already, without jobs."""
    if batch.is_finished:
        _add(connection, [(_said(batch, 0), 1)])


def note_ends(connection: Connection, ends: Sequence[Batch]) -> None:
    """Count those that end with this write. They have all the jobs that they will ever have."""
    if ends:
        sizes = {row.id: row.size for row in _kept(connection, [batch.id for batch in ends])}
        _add(connection, [(_said(batch, sizes[batch.id]), 1) for batch in ends if batch.id in sizes])


def note_deletion(connection: Connection, id: BatchId) -> None:
    """Take it off, if it has ended, before it is deleted."""
    _add(connection, [(row._asdict(), -1) for row in _kept(connection, [id]) if row.status not in MOVES])


def _kept(connection: Connection, ids: Sequence[BatchId]) -> list[Row[Any]]:
    return [*connection.execute(_KEPT, {"ids": ids})]


def _said(batch: Batch, size: int) -> dict[str, Any]:
    return {name: getattr(batch, name) for name in _NAMES} | {"size": size}


def _add(connection: Connection, told: Iterable[Told]) -> None:
    for numbers in (BY_PLATFORM, BY_SIZE):
        numbers.add(connection, told)
