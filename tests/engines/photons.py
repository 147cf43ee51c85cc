"""Small experiments with photons, as the jobs that Perceval's client sends, and tasks that run them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import sqrt
from typing import Any

from ketway import platforms
from ketway.domain.platforms import Platform
from ketway.domain.tasks import Computed, Task
from ketway.engines.photonic import ENGINE
from ketway.engines.photonic_library import deserialize, pcvl, serialize

PLATFORMS: dict[str, Platform] = {
    platform.name: platform for platform in platforms.read() if platform.engine == "perceval"
}
MACHINES = [name for name in PLATFORMS if name.startswith("QPU-")]


def an_experiment(circuit: Any, *photons: int, least: int = 1) -> Any:
    experiment = pcvl.Experiment(circuit)
    experiment.with_input(pcvl.BasicState(list(photons)))
    experiment.min_detected_photons_filter(least)
    return experiment


def two_meet(theta: float = 1.0) -> Any:
    """Two photons on beam splitters that are not balanced, so that no two chances are alike."""
    circuit = pcvl.Circuit(3).add(0, pcvl.BS(theta=theta)).add(1, pcvl.BS(theta=0.7)).add(1, pcvl.PS(0.3))
    return an_experiment(circuit, 1, 1, 0)


def lined_up(photons: int, modes: int) -> Any:
    """One photon in each of the first modes of an interferometer."""
    pcvl.random_seed(1)
    unitary = pcvl.Unitary(pcvl.Matrix.random_unitary(modes))
    return an_experiment(unitary, *([1] * photons + [0] * (modes - photons)))


def a_payload(experiment: Any, command: str = "probs", **changes: Any) -> dict[str, Any]:
    """As a client of today writes it, before it becomes text."""
    given = {"command": command, "max_shots": 10_000, "job_context": None, "parameters": {}}
    serialized: dict[str, Any] = serialize(given | {"experiment": experiment} | changes)
    return serialized


def a_task(
    experiment: Any,
    command: str = "probs",
    *,
    platform: str = "EMU-SAMPLING-L4",
    seed: int = 7,
    **changes: Any,
) -> Task:
    return on(platform, json.dumps(a_payload(experiment, command, **changes)), seed=seed)


def on(platform: str, program: str, **changes: Any) -> Task:
    """A task as the catalogue sets it up."""
    known = PLATFORMS[platform]
    given: dict[str, Any] = {
        "shots": None,
        "seed": 7,
        "max_shots": known.max_shots,
        "max_qubits": known.max_qubits,
        "settings": known.settings,
    }
    return Task(program=program, **(given | changes))


def run(experiment: Any, command: str = "probs", **changes: Any) -> Computed:
    return ENGINE.run(a_task(experiment, command, **changes), lambda percent: None)


def read(computed: Computed) -> dict[str, Any]:
    """The document as Perceval's client reads it."""
    found: dict[str, Any] = deserialize(json.loads(computed.document))
    return found


def directly(experiment: Any, noise: Any = None) -> dict[str, Any]:
    """Probabilities as Perceval computes them without us."""
    computer = pcvl.SimulatedComputer("SLOS")
    computer.noise = noise
    found: dict[str, Any] = computer.probs(experiment.copy())
    return found


def chances(distribution: Any) -> dict[str, float]:
    return {str(state): float(chance) for state, chance in distribution.items()}


def is_near(count: int, chance: float, shots: int) -> bool:
    """Within five standard deviations."""
    return abs(count - chance * shots) <= 5 * sqrt(shots * chance * (1 - chance)) + 1e-9


def is_sample_of(counts: Mapping[str, int], expected: Mapping[str, float]) -> bool:
    shots = sum(counts.values())
    return counts.keys() <= expected.keys() and all(
        is_near(counts.get(state, 0), chance, shots) for state, chance in expected.items()
    )
