"""A SQLite database with every table, copied: what migrations do is tested elsewhere, once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine

from ketway.db import SqliteDatabase, open_database
from ketway.db.migrate import upgrade


@asynccontextmanager
async def a_migrated_database(folder: Path) -> AsyncIterator[SqliteDatabase]:
    """The one of a folder, which is made where there is none."""
    path = folder / "ketway.db"
    if not path.exists():
        path.write_bytes(_empty())
    async with open_database(path) as database:
        yield database


@cache
def _empty() -> bytes:
    with TemporaryDirectory(prefix="ketway-migrated-") as folder:
        path = Path(folder) / "ketway.db"
        engine = create_engine(f"sqlite:///{path}")
        upgrade(engine)
        engine.dispose()
        return path.read_bytes()
