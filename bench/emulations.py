"""Emulations of atoms, one and many, beside Pulser called directly; and a hundred that are one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import floors
from bench.processors import families_s
from bench.programs import one_second_sequence, parametrised_sequence
from bench.report import Figure
from bench.servers import a_warm_server, waiting
from ketway.domain.tasks import Task
from tests.system.processes import Client, until

SWEPT = 1_000
SAME = 100
SHOTS = 100
#: Whoever asks more often takes the processor from the children.
LOOK_AGAIN_S = 0.1


def overhead(folder: Path) -> list[Figure]:
    """an emulation of a second or more against the engine called directly"""
    # Each another one: what was computed before is only drawn from.
    sequences = [one_second_sequence(detuning=number / 100) for number in range(6)]
    tasks = (Task(program=each, shots=100, seed=1, max_shots=1000, max_qubits=14) for each in sequences)
    floor = floors.engine_s("pulser-qutip", tasks, 5)
    left = iter(sequences)
    with a_warm_server(folder) as (_, client):

        def once() -> None:
            job = client.submit(next(left))["jobs"][0]
            while client.job(job["id"])["status"] != "DONE":
                time.sleep(0.005)

        taken = floors.median_s(once, 5)
    return [
        Figure(
            what="emulation of about 1 s on EMU_FREE",
            measured=f"{taken:.3f} s",
            floor=f"{floor:.3f} s (direct call)",
            ratio=taken / floor,
            budget="ratio 1.05",
        )
    ]


def sweep(folder: Path) -> list[Figure]:
    """a thousand parametrised jobs of 4 atoms on two children"""
    sequence = parametrised_sequence(atoms=4)
    with a_warm_server(folder) as (server, client):
        # Both children have started, and have seen Pulser work.
        _ended_s(client, sequence, [{"runs": SHOTS, "variables": each} for each in _swept(2, offset=1.0)])
        jobs = [{"runs": SHOTS, "variables": each} for each in _swept(SWEPT)]
        used = families_s([server.process.pid])
        taken = _ended_s(client, sequence, jobs)
        used = families_s([server.process.pid]) - used
    plain = _plain(sequence)
    what = f"{SWEPT:,} parametrised jobs of 4 atoms, 2 children"
    return [
        *(
            Figure(
                what=what,
                measured=f"{taken:.1f} s ({SWEPT / taken:.0f} /s)",
                floor=f"{floor:.1f} s ({name})",
                ratio=taken / floor,
            )
            for name, floor in (
                ("plain Pulser, one process", plain.seconds),
                ("plain Pulser, two processes at their best", plain.seconds / 2),
            )
        ),
        Figure(
            what=f"{what}, time of processors",
            measured=f"{used / SWEPT * 1000:.1f} ms each",
            floor=f"{plain.processor_s / SWEPT * 1000:.1f} ms each (plain Pulser)",
            ratio=used / plain.processor_s,
        ),
    ]


def same(folder: Path) -> list[Figure]:
    """a hundred jobs that differ in their shots alone"""
    sequence = one_second_sequence(detuning=0.5)
    with a_warm_server(folder) as (_, client):
        job = client.submit(one_second_sequence(detuning=0.6))["jobs"][0]
        until(lambda: client.job(job["id"])["status"] == "DONE", "a first emulation")
        taken = _ended_s(client, sequence, [{"runs": SHOTS}] * SAME)
    task = Task(program=sequence, shots=SHOTS, seed=1, max_shots=1000, max_qubits=14)
    begun = time.perf_counter()
    floors.loaded("pulser-qutip").run(task, lambda _: None)
    floor = time.perf_counter() - begun
    return [
        Figure(
            what=f"{SAME} jobs of about 1 s that differ only in shots, 2 children",
            measured=f"{taken:.2f} s",
            floor=f"{floor:.2f} s (one direct call)",
            ratio=taken / floor,
            budget="one simulation",
        )
    ]


def _ended_s(client: Client, sequence: str, jobs: list[dict[str, Any]]) -> float:
    """Seconds from the submission of a batch to the end of its last job."""
    body = {
        "project_id": client.credentials.project_id,
        "sequence_builder": sequence,
        "device_type": "EMU_FREE",
        "open": False,
        "jobs": jobs,
    }
    begun = time.perf_counter()
    batch = client.ask("POST", "/api/v1/batches", body).raise_for_status().json()["data"]
    while waiting(client):
        time.sleep(LOOK_AGAIN_S)
    taken = time.perf_counter() - begun
    assert {client.job(job["id"])["status"] for job in batch["jobs"][:100]} == {"DONE"}
    return taken


@dataclass(frozen=True, kw_only=True)
class Plain:
    """
    Args:
        processor_s: that this process had meanwhile.
    """

    seconds: float
    processor_s: float


def _plain(text: str) -> Plain:
    said = {"sequence": text, "values": [*_swept(SWEPT)], "shots": SHOTS}
    ended = subprocess.run(
        [sys.executable, "-m", "bench.plain_pulser"],
        input=json.dumps(said),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Plain(**json.loads(ended.stdout))


def _swept(number: int, offset: float = 0.0) -> Iterator[Mapping[str, float]]:
    for position in range(number):
        yield {"amplitude": 1.0 + position / SWEPT, "detuning": offset + position / SWEPT}
