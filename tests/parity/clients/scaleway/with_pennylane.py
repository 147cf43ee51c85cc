"""`pennylane-scaleway`, on an emulator of circuits and beside PennyLane's own."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pennylane as qml
from pennylane import numpy as pnp

from tests.parity.clients.scaleway.stage import AER, NOBODY, play, refused, setting

SHOTS = 4000
SEED = 5


def device(wires: Any, name: str = "scaleway.aer", backend: str = AER, **changes: Any) -> Any:
    return qml.device(name, wires=wires, backend=backend, seed_simulator=SEED, **setting().keys | changes)


def asymmetric() -> None:
    """Every word of three bits has a chance of its own."""
    qml.RY(0.7, wires=0)
    qml.RY(1.9, wires=1)
    qml.CNOT(wires=[0, 2])
    qml.RZ(0.5, wires=2)
    qml.RY(0.8, wires=2)
    qml.CRY(1.1, wires=[1, 0])


def measured(*answers: Callable[[], Any], shots: int = SHOTS) -> Any:
    """The circuit with these measurements, there and exactly here."""

    def circuit() -> Any:
        asymmetric()
        return tuple(answer() for answer in answers)

    with device(3) as there:
        remote = qml.set_shots(qml.QNode(circuit, there), shots)()
    return remote, qml.QNode(circuit, qml.device("default.qubit", wires=3))()


def chances() -> dict[str, float]:
    def circuit() -> Any:
        asymmetric()
        return qml.probs(wires=[0, 1, 2])

    exact = qml.QNode(circuit, qml.device("default.qubit", wires=3))()
    return {f"{index:03b}": float(chance) for index, chance in enumerate(exact)}


def counts() -> Any:
    """The first wire is the first digit."""

    def circuit() -> Any:
        asymmetric()
        return qml.counts()

    with device(3) as there:
        found = qml.set_shots(qml.QNode(circuit, there), SHOTS)()
    return {"counts": {word: int(count) for word, count in found.items()}, "exact": chances()}


def some_wires() -> Any:
    """In another order than the device's."""

    def circuit() -> Any:
        qml.RY(0.7, wires=0)
        qml.PauliX(wires=1)
        qml.CNOT(wires=[0, 2])
        return qml.counts(wires=[2, 1])

    with device(3) as there:
        found = qml.set_shots(qml.QNode(circuit, there), SHOTS)()
    one = float(np.sin(0.35) ** 2)
    return {
        "counts": {word: int(count) for word, count in found.items()},
        "exact": {"11": one, "01": 1 - one},
    }


def probabilities() -> Any:
    remote, exact = measured(lambda: qml.probs(wires=[2, 0]), lambda: qml.probs(wires=[1]))
    return {"found": list(remote), "exact": list(exact), "shots": SHOTS}


def expectations() -> Any:
    """Of observables that do not commute: the client sends as many circuits as it needs."""
    remote, exact = measured(
        lambda: qml.expval(qml.PauliZ(0)),
        lambda: qml.expval(qml.PauliX(2)),
        lambda: qml.expval(qml.PauliZ(0) @ qml.PauliY(2)),
        lambda: qml.expval(0.5 * qml.PauliZ(1) - 0.3 * qml.PauliX(2)),
        lambda: qml.var(qml.PauliZ(1)),
    )
    return {"found": list(remote), "exact": list(exact), "deviation": 1 / sqrt(SHOTS)}


def samples() -> Any:
    def circuit() -> Any:
        qml.PauliX(wires=2)
        return qml.sample(wires=[0, 2])

    with device(3) as there:
        rows = qml.set_shots(qml.QNode(circuit, there), 50)()
    return {"shape": list(np.shape(rows)), "different": np.unique(rows, axis=0)}


def gradient_step() -> Any:
    """One step downhill by the parameter-shift rule, there and exactly here."""

    def energy(angles: Any) -> Any:
        qml.RY(angles[0], wires=0)
        qml.RX(angles[1], wires=1)
        qml.CNOT(wires=[0, 1])
        return qml.expval(qml.PauliZ(1) + 0.5 * qml.PauliX(0))

    start = pnp.array([0.6, 1.1], requires_grad=True)
    here = qml.QNode(energy, qml.device("default.qubit", wires=2))
    downhill = qml.GradientDescentOptimizer(stepsize=0.4)
    with device(2) as remote:
        there = qml.set_shots(qml.QNode(energy, remote, diff_method="parameter-shift"), SHOTS)
        slope = qml.grad(there)(start)
        moved, _ = downhill.step_and_cost(there, start)
    return {
        "slope": slope,
        "exact": qml.grad(here)(start),
        "before": float(here(start)),
        "after": float(here(moved)),
        "deviation": 1.5 / sqrt(SHOTS),
    }


def several_tapes() -> Any:
    """One job with a circuit for each value."""

    def circuit(angle: Any) -> Any:
        qml.RY(angle, wires=1)
        return qml.probs(wires=1)

    angles = np.array([0.3, 1.3, 2.3])
    with device(2) as there:
        found = qml.set_shots(qml.QNode(circuit, there), SHOTS)(angles)
    return {"ones": found[:, 1], "exact": np.sin(angles / 2) ** 2, "shots": SHOTS}


def lives() -> Any:
    """A session of its own for each device, shared by those that say the same."""
    first, other = device(1), device(1)
    same = device(1, deduplication_id=first.deduplication_id)
    ids = [each.start() for each in (first, other, same)]
    first.stop()
    other.stop()
    return {"ids": ids, "without": refused(qml.set_shots(qml.QNode(qml.counts, device(1)), 5))}


def refusals() -> Any:
    def crowd() -> Any:
        qml.Hadamard(wires=39)
        return qml.counts()

    with device(40) as large:
        too_many = refused(qml.set_shots(qml.QNode(crowd, large), 10))
    return {
        "an unknown platform": refused(device, 1, backend="EMU-NOBODY-1"),
        "a wrong key": refused(device, 1, secret_key=NOBODY),
        "a wrong project": refused(device(1, project_id=NOBODY).start),
        "too many qubits": too_many,
    }


if __name__ == "__main__":
    play(
        (
            counts,
            some_wires,
            probabilities,
            expectations,
            samples,
            gradient_step,
            several_tapes,
            lives,
            refusals,
        )
    )
