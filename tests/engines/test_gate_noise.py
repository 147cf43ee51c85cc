"""The errors of machines, measured as one would measure them, against the tables that they come from."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import CZGate, HGate, SwapGate
from qiskit.quantum_info import Operator, SuperOp, average_gate_fidelity

from ketway.engines.gate_noise import depolarizing, of_swap
from tests.engines.circuits import a_document, ghz
from tests.engines.gates import QPUS, WITHOUT_ERRORS, figure, run_on

SHOTS = 20_000
EVERY = pytest.mark.parametrize("machine", QPUS)


def measured(machine: str, circuit: QuantumCircuit, **figures: float) -> dict[str, int]:
    """Counts on the machine, many more shots than it would make; its figures or a test's own."""
    computed = run_on(machine, a_document(circuit), shots=SHOTS, max_shots=SHOTS, figures=figures)
    return dict(computed.counts[0])


def near(count: int, chance: float) -> bool:
    """Within four standard deviations; seeds are fixed, so it does not fail by chance."""
    return abs(count - chance * SHOTS) <= 4 * sqrt(SHOTS * chance * (1 - chance))


def flipped(chance: float, *flips: float) -> float:
    """Chance of an odd number of flips, that of the first given."""
    for flip in flips:
        chance = chance * (1 - flip) + (1 - chance) * flip
    return chance


@pytest.mark.parametrize("n_qubits", [1, 2])
def test_a_depolarising_channel_has_the_average_fidelity_of_the_table(n_qubits):
    channel = SuperOp(depolarizing(0.013, n_qubits))

    assert average_gate_fidelity(channel) == pytest.approx(1 - 0.013)


def test_the_error_of_a_swap_is_that_of_the_gates_it_is_made_of():
    one, two = depolarizing(0.002, 1), depolarizing(0.0114, 2)
    cz, h, pair = CZGate(), HGate(), [0, 1]
    swap, noisy = QuantumCircuit(2), SuperOp(np.eye(16))
    for gate, qubits, error in [
        (h, [1], None), (cz, pair, two), (h, [0], one), (h, [1], one), (cz, pair, two),
        (h, [0], one), (h, [1], one), (cz, pair, two), (h, [1], None),
    ]:  # fmt: skip
        swap.append(gate, qubits)
        noisy = noisy.compose(SuperOp(gate), qubits)
        noisy = noisy if error is None else noisy.compose(SuperOp(error), qubits)

    # The last rotation comes after the error that is put down for the swap.
    found = (
        SuperOp(Operator(swap))
        .compose(SuperOp(h), [1])
        .compose(SuperOp(of_swap(one, two)))
        .compose(SuperOp(h), [1])
    )

    assert Operator(swap).equiv(Operator(SwapGate()))
    assert np.allclose(found.data, noisy.data)


@EVERY
def test_ground_states_are_read_wrongly_as_often_as_the_table_says(machine):
    circuit = QuantumCircuit(2, 2)
    circuit.measure([0, 1], [0, 1])

    counts = measured(machine, circuit)

    wrong = figure(machine, "readout_error")
    assert near(counts["01"] + counts["11"], wrong)
    assert near(counts["10"] + counts["11"], wrong)


def test_a_pair_of_ions_is_as_unlike_as_the_table_says():
    """The gate mixes the pair with a fully mixed one, half of which is unlike; reading flips each bit."""
    counts = measured("ibex", ghz(2))

    mixed = figure("ibex", "two_qubit_error") * 4 / 3
    rotated = figure("ibex", "one_qubit_error") * 2
    # Three rotations about the pair leave a bit half unlike each; what is done before the gate spreads.
    gates = flipped(mixed / 2, rotated / 2, rotated / 2)
    reading = [figure("ibex", "readout_error")] * 2
    assert near(counts["01"] + counts["10"], flipped(gates, *reading))


@pytest.mark.parametrize("machine", ["ibex", "garnet", "emerald"])
def test_errors_of_pairs_add_up_gate_by_gate(machine):
    only = WITHOUT_ERRORS | {"two_qubit_error": figure(machine, "two_qubit_error")}
    circuit = QuantumCircuit(2, 2)
    for _ in range(20):
        circuit.cx(0, 1)
        circuit.barrier()
    circuit.measure([0, 1], [0, 1])

    counts = measured(machine, circuit, **only)

    kept = (1 - only["two_qubit_error"] * 4 / 3) ** 20
    assert near(counts["00"], kept + (1 - kept) / 4)


@EVERY
def test_errors_of_rotations_add_up_gate_by_gate(machine):
    only = WITHOUT_ERRORS | {"one_qubit_error": figure(machine, "one_qubit_error")}
    circuit = QuantumCircuit(1, 1)
    for _ in range(100):
        circuit.x(0)
        circuit.barrier()
    circuit.measure(0, 0)

    counts = measured(machine, circuit, **only)

    kept = (1 - only["one_qubit_error"] * 2) ** 100
    assert near(counts["1"], (1 - kept) / 2)


@EVERY
def test_an_excited_qubit_decays_in_the_time_of_the_table(machine):
    t1 = figure(machine, "t1_s")
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.delay(t1 / 2 * 1e9, 0, "ns")
    circuit.measure(0, 0)

    counts = measured(machine, circuit, **WITHOUT_ERRORS | {"t1_s": t1, "t2_s": figure(machine, "t2_s")})

    assert near(counts["1"], exp(-0.5))


@EVERY
def test_a_superposition_fades_in_the_time_of_the_table(machine):
    t1, t2 = figure(machine, "t1_s"), figure(machine, "t2_s")
    circuit = QuantumCircuit(1, 1)
    circuit.h(0)
    circuit.delay(t2 / 2 * 1e9, 0, "ns")
    circuit.h(0)
    circuit.measure(0, 0)

    counts = measured(machine, circuit, **WITHOUT_ERRORS | {"t1_s": t1, "t2_s": t2})

    assert near(counts["1"], (1 - exp(-0.5)) / 2)


def test_qubits_wait_while_others_work():
    """One of two transmons is in a superposition while the other takes a hundred rotations."""
    t2 = 5e-6
    only = WITHOUT_ERRORS | {"t2_s": t2}
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.barrier()
    for _ in range(100):
        circuit.x(1)
        circuit.barrier(1)
    circuit.barrier()
    circuit.h(0)
    circuit.measure(0, 0)

    counts = measured("garnet", circuit, **only)

    waited = 100 * figure("garnet", "one_qubit_s")
    assert near(counts["1"], (1 - exp(-waited / t2)) / 2)


def test_ions_wait_for_each_other_even_when_nobody_says_so():
    """Gates on an ion trap follow each other, whatever they act on."""
    t2 = 0.05
    circuit = QuantumCircuit(3, 1)
    circuit.h(0)
    circuit.rxx(0.0, 0, 1)
    circuit.barrier(0)
    for _ in range(10):
        circuit.rxx(1.0, 1, 2)
        circuit.barrier(1, 2)
    circuit.barrier()
    circuit.h(0)
    circuit.measure(0, 0)

    counts = measured("ibex", circuit, **WITHOUT_ERRORS | {"t2_s": t2})

    waited = 10 * figure("ibex", "two_qubit_s")
    assert near(counts["1"], (1 - exp(-waited / t2)) / 2)


def test_a_state_in_the_resonator_decays_as_the_resonator_does():
    """Two moves: the state relaxes in the resonator after the first, in its qubit after the second."""
    t1 = 1e-6
    only = WITHOUT_ERRORS | {"resonator_t1_s": t1, "resonator_t2_s": 2 * t1}
    circuit = QuantumCircuit(2, 1)
    circuit.x(0)
    circuit.cz(0, 1)
    circuit.measure(0, 0)

    counts = measured("sirius", circuit, **only)

    inside = figure("sirius", "move_s")
    assert near(counts["1"], exp(-inside / t1))


def test_a_swap_costs_three_gates_of_pairs():
    only = WITHOUT_ERRORS | {"two_qubit_error": figure("garnet", "two_qubit_error")}
    circuit = QuantumCircuit(2, 2)
    for _ in range(10):
        circuit.swap(0, 1)
        circuit.barrier()
    circuit.measure([0, 1], [0, 1])

    counts = measured("garnet", circuit, **only)

    kept = (1 - only["two_qubit_error"] * 4 / 3) ** 30
    assert near(counts["00"], kept + (1 - kept) / 4)
