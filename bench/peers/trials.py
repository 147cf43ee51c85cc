"""Peers at their best: each with some settings, then the best of them again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PYTHON = _ROOT / ".parity" / "peers" / "bin" / "python"
_PATIENCE_S = 600
#: Jobs of a trial that only chooses.
_CHOOSING = 1_000


@dataclass(frozen=True, kw_only=True)
class Pace:
    """
    Args:
        rate: jobs a second, end to end.
        processor_s: of a job, by all processes but a database's server.
    """

    rate: float
    processor_s: float

    def __str__(self) -> str:
        return f"{self.rate:,.0f} /s, {self.processor_s * 1000:.2f} ms of processors each"


@dataclass(frozen=True, kw_only=True)
class Best:
    """
    Args:
        setting: with which it was, in words.
    """

    name: str
    setting: str
    pace: Pace


class NoPeers(Exception):
    def __str__(self) -> str:
        return f"the peers are not installed: make {_PYTHON.parents[1].relative_to(_ROOT)}/made"


def pgqueuer(database: Callable[[], str], jobs: int, batch: int, rounds: int) -> Best:
    """
    Args:
        database: URL of an empty one, another each time.
    """
    settings = {
        f"{_counted(workers, 'worker')} of {dequeued} at once": (workers, dequeued)
        for workers, dequeued in ((1, 50), (1, 200), (2, 200))
    }
    return _best("pgqueuer", "with_pgqueuer", settings, database, jobs, batch, rounds)


def procrastinate(database: Callable[[], str], jobs: int, batch: int, rounds: int) -> Best:
    """
    Args:
        database: as of pgqueuer.
    """
    settings = {
        f"{_counted(workers, 'worker')} of {concurrency} at once": (workers, concurrency)
        for workers, concurrency in ((1, 10), (1, 30), (2, 20))
    }
    return _best("procrastinate", "with_procrastinate", settings, database, jobs, batch, rounds)


def huey(folder: Path, jobs: int, batch: int, rounds: int) -> Best:
    numbers = count()
    settings = {
        _counted(workers, kind): (kind, workers)
        for kind, workers in (("thread", 1), ("thread", 4), ("process", 2))
    }
    return _best(
        "huey", "with_huey", settings, lambda: str(folder / f"huey-{next(numbers)}.db"), jobs, batch, rounds
    )


def _best(
    name: str,
    module: str,
    settings: Mapping[str, Sequence[object]],
    target: Callable[[], str],
    jobs: int,
    batch: int,
    rounds: int,
) -> Best:
    def pace(setting: str, number: int) -> Pace:
        return _pace(module, target(), number, batch, *settings[setting])

    tried = {setting: pace(setting, min(jobs, _CHOOSING)).rate for setting in settings}
    chosen = max(tried, key=tried.__getitem__)
    paces = [pace(chosen, jobs) for _ in range(rounds)]
    return Best(name=name, setting=chosen, pace=fastest(paces))


def fastest(paces: Sequence[Pace]) -> Pace:
    return max(paces, key=lambda pace: pace.rate)


def _pace(module: str, target: str, jobs: int, batch: int, *setting: object) -> Pace:
    if not _PYTHON.exists():
        raise NoPeers
    words = [str(_PYTHON), "-m", f"bench.peers.{module}", target, *map(str, (jobs, batch, *setting))]
    said = subprocess.run(words, cwd=_ROOT, check=True, capture_output=True, text=True, timeout=_PATIENCE_S)
    found = json.loads(said.stdout)
    return Pace(rate=jobs / found["seconds"], processor_s=found["processor_s"] / jobs)


def _counted(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}es" if noun.endswith("s") else f"{number} {noun}s"
