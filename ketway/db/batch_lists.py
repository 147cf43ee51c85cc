"""What a list of batches is asked by, and how many it has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import BigInteger, ColumnElement, Connection, false, type_coerce

from ketway.db import tagged
from ketway.db.ended import Numbers, living
from ketway.db.ended_batches import BY_PLATFORM, BY_SIZE, SIZE
from ketway.db.paging import filtered, is_among, of_whom, says_only
from ketway.db.rows import Condition
from ketway.db.tables import OPEN, batches
from ketway.domain.accounts import Actor
from ketway.domain.batches import MOVES
from ketway.services.listing import BatchFilter

_ALWAYS = {"project_ids", "doors"}
#: Of a filter, what batches that ended are counted by in one table, or in the other.
_BY_PLATFORM = {*_ALWAYS, "creator_ids", "platform_ids", "statuses", "priorities", "is_open"}
_BY_SIZE = {*_ALWAYS, "statuses", "is_open", "min_jobs", "max_jobs"}


def conditions(actor: Actor, filter: BatchFilter) -> list[Condition]:
    asked = filtered(batches, actor, filter)
    if filter.platform_ids is not None:
        asked.append(is_among(batches.c.platform_id, filter.platform_ids))
    if filter.priorities:
        asked.append(batches.c.priority.in_(filter.priorities))
    if filter.is_open is not None:
        asked.append(OPEN if filter.is_open else ~batches.c.is_open)
    return asked + _of_sizes(SIZE, filter)


def counting(actor: Actor, filter: BatchFilter) -> Callable[[Connection], int] | None:
    """What tells how many match without reading them all, if anything does."""
    if says_only(filter, _BY_PLATFORM):
        return partial(_count_by_platform, actor=actor, filter=filter)
    if says_only(filter, _BY_SIZE):
        return partial(_count_by_size, actor=actor, filter=filter)
    if says_only(filter, {*_ALWAYS, "tags"}):
        return partial(tagged.count, actor=actor, filter=filter)
    return None


def _count_by_platform(connection: Connection, actor: Actor, filter: BatchFilter) -> int:
    c = BY_PLATFORM.table.c
    ended = of_whom(BY_PLATFORM.table, actor, filter)
    if filter.platform_ids is not None:
        ended.append(c.platform_id.in_(filter.platform_ids))
    if filter.priorities:
        ended.append(c.priority.in_(filter.priorities))
    return _count(BY_PLATFORM, connection, actor, filter, ended)


def _count_by_size(connection: Connection, actor: Actor, filter: BatchFilter) -> int:
    ended = of_whom(BY_SIZE.table, actor, filter) + _of_sizes(BY_SIZE.table.c.size, filter)
    return _count(BY_SIZE, connection, actor, filter, ended)


def _count(
    numbers: Numbers, connection: Connection, actor: Actor, filter: BatchFilter, ended: Sequence[Condition]
) -> int:
    if filter.is_open:  # what has ended is closed
        ended = [false()]
    lives = living(batches, filter, MOVES, partial(conditions, actor))
    return numbers.together_with(lives, connection, *ended)


def _of_sizes(size: ColumnElement[int], filter: BatchFilter) -> list[Condition]:
    number = type_coerce(size, BigInteger)
    if filter.min_jobs is not None and filter.max_jobs is not None:
        # Said at once it is looked up once.
        return [number.between(filter.min_jobs, filter.max_jobs)]
    asked: list[Condition] = []
    if filter.min_jobs is not None:
        asked.append(number >= filter.min_jobs)
    if filter.max_jobs is not None:
        asked.append(number <= filter.max_jobs)
    return asked
