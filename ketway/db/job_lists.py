"""What a list of jobs is asked by, and how many it has."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sqlalchemy import BigInteger, ColumnElement, Connection, Table, Text, func, type_coerce

from ketway.db.ended import living
from ketway.db.ended_jobs import BY_SHOTS, BY_STATUS
from ketway.db.paging import filtered, of_whom, says_only
from ketway.db.rows import Condition
from ketway.db.tables import jobs
from ketway.domain.accounts import Actor
from ketway.domain.jobs import MOVES, JobStatus
from ketway.services.listing import JobFilter

#: Characters of an empty list.
_NONE = len("[]")
#: Of a filter, what jobs that ended are counted by.
_COUNTED_BY = (
    *("project_ids", "creator_ids", "doors", "statuses"),
    *("has_errors", "min_shots", "max_shots"),
)


def sharpened(filter: JobFilter) -> JobFilter:
    """The same, said so that an index serves it: no other jobs have errors."""
    if filter.has_errors and not filter.statuses:
        return replace(filter, statuses=(JobStatus.FAILED,))
    return filter


def conditions(actor: Actor, filter: JobFilter) -> list[Condition]:
    asked = filtered(jobs, actor, filter) + _with_shots(jobs, filter)
    if filter.batch_ids:
        asked.append(jobs.c.batch_id.in_(filter.batch_ids))
    if filter.has_errors is not None:
        # Not as a value: PostgreSQL knows how few have any, but not that these are those that failed.
        written = func.length(type_coerce(jobs.c.errors, Text))
        asked.append(written > _NONE if filter.has_errors else written == _NONE)
    return asked


def is_counted(filter: JobFilter) -> bool:
    """Whether it says nothing that jobs are not counted by."""
    return says_only(filter, _COUNTED_BY)


def count(connection: Connection, actor: Actor, filter: JobFilter) -> int:
    """All that match: those that ended are added up, those that live are few."""
    numbers = BY_SHOTS if _asks_shots(filter) else BY_STATUS
    ended = of_whom(numbers.table, actor, filter)
    if _asks_shots(filter):
        # Without those of whom nobody knows.
        ended += [*_with_shots(numbers.table, filter), numbers.table.c.shots >= 0]
    if filter.has_errors is not None:
        ended.append(numbers.table.c.has_errors.is_(filter.has_errors))
    lives = living(jobs, filter, MOVES, partial(conditions, actor))
    return numbers.together_with(lives, connection, *ended)


def _asks_shots(filter: JobFilter) -> bool:
    return filter.min_shots is not None or filter.max_shots is not None


def _with_shots(table: Table, filter: JobFilter) -> list[Condition]:
    asked: list[Condition] = []
    if filter.min_shots is not None:
        asked.append(_wide(table.c.shots) >= filter.min_shots)
    if filter.max_shots is not None:
        asked.append(_wide(table.c.shots) <= filter.max_shots)
    return asked


def _wide(column: ColumnElement[int]) -> ColumnElement[int]:
    """A number that may be compared with one that no row holds."""
    return type_coerce(column, BigInteger)
