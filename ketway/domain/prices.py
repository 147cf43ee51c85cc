"""Prices: what the use of a platform costs, exactly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException
from typing import Any

from ketway.domain.errors import BadField

#: Of the money; what is finer is rounded.
DIGITS = 9
NANO = Decimal(1).scaleb(-DIGITS)
#: The most that an hour, a circuit or a shot may cost.
MOST = 1_000_000

_CURRENCY = re.compile("[A-Z]{3}")
#: Wide enough for whatever time and number is multiplied with a price.
_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class Prices:
    """
    Args:
        per_hour: of holding the platform.
        per_circuit: of each circuit that was done.
        per_shot: of each shot that was made.
        currency: ISO 4217, of all of them.
    """

    per_hour: Decimal = Decimal(0)
    per_circuit: Decimal = Decimal(0)
    per_shot: Decimal = Decimal(0)
    currency: str = "EUR"

    def cost(self, *, held: timedelta, circuits: int, shots: int) -> Decimal:
        """To the billionth; half a one goes to the even neighbour."""
        hours = _EXACT.divide(Decimal(held // _MICROSECOND), Decimal(_HOUR // _MICROSECOND))
        parts = (
            _EXACT.multiply(self.per_hour, hours),
            _EXACT.multiply(self.per_circuit, Decimal(circuits)),
            _EXACT.multiply(self.per_shot, Decimal(shots)),
        )
        total = Decimal(0)
        for part in parts:
            total = _EXACT.add(total, part)
        return _EXACT.quantize(total, NANO)


FREE = Prices()
NAMES = ("per_hour", "per_circuit", "per_shot")


def prices(said: Mapping[str, Any]) -> Prices:
    """Prices as somebody wrote them; what is left out costs nothing.

    Args:
        said: amounts as texts or numbers, and a currency.
    Raises:
        BadField: an amount that cannot be, or a word that means nothing here.
    """
    if unknown := sorted(said.keys() - {*NAMES, "currency"}):
        raise BadField(("prices", unknown[0]), f"is no price; there are {', '.join(NAMES)}", "unknown")
    amounts = {name: _amount(name, said[name]) for name in NAMES if name in said}
    return Prices(currency=_currency(said.get("currency", FREE.currency)), **amounts)


def _amount(name: str, said: Any) -> Decimal:
    try:
        # The text of a float is the number that was written.
        amount = Decimal(str(said)) if isinstance(said, str | int | float | Decimal) else None
    except DecimalException:
        amount = None
    if amount is None or isinstance(said, bool) or not amount.is_finite() or not 0 <= amount <= MOST:
        raise BadField(("prices", name), f'should be an amount from 0 to {MOST:,}, such as "1.20"')
    if amount != amount.quantize(NANO):
        raise BadField(("prices", name), f"has more than {DIGITS} decimals")
    return amount.copy_abs().normalize()


def _currency(said: Any) -> str:
    if not isinstance(said, str) or not _CURRENCY.fullmatch(said):
        raise BadField(("prices", "currency"), "should be three capital letters, such as EUR")
    return said
