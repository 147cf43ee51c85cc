"""Refusals of what would be more than a project may have; leaves of the tree in `errors`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ketway.domain.errors import OverQuota


@dataclass(eq=False)
class QuotaExceeded(OverQuota):
    """
    Args:
        kind: the core word for what is counted.
        what: the same after a number, in a sentence.
        quota, current, asked: so much a project may have, has, and would have more.
    """

    kind: str
    what: str
    quota: int | Decimal
    current: int | Decimal
    asked: int
    project_id: str

    def __str__(self) -> str:
        more = f", {self.asked:,} more are asked for," if self.asked else ""
        return f"The project has {_plain(self.current)} {self.what}{more} and may have {_plain(self.quota)}."


def _plain(number: int | Decimal) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number.normalize():,f}"
