"""One page of a table under conditions, and how many rows match."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    case,
    func,
    literal,
    select,
    union_all,
)

from ketway.db.rows import Condition, Runner
from ketway.db.tables import UNDONE
from ketway.db.types import elements
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import BatchStatus
from ketway.domain.jobs import JobStatus
from ketway.services.listing import BatchFilter, Filter, JobFilter, Order, Page, ProcessFilter

AnyFilter = BatchFilter | JobFilter | ProcessFilter
#: Of so many projects the rows of each come sorted out of its index; of more all are sorted.
_FEW = 20


async def page_of(
    runner: Runner,
    table: Table,
    conditions: Sequence[Condition],
    page: Page,
    elsewhere: Mapping[Order, ColumnElement[Any]] | None = None,
    projects: Sequence[ProjectId] | None = None,
    known: Callable[[Connection], int] | None = None,
) -> tuple[Sequence[Row[Any]], int]:
    """Rows of one page, ties broken by id, and the number of rows that match.

    Ids are sorted first and whole rows read for the page alone: deep pages stay cheap. What no index has
    sorted or counted is so while others go on.

    Args:
        elsewhere: what rows are sorted by that stands in another table.
        projects: of which the rows are, where an index has them sorted one by one.
        known: tells how many rows match where it need not be counted.
    """
    column = _sorted_by(table, page, elsewhere or {})
    order = [_descending(column), table.c.id.desc()] if page.descending else [_ascending(column), table.c.id]
    ids = select(table.c.id).where(*conditions).order_by(*order)
    is_sorted = page.order in (Order.CREATED, Order.POSITION) and not page.places
    if projects is not None and 1 < len(projects) <= _FEW and page.order is Order.CREATED and is_sorted:
        ids = _of_each(table, ids, projects, page)
    ids = ids.limit(page.limit).offset(skipped(page))
    query = select(table).where(table.c.id.in_(ids.scalar_subquery())).order_by(*order)
    count = select(func.count()).select_from(table).where(*conditions)
    run = runner.run if is_sorted else runner.run_aside
    rows = await run(lambda c: c.execute(query).all())
    if len(rows) < page.limit and (rows or not page.offset):
        # A count reads every row that matches; the last page knows how many there are.
        return rows, page.offset + len(rows)
    if known is not None:
        return rows, await runner.run(known)
    return rows, await runner.run_aside(lambda c: c.execute(count).scalar_one())


def _of_each(table: Table, ids: Select[Any], projects: Sequence[ProjectId], page: Page) -> Select[Any]:
    """The same ids, found among the first of each project: those come sorted, and no more of them are read
    than a page may need."""
    most = skipped(page) + page.limit
    firsts = [
        ids.add_columns(table.c.created_at).where(table.c.project_id == project).limit(most).subquery()
        for project in projects
    ]
    among = union_all(*(select(first) for first in firsts)).subquery("firsts")
    order = [among.c.created_at, among.c.id]
    return select(among.c.id).order_by(*(each.desc() if page.descending else each for each in order))


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
    asked: list[Condition] = [c.deleted_at.is_(None), *of_whom(table, actor, filter)]
    if filter.ids:
        asked.append(c.id.in_(filter.ids))
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


def of_whom(table: Table, actor: Actor, filter: AnyFilter) -> list[Condition]:
    """What a filter says of those things that ended jobs are counted by."""
    c = table.c
    asked: list[Condition] = []
    projects = projects_of(actor, filter)
    if projects is not None and is_narrow(filter):
        # Not as a column: SQLite would go by its index, and read all that the projects have.
        asked.append(func.coalesce(c.project_id, "").in_(list(map(str, projects))))
    elif projects is not None:
        # Rows of one project come sorted out of its index; those of several must be sorted.
        asked.append(c.project_id == projects[0] if len(projects) == 1 else c.project_id.in_(projects))
    if actor.doors is not None:
        asked.append(c.door.in_(actor.doors))
    for column, wanted in (
        (c.creator_id, filter.creator_ids),
        (c.status, filter.statuses),
        (c.door, filter.doors),
    ):
        if wanted:
            asked.append(column.in_(wanted))
    return asked


def is_narrow(filter: AnyFilter) -> bool:
    """Whether it says which few rows are meant, whatever project they are of."""
    is_of_batch = isinstance(filter, JobFilter) and filter.batch_ids
    return bool(filter.ids or filter.id_starts_with or is_of_batch) or _is_of_the_undone(filter)


def projects_of(actor: Actor, filter: Filter) -> list[ProjectId] | None:
    """Those that a list is of; None for all."""
    if actor.superuser:
        return None if filter.project_ids is None else list(filter.project_ids)
    return [id for id in actor.roles if filter.project_ids is None or id in filter.project_ids]


def _is_of_the_undone(filter: AnyFilter) -> bool:
    """Whether the index of what is not done serves it best: nothing else says which few rows are meant."""
    is_told = filter.ids or (isinstance(filter, JobFilter) and filter.batch_ids)
    done = {BatchStatus.DONE, JobStatus.DONE}
    return bool(filter.statuses) and not is_told and done.isdisjoint(filter.statuses)


def has_tags(table: Table, tags: Sequence[str]) -> list[Condition]:
    """Rows that carry all tags, kept as one JSON list of strings."""
    wanted = set(tags)
    if not wanted:
        return []
    # One condition however many they are: SQLite nests `AND` no deeper than a thousand.
    listed = elements(table.c.tags).table_valued("value")
    found = select(func.count(listed.c.value.distinct())).where(listed.c.value.in_(sorted(wanted)))
    return [found.scalar_subquery() == len(wanted)]
