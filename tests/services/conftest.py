"""A world on fakes and one on each real database; every use case is told in all."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ketway.services.core import Limits
from tests.fakes import MemoryBlobs, a_memory_world
from tests.postgres import Postgres
from tests.services.steps import PLATFORMS
from tests.worlds import World, a_world


@pytest.fixture(params=["memory", "disk", "postgres"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "memory":
        # Here every result is a blob, there it lies in a row.
        async with a_memory_world(catalogue=PLATFORMS, limits=Limits(max_in_row=0)) as made:
            yield made
        return
    if request.param == "disk":
        async with a_world(tmp_path, catalogue=PLATFORMS) as made:
            yield made
        return
    server: Postgres = request.getfixturevalue("postgres")
    # Results are files here too: `result_keys` asks no other database than SQLite.
    limits = Limits(max_in_row=0)
    async with (
        server.migrated() as url,
        a_world(tmp_path, catalogue=PLATFORMS, limits=limits, postgres=url) as made,
    ):
        yield made


@pytest.fixture
def result_keys(world: World, tmp_path: Path) -> Callable[[], set[str]]:
    """Keys of all the results that lie anywhere, be they known as results or not."""

    def keys() -> set[str]:
        blobs: Any = world.blobs
        if isinstance(blobs, MemoryBlobs):
            return {key for key in blobs.kept if key.startswith("results/")}
        root = tmp_path / "blobs"
        files = {str(path.relative_to(root)) for path in (root / "results").rglob("*") if path.is_file()}
        if not (tmp_path / "ketway.db").exists():
            return files
        with closing(sqlite3.connect(tmp_path / "ketway.db")) as database:
            rows = database.execute("SELECT key FROM results WHERE document IS NOT NULL").fetchall()
        return files | {key for (key,) in rows}

    return keys
