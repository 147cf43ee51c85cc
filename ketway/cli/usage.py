"""What a project used, as a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter
from typing import Any

#: Columns of numbers.
NUMBERS = ("jobs", "circuits", "shots", "computed", "held", "cost")

_JOBS = ("done", "failed", "cancelled")
_AMOUNTS = (*_JOBS, "circuits", "shots", "computed_s", "held_s")
#: Characters of a day that name its month.
_MONTH = len("2026-01")
#: Characters before the month.
_YEAR = len("2026-")


@dataclass(kw_only=True)
class _Sum:
    """
    Args:
        costs: by currency.
    """

    amounts: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    costs: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, tally: Mapping[str, Any]) -> None:
        for name in _AMOUNTS:
            self.amounts[name] += Decimal(str(tally[name]))
        self.costs[tally["prices"]["currency"]] += Decimal(tally["cost"])


def columns(*, by_day: bool) -> Sequence[str]:
    return ("day" if by_day else "month", "platform", *NUMBERS)


def rows(usage: Iterable[Mapping[str, Any]], *, by_day: bool) -> Sequence[Sequence[str]]:
    """One row for each day or month and platform, and one for them all together."""
    sums: dict[tuple[str, str], _Sum] = defaultdict(_Sum)
    total = _Sum()
    for tally in usage:
        when = tally["day"] if by_day else tally["day"][:_MONTH]
        sums[when, tally["platform"]].add(tally)
        total.add(tally)
    # A period is a year at most, and said above the table: its days need no year.
    shown = slice(_YEAR, None) if by_day else slice(None)
    found = [
        _row(when[shown], platform, used)
        for (when, platform), used in sorted(sums.items(), key=itemgetter(0))
    ]
    return [*found, _row("total", "", total)]


def _row(when: str, platform: str, used: _Sum) -> Sequence[str]:
    known = used.amounts
    return (
        when,
        platform,
        f"{sum(known[name] for name in _JOBS):,}",
        f"{known['circuits']:,}",
        f"{known['shots']:,}",
        _time(known["computed_s"]),
        _time(known["held_s"]),
        _costs(used.costs),
    )


def _costs(costs: Mapping[str, Decimal]) -> str:
    return " + ".join(f"{_money(cost)} {currency}" for currency, cost in sorted(costs.items()) if cost) or "0"


def _money(cost: Decimal) -> str:
    """At least two decimals; no more than it has."""
    text = f"{cost.normalize():f}"
    return f"{cost:.2f}" if len(text.partition(".")[2]) < 2 else text


def _time(seconds: Decimal) -> str:
    """Hours, minutes and seconds; hours go on beyond a day."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
