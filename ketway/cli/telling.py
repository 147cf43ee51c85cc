"""How every command says what went wrong: in one sentence, with a non-zero exit."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import typer

Data = Annotated[Path | None, typer.Option(help="Data folder; default: your user data directory.")]


def fail(sentence: str, code: int = 1) -> NoReturn:
    """One sentence and a non-zero exit."""
    print(f"ketway: {sentence}", file=sys.stderr)
    raise typer.Exit(code)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """What goes wrong is told in one sentence."""
    from ketway.cli.own import OwnFailed
    from ketway.cli.pointing import NotPointed

    try:
        yield
    except (OwnFailed, NotPointed, OSError) as reason:
        fail(str(reason))
