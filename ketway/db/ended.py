"""What has ended, counted as it ends: to count it by reading costs more the more there is.

What has ended stays as it ended, so that each thing is counted once, and taken off when it is deleted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Connection, Select, Table, bindparam, cast, func, select, text

from ketway.db.rows import Condition
from ketway.services.listing import BatchFilter, JobFilter

AnyList = TypeVar("AnyList", BatchFilter, JobFilter)
#: A thing by the names of what it is counted by, and how often it counts.
Told = tuple[Mapping[str, Any], int]


class Numbers:
    """How many have ended, for each key of a table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._key = tuple(column.name for column in table.primary_key)
        self._names = (*self._key, "number")
        values = ", ".join(f":{name}" for name in self._names)
        # As that of usage.
        self._add = text(
            f"INSERT INTO {table.name} ({', '.join(self._names)}) VALUES ({values}) "  # noqa: S608
            f"ON CONFLICT ({', '.join(self._key)}) "
            f"DO UPDATE SET number = {table.name}.number + excluded.number"
        ).bindparams(*[bindparam(name, type_=table.c[name].type) for name in self._names])
        self._sum = select(cast(func.coalesce(func.sum(table.c.number), 0), BigInteger))

    def add(self, connection: Connection, told: Iterable[Told]) -> None:
        numbers: Counter[tuple[Any, ...]] = Counter()
        for what, number in told:
            numbers[tuple(what[name] for name in self._key)] += number
        rows = [dict(zip(self._names, (*key, number), strict=True)) for key, number in numbers.items()]
        if rows:
            connection.execute(self._add, rows)

    def together_with(
        self, living: Select[Any] | None, connection: Connection, *conditions: Condition
    ) -> int:
        """How many have ended, and how many live, at one moment.

        Args:
            living: counts them; None where there are none.
        """
        ended = self._sum.where(*conditions)
        if living is None:
            return int(connection.execute(ended).scalar_one())
        both = select(ended.scalar_subquery() + living.scalar_subquery())
        return int(connection.execute(both).scalar_one())


def living(
    table: Table,
    filter: AnyList,
    moves: Collection[Any],
    conditions: Callable[[AnyList], Sequence[Condition]],
) -> Select[Any] | None:
    """What counts those that match and have not ended; None where a filter asks for none.

    Args:
        moves: statuses of what lives.
        conditions: of a filter.
    """
    asked = tuple(status for status in moves if status in (filter.statuses or moves))
    if not asked:
        return None
    return select(func.count()).select_from(table).where(*conditions(replace(filter, statuses=asked)))
