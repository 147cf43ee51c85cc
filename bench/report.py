"""One table of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """
    Args:
        measured, floor: with their units, as text.
        ratio: measured against floor, or None where there is no floor.
        budget: of the design.
    """

    what: str
    measured: str
    floor: str = ""
    ratio: float | None = None
    budget: str = ""


def table(figures: Sequence[Figure]) -> str:
    head = ("what", "measured", "floor in this run", "ratio", "budget")
    rows = [
        (f.what, f.measured, f.floor, "" if f.ratio is None else f"{f.ratio:.2f}", f.budget) for f in figures
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, tuple("-" * width for width in widths), *rows)
    ]
    return "\n".join(lines)
