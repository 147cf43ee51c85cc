"""Column types: how a domain value is written so that it sorts and compares as it should."""

from __future__ import annotations

import enum
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator

from ketway.domain.prices import Prices

MICROSECONDS = 1_000_000


class Id(TypeDecorator[UUID]):
    """A UUID as its 36 characters, so that a prefix of it can be searched."""

    impl = String(36)
    cache_ok = True

    def process_bind_param(self, value: UUID | str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> UUID | None:
        return None if value is None else UUID(value)


def micros(moment: datetime) -> int:
    """A time as the number that is kept."""
    return int(moment.replace(microsecond=0).timestamp()) * MICROSECONDS + moment.microsecond


class Moment(TypeDecorator[datetime]):
    """A UTC time as microseconds since 1970: exact, sortable, the same on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        whole, micro = divmod(value, MICROSECONDS)
        return datetime.fromtimestamp(whole, UTC).replace(microsecond=micro)


class Time(TypeDecorator[timedelta]):
    """A length of time as whole microseconds, which add up exactly."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        return None if value is None else value // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=value)


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
        if value is None:
            return None
        hour, circuit, shot, currency = value.split()
        return Prices(
            per_hour=Decimal(hour), per_circuit=Decimal(circuit), per_shot=Decimal(shot), currency=currency
        )


class Json(TypeDecorator[Any]):
    """JSON as text; a list comes back as a list, an object as a dict."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"), allow_nan=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
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
