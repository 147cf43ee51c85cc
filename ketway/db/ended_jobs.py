"""Jobs that have ended, by what lists of them are asked by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from ketway.db import ended_tables as tables
from ketway.db.ended import Numbers, Told
from ketway.db.rows import Condition
from ketway.db.tables import UNFINISHED, jobs
from ketway.domain.jobs import FINISHED, Job

BY_STATUS = Numbers(tables.ended_jobs)
BY_SHOTS = Numbers(tables.ended_shots)
#: Instead of shots that nobody knows.
UNKNOWN = -1

_NAMES = ("project_id", "creator_id", "door", "status")
_KEY = (
    *(jobs.c[name] for name in _NAMES),
    (jobs.c.errors != ()).label("has_errors"),
    func.coalesce(jobs.c.shots, UNKNOWN).label("shots"),
)
_ENDED = select(*_KEY, func.count().label("number")).group_by(*_KEY)
_STILL_LIVE = select(jobs.c.id).where(
    UNFINISHED, jobs.c.deleted_at.is_(None), jobs.c.id.in_(bindparam("ids", expanding=True))
)


def note_new(connection: Connection, jobs_: Sequence[Job]) -> None:
    """Count those that come as what has ended already."""
    _add(connection, [_told(job) for job in jobs_ if job.is_finished])


def note_ends(connection: Connection, jobs_: Sequence[Job]) -> None:
    """Count those that end with this write; to be said before it."""
    over = {job.id: job for job in jobs_ if job.is_finished}
    if over:
        ends = connection.execute(_STILL_LIVE, {"ids": list(over)}).scalars()
        _add(connection, [_told(over[id]) for id in ends])


def note_deletion(connection: Connection, *conditions: Condition) -> None:
    """Take off those that are about to be deleted."""
    counted = (jobs.c.status.in_(FINISHED), jobs.c.deleted_at.is_(None))
    rows = connection.execute(_ENDED.where(*conditions, *counted)).all()
    _add(connection, [(row._asdict(), -row.number) for row in rows])


def _told(job: Job) -> Told:
    said: dict[str, Any] = {name: getattr(job, name) for name in _NAMES}
    said["has_errors"] = bool(job.errors)
    said["shots"] = UNKNOWN if job.shots is None else job.shots
    return said, 1


def _add(connection: Connection, told: Iterable[Told]) -> None:
    for numbers in (BY_STATUS, BY_SHOTS):
        numbers.add(connection, told)
