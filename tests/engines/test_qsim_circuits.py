from __future__ import annotations

import cirq
import numpy as np
import pytest
from qsimcirq import QSimSimulator

from ketway.domain.errors import ProgramRefused
from ketway.engines.circuit_qasm import Allowance
from ketway.engines.qsim_circuits import is_own, simplified
from tests.engines.cirq_circuits import CHANNELS, GATES, MATRIX, Q, around

SHOTS = 4_000


def simple(*operations: cirq.OP_TREE, steps: int = 10_000) -> cirq.Circuit:
    return simplified(cirq.Circuit(operations), Allowance(steps))


def label(gate: cirq.Gate) -> str:
    return str(gate)[:30].split("\n")[0]


@pytest.mark.parametrize("gate", GATES, ids=label)
def test_qsim_makes_of_every_gate_the_state_that_cirq_makes(gate):
    circuit = around(gate)

    found = simplified(circuit, Allowance(10_000))

    state = QSimSimulator().simulate(found, qubit_order=Q).final_state_vector
    expected = circuit.final_state_vector(qubit_order=Q)
    assert abs(np.vdot(state, expected)) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("gate", CHANNELS, ids=label)
def test_qsim_makes_of_every_channel_the_odds_that_cirq_makes(gate):
    circuit = around(gate)
    found = simplified(cirq.Circuit(circuit, cirq.measure(*Q, key="z")), Allowance(10_000))

    shots = QSimSimulator(seed=1).run(found, repetitions=SHOTS).measurements["z"]

    state = cirq.DensityMatrixSimulator(seed=1).simulate(circuit, qubit_order=Q).final_density_matrix
    odds = np.clip(np.diag(state).real, 0, 1)
    counts = np.bincount(shots @ (1 << np.arange(5, -1, -1)), minlength=64)
    assert (abs(counts - SHOTS * odds) <= 5 * np.sqrt(SHOTS * odds * (1 - odds)) + 2).all()


def test_what_is_not_surely_qsims_own_becomes_a_matrix():
    for gate in (cirq.X**65, cirq.rz(1e6), cirq.CX**1_000_000.25, cirq.CYPowGate()):
        (made,) = simple(gate.on(*Q[: cirq.num_qubits(gate)])).all_operations()
        assert isinstance(made.gate, cirq.MatrixGate)
    assert is_own(cirq.X**64)
    assert not is_own(cirq.TwoQubitDiagonalGate([0, 0, 0, 1e6]))


def test_a_gate_of_many_controls_keeps_them():
    qubits = cirq.LineQubit.range(40)

    (made,) = simple(cirq.H(qubits[0]).controlled_by(*qubits[1:], control_values=[0] * 39)).all_operations()

    assert made.qubits == (*qubits[1:], qubits[0])
    assert isinstance(made.gate.sub_gate, cirq.MatrixGate)


def test_operations_keep_their_order_when_they_are_taken_apart():
    wide = cirq.QuantumFourierTransformGate(5).on(*Q[:5])

    found = simple(cirq.X(Q[0]), wide, cirq.measure(Q[0], key="a"), cirq.X(Q[0]))

    operations = list(found.all_operations())
    assert operations[0] == cirq.X(Q[0])
    assert operations[-2:] == [cirq.measure(Q[0], key="a"), cirq.X(Q[0])]
    assert len(operations) > 10


def test_a_measurement_of_paulis_becomes_turns_and_a_measurement():
    found = simple(
        cirq.H(Q[0]),
        cirq.CX(Q[0], Q[1]),
        cirq.measure_single_paulistring(cirq.X(Q[0]) * cirq.X(Q[1]), key="p"),
    )

    shots = QSimSimulator(seed=1).run(found, repetitions=20).measurements["p"]

    assert shots.sum() == 0


def test_a_phase_of_everything_and_an_identity_are_left_out():
    assert simple(cirq.global_phase_operation(1j), cirq.identity_each(*Q)) == cirq.Circuit()


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (cirq.depolarize(0.1, 4).on(*Q[:4]), "noise on 4 qubits"),
        (cirq.depolarize(0.1, 4).on(*Q[:4]).with_classical_controls("a"), "noise on 4 qubits"),
        (
            cirq.ControlledGate(cirq.X, control_values=cirq.SumOfProducts([(0,) * 8, (1,) * 8])).on(
                *cirq.LineQubit.range(9)
            ),
            "cannot be taken apart",
        ),
        (cirq.MatrixGate(np.kron(np.eye(64), MATRIX)).on(*cirq.LineQubit.range(7)), "cannot be taken apart"),
    ],
)
def test_what_nothing_can_be_made_of_is_refused(operation, why):
    with pytest.raises(ProgramRefused, match=why):
        simple(operation)


def test_gates_are_taken_apart_within_the_allowance():
    wide = cirq.QuantumFourierTransformGate(6).on(*Q)

    with pytest.raises(ProgramRefused, match="more than 30 instructions"):
        simple(*[wide] * 5, steps=30)
