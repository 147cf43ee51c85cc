"""Circuits for Aer of which only the last measurements leave anything to chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import Barrier, Gate, Measure, Qubit

from ketway.engines.distributions import MAX_QUBITS

#: How Aer would take a circuit for the state vector's, or be told to.
METHODS = ("automatic", "statevector")


@dataclass(frozen=True)
class Final:
    """
    Args:
        evolution: the circuit without its measurements; saves the probabilities of what they read.
        bits: the classical bit that each qubit is read into, in the order of the saved ones.
    """

    evolution: QuantumCircuit
    bits: Sequence[int]

    def value(self, outcome: int) -> int:
        """All classical bits, the first one lowest.

        Args:
            outcome: index of a saved probability.
        """
        return sum((outcome >> place & 1) << bit for place, bit in enumerate(self.bits))


def final_of(circuit: QuantumCircuit, method: str) -> Final | None:
    """None where the state is changed by chance, read more than once, or too large to keep."""
    if method not in METHODS or circuit.num_qubits > MAX_QUBITS:
        return None
    evolution = circuit.copy_empty_like()
    read: dict[Qubit, int] = {}
    for placed in circuit.data:
        if read.keys() & set(placed.qubits):
            return None
        if isinstance(placed.operation, Measure):
            read[placed.qubits[0]] = circuit.find_bit(placed.clbits[0]).index
        elif isinstance(placed.operation, Gate):
            evolution.append(placed)
        elif not isinstance(placed.operation, Barrier):
            return None
    if len(set(read.values())) < len(read):
        return None
    evolution.save_probabilities(list(read))
    return Final(evolution, list(read.values()))
