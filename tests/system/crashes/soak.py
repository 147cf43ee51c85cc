"""`make soak`: rounds of the crash suite, each with a seed of its own, for `SOAK_S` seconds; a line each.

They are played on both databases by turns, or on the one that `SOAK_ON` names.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from itertools import cycle
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from tests.system.crashes.play import DATABASES, Broken, play


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seed", type=int, help="play this one round instead")
    asked.add_argument("--events", type=int, default=40)
    asked.add_argument("--jobs", type=int, default=200, help="by each surface")
    asked.add_argument("--on", choices=list(DATABASES), default=os.environ.get("SOAK_ON") or None)
    said = asked.parse_args()
    turns = cycle(DATABASES if said.on is None else [said.on])
    until = time.monotonic() + float(os.environ.get("SOAK_S", "3600"))
    while True:
        seed = secrets.randbelow(2**31) if said.seed is None else said.seed
        folder = Path(mkdtemp(prefix="ketway-soak-"))
        try:
            print(play(folder, next(turns), seed=seed, events=said.events, jobs=said.jobs), flush=True)
        except Broken as broken:
            sys.exit(f"BROKEN: {broken}")
        rmtree(folder)
        if said.seed is not None or time.monotonic() >= until:
            return


if __name__ == "__main__":
    main()
