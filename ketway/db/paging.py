"""One page of a table under conditions, and how many rows match."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, Row, Table, case, func, literal, select

from ketway.db.rows import Condition
from ketway.db.tables import UNDONE
from ketway.db.types import elements
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import BatchStatus
from ketway.domain.jobs import JobStatus
from ketway.services.listing import BatchFilter, Filter, JobFilter, Order, Page, ProcessFilter

AnyFilter = BatchFilter | JobFilter | ProcessFilter
Run = Callable[[Callable[[Connection], Any]], Awaitable[Any]]


async def page_of(
    run: Run,
    table: Table,
    conditions: Sequence[Condition],
    page: Page,
    elsewhere: Mapping[Order, ColumnElement[Any]] | None = None,
) -> tuple[Sequence[Row[Any]], int]:
    """Rows of one page, ties broken by id, and the number of rows that match.

    Ids are sorted first and whole rows read for the page alone: deep pages stay cheap.

    Args:
        elsewhere: what rows are sorted by that stands in another table.
    """
    column = _sorted_by(table, page, elsewhere or {})
    order = [_descending(column), table.c.id.desc()] if page.descending else [_ascending(column), table.c.id]
    ids = select(table.c.id).where(*conditions).order_by(*order).limit(page.limit).offset(skipped(page))
    query = select(table).where(table.c.id.in_(ids.scalar_subquery())).order_by(*order)
    count = select(func.count()).select_from(table).where(*conditions)

    def both(connection: Connection) -> tuple[Sequence[Row[Any]], int]:
        rows = connection.execute(query).all()
        is_last = len(rows) < page.limit and (rows or not page.offset)
        # A count reads every row that matches; the last page knows how many there are.
        return rows, page.offset + len(rows) if is_last else connection.execute(count).scalar_one()

    found: tuple[Sequence[Row[Any]], int] = await run(both)
    return found


def skipped(page: Page) -> ColumnElement[int]:
    """Rows before a page: there may be said to be more than a number of the usual width holds."""
    return literal(page.offset, BigInteger)


def _sorted_by(table: Table, page: Page, elsewhere: Mapping[Order, ColumnElement[Any]]) -> ColumnElement[Any]:
    column = elsewhere.get(page.order, table.c.get(page.order.value, table.c.created_at))
    if not page.places:
        return column
    return case(*((column == value, place) for value, place in page.places.items()), else_=len(page.places))


def _ascending(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """What has no value comes first, on every database."""
    return column.asc().nulls_first() if _may_be_null(column) else column.asc()


def _descending(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return column.desc().nulls_last() if _may_be_null(column) else column.desc()


def _may_be_null(column: ColumnElement[Any]) -> bool:
    # An index is read in its order only if nothing is said of NULLs.
    return not isinstance(column, Column) or bool(column.nullable)


def filtered(table: Table, actor: Actor, filter: AnyFilter) -> list[Condition]:
    """The conditions that every list knows, and that nothing deleted or foreign is listed."""
    c = table.c
    asked: list[Condition] = [c.deleted_at.is_(None)]
    projects = _projects(actor, filter)
    if projects is not None:
        # Rows of one project come sorted out of its index; those of several must be sorted.
        asked.append(c.project_id == projects[0] if len(projects) == 1 else c.project_id.in_(projects))
    if actor.doors is not None:
        asked.append(c.door.in_(actor.doors))
    for column, wanted in (
        (c.id, filter.ids),
        (c.creator_id, filter.creator_ids),
        (c.status, filter.statuses),
        (c.door, filter.doors),
    ):
        if wanted:
            asked.append(column.in_(wanted))
    if _is_of_the_undone(filter):
        asked.append(UNDONE)
    if filter.id_starts_with is not None:
        # LIKE goes by no index, a range does; `~` sorts after whatever an id is made of.
        asked += [c.id >= filter.id_starts_with, c.id < f"{filter.id_starts_with}~"]
    if filter.created_from is not None:
        asked.append(c.created_at >= filter.created_from)
    if filter.created_until is not None:
        asked.append(c.created_at <= filter.created_until)
    return asked + has_tags(table, filter.tags)


def _projects(actor: Actor, filter: Filter) -> list[ProjectId] | None:
    """Those that a list is of; None for all."""
    if actor.superuser:
        return None if filter.project_ids is None else list(filter.project_ids)
    return [id for id in actor.roles if filter.project_ids is None or id in filter.project_ids]


def _is_of_the_undone(filter: AnyFilter) -> bool:
    """Whether the index of what is not done serves it best: nothing else says which few rows are meant."""
    is_narrow = filter.ids or (isinstance(filter, JobFilter) and filter.batch_ids)
    done = {BatchStatus.DONE, JobStatus.DONE}
    return bool(filter.statuses) and not is_narrow and done.isdisjoint(filter.statuses)


def has_tags(table: Table, tags: Sequence[str]) -> list[Condition]:
    """Rows that carry all tags, kept as one JSON list of strings."""
    wanted = set(tags)
    if not wanted:
        return []
    # One condition however many they are: SQLite nests `AND` no deeper than a thousand.
    listed = elements(table.c.tags).table_valued("value")
    found = select(func.count(listed.c.value.distinct())).where(listed.c.value.in_(sorted(wanted)))
    return [found.scalar_subquery() == len(wanted)]
