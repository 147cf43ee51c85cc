"""What a machine's table of errors does to qubits: the channels that are put into a circuit."""

from __future__ import annotations

from functools import reduce

import numpy as np
from qiskit.circuit import Instruction
from qiskit.circuit.library import CZGate, HGate
from qiskit.quantum_info import PTM, Operator, SuperOp, pauli_basis
from qiskit_aer.noise import (
    NoiseModel,
    QuantumError,
    ReadoutError,
    depolarizing_error,
    pauli_error,
    thermal_relaxation_error,
)

from ketway.engines.gate_table import Machine

#: Waits are told apart to a thousandth of the shortest gate, so that few channels serve all of them.
GRAINS = 1000
NEGLIGIBLE = 1e-12


class Noise:
    """The channels of one machine."""

    def __init__(self, machine: Machine) -> None:
        figures = machine.figures
        self.grain_s = figures.one_qubit_s.value / GRAINS
        self.qubit_s = (figures.t1_s.value, figures.t2_s.value)
        self.resonator_s = self.qubit_s
        if figures.resonator_t1_s is not None and figures.resonator_t2_s is not None:
            self.resonator_s = (figures.resonator_t1_s.value, figures.resonator_t2_s.value)
        one = depolarizing(figures.one_qubit_error.value, 1)
        two = depolarizing(figures.two_qubit_error.value, 2)
        self.one, self.two = one.to_instruction(), two.to_instruction()
        self.swap = of_swap(one, two).to_instruction()
        self.readout = figures.readout_error.value

    def grains(self, seconds: float) -> int:
        return round(seconds / self.grain_s)

    def wait(self, grains: int, in_resonator: bool) -> Instruction:
        t1, t2 = self.resonator_s if in_resonator else self.qubit_s
        return thermal_relaxation_error(t1, t2, grains * self.grain_s).to_instruction()

    def of_readout(self) -> NoiseModel:
        model = NoiseModel()
        right, wrong = 1 - self.readout, self.readout
        model.add_all_qubit_readout_error(ReadoutError([[right, wrong], [wrong, right]]))
        return model


def depolarizing(error: float, n_qubits: int) -> QuantumError:
    """
    Args:
        error: 1 - average gate fidelity.
    """
    d = 2**n_qubits
    return depolarizing_error(error * d / (d - 1), n_qubits)


def of_swap(one: QuantumError, two: QuantumError) -> QuantumError:
    """The errors of a swap made of three cz with a pair of rotations between each, as if all came after it.

    The rotation before and after belongs to the neighbours of the swap. All gates are of the Clifford
    group and all errors are Pauli's, so what comes out is a mixture of Pauli errors again.
    """
    cz, turns = SuperOp(CZGate()), SuperOp(Operator(HGate()) ^ Operator(HGate()))
    paired, apart = SuperOp(two), SuperOp(one).tensor(SuperOp(one))
    parts = [cz, turns, cz, turns, cz]
    errors = [paired, apart, paired, apart, paired]
    ideal = reduce(SuperOp.compose, parts)
    real = reduce(SuperOp.compose, [channel for both in zip(parts, errors, strict=True) for channel in both])
    return mixture(ideal.adjoint().compose(real))


def mixture(channel: SuperOp) -> QuantumError:
    """A channel that only mixes Pauli errors, as such."""
    kept = np.real(np.diag(PTM(channel).data))
    paulis = pauli_basis(2)
    signs = np.array([[1 if one.commutes(other) else -1 for other in paulis] for one in paulis])
    chances = signs @ kept / len(kept)
    return pauli_error(
        [
            (pauli.to_label(), max(float(chance), 0.0))
            for pauli, chance in zip(paulis, chances, strict=True)
            if chance > NEGLIGIBLE
        ]
    )
