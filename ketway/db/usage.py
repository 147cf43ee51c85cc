"""Usage, added up as it comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, cast, func, select, text, type_coerce

from ketway.db.rows import Runner, from_row, from_rows, to_row
from ketway.db.tables import usage
from ketway.domain.accounts import ProjectId
from ketway.domain.prices import Prices
from ketway.domain.usage import Tally, Usage

_KEY = ("project_id", "day", "platform_id", "prices")
_AMOUNTS = tuple(field.name for field in fields(Usage))
_NAMES = (*_KEY, *_AMOUNTS)

# In words that SQLite and PostgreSQL share; a query builder has them for each of the two alone.
_ADD = text(
    f"INSERT INTO usage ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "  # noqa: S608
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET "
    + ", ".join(f"{name} = usage.{name} + excluded.{name}" for name in _AMOUNTS)
).bindparams(*[bindparam(name, type_=usage.c[name].type) for name in _NAMES])


class SqlUsage:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def add(self, tally: Tally) -> None:
        row = {name: getattr(tally, name) for name in _KEY} | to_row(tally.usage)
        await self._run(lambda c: c.execute(_ADD, row))

    async def of(self, project: ProjectId, first: date, last: date) -> Sequence[Tally]:
        c = usage.c
        query = (
            select(*(c[name] for name in _NAMES))
            .where(c.project_id == project, c.day.between(first, last))
            .order_by(c.day, c.platform_id, c.prices)
        )
        rows = await self._run(lambda c: c.execute(query).all())
        used = from_rows(Usage, rows)
        # The columns of the key come first.
        return [
            Tally(usage=each, **dict(zip(_KEY, row, strict=False)))
            for each, row in zip(used, rows, strict=True)
        ]

    async def since(self, project: ProjectId, first: date) -> Mapping[Prices, Usage]:
        sums = [_sum(usage.c[name]).label(name) for name in _AMOUNTS]
        query = (
            select(usage.c.prices, *sums)
            .where(usage.c.project_id == project, usage.c.day >= first)
            .group_by(usage.c.prices)
        )
        rows = await self._run(lambda c: c.execute(query).all())
        return {row.prices: from_row(Usage, row) for row in rows}


def _sum(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """PostgreSQL adds whole numbers up to a decimal one."""
    return type_coerce(cast(func.sum(type_coerce(column, BigInteger)), BigInteger), column.type)
