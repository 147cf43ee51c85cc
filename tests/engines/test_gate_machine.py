"""Machines of gates: what they make of circuits, and what they refuse."""

from __future__ import annotations

import json
from math import sqrt

import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, qasm3
from qiskit.circuit.library import XGate
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Statevector
from qiskit_aer.noise import NoiseModel, depolarizing_error

from ketway.domain.errors import ProgramRefused, ShotsOverLimit
from ketway.engines.gate_machine import ENGINE
from tests.engines.circuits import (
    CIRQ,
    HEAD_2,
    HEAD_3,
    a_document,
    an_old_document,
    ghz,
    opened,
    read_by_cirq,
    read_by_qiskit,
)
from tests.engines.gates import QPUS, WITHOUT_ERRORS, a_task_on, run_on

SHOTS = 2000
EVERY = pytest.mark.parametrize("machine", QPUS)


def ideally(machine: str, program: str, **changes):
    return run_on(machine, program, figures=WITHOUT_ERRORS, shots=SHOTS, **changes)


def refusal(machine: str, program: str, **changes) -> str:
    with pytest.raises(ProgramRefused) as refused:
        ENGINE.check(a_task_on(machine, program, **changes))
    return str(refused.value)


def near(count: int, chance: float, shots: int = SHOTS) -> bool:
    """Within five standard deviations."""
    return abs(count - chance * shots) <= 5 * sqrt(shots * chance * (1 - chance)) + 1e-6 * shots


def scrambled(n_qubits: int, seed: int) -> tuple[QuantumCircuit, dict[str, float]]:
    """A circuit whose bits are in another order than its qubits, and the odds of what it gives."""
    circuit = random_circuit(n_qubits, 5, max_operands=3, seed=seed)
    order = [(3 * qubit + seed) % n_qubits for qubit in range(n_qubits)]
    if len(set(order)) < n_qubits:
        order = list(reversed(range(n_qubits)))
    odds: dict[str, float] = {}
    for bits, chance in Statevector(circuit).probabilities_dict().items():
        moved = ["0"] * n_qubits
        for qubit, bit in enumerate(order):
            moved[n_qubits - 1 - bit] = bits[n_qubits - 1 - qubit]
        odds["".join(moved)] = odds.get("".join(moved), 0.0) + min(1.0, float(chance))
    measured = QuantumCircuit(n_qubits, n_qubits)
    measured.compose(circuit, range(n_qubits), inplace=True)
    measured.measure(range(n_qubits), order)
    return measured, odds


@EVERY
@pytest.mark.parametrize("seed", range(4))
def test_without_errors_a_machine_gives_what_the_circuit_says(machine, seed):
    circuit, odds = scrambled(3 + seed, seed)

    counts = ideally(machine, a_document(circuit)).counts[0]

    assert sum(counts.values()) == SHOTS
    assert all(near(counts.get(bits, 0), chance) for bits, chance in odds.items())
    assert counts.keys() <= odds.keys()


@pytest.mark.parametrize("angle", [0.3, -0.3, 1.9, -2.5, 3.1, 4.0, -5.0, 7.0])
def test_every_angle_of_the_ions_gate_is_made_of_those_that_they_have(angle):
    circuit = QuantumCircuit(2)
    circuit.h(1)
    circuit.rxx(angle, 0, 1)
    circuit.ry(0.4, [0, 1])
    circuit.rxx(angle / 2, 1, 0)
    circuit.rx(0.9, [0, 1])
    circuit.rz(0.7, [0, 1])
    circuit.h([0, 1])
    odds = Statevector(circuit).probabilities_dict()
    circuit.measure_all()

    counts = ideally("ibex", a_document(circuit)).counts[0]

    assert all(near(counts.get(bits, 0), min(1.0, chance)) for bits, chance in odds.items())


@EVERY
def test_registers_and_sizes_are_those_of_the_program(machine):
    data, spare, out, rest = (
        QuantumRegister(2, "data"),
        QuantumRegister(6, "spare"),
        ClassicalRegister(2, "out"),
        ClassicalRegister(3, "rest"),
    )
    circuit = QuantumCircuit(spare, data, rest, out)
    circuit.x(data[1])
    circuit.cx(data[1], spare[4])
    circuit.measure(data[1], out[0])
    circuit.measure(spare[4], rest[2])
    circuit.measure(spare[0], out[1])

    computed = ideally(machine, a_document(circuit))

    assert computed.counts[0] == {"01100": SHOTS}
    assert read_by_qiskit(computed).get_counts() == {"01 100": SHOTS}
    header = opened(computed)["results"][0]["header"]
    assert header["creg_sizes"] == [["rest", 3], ["out", 2]]
    assert header["qreg_sizes"] == [["spare", 6], ["data", 2]]
    assert (header["n_qubits"], header["memory_slots"]) == (8, 5)


@EVERY
def test_qubits_that_are_not_used_do_not_count(machine):
    circuit = QuantumCircuit(200, 2)
    circuit.h(17)
    circuit.cx(17, 140)
    circuit.barrier()
    circuit.measure([17, 140], [0, 1])

    assert ideally(machine, a_document(circuit)).counts[0].keys() == {"00", "11"}


def test_several_circuits_come_back_in_their_order():
    one = QuantumCircuit(1, 1)
    one.x(0)
    one.measure(0, 0)

    computed = ideally("garnet", a_document(one, ghz(2), one))

    assert [sum(counts.values()) for counts in computed.counts] == [SHOTS] * 3
    assert computed.counts[0] == computed.counts[2] == {"1": SHOTS}
    assert len(read_by_qiskit(computed).results) == 3


def test_every_shot_is_given_to_those_who_ask():
    circuit = QuantumCircuit(2, 3)
    circuit.x(1)
    circuit.measure(1, 2)

    computed = ideally("ibex", a_document(circuit), parameters={"options": {"memory": True}})

    assert opened(computed)["results"][0]["data"]["memory"] == ["0x4"] * SHOTS


def test_cirq_reads_its_own_keys():
    text = HEAD_3 + "qubit[2] q;\nbit[2] m_z;\nx q[1];\nm_z[0] = measure q[0];\nm_z[1] = measure q[1];\n"
    document = json.loads(a_document(ghz(2), user_agent=CIRQ))
    document["programs"][0] |= {"serialization": text, "compression_format": 1}

    result = read_by_cirq(run_on("ibex", json.dumps(document), figures=WITHOUT_ERRORS, shots=20))

    assert result.measurements["z"].tolist() == [[0, 1]] * 20


def test_earlier_clients_are_answered_in_their_way():
    computed = run_on("ibex", an_old_document(ghz(2), shots=30), shots=None, figures=WITHOUT_ERRORS)

    found = json.loads(computed.document)["results"][0]
    assert found["shots"] == 30 and found["data"]["counts"].keys() <= {"0x0", "0x3"}


def test_a_transmon_is_used_again_after_it_was_measured():
    circuit = QuantumCircuit(2, 3)
    circuit.x(0)
    circuit.measure(0, 0)
    circuit.x(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [1, 2])

    assert ideally("garnet", a_document(circuit)).counts[0] == {"001": SHOTS}


def test_a_bit_holds_what_was_written_to_it_last():
    circuit = QuantumCircuit(2, 1)
    circuit.x(1)
    circuit.measure(0, 0)
    circuit.measure(1, 0)

    assert ideally("garnet", a_document(circuit)).counts[0] == {"1": SHOTS}


def test_a_reset_at_the_beginning_is_as_nothing():
    circuit = QuantumCircuit(1, 1)
    circuit.reset(0)
    circuit.x(0)
    circuit.measure(0, 0)

    assert ideally("ibex", a_document(circuit)).counts[0] == {"1": SHOTS}


def test_a_barrier_keeps_gates_that_would_cancel():
    plain, kept = QuantumCircuit(2, 2), QuantumCircuit(2, 2)
    for circuit in (plain, kept):
        circuit.h(0)
        circuit.cx(0, 1)
        if circuit is kept:
            circuit.barrier()
        circuit.cx(0, 1)
        circuit.measure([0, 1], [0, 1])

    operations = [
        run_on("garnet", a_document(circuit), shots=10).metadata["operations"] for circuit in (plain, kept)
    ]

    assert operations == [2, 8]  # a rotation; or five, and two cz; and the measurement


@EVERY
def test_the_same_task_gives_the_same_document(machine):
    task = a_task_on(machine, a_document(ghz(4), ghz(3)), shots=200)

    first, second = (ENGINE.run(task, lambda percent: None) for _ in range(2))

    assert first.document == second.document
    assert first.document != run_on(machine, a_document(ghz(4), ghz(3)), shots=200, seed=8).document


def test_progress_rises_and_the_metadata_says_what_ran():
    told: list[int] = []

    computed = ENGINE.run(a_task_on("ibex", a_document(ghz(2), ghz(3)), shots=10), told.append)

    assert told == [0, 49, 99, 100]
    assert computed.metadata["machine"] == "AQT Ibex"
    assert computed.metadata["qubits"] == 3
    assert computed.metadata["engine"] == "gate-machine"


def moved(*, after: str = "", between: str = "cz q[1], q[2];\n", defined: str = "") -> str:
    """A pair entangled through a resonator, q[2], as clients of such machines write it."""
    return (
        HEAD_3 + defined + "gate r(a, b) q { U(a, b - pi/2, pi/2 - b) q; }\n"
        "qubit[3] q;\nbit[2] c;\n"
        "r(pi/2, pi/2) q[0];\nr(pi/2, pi/2) q[1];\n"
        f"move q[0], q[2];\n{between}move q[0], q[2];\n{after}"
        "r(-pi/2, pi/2) q[1];\nc[0] = measure q[0];\nc[1] = measure q[1];\n"
    )


def test_a_star_takes_moves_that_nobody_defined():
    computed = ideally("sirius", moved())

    assert computed.counts[0].keys() == {"00", "11"}
    assert computed.metadata["operations"] == 3 + 2 + 1 + 1


def test_a_move_that_the_program_defines_is_the_programs():
    computed = ideally("sirius", moved(defined="gate move a, b { x a; }\n", between=""))

    assert computed.counts[0].keys() == {"00", "01"}


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (moved() + "move q[0], q[2];\n", "ends with a state in the resonator"),
        (moved(between="x q[0];\n"), "while its state is in the resonator"),
        (moved(between="x q[2];\n"), "Only `move` and `cz` act on the resonator, not 'x'"),
        (moved(between="move q[1], q[2];\n"), "finds the resonator taken"),
        (moved(between="move q[1], q[0];\n"), "moves into 2 qubits"),
        (moved(after="cz q[0], q[1];\n"), "should go by way of the resonator"),
        (moved(after="c[0] = measure q[2];\n"), "not 'measure'"),
        (moved(after="inv @ move q[0], q[2];\n"), "Only `move` and `cz` act on the resonator"),
        (moved(after="if (c[0]) { move q[0], q[2]; }\n"), "no loops and no conditions"),
    ],
)
def test_moves_that_no_star_can_make_are_refused(program, why):
    assert why in refusal("sirius", program)


@pytest.mark.parametrize("machine", ["ibex", "garnet", "emerald"])
def test_there_is_nothing_to_move_into_elsewhere(machine):
    assert "it has no resonator" in refusal(machine, moved())


@pytest.mark.parametrize(("machine", "most"), [("ibex", 12), ("garnet", 20), ("emerald", 54), ("sirius", 16)])
def test_a_machine_has_so_many_qubits(machine, most):
    assert f"{most + 1} qubits, at most {most} on" in refusal(machine, a_document(ghz(most + 1)))
    assert ENGINE.check(a_task_on(machine, a_document(ghz(most)))).qubits == most


def test_shots_and_circuits_are_bounded():
    with pytest.raises(ShotsOverLimit):
        ENGINE.check(a_task_on("ibex", a_document(), shots=2001))
    with pytest.raises(ShotsOverLimit):
        ENGINE.check(a_task_on("garnet", a_document(), shots=20_001))
    assert "51 circuits in one job, at most 50" in refusal("ibex", a_document(*[ghz(2)] * 51))


def pairs(number: int) -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    for _ in range(number):
        circuit.cx(0, 1)
        circuit.barrier()
    circuit.measure([0, 1], [0, 1])
    return circuit


def test_operations_are_counted_in_the_machines_gates():
    found = run_on("ibex", a_document(pairs(300)), shots=10).metadata["operations"]

    assert 900 < found <= 2000
    assert "more than 2000 operations of AQT Ibex" in refusal("ibex", a_document(pairs(700)))


def test_far_too_long_a_circuit_is_refused_before_it_is_translated():
    gates = "".join(f"cx q[{index % 12}],q[{(index + 5) % 12}];\n" for index in range(20_001))
    text = HEAD_2 + "qreg q[12];\ncreg c[1];\n" + gates + "measure q[0] -> c[0];"

    assert "more than 20000 instructions" in refusal("ibex", text)


def test_gates_of_many_qubits_are_counted_as_what_they_are_made_of():
    text = HEAD_3 + "qubit[12] q; bit[1] c;\n" + "ctrl(11) @ x q;\n" * 200 + "c[0] = measure q[0];\n"
    each = ", ".join(f"q[{qubit}]" for qubit in range(12))

    assert "about 28800 gates" in refusal("ibex", text.replace("x q;", f"x {each};"))


def test_gates_that_double_each_other_are_not_written_out():
    levels = "".join(f"gate g{n} a {{ g{n - 1} a; g{n - 1} a; }}\n" for n in range(1, 60))
    text = HEAD_2 + "gate g0 a { x a; }\n" + levels + "qreg q[1];\ncreg c[1];\ng59 q[0];\nmeasure q -> c;"

    assert "more than 100000 instructions" in refusal("garnet", text)


WAITED = HEAD_3 + "qubit[2] q;\nbit[2] c;\nx q[0];\n{}\nc[0] = measure q[0];\n"


@pytest.mark.parametrize(
    ("machine", "program", "why"),
    [
        ("garnet", HEAD_3 + "qubit[2] q;\nh q[0];", "has no measurement"),
        ("garnet", WAITED.format("reset q[0];"), "resets qubits only before a circuit"),
        ("garnet", WAITED.format("c[1] = measure q[1]; if (c[1]) { x q[0]; }"), "no loops and no conditions"),
        ("garnet", WAITED.format("for int i in [0:3] { x q[0]; }"), "no loops and no conditions"),
        ("garnet", WAITED.format("delay[100dt] q[0];"), "given in s, ms, us, ns or ps"),
        ("garnet", WAITED.format("delay[1001s] q[0];"), "between 0 and 1000 s"),
        ("garnet", WAITED.format("delay[1e400s] q[0];"), "between 0 and 1000 s"),
        ("garnet", WAITED.format("rx(1e400) q[0];"), "An angle of 'rx' is not finite"),
        ("garnet", WAITED.format("foo q[0];"), "line 6, column 0: gate 'foo' is not defined"),
        ("ibex", WAITED.format("c[1] = measure q[0]; x q[0];"), "measures once, at the end"),
        ("garnet", "OPENQASM 3.0;\nqubit[1000000000] q;", "1000000000 bits declared"),
        ("garnet", HEAD_3 + "qubit[4000] q; bit[4000] c;\nh q;\nc = measure q;", "4000 qubits, at most 20"),
    ],
)
def test_what_a_machine_cannot_do_is_refused_with_a_sentence(machine, program, why):
    assert why in refusal(machine, program)


def test_the_circuit_at_fault_is_named():
    assert "Circuit 2 of 2: 13 qubits" in refusal("ibex", a_document(ghz(2), ghz(13)))


def test_a_machine_takes_no_noise_model():
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.2, 1), ["x"])

    assert "has errors of its own" in refusal("ibex", a_document(ghz(2), noise=noise))


def test_what_clients_say_of_their_backend_changes_nothing():
    said = {"description": "AQT trapped-ions machine", "max_shots": 2000, "method": "magic", "device": "GPU"}

    computed = run_on("ibex", a_document(ghz(2), options=said), shots=100)

    assert computed.document == run_on("ibex", a_document(ghz(2)), shots=100).document


def test_gates_of_the_language_and_of_the_program_are_translated():
    circuit = QuantumCircuit(4, 4)
    circuit.append(XGate().control(3, ctrl_state=0), [0, 1, 2, 3])
    circuit.cswap(3, 0, 1)
    circuit.ccx(3, 2, 0, ctrl_state=1)
    circuit.measure(range(4), range(4))

    for machine in QPUS:
        counts = ideally(machine, qasm3.dumps(circuit)).counts[0]
        assert counts == {"1001": SHOTS}
