"""Names of vendors' emulators, for which another engine stands in, through Qiskit, PennyLane and Cirq."""

from __future__ import annotations

from typing import Any

import pennylane as qml
from cirq_scaleway import ScalewayQuantumService
from qiskit_scaleway import ScalewayProvider

from tests.parity.clients.scaleway import circuits, cirq_circuits, exact
from tests.parity.clients.scaleway.stage import SOON, play, setting

SHOTS = 3000
QUANTANIUM, PIONEER, CUDAQ = "EMU-QUANTANIUM-16C-128M", "EMU-PIONEER-19PQ-H100", "EMU-CUDAQ-H100"
CLASSES = {QUANTANIUM: "QperfectBackend", PIONEER: "QuoblyBackend", CUDAQ: "CudaqBackend"}


def answers(name: str, **options: Any) -> Any:
    """Each takes one circuit a job."""
    backend = ScalewayProvider(**setting().keys).get_backend(name)
    assert type(backend).__name__ == CLASSES[name]
    session = backend.start_session(name="standing in")
    made = [circuits.entangled(), circuits.third_of_three_bits(), circuits.two_registers()]
    seen = [
        {
            "counts": backend.run(circuit, session_id=session, shots=SHOTS, **options)
            .result(fetch_interval=SOON)
            .get_counts(),
            "exact": exact.chances(circuit),
        }
        for circuit in made
    ]
    backend.delete_session(session)
    return seen


def qiskit_on_quantanium() -> Any:
    return answers(QUANTANIUM, seed=5, bonddim=32)


def qiskit_on_pioneer() -> Any:
    return answers(PIONEER, seed=5, noise=False)


def qiskit_on_cudaq() -> Any:
    return answers(CUDAQ)


def pennylane(device: str, name: str) -> Any:
    def turned() -> Any:
        qml.PauliX(wires=0)
        qml.RY(1.9, wires=1)
        qml.CNOT(wires=[1, 2])
        return qml.counts()

    with qml.device(device, wires=3, backend=name, **setting().keys) as there:
        counts = qml.set_shots(qml.QNode(turned, there), SHOTS)()
    return {word: int(count) for word, count in counts.items()}


def pennylane_on_each() -> Any:
    return {
        "qperfect": pennylane("scaleway.qperfect", QUANTANIUM),
        "quobly": pennylane("scaleway.quobly", PIONEER),
        "cudaq": pennylane("scaleway.cudaq", CUDAQ),
    }


def cirq_on(name: str) -> Any:
    circuit, keys = cirq_circuits.asymmetric(), ["two", "one"]
    with ScalewayQuantumService(**setting().keys).device(name).create_session() as session:
        result = session.run(circuit, repetitions=SHOTS)
    return {"counts": cirq_circuits.joint(result, keys), "exact": cirq_circuits.exact(circuit, keys)}


def cirq_on_quantanium() -> Any:
    return cirq_on(QUANTANIUM)


def cirq_on_pioneer() -> Any:
    return cirq_on(PIONEER)


if __name__ == "__main__":
    play(
        (
            qiskit_on_quantanium,
            qiskit_on_pioneer,
            qiskit_on_cudaq,
            pennylane_on_each,
            cirq_on_quantanium,
            cirq_on_pioneer,
        )
    )
