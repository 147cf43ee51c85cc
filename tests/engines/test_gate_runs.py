"""How translated circuits are computed: whatever the method, the shots are those of the same machine."""

from __future__ import annotations

from math import sqrt

import pytest
from qiskit import QuantumCircuit

from ketway.domain.errors import ProgramRefused
from ketway.engines.gate_native import Translator
from ketway.engines.gate_runs import Run, order_of
from ketway.engines.gate_table import machine_of
from tests.engines.circuits import ghz
from tests.engines.gates import a_device

GARNET = Translator(machine_of(a_device("garnet")))
SHOTS = 2000


def a_run(circuit: QuantumCircuit, budget_s: float = 1e9) -> Run:
    return Run(GARNET.program(circuit).steps, circuit.num_clbits, GARNET.noise, {}, budget_s=budget_s)


def layers(n_qubits: int, depth: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n_qubits, n_qubits)
    for layer in range(depth):
        for qubit in range(n_qubits):
            circuit.u(1.1 + qubit, 0.3 * layer, 0.7, qubit)
        for qubit in range(layer % 2, n_qubits - 1, 2):
            circuit.cz(qubit, qubit + 1)
    circuit.measure(range(n_qubits), range(n_qubits))
    return circuit


def parities(counts) -> list[float]:
    """How often each pair of neighbours is unlike."""
    total, n_bits = sum(counts.values()), len(next(iter(counts)))
    return [
        sum(count for bits, count in counts.items() if bits[bit] != bits[bit + 1]) / total
        for bit in range(n_bits - 1)
    ]


@pytest.mark.parametrize("method", ["statevector", "matrix_product_state"])
def test_every_method_gives_the_same_odds(method):
    run = a_run(layers(5, 3))
    exact = run.go(200_000, seed=1)

    found = run.aer(run.circuit(), method, SHOTS, 2, noise_model=run.noise.of_readout())

    assert exact.method == "density_matrix"
    counts = {format(int(value, 16), "05b"): count for value, count in found.data.counts.items()}
    for one, other in zip(parities(exact.counts), parities(counts), strict=True):
        assert abs(one - other) <= 5 * sqrt(0.25 / SHOTS)


def test_where_time_is_short_errors_are_drawn_less_often_than_there_are_shots():
    circuit = layers(11, 4)
    run = a_run(circuit)
    every = run.aer(run.circuit(), "matrix_product_state", SHOTS, 2, noise_model=run.noise.of_readout())
    drawn_for_each = {format(int(value, 16), "011b"): count for value, count in every.data.counts.items()}

    found = a_run(circuit, budget_s=0.3).go(SHOTS, seed=1)

    assert 20 <= found.draws < 100
    assert found.method == "statevector"
    assert sum(found.counts.values()) == len(found.shots_read) == SHOTS
    for one, other in zip(parities(drawn_for_each), parities(found.counts), strict=True):
        assert abs(one - other) <= 5 * sqrt(0.25 / SHOTS + 0.1 / found.draws)
    assert found == a_run(circuit, budget_s=0.3).go(SHOTS, seed=1)


def test_few_draws_read_bits_where_the_program_wants_them():
    circuit = QuantumCircuit(12, 14)
    circuit.x([2, 3])
    circuit.h(range(4, 12))
    for qubit in range(4, 11):
        circuit.cx(qubit, qubit + 1)
        circuit.u(0.3, 0.2, 0.1, qubit)
    circuit.measure([2, 3, 0], [13, 0, 5])
    circuit.measure(range(4, 12), [1, 2, 3, 4, 6, 7, 8, 9])
    ideal = Translator(machine_of(a_device("garnet", readout_error=0.0)))
    run = Run(ideal.program(circuit).steps, 14, ideal.noise, {}, budget_s=1e-6)

    found = run.go(100, seed=5)

    assert found.draws == 20
    right = sum(
        count for bits, count in found.counts.items() if (bits[0], bits[13], bits[8]) == ("1", "1", "0")
    )
    assert right >= 90  # but for the errors of rotations


def test_a_chain_of_many_qubits_is_cheap():
    emerald = Translator(machine_of(a_device("emerald")))
    circuit = ghz(54)

    found = Run(emerald.program(circuit).steps, 54, emerald.noise, {}).go(10, seed=1)

    assert found.method == "matrix_product_state"
    assert sum(found.counts.values()) == 10


def test_qubits_that_meet_are_put_near_each_other():
    circuit = QuantumCircuit(20, 20)
    circuit.h(range(20))
    for step in range(19):
        circuit.cz(7 * step % 20, 7 * (step + 1) % 20)
    circuit.measure(range(20), range(20))
    steps = GARNET.program(circuit).steps

    at = order_of(steps)

    pairs = [step.states for step in steps if len(step.states) == 2 and not step.is_error]
    assert all(abs(at[one] - at[other]) == 1 for one, other in pairs)


def test_what_cannot_be_emulated_in_time_is_refused_with_advice():
    emerald = Translator(machine_of(a_device("emerald")))
    circuit = layers(54, 14)
    run = Run(emerald.program(circuit).steps, 54, emerald.noise, {}, budget_s=5.0)

    with pytest.raises(ProgramRefused, match=r"54 qubits so strongly .* fewer shots"):
        run.go(1000, seed=1)
