"""Bulk: one statement for many rows.

SQLAlchemy makes the parameters of one row after another, name by name, which takes several times as
long as the database needs to write them. Here they are made column by column, by the same types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Connection, CursorResult, Dialect, Insert, Update
from sqlalchemy.sql.compiler import SQLCompiler

#: One parameter of the statement for all rows: what they say, as the database takes it.
_Column = Callable[[Sequence[Mapping[str, Any]]], Iterable[Any]]


@dataclass(frozen=True)
class _Prepared:
    """
    Args:
        text: in the words of one database.
        columns: its parameters, in their order.
    """

    text: str
    columns: Sequence[_Column]


def execute(
    connection: Connection, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]
) -> CursorResult[Any]:
    """As `connection.execute` of an INSERT or UPDATE.

    Args:
        statement: made once, and without a list among its parameters.
        rows: at least one, all with the same names.
    """
    prepared = _prepare(statement, connection.dialect, tuple(rows[0]))
    columns = [column(rows) for column in prepared.columns]
    return connection.exec_driver_sql(prepared.text, list(zip(*columns, strict=True)))


@lru_cache(maxsize=256)
def _prepare(statement: Insert | Update, dialect: Dialect, names: tuple[str, ...]) -> _Prepared:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    assert isinstance(compiled, SQLCompiler) and compiled.positiontup is not None
    columns = [_column(compiled.binds[name], dialect, name in names) for name in compiled.positiontup]
    return _Prepared(compiled.string, columns)


def _column(parameter: BindParameter[Any], dialect: Dialect, is_of_rows: bool) -> _Column:
    name, value = parameter.key, parameter.value
    write = parameter.type.dialect_impl(dialect).bind_processor(dialect)
    if not is_of_rows:
        fixed = value if write is None else write(value)
        return lambda rows: [fixed] * len(rows)
    if write is None:
        return lambda rows: [row[name] for row in rows]
    return lambda rows: _written([row[name] for row in rows], write)


def _written(values: Sequence[Any], write: Callable[[Any], Any]) -> Iterable[Any]:
    # Most columns say one thing of all jobs of a batch, and writing that takes longer than to see it.
    if len(set(map(id, values))) == 1:
        return [write(values[0])] * len(values)
    return map(write, values)
