"""Batches by their tags: what is written in each batch, kept once more where it can be found."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select

from ketway.db.ended_tables import batch_tags
from ketway.db.paging import is_among, within
from ketway.db.rows import Condition
from ketway.domain.accounts import Actor
from ketway.domain.batches import Batch, BatchId
from ketway.services.listing import BatchFilter

#: So many are found by their ids; among more, the newest are soon met where all are.
_FEW = 1000
#: Of so many tags it is tried whether few have them.
_TRIED = 8


def note(connection: Connection, batch: Batch) -> None:
    """Keep the tags of one that has none kept."""
    said = {"project_id": batch.project_id, "created_at": batch.created_at, "door": batch.door}
    rows = [said | {"batch_id": batch.id, "tag": tag} for tag in set(batch.tags)]
    if rows:
        connection.execute(insert(batch_tags), rows)


def forget(connection: Connection, batch: Batch) -> None:
    """Let go of the tags that it was kept with."""
    if batch.tags:
        c = batch_tags.c
        its = (c.project_id == batch.project_id, c.created_at == batch.created_at, c.batch_id == batch.id)
        connection.execute(delete(batch_tags).where(c.tag.in_(set(batch.tags)), *its))


def change(connection: Connection, last: Batch, batch: Batch) -> None:
    """Keep its tags instead of those that it had."""
    forget(connection, last)
    note(connection, batch)


def count(connection: Connection, actor: Actor, filter: BatchFilter) -> int:
    """How many have all tags that are asked for, of the projects and doors that a filter is about."""
    tags = sorted(set(filter.tags))
    found = select(batch_tags.c.batch_id).where(*_with(actor, filter, *tags))
    if len(tags) > 1:
        found = found.group_by(batch_tags.c.batch_id).having(func.count() == len(tags))
    return connection.execute(select(func.count()).select_from(found.subquery())).scalar_one()


def few(connection: Connection, actor: Actor, filter: BatchFilter) -> Sequence[BatchId] | None:
    """All that have one of the tags asked for, if there is one that few have."""
    for tag in list(dict.fromkeys(filter.tags))[:_TRIED]:
        found = select(batch_tags.c.batch_id).where(*_with(actor, filter, tag)).limit(_FEW + 1)
        if connection.execute(select(func.count()).select_from(found.subquery())).scalar_one() <= _FEW:
            return connection.execute(found).scalars().all()
    return None


def _with(actor: Actor, filter: BatchFilter, *tags: str) -> list[Condition]:
    return [is_among(batch_tags.c.tag, tags), *within(batch_tags, actor, filter)]
