"""A Bell circuit from its submission to its counts, beside what people do without a cloud."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from bench import bell, floors
from bench.programs import bell_document, bell_parameters
from bench.report import Figure
from bench.servers import a_warm_server
from ketway.domain.tasks import Task
from tests.system.processes import Client

RUNS = 30
FRESH_RUNS = 3
#: Between two questions for a job; more often, and the client takes the processor from the server.
LOOK_AGAIN_S = 0.001


def latency(folder: Path) -> list[Figure]:
    """submit to done of a Bell circuit"""
    task = Task(program=bell_document(), shots=100, seed=1, max_shots=10_000, max_qubits=10)
    found = {
        "ketway's engine called directly": floors.engine_s("aer", repeat(task), RUNS),
        "Qiskit and Aer called directly": floors.median_s(bell.counts, RUNS),
        "a warm pool of two processes": _pooled_s(),
        "a fresh process": floors.median_s(_in_a_fresh_process, FRESH_RUNS),
    }
    with a_warm_server(folder) as (_, client):
        taken = _submitted_s(client)
    return [
        Figure(
            what="submit to done, Bell circuit, warm worker",
            measured=f"{taken * 1000:.1f} ms",
            floor=f"{floor * 1000:.1f} ms ({name})",
            ratio=taken / floor,
            budget="50 ms",
        )
        for name, floor in found.items()
    ]


def _pooled_s() -> float:
    # Forked with threads of an emulator, it might hang.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=2, mp_context=spawn) as pool:
        list(pool.map(bell.counts, [100] * 8))  # both have imported
        return floors.median_s(lambda: pool.submit(bell.counts).result(), RUNS)


def _in_a_fresh_process() -> None:
    subprocess.run([sys.executable, "-c", "from bench import bell; bell.counts()"], check=True)


def _submitted_s(client: Client) -> float:
    headers = {"X-Auth-Token": client.credentials.secret_key}
    http, project = client.http, client.credentials.project_id
    platform = http.get("/qaas/v1alpha1/platforms?name=EMU-AER-16C-128M", headers=headers).json()
    model = http.post(
        "/qaas/v1alpha1/models", headers=headers, json={"project_id": project, "payload": bell_document()}
    ).json()
    session = http.post(
        "/qaas/v1alpha1/sessions",
        headers=headers,
        json={"project_id": project, "platform_id": platform["platforms"][0]["id"]},
    ).json()

    def once() -> None:
        job = http.post(
            "/qaas/v1alpha1/jobs",
            headers=headers,
            json={
                "name": "bell",
                "session_id": session["id"],
                "model_id": model["id"],
                "parameters": bell_parameters(),
            },
        ).json()
        while http.get(f"/qaas/v1alpha1/jobs/{job['id']}", headers=headers).json()["status"] != "completed":
            time.sleep(LOOK_AGAIN_S)

    return floors.median_s(once, RUNS)
