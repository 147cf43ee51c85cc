"""A circuit whose chance lies in its last measurements alone is run once, whoever asks for more shots."""

from __future__ import annotations

import json
from collections.abc import Callable

import cirq
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit_aer.noise import NoiseModel, depolarizing_error

from ketway.domain.tasks import Computed, Task
from ketway.engines.aer import Aer
from ketway.engines.qsim import Qsim
from tests.engines.circuits import a_document, a_task, an_old_document, ghz, read_by_cirq
from tests.engines.cirq_circuits import a_cirq_document

NEW: list[Callable[[], Aer | Qsim]] = [Aer, Qsim]
engines = pytest.mark.parametrize("new", NEW, ids=["aer", "qsim"])


def run(engine: Aer | Qsim, task: Task) -> Computed:
    return engine.run(task, lambda percent: None)


def resampled(engine: Aer | Qsim, *tasks: Task) -> list[bool | None]:
    return [run(engine, task).metadata.get("resampled") for task in tasks]


def turned() -> QuantumCircuit:
    """Three qubits of different chances, read into bits of two registers in another order."""
    qubits, low, high = QuantumRegister(4), ClassicalRegister(2, "low"), ClassicalRegister(3, "high")
    circuit = QuantumCircuit(qubits, low, high)
    for qubit, angle in enumerate((0.4, 1.1, 2.0)):
        circuit.ry(angle, qubit)
    circuit.x(3)
    circuit.barrier()
    circuit.measure([2, 0, 3], [high[0], low[1], high[2]])
    return circuit


@engines
def test_shots_and_seeds_of_their_own_are_drawn_from_one_run(new):
    document = a_document(turned())
    tasks = [a_task(document, shots=shots, seed=shots) for shots in (100, 7, 20_000)]

    assert resampled(new(), *tasks) == [False, True, True]


@engines
def test_whether_it_was_kept_changes_no_shot(new):
    document = an_old_document(turned(), memory=True)
    kept, task = new(), a_task(document, shots=500, seed=11)
    run(kept, a_task(document, shots=20, seed=3))

    drawn, computed = run(kept, task), run(new(), task)

    assert drawn.document == computed.document
    assert (drawn.metadata["resampled"], computed.metadata["resampled"]) == (True, False)


@engines
def test_every_bit_is_where_it_was_read_into(new):
    shots = 40_000
    (counts,) = run(new(), a_task(a_document(turned()), shots=shots)).counts

    ones = [sum(count for bits, count in counts.items() if bits[-1 - place] == "1") for place in range(5)]
    chances = [0.0, 0.03947, 0.70807, 0.0, 1.0]  # sin^2 of half the angles of qubits 0 and 2
    assert all(len(bits) == 5 for bits in counts)
    for one, chance in zip(ones, chances, strict=True):
        assert abs(one - shots * chance) <= 5 * (shots * chance * (1 - chance)) ** 0.5 + 1


@engines
def test_other_circuits_and_other_options_are_run(new):
    documents = [a_document(turned()), a_document(ghz(3)), a_document(turned(), options=_option(new))]

    assert resampled(new(), *map(a_task, documents)) == [False, False, False]


def _option(new: Callable[[], Aer | Qsim]) -> dict[str, object]:
    return {"precision": "single"} if new is Aer else {"max_fused_gate_size": 3}


def in_the_middle() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 2)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.h(0)
    circuit.measure(0, 1)
    return circuit


def reset() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.h(0)
    circuit.reset(0)
    circuit.measure(0, 0)
    return circuit


def overwritten() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 1)
    circuit.x(0)
    circuit.measure([0, 1], [0, 0])
    return circuit


@engines
@pytest.mark.parametrize("circuit", [in_the_middle(), reset(), ghz(21)], ids=["middle", "reset", "large"])
def test_what_chance_changes_on_the_way_or_is_too_large_to_keep_is_run_every_time(new, circuit):
    task = a_task(a_document(circuit), max_qubits=21, shots=10)

    assert resampled(new(), task, task) == [None, None]


@engines
def test_of_two_readings_into_one_bit_the_last_counts_first_or_kept(new):
    engine, task = new(), a_task(a_document(overwritten()), shots=10)

    assert [dict(run(engine, task).counts[0]) for _ in range(2)] == [{"0": 10}] * 2


def test_noise_is_drawn_every_time():
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["h", "ry", "x"])
    task = a_task(a_document(turned(), noise=noise))

    assert resampled(Aer(), task, task) == [None, None]


def test_a_seed_that_is_the_users_is_aers():
    task = a_task(a_document(turned(), options={"seed_simulator": 5}))

    assert resampled(Aer(), task, task) == [None, None]


@pytest.mark.parametrize("method", ["stabilizer", "matrix_product_state", "density_matrix"])
def test_a_method_of_aers_that_was_asked_for_is_used(method):
    task = a_task(a_document(ghz(3), options={"method": method}))

    computed = run(Aer(), task)

    assert computed.metadata["method"] == method
    assert "resampled" not in computed.metadata


def test_all_circuits_of_a_job_must_be_kept_for_it_to_be_resampled():
    one, other = ghz(2), turned()

    assert resampled(
        Aer(), *(a_task(a_document(*each)) for each in [(one,), (one, other), (other, one)])
    ) == [
        False,
        False,
        True,
    ]


def test_keys_that_are_read_several_times_and_inverted_are_as_cirq_has_them():
    qubits = cirq.LineQubit.range(3)
    circuit = cirq.Circuit(
        cirq.X(qubits[1]),
        cirq.measure(qubits[0], qubits[1], key="m", invert_mask=(True, False)),
        cirq.measure(qubits[2], key="n", invert_mask=(True,)),
    )
    engine, document = Qsim(), a_cirq_document(circuit)

    found = [read_by_cirq(run(engine, a_task(document, shots=4))) for _ in range(2)]

    theirs = cirq.Simulator().run(circuit, repetitions=4)
    for result in found:
        assert {key: bits.tolist() for key, bits in result.records.items()} == {
            key: bits.tolist() for key, bits in theirs.records.items()
        }


def test_the_method_and_the_document_are_told_as_before():
    computed = run(Aer(), a_task())

    assert computed.metadata["method"] == "statevector"
    assert json.loads(computed.document)
