"""Column types: how a domain value is written so that it sorts and compares as it should."""

from __future__ import annotations

import enum
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Dialect, Integer, String, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator

from ketway.domain.prices import Prices

MICROSECONDS = 1_000_000
_MICROSECOND = timedelta(microseconds=1)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


#: Rows of one question share most of their ids, and to read a UUID costs more than all else of a column.
_uuid = lru_cache(maxsize=10_000)(UUID)
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class Id(TypeDecorator[UUID]):
    """A UUID as its 36 characters, so that a prefix of it can be searched."""

    impl = String(36)
    cache_ok = True

    def process_bind_param(self, value: UUID | str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> UUID | None:
        return None if value is None else _uuid(value)


def micros(moment: datetime) -> int:
    """A time as the number that is kept."""
    return (moment - _BEGINNING) // _MICROSECOND


class Moment(TypeDecorator[datetime]):
    """A UTC time as microseconds since 1970: exact, sortable, the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return _BEGINNING + timedelta(microseconds=value)


class Time(TypeDecorator[timedelta]):
    """A length of time as whole microseconds, which add up exactly."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=value)


@lru_cache(maxsize=1000)
def _prices(said: str) -> Prices:
    hour, circuit, shot, currency = said.split()
    return Prices(
        per_hour=Decimal(hour), per_circuit=Decimal(circuit), per_shot=Decimal(shot), currency=currency
    )


class PriceList(TypeDecorator[Prices]):
    """Prices as one text, the same for the same prices: an hour's, a circuit's, a shot's, the currency."""

    impl = String(80)
    cache_ok = True

    def process_bind_param(self, value: Prices | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        amounts = (value.per_hour, value.per_circuit, value.per_shot)
        return " ".join([*(f"{amount.normalize():f}" for amount in amounts), value.currency])

    def process_result_value(self, value: str | None, dialect: Dialect) -> Prices | None:
        return None if value is None else _prices(value)


class Json(TypeDecorator[Any]):
    """JSON as text; a list comes back as a list, an object as a dict."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else _encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        if value in ("{}", "[]"):  # as most are
            return {} if value == "{}" else []
        return None if value is None else json.loads(value)


class Words(Json):
    """A tuple of strings, or None."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return super().process_bind_param(None if value is None else list(value), dialect)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else tuple(super().process_result_value(value, dialect))


class Word(TypeDecorator[enum.Enum]):
    """An enum member by its value, a word."""

    impl = String(20)
    cache_ok = True

    def __init__(self, members: type[enum.Enum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: enum.Enum | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value.value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> enum.Enum | None:
        return None if value is None else self.members(value)


class Rank(TypeDecorator[enum.Enum]):
    """An enum member by its value, a number that sorts."""

    impl = Integer
    cache_ok = True

    def __init__(self, members: type[enum.Enum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: enum.Enum | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value.value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> enum.Enum | None:
        return None if value is None else self.members(value)


class latest(GenericFunction[Any]):  # noqa: N801 - called as the functions of SQL are
    """The largest of several values of one row, none of which is NULL."""

    type = BigInteger()
    inherit_cache = True


@compiles(latest)
def _greatest(element: latest, compiler: SQLCompiler, **words: Any) -> str:
    return f"greatest{compiler.process(element.clause_expr, **words)}"


@compiles(latest, "sqlite")
def _max(element: latest, compiler: SQLCompiler, **words: Any) -> str:
    return f"max{compiler.process(element.clause_expr, **words)}"


class aside(GenericFunction[Any]):  # noqa: N801
    """A column that is compared, and that SQLite is not to look for an index of: it knows nothing of what
    is in the tables. PostgreSQL does."""

    inherit_cache = True


@compiles(aside)
def _plain(element: aside, compiler: SQLCompiler, **words: Any) -> str:
    return compiler.process(element.clauses, **words)


@compiles(aside, "sqlite")
def _unary_plus(element: aside, compiler: SQLCompiler, **words: Any) -> str:
    return f"+{compiler.process(element.clauses, **words)}"


class elements(GenericFunction[Any]):  # noqa: N801
    """The texts of a JSON list that is kept as text, as rows with a column `value`."""

    inherit_cache = True


@compiles(elements)
def _json_array_elements(element: elements, compiler: SQLCompiler, **words: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **words)} AS json))"


@compiles(elements, "sqlite")
def _json_each(element: elements, compiler: SQLCompiler, **words: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **words)})"
