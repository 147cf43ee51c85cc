"""Floors: the same work without ketway, in this process."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ketway.domain.tasks import Task
from ketway.engines import catalogue
from ketway.engines.engine import Engine


def median_s(do: Callable[[], object], times: int) -> float:
    """Median seconds of one call, after one that is not counted."""
    do()
    taken: list[float] = []
    for _ in range(times):
        begun = time.perf_counter()
        do()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def engine_s(engine: str, tasks: Iterator[Task], times: int) -> float:
    """The engine called directly, warm."""
    found = loaded(engine)
    return median_s(lambda: found.run(next(tasks), lambda _: None), times)


def loaded(engine: str) -> Engine:
    return catalogue.load(engine)


def durable_commits_per_s(folder: Path, number: int = 500) -> float:
    """Bare SQLite with one small durable commit after another, as a submission needs at least one."""
    with sqlite3.connect(folder / "floor.db", isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, text TEXT)")
        begun = time.perf_counter()
        for _ in range(number):
            connection.execute("INSERT INTO kept (text) VALUES (?)", ["x" * 200])
        return number / (time.perf_counter() - begun)
