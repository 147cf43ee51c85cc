"""Machines of gates, through Qiskit, PennyLane and Cirq: translated by the client, placed by the server."""

from __future__ import annotations

from typing import Any

import cirq
import pennylane as qml
from cirq_scaleway import ScalewayQuantumService
from qiskit import QuantumCircuit, transpile
from qiskit_scaleway import ScalewayProvider

from tests.parity.clients.scaleway import circuits, cirq_circuits, exact
from tests.parity.clients.scaleway.stage import SOON, play, refused, setting

SHOTS = 1000
GARNET, SIRIUS, EMERALD, IBEX = "QPU-GARNET-20PQ", "QPU-SIRIUS-24PQ", "QPU-EMERALD-54PQ", "QPU-IBEX-12PQ"
IBEX_EMULATED = "EMU-IBEX-12PQ-L4"


def backend(name: str) -> Any:
    return ScalewayProvider(**setting().keys).get_backend(name)


def answer(here: Any, circuit: QuantumCircuit, shots: int = SHOTS) -> Any:
    session = here.start_session(name="parity", max_duration="10m", max_idle_duration="5m")
    try:
        return here.run(circuit, session_id=session, shots=shots).result(fetch_interval=SOON)
    finally:
        here.delete_session(session)


def the_machines() -> Any:
    found = ScalewayProvider(**setting().keys).backends()
    return {
        each.name: {"class": type(each).__name__, "gates": sorted(each.target.operation_names)}
        for each in found
        if type(each).__name__ in ("AqtBackend", "IqmBackend")
    }


def as_written(name: str) -> Any:
    """Gates that no machine has: the server translates and routes."""
    circuit = circuits.entangled()
    return {"counts": answer(backend(name), circuit).get_counts(), "exact": exact.chances(circuit)}


def translated(name: str) -> Any:
    """Into the machine's gates first, by the target that the client reads from the platform."""
    here, circuit = backend(name), circuits.lopsided()
    ready = transpile(circuit, target=here.target)
    return {"counts": answer(here, ready).get_counts(), "exact": exact.chances(circuit)}


def garnet() -> Any:
    return [as_written(GARNET), translated(GARNET)]


def sirius() -> Any:
    """Its target has a `move` that no translation of Qiskit's knows."""
    here, circuit = backend(SIRIUS), circuits.lopsided()
    return [
        as_written(SIRIUS),
        {"counts": answer(here, circuit).get_counts(), "exact": exact.chances(circuit)},
    ]


def emerald() -> Any:
    return [as_written(EMERALD), translated(EMERALD)]


def ibex() -> Any:
    return [as_written(IBEX), translated(IBEX)]


def ibex_emulated() -> Any:
    return [as_written(IBEX_EMULATED), translated(IBEX_EMULATED)]


def memory() -> Any:
    """These machines always tell each shot."""
    result = answer(backend(GARNET), circuits.two_registers(), shots=100)
    return {"memory": result.get_memory(), "counts": result.get_counts()}


def several_in_a_job() -> Any:
    asked = [circuits.entangled(), circuits.third_of_three_bits()]
    return {"counts": answer(backend(GARNET), asked).get_counts(), "exact": list(map(exact.chances, asked))}


def one_after_another() -> Any:
    """A machine serves one session at a time: the second's job waits, and runs once the first has ended."""
    here, circuit = backend(GARNET), circuits.third_of_three_bits()
    first, second = (here.start_session(name=name) for name in ("first", "second"))
    mine = here.run(circuit, session_id=first, shots=50).result(fetch_interval=SOON).get_counts()
    later = here.run(circuit, session_id=second, shots=50)
    here.stop_session(first)
    seen = {"first": mine, "second": later.result(fetch_interval=SOON).get_counts()}
    here.delete_session(first)
    here.delete_session(second)
    return seen


def pennylane(device: str, name: str, **options: Any) -> Any:
    def lopsided() -> None:
        qml.PauliX(wires=0)
        qml.RY(1.9, wires=1)
        qml.CNOT(wires=[1, 2])

    def counted() -> Any:
        lopsided()
        return qml.counts()

    def chances() -> Any:
        lopsided()
        return qml.probs(wires=[0, 1, 2])

    with qml.device(device, wires=3, backend=name, **options, **setting().keys) as there:
        counts = qml.set_shots(qml.QNode(counted, there), SHOTS)()
    expected = qml.QNode(chances, qml.device("default.qubit", wires=3))().tolist()
    return {
        "counts": {word: int(count) for word, count in counts.items()},
        "exact": {f"{index:03b}": chance for index, chance in enumerate(expected)},
    }


def pennylane_on_iqm() -> Any:
    return pennylane("scaleway.iqm", GARNET)


def pennylane_on_aqt() -> Any:
    return pennylane("scaleway.aqt", IBEX_EMULATED)


def cirq_on(name: str) -> Any:
    circuit = cirq_circuits.lopsided()
    with ScalewayQuantumService(**setting().keys).device(name).create_session() as session:
        result = session.run(circuit, repetitions=SHOTS)
    keys = ["two", "one"]
    return {"counts": cirq_circuits.joint(result, keys), "exact": cirq_circuits.exact(circuit, keys)}


def cirq_on_machines() -> Any:
    return [cirq_on(GARNET), cirq_on(IBEX_EMULATED)]


def refusals() -> Any:
    crowd = QuantumCircuit(13, 13)
    crowd.h(range(13))
    crowd.measure(range(13), range(13))
    qubits = cirq.LineQubit.range(2)
    many = cirq.Circuit(cirq.H.on_each(*qubits), cirq.measure(*qubits, key="z"))
    with ScalewayQuantumService(**setting().keys).device(IBEX_EMULATED).create_session() as session:
        too_many_shots = refused(session.run, many, repetitions=2001)
    return {
        "too many qubits": refused(answer, backend(IBEX_EMULATED), crowd),
        "too many shots": too_many_shots,
    }


if __name__ == "__main__":
    play(
        (
            the_machines,
            garnet,
            sirius,
            emerald,
            ibex,
            ibex_emulated,
            memory,
            several_in_a_job,
            one_after_another,
            pennylane_on_iqm,
            pennylane_on_aqt,
            cirq_on_machines,
            refusals,
        )
    )
