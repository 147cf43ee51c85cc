"""Quotas: how much a project may have, hold, use and spend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal, DecimalException
from math import ceil
from typing import Any

from ketway.domain.accounts import ProjectId
from ketway.domain.errors import BadField
from ketway.domain.prices import Prices
from ketway.domain.quota_errors import QuotaExceeded
from ketway.domain.usage import NOTHING, Usage

#: Said of one that is not there.
NONE = "none"
_MOST = 10**15


@dataclass(frozen=True, kw_only=True)
class Quotas:
    """None where there is none. Months are those of the calendar, in UTC.

    Args:
        stored_bytes: of programs and results.
        seconds_per_month: of platforms computing.
        spending_per_month: from the prices of platforms; in every currency by itself.
    """

    waiting_jobs: int | None = None
    open_batches: int | None = None
    stored_bytes: int | None = None
    seconds_per_month: int | None = None
    spending_per_month: Decimal | None = None

    @property
    def are_none(self) -> bool:
        return self == NO_QUOTAS


NO_QUOTAS = Quotas()
NAMES = tuple(each.name for each in fields(Quotas))


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a request would add.

    Args:
        bytes: of programs.
    """

    jobs: int = 0
    open_batches: int = 0
    bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class Had:
    """What a project has already, as far as it was asked for.

    Args:
        used: this month, by the prices that hold for it.
    """

    waiting_jobs: int = 0
    open_batches: int = 0
    stored_bytes: int = 0
    used: Mapping[Prices, Usage] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        total = sum(self.used.values(), start=NOTHING)
        return ceil(total.computed.total_seconds())

    def spent(self) -> Mapping[str, Decimal]:
        """By currency."""
        sums: dict[str, Decimal] = {}
        for prices, usage in self.used.items():
            sums[prices.currency] = sums.get(prices.currency, Decimal(0)) + usage.cost(prices)
        return sums


def must_be_within(quotas: Quotas, had: Had, wanted: Wanted, project: ProjectId) -> None:
    """
    Raises:
        QuotaExceeded: the first that would be.
    """

    def check(kind: str, what: str, quota: int | Decimal | None, current: int | Decimal, more: int) -> None:
        # Whoever has all of it already may add nothing, however little.
        if quota is not None and (current + more > quota or (not more and current >= quota)):
            raise QuotaExceeded(kind, what, quota, current, more, str(project))

    if wanted.jobs:
        check("job", "waiting jobs", quotas.waiting_jobs, had.waiting_jobs, wanted.jobs)
    if wanted.open_batches:
        check("batch", "open batches", quotas.open_batches, had.open_batches, wanted.open_batches)
    check("blob", "stored bytes", quotas.stored_bytes, had.stored_bytes, wanted.bytes)
    if wanted.jobs or wanted.open_batches:
        check("platform", "seconds used this month", quotas.seconds_per_month, had.seconds, 0)
        for currency, spent in sorted(had.spent().items()):
            check("project", f"{currency} spent this month", quotas.spending_per_month, spent, 0)


def month_of(day: date) -> date:
    """Its first day."""
    return day.replace(day=1)


def said(words: Mapping[str, Any]) -> dict[str, int | str | None]:
    """What somebody said of a project's quotas, as it is kept: a number, or None for no limit; one that
    was not named is the server's.

    Args:
        words: numbers, or texts of them; None or "none" for no limit.
    Raises:
        BadField
    """
    if unknown := sorted(words.keys() - set(NAMES)):
        raise BadField(("quotas", unknown[0]), f"is no quota; there are {', '.join(NAMES)}", "unknown")
    return {name: _said(name, word) for name, word in words.items()}


def _said(name: str, word: Any) -> int | str | None:
    if word is None or word == NONE:
        return None
    is_whole = name != "spending_per_month"
    try:
        amount = Decimal(str(word)) if isinstance(word, int | float | str) else None
    except DecimalException:
        amount = None
    if amount is None or isinstance(word, bool) or not amount.is_finite() or not 0 <= amount <= _MOST:
        raise BadField(("quotas", name), f"should be a number from 0 to {_MOST:,}, or {NONE}")
    if is_whole and amount != int(amount):
        raise BadField(("quotas", name), "should be a whole number")
    return int(amount) if is_whole else f"{amount.normalize():f}"


def of_project(server: Quotas, own: Mapping[str, Any]) -> Quotas:
    """Those that hold for a project.

    Args:
        own: as `said` left it.
    """
    values: dict[str, Any] = {name: getattr(server, name) for name in NAMES}
    for name, word in own.items():
        values[name] = Decimal(word) if isinstance(word, str) else word
    return Quotas(**values)
