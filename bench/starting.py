"""How long until a server that was not there has taken a job; and what it takes while nobody asks."""

from __future__ import annotations

import os
import time
from pathlib import Path

from bench.processors import families_s, processor_s
from bench.report import Figure
from bench.servers import CATALOGUE, a_warm_server
from tests.system.processes import Client, a_server

IDLE_S = 5.0


def start_up(folder: Path) -> list[Figure]:
    """cold start to the first accepted job"""
    # Once uncounted: the first start ever compiles ketway, on whatever machine.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    folder.mkdir(parents=True)
    with a_server(folder / "first", workers=0, catalogue=str(CATALOGUE)):
        pass
    begun = time.perf_counter()
    with a_server(folder / "cold", workers=1, catalogue=str(CATALOGUE)) as server:
        answering = time.perf_counter() - begun
        client = Client(server).login()
        client.submit("{}", device="NOOP", runs=1)
        accepted, used = time.perf_counter() - begun, processor_s(server.process.pid)
    return [
        Figure(
            what="cold start to first accepted job",
            measured=f"{accepted:.2f} s, {used:.2f} s of a processor (answering after {answering:.2f} s)",
            budget="2 s",
        )
    ]


def idling(folder: Path) -> list[Figure]:
    """processor time of an idle server with 2 idle children's worker"""
    with a_warm_server(folder) as (server, _):
        before, begun = families_s([server.process.pid]), time.perf_counter()
        time.sleep(IDLE_S)
        share = (families_s([server.process.pid]) - before) / (time.perf_counter() - begun)
    return [Figure(what="idle, all processes", measured=f"{share:.2%} of a core", budget="under 1 %")]
