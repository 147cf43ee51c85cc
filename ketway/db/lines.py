"""Lines: what waits, by platform, class and project, and the first of each.

A line is found by skipping through the index of waiting jobs, from the head of one line to the head of
the next: what that costs grows with the lines, and not with the jobs that wait in them. Jobs of a batch
that is held back, which is paused or booked, stand in the same index, but apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Row,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    select,
    text,
    true,
    type_coerce,
    union,
    union_all,
)
from sqlalchemy.sql.selectable import NamedFromClause

from ketway.db.rows import Condition
from ketway.db.tables import RUNS, batches, jobs
from ketway.db.types import MICROSECONDS, Rank, micros
from ketway.domain.accounts import ProjectId
from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.jobs import JobId
from ketway.domain.platforms import PlatformId
from ketway.domain.priorities import Priority
from ketway.domain.scheduling import Candidate
from ketway.domain.shares import Running

#: A table under another name.
_Named = NamedFromClause[Any]
#: Held back or not.
_EITHER = (false(), true())
#: The order of the index of waiting jobs.
_ORDER = ("priority", "project_id", "created_at", "batch_id", "position")


def waits(table: _Named) -> Condition:
    """As `tables.WAITS`, where a query asks for more than one table that has a status."""
    return text(f"{table.name}.status = 'queued'")


def waited_for(connection: Connection) -> set[PlatformId]:
    """Platforms that a job waits for."""
    return set(connection.execute(_WAITED_FOR).scalars())


def heads(connection: Connection, platforms: Collection[PlatformId]) -> Sequence[Candidate]:
    """The first of every line of these platforms."""
    return [_candidate(row) for row in connection.execute(_HEADS, {"platforms": list(platforms)})]


def heads_of(connection: Connection, ids: Collection[BatchId]) -> Sequence[Candidate]:
    """The first of every one of these batches, in whatever line."""
    return [_candidate(row) for row in connection.execute(_HEADS_OF, {"batches": list(ids)})]


def behind(connection: Connection, ids: Collection[JobId], most: int) -> Sequence[Candidate]:
    """Of each of the next requests behind these jobs, in their lines, the first job."""
    asked = {"jobs": list(ids), "most": most}
    return [_candidate(row) for row in connection.execute(_BEHIND, asked)]


def running(
    connection: Connection, platforms: Collection[PlatformId], now: datetime
) -> Mapping[PlatformId, Mapping[ProjectId, Running]]:
    """What every project runs on each of these platforms."""
    found: dict[PlatformId, dict[ProjectId, Running]] = defaultdict(dict)
    for row in connection.execute(_RUNNING, {"platforms": list(platforms), "now": micros(now)}):
        seconds = float(row.micros) / MICROSECONDS
        found[row.platform_id][row.project_id] = Running(number=row.number, seconds=seconds)
    return dict(found)


def count_waiting(connection: Connection, project: ProjectId, most: int) -> int:
    """Jobs of a project that wait, but no more than `most` are counted."""
    return min(most, int(connection.execute(_COUNT, {"project": project, "most": most}).scalar_one()))


def _platforms(held_back: ColumnElement[bool]) -> CTE:
    """Platforms with a line, one after another; the last row is empty."""
    first, later = jobs.alias("first"), jobs.alias("later")
    walk = (
        select(func.min(first.c.platform_id).label("platform_id"))
        .where(waits(first), first.c.is_held_back == held_back)
        .cte(f"platforms_{held_back}", recursive=True)
    )
    following = (
        select(func.min(later.c.platform_id))
        .where(waits(later), later.c.is_held_back == held_back, later.c.platform_id > walk.c.platform_id)
        .scalar_subquery()
    )
    return walk.union_all(select(following).where(walk.c.platform_id.is_not(None)))


def _waited_for() -> CompoundSelect[Any]:
    walks = [_platforms(held_back) for held_back in _EITHER]
    return union(*(select(walk.c.platform_id).where(walk.c.platform_id.is_not(None)) for walk in walks))


def _lines() -> Select[Any]:
    """Of every line its first job that may start."""
    platforms = _platforms(false())
    first, here = jobs.alias("first"), jobs.alias("here")
    wanted = platforms.c.platform_id.in_(bindparam("platforms", expanding=True))
    walk = (
        # PostgreSQL wants both halves of the walk to be of one type, to the length.
        select(cast(_first(first, first.c.platform_id == platforms.c.platform_id), String).label("id"))
        .where(wanted)
        .cte("lines", recursive=True)
    )
    following = func.coalesce(*_next(here, "project_id", "priority"))
    walk = walk.union_all(select(following).select_from(walk.join(here, here.c.id == walk.c.id)))
    head = jobs.alias("head")
    return select(*_columns(head)).select_from(walk.join(head, head.c.id == walk.c.id))


def _count() -> Select[Any]:
    """Line by line: no index has all that a project waits for together."""
    return select(sum((_count_of(held_back) for held_back in _EITHER), start=literal(0)))


def _count_of(held_back: ColumnElement[bool]) -> ColumnElement[int]:
    platforms = _platforms(held_back)
    classes = union_all(*[select(literal(each, Rank(Priority)).label("priority")) for each in Priority])
    each_class, waiting = classes.subquery("classes"), jobs.alias("waiting")
    of_line = and_(
        waits(waiting),
        waiting.c.is_held_back == held_back,
        waiting.c.platform_id == platforms.c.platform_id,
        waiting.c.priority == each_class.c.priority,
        waiting.c.project_id == bindparam("project", type_=jobs.c.project_id.type),
    )
    # Each line by itself: in a join SQLite would go by the index of all that the project ever sent.
    found = select(waiting.c.platform_id).where(of_line).limit(bindparam("most", type_=Integer))
    number = select(func.count()).select_from(found.correlate(platforms, each_class).subquery())
    total = func.sum(number.correlate(platforms, each_class).scalar_subquery())
    lines = platforms.join(each_class, true())
    return select(func.coalesce(total, 0)).select_from(lines).scalar_subquery()


def _running() -> Select[Any]:
    c = jobs.c
    so_far = bindparam("now", type_=BigInteger) - type_coerce(c.started_at, BigInteger)
    return (
        select(
            c.platform_id,
            c.project_id,
            func.count().label("number"),
            func.coalesce(func.sum(so_far), 0).label("micros"),
        )
        .where(RUNS, c.platform_id.in_(bindparam("platforms", expanding=True)))
        .group_by(c.platform_id, c.project_id)
    )


def _behind() -> Select[Any]:
    begin = jobs.alias("begin")
    wanted = begin.c.id.in_(bindparam("jobs", expanding=True))
    walk = (
        select(begin.c.id.label("id"), literal(0).label("steps")).where(wanted).cte("behind", recursive=True)
    )
    here = jobs.alias("here")
    following = func.coalesce(*_next(here, "batch_id", "created_at"))
    walk = walk.union_all(
        select(following, walk.c.steps + 1)
        .select_from(walk.join(here, here.c.id == walk.c.id))
        .where(walk.c.steps < bindparam("most", type_=Integer))
    )
    head = jobs.alias("head")
    joined = walk.join(head, head.c.id == walk.c.id)
    return select(*_columns(head)).select_from(joined).where(walk.c.steps > 0)


def _heads_of() -> Select[Any]:
    own, head, batch = jobs.alias("own"), jobs.alias("head"), batches.alias("batch")
    first = (
        select(own.c.id)
        .where(
            # Both words, as only they find the index of what has not ended.
            text("own.status IN ('queued', 'running')"),
            text("own.status = 'queued'"),
            own.c.batch_id == batch.c.id,
        )
        .order_by(own.c.position)
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(*_columns(head))
        .select_from(batch.join(head, head.c.id == first))
        .where(
            batch.c.id.in_(bindparam("batches", expanding=True)),
            batch.c.status != BatchStatus.PAUSED,
        )
    )


def _first(table: _Named, condition: ColumnElement[bool]) -> ScalarSelect[Any]:
    """That may start."""
    order = [table.c[name] for name in _ORDER]
    found = select(table.c.id).where(waits(table), table.c.is_held_back == false(), condition)
    return found.order_by(*order).limit(1).scalar_subquery()


def _next(here: _Named, *names: str) -> Sequence[ScalarSelect[Any]]:
    """The next that has another one of each of these columns, and is like it in those before."""
    found = []
    for name in names:
        later = jobs.alias(f"next_{name}")
        same = ["platform_id", *_ORDER[: _ORDER.index(name)]]
        like = [later.c[each] == here.c[each] for each in same]
        # Column by column: SQLite compares no more than the first of a row by an index.
        found.append(_first(later, and_(*like, later.c[name] > here.c[name])))
    return found


def _columns(head: _Named) -> list[ColumnElement[Any]]:
    return [head.c[name] for name in ("id", "platform_id", "max_duration_s", *_ORDER)]


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        job_id=row.id,
        batch_id=row.batch_id,
        project_id=row.project_id,
        platform_id=row.platform_id,
        priority=row.priority,
        created_at=row.created_at,
        position=row.position,
        max_duration_s=row.max_duration_s,
    )


# Made once: to put one together takes longer than to ask it.
_WAITED_FOR = _waited_for()
_HEADS = _lines()
_HEADS_OF = _heads_of()
_BEHIND = _behind()
_COUNT = _count()
_RUNNING = _running()
