"""Machines of gates as the catalogue has them, or with figures of a test's own, and tasks for them."""

from __future__ import annotations

import json
from typing import Any

from ketway import platforms
from ketway.domain.platforms import Platform
from ketway.domain.tasks import Computed, Task
from ketway.engines.gate_machine import ENGINE
from tests.engines.circuits import a_task

PLATFORMS: dict[str, Platform] = {
    platform.name: platform for platform in platforms.read() if platform.engine == ENGINE.name
}
QPUS = {
    "ibex": "QPU-IBEX-12PQ",
    "garnet": "QPU-GARNET-20PQ",
    "emerald": "QPU-EMERALD-54PQ",
    "sirius": "QPU-SIRIUS-24PQ",
}
WITHOUT_ERRORS = {
    "one_qubit_error": 0.0,
    "two_qubit_error": 0.0,
    "readout_error": 0.0,
    "t1_s": 1e9,
    "t2_s": 1e9,
    "resonator_t1_s": 1e9,
    "resonator_t2_s": 1e9,
}


def a_device(machine: str, **figures: float) -> str:
    """What its platform says of a machine, some of it changed."""
    device = json.loads(PLATFORMS[QPUS[machine]].settings["device"])
    for name, value in figures.items():
        if name in device["figures"]:
            device["figures"][name]["value"] = value
    return json.dumps(device)


def figure(machine: str, name: str) -> float:
    return float(json.loads(PLATFORMS[QPUS[machine]].settings["device"])["figures"][name]["value"])


def a_task_on(machine: str, program: str, *, figures: dict[str, float] | None = None, **changes: Any) -> Task:
    platform = PLATFORMS[QPUS[machine]]
    given: dict[str, Any] = {
        "max_shots": platform.max_shots,
        "max_qubits": platform.max_qubits,
        "settings": {"device": a_device(machine, **(figures or {}))},
    }
    return a_task(program, **(given | changes))


def run_on(machine: str, program: str, **changes: Any) -> Computed:
    return ENGINE.run(a_task_on(machine, program, **changes), lambda percent: None)
