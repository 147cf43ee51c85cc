"""Circuits for qsim of which only the last measurements leave anything to chance."""

from __future__ import annotations

import cirq
import numpy as np
from qsimcirq import QSimSimulator

from ketway.engines.cirq_results import Records
from ketway.engines.distributions import MAX_QUBITS, Distribution, weighed
from ketway.engines.kept import Weighed


def is_sampled_at_once(circuit: cirq.Circuit) -> bool:
    """The state is computed once, and all shots drawn from it."""
    return circuit.are_all_measurements_terminal() and all(
        cirq.is_measurement(operation) or cirq.has_unitary(operation)
        for operation in circuit.all_operations()
    )


def can_be_kept(circuit: cirq.Circuit) -> bool:
    return len(circuit.all_qubits()) <= MAX_QUBITS and is_sampled_at_once(circuit)


def distribution_of(simulator: QSimSimulator, circuit: cirq.Circuit) -> Weighed[Distribution]:
    """Over all qubits in their order, the first one highest."""
    qubits = sorted(circuit.all_qubits())
    evolution = cirq.Circuit(cirq.I.on_each(*qubits))  # so that each is there, touched or not
    evolution += cirq.Circuit(
        moment.without_operations_touching(
            qubit for one in moment if cirq.is_measurement(one) for qubit in one.qubits
        )
        for moment in circuit
    )
    state = simulator.simulate(evolution, qubit_order=qubits).final_state_vector
    return weighed(np.abs(state).astype(np.float64) ** 2)


def records_of(circuit: cirq.Circuit, distribution: Distribution, shots: int, seed: int) -> Records:
    """All shots' bits, by measurement key."""
    outcomes = distribution.draw(shots, seed)
    qubits = sorted(circuit.all_qubits())
    height = {qubit: len(qubits) - 1 - place for place, qubit in enumerate(qubits)}
    found: dict[str, list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]] = {}
    for operation in circuit.all_operations():
        if isinstance(operation.gate, cirq.MeasurementGate):
            places = np.array([height[qubit] for qubit in operation.qubits])
            inverted = np.array(operation.gate.full_invert_mask())
            bits = (outcomes[:, None] >> places & 1).astype(np.uint8) ^ inverted
            found.setdefault(operation.gate.key, []).append(bits.astype(np.uint8))
    return {key: np.stack(times, axis=1) for key, times in found.items()}
