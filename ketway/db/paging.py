"""One page of a table under conditions, and how many rows match."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, func, select

from ketway.domain.accounts import Actor
from ketway.services.listing import BatchFilter, JobFilter, Page, ProcessFilter

Run = Callable[[Callable[[Connection], Any]], Awaitable[Any]]


async def page_of(
    run: Run, table: Table, conditions: Sequence[ColumnElement[bool]], page: Page
) -> tuple[Sequence[Row[Any]], int]:
    """Rows of one page, ties broken by id, and the number of rows that match.

    Ids are sorted first and whole rows read for the page alone: deep pages stay cheap.
    """
    column = table.c.get(page.order.value, table.c.created_at)
    order = [column.desc(), table.c.id.desc()] if page.descending else [column.asc(), table.c.id.asc()]
    ids = select(table.c.id).where(*conditions).order_by(*order).limit(page.limit).offset(page.offset)
    query = select(table).where(table.c.id.in_(ids.scalar_subquery())).order_by(*order)
    count = select(func.count()).select_from(table).where(*conditions)

    def both(connection: Connection) -> tuple[Sequence[Row[Any]], int]:
        return connection.execute(query).all(), connection.execute(count).scalar_one()

    found: tuple[Sequence[Row[Any]], int] = await run(both)
    return found


def filtered(
    table: Table, actor: Actor, filter: BatchFilter | JobFilter | ProcessFilter
) -> list[ColumnElement[bool]]:
    """The conditions that every list knows, and that nothing deleted or foreign is listed."""
    c = table.c
    asked: list[ColumnElement[bool]] = [c.deleted_at.is_(None)]
    if not actor.superuser:
        asked.append(c.project_id.in_(list(actor.roles)))
    if actor.doors is not None:
        asked.append(c.door.in_(actor.doors))
    if filter.project_ids is not None:
        asked.append(c.project_id.in_(filter.project_ids))
    for column, wanted in (
        (c.id, filter.ids),
        (c.creator_id, filter.creator_ids),
        (c.status, filter.statuses),
        (c.door, filter.doors),
    ):
        if wanted:
            asked.append(column.in_(wanted))
    if filter.id_starts_with is not None:
        asked.append(c.id.startswith(filter.id_starts_with, autoescape=True))
    if filter.created_from is not None:
        asked.append(c.created_at >= filter.created_from)
    if filter.created_until is not None:
        asked.append(c.created_at <= filter.created_until)
    return asked + has_tags(table, filter.tags)


def has_tags(table: Table, tags: Sequence[str]) -> list[ColumnElement[bool]]:
    """Rows that carry all tags, kept as one JSON list of strings."""
    listed = [func.json_each(table.c.tags).table_valued("value") for _ in tags]
    return [
        select(values.c.value).where(values.c.value == tag).exists()
        for tag, values in zip(tags, listed, strict=True)
    ]
