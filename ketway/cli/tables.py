"""Lists as tables for people."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Columns where no terminal says how wide it is.
_WIDTH = 250


def console() -> Console:
    """As wide as the terminal; where it is none, as wide as a line may need."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH)


def show(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Collection[str] = ()) -> None:
    """What strangers wrote is shown as it is, without markup; nothing is cut.

    Args:
        numbers: columns that stand to the right.
    """
    table = Table(box=None, header_style="bold")
    for column in columns:
        # An id is there to be copied: it stays on one line.
        if column in numbers:
            table.add_column(column, overflow="fold", justify="right")
        else:
            table.add_column(column, overflow="fold", no_wrap=column == "id", min_width=6)
    for row in rows:
        table.add_row(*[Text(cell) for cell in row])
    console().print(table)


def minute(moment: str | None) -> str:
    """A time as the server says it, to the minute."""
    return "" if moment is None else moment[:16].replace("T", " ")
