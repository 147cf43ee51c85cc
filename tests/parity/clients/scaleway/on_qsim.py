"""`qiskit-scaleway` and `pennylane-scaleway` on qsim, which answers Qiskit in Qiskit's order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pennylane as qml
from qiskit import QuantumCircuit
from qiskit_scaleway import ScalewayProvider

from tests.parity.clients.scaleway import circuits, exact
from tests.parity.clients.scaleway.stage import QSIM, SOON, play, refused, setting

SHOTS = 4000


def backend() -> Any:
    return ScalewayProvider(**setting().keys).get_backend(QSIM)


def answer(here: Any, circuit: QuantumCircuit, shots: int = SHOTS) -> Any:
    session = here.start_session(name="parity")
    try:
        return here.run(circuit, session_id=session, shots=shots).result(fetch_interval=SOON)
    finally:
        here.delete_session(session)


def each_circuit() -> Any:
    here = backend()
    made = [make() for make in (*circuits.STATIC, circuits.gates_of_its_own)]
    return {
        circuit.name: {"counts": answer(here, circuit).get_counts(), "exact": exact.chances(circuit)}
        for circuit in made
    }


def refusals() -> Any:
    crowd, unmeasured = QuantumCircuit(28, 28), QuantumCircuit(1)
    crowd.h(range(28))
    crowd.measure(range(28), range(28))
    unmeasured.x(0)
    return {
        "too many qubits": refused(answer, backend(), crowd),
        "no measurement": refused(answer, backend(), unmeasured),
        "too many shots": refused(answer, backend(), circuits.entangled(), 1_000_001),
    }


def asymmetric() -> None:
    qml.RY(0.7, wires=0)
    qml.RY(1.9, wires=1)
    qml.CNOT(wires=[0, 2])
    qml.RZ(0.5, wires=2)
    qml.RY(0.8, wires=2)
    qml.CRY(1.1, wires=[1, 0])


def pennylane() -> Any:
    def circuit() -> Any:
        asymmetric()
        return qml.counts()

    def value() -> Any:
        asymmetric()
        return qml.expval(qml.PauliZ(2))

    def chances() -> Any:
        asymmetric()
        return qml.probs(wires=[0, 1, 2])

    here = qml.device("default.qubit", wires=3)
    with qml.device("scaleway.qsim", wires=3, backend=QSIM, **setting().keys) as there:
        counts = qml.set_shots(qml.QNode(circuit, there), SHOTS)()
        found = qml.set_shots(qml.QNode(value, there), SHOTS)()
    return {
        "counts": {word: int(count) for word, count in counts.items()},
        "exact": {f"{index:03b}": chance for index, chance in enumerate(qml.QNode(chances, here)().tolist())},
        "value": [float(found), float(qml.QNode(value, here)())],
        "deviation": 1 / np.sqrt(SHOTS),
    }


if __name__ == "__main__":
    play((each_circuit, refusals, pennylane))
