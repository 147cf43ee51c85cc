"""`python -m bench [NAME...]`: every measure, or those that are named; some minutes."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.emulations import overhead, same, sweep
from bench.fairness import fairness
from bench.floods import floods
from bench.latency import latency
from bench.million import million
from bench.noops import noops_postgresql, noops_sqlite, one_by_one
from bench.polling import polling
from bench.report import Figure, table
from bench.starting import idling, start_up

Measure = Callable[[Path], list[Figure]]

#: Each is given a folder that is not there yet.
MEASURES: dict[str, Measure] = {
    "start-up": start_up,
    "latency": latency,
    "overhead": overhead,
    "same": same,
    "sweep": sweep,
    "noops-sqlite": noops_sqlite,
    "noops-postgresql": noops_postgresql,
    "one-by-one": one_by_one,
    "idling": idling,
    "polling": polling,
    "million": million,
    "floods": floods,
    "fairness": fairness,
}


def main(names: Sequence[str]) -> str | None:
    """Prints one table, and on the way each part of it; says what is wrong with the names."""
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        return f"there is no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}"
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names or MEASURES:
            print(f"measuring {name}: {MEASURES[name].__doc__}", file=sys.stderr, flush=True)
            found = MEASURES[name](Path(folder) / name)
            print(table(found), file=sys.stderr, flush=True)
            figures += found
    print(table(figures))
    return None


if __name__ == "__main__":
    # Whoever is told to end leaves no server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
