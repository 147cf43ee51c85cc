"""Runs of servers that share a folder: each holds a file for as long as its process lives."""

from __future__ import annotations

import fcntl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(folder: Path, run: str) -> Iterator[None]:
    """This run is known to live, until the end or the death of its process."""
    folder.mkdir(exist_ok=True)
    file = folder / run
    with file.open("w") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        try:
            yield
        finally:
            file.unlink(missing_ok=True)


def bury(folder: Path) -> Collection[str]:
    """Runs that died, each told once. Not to be called while another begins to be held."""
    dead = [file for file in (folder.iterdir() if folder.is_dir() else ()) if not _is_held(file)]
    for file in dead:
        file.unlink(missing_ok=True)
    return [file.name for file in dead]


def _is_held(file: Path) -> bool:
    try:
        with file.open() as kept:
            fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True  # or it has ended meanwhile, and gave back what it had
    return False
