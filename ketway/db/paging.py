"""One page of a table under conditions, and how many rows match."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import prod
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
    exists,
    func,
    literal,
    select,
    union_all,
)

from ketway.db.rows import Condition, Runner
from ketway.db.tables import UNDONE
from ketway.db.types import aside, elements
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import BatchStatus
from ketway.domain.jobs import JobStatus
from ketway.services.listing import BatchFilter, Filter, JobFilter, Order, Page, ProcessFilter

AnyFilter = BatchFilter | JobFilter | ProcessFilter
#: Of so many parts the rows of each come sorted out of its index; of more all are sorted.
_FEW = 20


async def page_of(
    runner: Runner,
    table: Table,
    conditions: Sequence[Condition],
    page: Page,
    elsewhere: Mapping[Order, ColumnElement[Any]] | None = None,
    parts: Sequence[Sequence[Condition]] = (),
    known: Callable[[Connection], int] | None = None,
) -> tuple[Sequence[Row[Any]], int]:
    """Rows of one page, ties broken by id, and the number of rows that match.

    Ids are sorted first and whole rows read for the page alone: deep pages stay cheap. What no index has
    sorted or counted is so while others go on.

    Args:
        elsewhere: what rows are sorted by that stands in another table.
        parts: that the rows are in, where an index has each of them sorted.
        known: tells how many rows match where it need not be counted.
    """
    column = _sorted_by(table, page, elsewhere or {})
    order = [_descending(column), table.c.id.desc()] if page.descending else [_ascending(column), table.c.id]
    ids = select(table.c.id).where(*conditions).order_by(*order)
    is_sorted = page.order in (Order.CREATED, Order.POSITION) and not page.places
    if len(parts) > 1 and page.order is Order.CREATED and is_sorted:
        ids = _of_each(table, ids, parts, page)
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


def _of_each(table: Table, ids: Select[Any], parts: Sequence[Sequence[Condition]], page: Page) -> Select[Any]:
    """The same ids, found among the first of each part: those come sorted, and no more of them are read
    than a page may need."""
    most = skipped(page) + page.limit
    firsts = [ids.add_columns(table.c.created_at).where(*part).limit(most).subquery() for part in parts]
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
    asked: list[Condition] = [c.deleted_at.is_(None), *_by(table, filter)]
    projects = projects_of(actor, filter)
    if projects is not None and is_narrow(filter):
        # SQLite would read all that the projects have.
        asked.append(aside(c.project_id, type_=c.project_id.type).in_(projects))
        asked += _through(table, actor, filter)
    else:
        asked += within(table, actor, filter)
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
    """What a filter says of those things that all that ended is counted by."""
    return within(table, actor, filter) + _by(table, filter)


def within(table: Table, actor: Actor, filter: AnyFilter) -> list[Condition]:
    """Of which projects a filter lets things be, and by which doors."""
    projects = projects_of(actor, filter)
    asked: list[Condition] = [] if projects is None else [is_among(table.c.project_id, projects)]
    return asked + _through(table, actor, filter)


def _through(table: Table, actor: Actor, filter: AnyFilter) -> list[Condition]:
    asked = (actor.doors, filter.doors or None)
    return [table.c.door.in_(doors) for doors in asked if doors is not None]


def _by(table: Table, filter: AnyFilter) -> list[Condition]:
    asked: list[Condition] = []
    if filter.creator_ids:
        asked.append(is_among(table.c.creator_id, filter.creator_ids))
    if filter.statuses:
        asked.append(table.c.status.in_(filter.statuses))
    return asked


def is_among(column: ColumnElement[Any], wanted: Sequence[Any]) -> Condition:
    """Rows with one value of a column come sorted out of its index; those with several must be sorted."""
    return column == wanted[0] if len(wanted) == 1 else column.in_(wanted)


def parts_of(table: Table, actor: Actor, filter: AnyFilter) -> Sequence[Sequence[Condition]]:
    """The parts of a list that an index has sorted each, if there are any such, and few."""
    projects = projects_of(actor, filter)
    if projects is None or is_narrow(filter):
        return []
    asked: list[tuple[ColumnElement[Any], Sequence[Any]]] = [(table.c.project_id, projects)]
    if filter.creator_ids:
        asked.append((table.c.creator_id, filter.creator_ids))
    elif isinstance(filter, BatchFilter) and filter.platform_ids:
        asked.append((table.c.platform_id, filter.platform_ids))
    columns = [column for column, _ in asked]
    # What is asked for twice is there once.
    values = [tuple(dict.fromkeys(wanted)) for _, wanted in asked]
    if prod(map(len, values)) > _FEW:
        return []
    return [
        [column == value for column, value in zip(columns, each, strict=True)] for each in product(*values)
    ]


def says_only(filter: AnyFilter, names: Collection[str]) -> bool:
    """Whether it leaves open all but these."""
    plain = type(filter)()
    return replace(filter, **{name: getattr(plain, name) for name in names}) == plain


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
    listed = elements(table.c.tags).table_valued("value")
    if len(wanted) == 1:
        return [exists().select_from(listed).where(listed.c.value == wanted.pop())]
    # One condition however many they are: SQLite nests `AND` no deeper than a thousand. There are never more
    # than were asked for; of an equality PostgreSQL would think that next to nobody meets it.
    found = select(func.count(listed.c.value.distinct())).where(listed.c.value.in_(sorted(wanted)))
    return [found.scalar_subquery() >= len(wanted)]
