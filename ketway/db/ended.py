"""Jobs that have ended, counted as they end: to count them by reading costs more the more there are.

What has ended stays as it ended, so that each is counted once, and taken off when it is deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import BigInteger, Connection, bindparam, cast, func, select, text

from ketway.db.paging import filtered, of_whom
from ketway.db.rows import Condition
from ketway.db.tables import UNFINISHED, ended_jobs, jobs
from ketway.domain.accounts import Actor
from ketway.domain.jobs import FINISHED, MOVES, Job
from ketway.services.listing import JobFilter

_KEY = ("project_id", "creator_id", "door", "status")
_NAMES = (*_KEY, "number")

# As that of usage.
_ADD = text(
    f"INSERT INTO ended_jobs ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "  # noqa: S608
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET number = ended_jobs.number + excluded.number"
).bindparams(*[bindparam(name, type_=ended_jobs.c[name].type) for name in _NAMES])
_STILL_LIVE = select(jobs.c.id).where(
    UNFINISHED, jobs.c.deleted_at.is_(None), jobs.c.id.in_(bindparam("ids", expanding=True))
)
_ANY = JobFilter()
#: Of a filter, what jobs are counted by.
_COUNTED_BY = ("project_ids", "creator_ids", "doors", "statuses")


def note_new(connection: Connection, jobs_: Sequence[Job]) -> None:
    """Count those that come as what has ended already."""
    _add(connection, _numbers([job for job in jobs_ if job.is_finished]))


def note_ends(connection: Connection, jobs_: Sequence[Job]) -> None:
    """Count those that end with this write; to be said before it."""
    over = {job.id: job for job in jobs_ if job.is_finished}
    if not over:
        return
    ends = [over[id] for id in connection.execute(_STILL_LIVE, {"ids": list(over)}).scalars()]
    _add(connection, _numbers(ends))


def note_deletion(connection: Connection, *conditions: Condition) -> None:
    """Take off those that are about to be deleted."""
    key = [jobs.c[name] for name in _KEY]
    ended = jobs.c.status.in_(FINISHED)
    query = select(*key, func.count()).where(*conditions, ended, jobs.c.deleted_at.is_(None)).group_by(*key)
    _add(connection, {tuple(row[:-1]): -row[-1] for row in connection.execute(query)})


def is_counted(filter: JobFilter) -> bool:
    """Whether it says nothing that jobs are not counted by."""
    return replace(filter, **{name: getattr(_ANY, name) for name in _COUNTED_BY}) == _ANY


def count(connection: Connection, actor: Actor, filter: JobFilter) -> int:
    """All that match: those that ended are added up, those that live are few."""
    total = cast(func.coalesce(func.sum(ended_jobs.c.number), 0), BigInteger)
    ended = connection.execute(select(total).where(*of_whom(ended_jobs, actor, filter))).scalar_one()
    asked = [status for status in MOVES if status in (filter.statuses or MOVES)]
    if not asked:
        return int(ended)
    live = filtered(jobs, actor, replace(filter, statuses=tuple(asked)))
    return int(ended) + int(
        connection.execute(select(func.count()).select_from(jobs).where(*live)).scalar_one()
    )


def _numbers(jobs_: Sequence[Job]) -> Mapping[tuple[object, ...], int]:
    return Counter(tuple(getattr(job, name) for name in _KEY) for job in jobs_)


def _add(connection: Connection, numbers: Mapping[tuple[object, ...], int]) -> None:
    rows = [dict(zip(_NAMES, (*key, number), strict=True)) for key, number in numbers.items()]
    if rows:
        connection.execute(_ADD, rows)
