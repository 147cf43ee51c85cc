"""What clients cost that ask again and again how a job is, in a session of a thousand."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.processors import processor_s
from bench.report import Figure
from bench.servers import CATALOGUE
from tests.system.processes import Client, Server, a_server

JOBS = 1_000
RHYTHM_S = 0.1  #: the fastest published client's
POLLS = 50
BURST = 400
LISTS = 20
PREFIX = "/qaas/v1alpha1"


def polling(folder: Path) -> list[Figure]:
    """polls of one job and of all, in a session of a thousand jobs"""
    with a_server(folder, workers=0, catalogue=str(CATALOGUE)) as server:
        client = Client(server)
        session, job = _filled(client)
        one, every = f"{PREFIX}/jobs/{job}", f"{PREFIX}/jobs?session_id={session}"
        headers = {"X-Auth-Token": client.credentials.secret_key}

        def ask(path: str) -> None:
            client.http.get(path, headers=headers).raise_for_status()

        waited = _rhythm(lambda: ask(one))
        floor = _processor_s_each(server, lambda: ask("/healthz"), BURST)
        each = _processor_s_each(server, lambda: ask(one), BURST)
        listed = _processor_s_each(server, lambda: ask(every), LISTS)
    return [
        Figure(
            what=f"poll of one job every {RHYTHM_S} s, among {JOBS:,}",
            measured=f"{each * 1000:.2f} ms of the server, answered in {waited * 1000:.1f} ms",
            floor=f"{floor * 1000:.2f} ms (/healthz)",
            ratio=each / floor,
        ),
        Figure(
            what=f"list of the {JOBS:,} jobs of a session",
            measured=f"{listed * 1000:.0f} ms of the server",
            floor=f"{floor * 1000:.2f} ms (/healthz)",
            ratio=listed / floor,
        ),
    ]


def _filled(client: Client) -> tuple[str, str]:
    """A session of jobs that wait: its id, and the id of one of them."""
    headers = {"X-Auth-Token": client.credentials.secret_key}
    project = client.credentials.project_id

    def post(path: str, **body: Any) -> Any:
        answer = client.http.post(PREFIX + path, json=body, headers=headers)
        return answer.raise_for_status().json()

    named = client.http.get(f"{PREFIX}/platforms?name=EMU-AER-16C-128M", headers=headers)
    platform = named.raise_for_status().json()["platforms"][0]
    model = post("/models", project_id=project, payload="OPENQASM 3.0;")
    session = post("/sessions", project_id=project, platform_id=platform["id"])
    parameters = json.dumps({"shots": 100, "options": {"memory": False}})
    jobs = [
        post("/jobs", name="one", session_id=session["id"], model_id=model["id"], parameters=parameters)
        for _ in range(JOBS)
    ]
    return session["id"], jobs[JOBS // 2]["id"]


def _rhythm(ask: Callable[[], None]) -> float:
    """Median seconds until an answer, at the rhythm of a client that has patience."""
    taken: list[float] = []
    for _ in range(POLLS):
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
        time.sleep(RHYTHM_S)
    return statistics.median(taken)


def _processor_s_each(server: Server, ask: Callable[[], None], times: int) -> float:
    """Processor time of the server for one answer, warm."""
    ask()
    before = processor_s(server.process.pid)
    for _ in range(times):
        ask()
    return (processor_s(server.process.pid) - before) / times
