from __future__ import annotations

import json
from math import sqrt
from typing import Any

import cirq
import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, qasm2, qasm3
from qiskit.quantum_info import Statevector
from qiskit.result import Result
from qsimcirq import QSimOptions

from ketway.domain.errors import ProgramRefused, ShotsOverLimit
from ketway.domain.tasks import Computed
from ketway.engines.qsim import ENGINE, sizes_of
from ketway.engines.qsim_final import is_sampled_at_once
from ketway.engines.qsim_options import chosen
from tests.engines.circuits import (
    BELL,
    CIRQ,
    HEAD_2,
    HEAD_3,
    QISKIT,
    a_document,
    a_task,
    an_old_document,
    ghz,
    opened,
    packed,
    read_by_cirq,
    read_by_qiskit,
)
from tests.engines.cirq_circuits import Q, a_cirq_document, an_old_cirq_document, asymmetric
from tests.engines.test_circuit_results import measured_beside, several_registers, third_bit

SHOTS = 10_000


def run(program: str = BELL, **changes) -> Computed:
    return ENGINE.run(a_task(program, **changes), lambda percent: None)


def refusal(program: str, **changes) -> str:
    with pytest.raises(ProgramRefused) as refused:
        ENGINE.check(a_task(program, **changes))
    return str(refused.value)


def near(count: int, chance: float, shots: int = SHOTS) -> bool:
    """Within five standard deviations."""
    return abs(count - chance * shots) <= 5 * sqrt(shots * chance * (1 - chance))


def in_openqasm_2(circuit: QuantumCircuit, *, user_agent: str | None = QISKIT, **options) -> str:
    """G3 as Qiskit's client sends it to qsim."""
    program = {
        "serialization_format": 2,
        "compression_format": 2,
        "serialization": packed(qasm2.dumps(circuit)),
    }
    document = {"programs": [program], "backend": {"name": "EMU-QSIM-TEST", "options": options}}
    return json.dumps(document if user_agent is None else document | {"client": {"user_agent": user_agent}})


def test_cirqs_client_reads_its_own_keys_with_the_right_odds():
    result = read_by_cirq(run(a_cirq_document(asymmetric()), shots=SHOTS))

    z, a, last = (result.measurements[key] for key in ("z", "a b", "last"))
    assert (z.shape, a.shape, last.shape) == ((SHOTS, 2), (SHOTS, 1), (SHOTS, 1))
    assert (z[:, 0] == 1).all()
    assert (z[:, 1] == a[:, 0]).all()
    assert near(a.sum(), 0.5)
    assert near(last.sum(), (1 - np.cos(np.pi / 4)) / 2)


def test_a_record_has_the_shape_that_clients_read():
    found = opened(run(a_cirq_document(asymmetric()), shots=10))

    assert found["params"] is None
    shapes = {key: record["shape"] for key, record in found["records"].items()}
    assert shapes == {"z": [10, 1, 2], "a b": [10, 1, 1], "last": [10, 1, 1]}
    assert {record["dtype"] for record in found["records"].values()} == {"uint8"}


@pytest.mark.parametrize("format_key", ["serialization_type", "serialization_format"])
def test_earlier_clients_of_cirq_are_answered_with_a_bare_result(format_key):
    computed = run(an_old_cirq_document(asymmetric(), format_key=format_key), shots=None)

    result = cirq.ResultDict._from_json_dict_(**json.loads(computed.document))
    assert result.records["z"].shape == (50, 1, 2)
    assert (result.measurements["z"][:, 1] == result.measurements["a b"][:, 0]).all()


def test_a_key_that_is_measured_twice_keeps_both():
    circuit = cirq.Circuit(
        cirq.X(Q[0]), cirq.measure(*Q[:2], key="a"), cirq.X.on_each(*Q[:2]), cirq.measure(*Q[:2], key="a")
    )

    computed = run(a_cirq_document(circuit), shots=3)

    assert read_by_cirq(computed).records["a"].tolist() == [[[1, 0], [0, 1]]] * 3


def test_a_program_of_cirq_is_answered_to_others_in_their_form():
    circuit = cirq.Circuit(
        cirq.X(Q[0]), cirq.X(Q[2]), cirq.measure(*Q[:2], key="a"), cirq.measure(Q[2], key="b")
    )

    to_qiskit, to_cudaq = (run(a_cirq_document(circuit, user_agent=agent)) for agent in (QISKIT, None))

    assert read_by_qiskit(to_qiskit).get_counts() == {"1 01": 1000}
    assert read_by_qiskit(to_cudaq).get_counts(0) == {"101": 1000}
    assert opened(to_qiskit)["results"][0]["header"]["creg_sizes"] == [["a", 2], ["b", 1]]


def midway() -> QuantumCircuit:
    """One bit is read, its qubit put back and read again, into another register."""
    first, second = ClassicalRegister(2, "first"), ClassicalRegister(1, "second")
    circuit = QuantumCircuit(QuantumRegister(2, "q"), first, second)
    circuit.x(0)
    circuit.measure(0, 1)
    circuit.reset(0)
    circuit.measure(0, 2)
    circuit.x(1)
    circuit.measure(1, 0)
    return circuit


KNOWN = {
    "third_bit": (third_bit, "100"),
    "measured_beside": (measured_beside, "10 00"),
    "several_registers": (several_registers, "010 1"),
    "midway": (midway, "0 11"),
}


@pytest.mark.parametrize("name", KNOWN)
def test_qiskits_client_reads_every_bit_in_its_place(name):
    build, outcome = KNOWN[name]

    computed = run(in_openqasm_2(build()), parameters={"options": {"memory": True}})

    assert read_by_qiskit(computed).get_counts() == {outcome: 1000}
    assert read_by_qiskit(computed).get_memory() == [outcome] * 1000
    assert list(computed.counts) == [{outcome.replace(" ", ""): 1000}]


@pytest.mark.parametrize("name", KNOWN)
def test_cuda_q_reads_bit_0_leftmost(name):
    build, outcome = KNOWN[name]

    computed = run(in_openqasm_2(build(), user_agent=None))

    assert json.loads(computed.document)["serialization_format"] == 3
    assert read_by_qiskit(computed).get_counts(0) == {outcome.replace(" ", "")[::-1]: 1000}


@pytest.mark.parametrize("name", KNOWN)
def test_earlier_clients_of_qiskit_are_answered_one_record_a_bit_highest_first(name):
    build, outcome = KNOWN[name]

    computed = run(an_old_document(build()), shots=None)

    result = cirq.ResultDict._from_json_dict_(**json.loads(computed.document))
    assert all(record.shape == (50, 1, 1) for record in result.records.values())
    # as the client of that time does it
    (found,) = result.multi_measurement_histogram(keys=result.measurements.keys())
    assert "".join(map(str, found)) == outcome.replace(" ", "")


def test_bits_of_earlier_answers_are_named_for_their_registers():
    found = json.loads(run(an_old_document(several_registers()), shots=None).document)

    assert list(found["records"]) == ["second_2", "second_1", "second_0", "first_0"]


@pytest.mark.parametrize("text", [qasm2.dumps(third_bit()), qasm3.dumps(third_bit())])
def test_bare_openqasm_is_answered_with_a_bare_result(text):
    assert Result.from_dict(json.loads(run(text).document)).get_counts() == {"100": 1000}


def test_bare_json_of_cirq_is_answered_with_a_bare_result():
    result = cirq.ResultDict._from_json_dict_(**json.loads(run(cirq.to_json(asymmetric())).document))

    assert result.records.keys() == {"z", "a b", "last"}


def test_openqasm_of_a_cirq_client_gives_its_keys_back():
    text = asymmetric().to_qasm(version="2.0")
    program = {"serialization_format": 2, "compression_format": 1, "serialization": text}

    result = read_by_cirq(run(json.dumps({"programs": [program], "client": {"user_agent": CIRQ}})))

    assert (result.measurements["z"][:, 1] == result.measurements["a b"][:, 0]).all()
    assert (result.measurements["z"][:, 0] == 1).all()


def turned() -> QuantumCircuit:
    circuit = QuantumCircuit(4, 4)
    for qubit in range(4):
        circuit.ry(0.4 * (qubit + 1), qubit)
    circuit.cu(0.1, 0.2, 0.3, 0.4, 1, 3)
    circuit.rzx(0.7, 1, 2)
    circuit.mcx([0, 1, 2], 3)
    circuit.iswap(2, 3)
    circuit.measure(range(4), [2, 0, 3, 1])
    return circuit


@pytest.mark.parametrize("write", [qasm2.dumps, qasm3.dumps])
def test_the_odds_are_those_of_the_exact_state(write):
    circuit = turned()

    counts = run(write(circuit), shots=SHOTS).counts[0]

    odds = Statevector(circuit.remove_final_measurements(inplace=False)).probabilities_dict([1, 3, 0, 2])
    for bits, chance in odds.items():
        assert near(counts.get(bits, 0), min(chance, 1))


def noisy() -> cirq.Circuit:
    return cirq.Circuit(
        cirq.X(Q[0]),
        cirq.amplitude_damp(0.3)(Q[0]),
        cirq.X(Q[1]),
        cirq.depolarize(0.3)(Q[1]),
        cirq.bit_flip(0.1)(Q[2]),
        cirq.measure(Q[0], key="damped"),
        cirq.measure(*Q[1:3], key="flipped"),
    )


def test_channels_of_noise_act_as_often_as_they_should():
    result = read_by_cirq(run(a_cirq_document(noisy()), shots=SHOTS))

    assert near(result.measurements["damped"].sum(), 0.7)
    assert near(result.measurements["flipped"][:, 0].sum(), 0.8)
    assert near(result.measurements["flipped"][:, 1].sum(), 0.1)


def controlled() -> cirq.Circuit:
    return cirq.Circuit(
        cirq.H(Q[0]),
        cirq.measure(Q[0], key="a"),
        cirq.X(Q[1]).with_classical_controls("a"),
        cirq.measure(Q[1], key="b"),
    )


def misread() -> cirq.Circuit:
    odds = {(0,): np.array([[0.9, 0.1], [0.4, 0.6]])}
    return cirq.Circuit(cirq.measure(Q[0], key="a", confusion_map=odds), cirq.measure(Q[1], key="b"))


def labelled() -> cirq.Circuit:
    channel = cirq.KrausChannel([np.sqrt(0.3) * np.eye(2), np.sqrt(0.7) * cirq.unitary(cirq.X)], key="k")
    return cirq.Circuit(channel(Q[0]), cirq.measure(Q[0], key="b"))


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (controlled, "classical control"),
        (misread, "read-out errors"),
        (labelled, "measurement keys of channels"),
    ],
)
def test_what_qsim_lacks_runs_on_cirqs_simulator_and_is_said(build, why):
    computed = run(a_cirq_document(build()), shots=500)

    assert computed.metadata["simulator"] == "cirq.Simulator"
    assert computed.metadata["why"] == f"qsim has no {why}"
    theirs = cirq.Simulator(seed=1).run(build(), repetitions=5)
    assert read_by_cirq(computed).records.keys() == theirs.records.keys()


def test_classical_control_follows_what_was_measured():
    result = read_by_cirq(run(a_cirq_document(controlled()), shots=500))

    assert (result.measurements["a"] == result.measurements["b"]).all()
    assert near(result.measurements["a"].sum(), 0.5, 500)


def test_a_condition_that_only_a_run_can_find_wrong_is_refused():
    fifth = cirq.KeyCondition(cirq.MeasurementKey("a"), index=5)
    circuit = cirq.Circuit(cirq.measure(Q[0], key="a"), cirq.X(Q[1]).with_classical_controls(fifth))

    with pytest.raises(ProgramRefused, match="Cirq's simulator: "):
        run(a_cirq_document(circuit))


def test_an_if_in_openqasm_2_runs_too():
    text = HEAD_2 + "qreg q[2]; creg c[2]; h q[0]; measure q[0]->c[0]; if(c==1) x q[1]; measure q[1]->c[1];"

    computed = run(text, shots=500)

    assert computed.counts[0].keys() == {"00", "11"}
    assert computed.metadata["simulator"] == "cirq.Simulator"


def test_everything_else_runs_on_qsim_and_is_said():
    for program in (a_cirq_document(asymmetric()), a_cirq_document(noisy()), in_openqasm_2(midway())):
        assert run(program, shots=20).metadata["simulator"] == "qsim"


@pytest.mark.parametrize(
    "program",
    [
        a_cirq_document(asymmetric()),
        a_cirq_document(noisy()),
        a_cirq_document(controlled()),
        in_openqasm_2(turned()),
    ],
    ids=["at once", "one by one", "on Cirq's simulator", "OpenQASM"],
)
def test_the_same_seed_gives_the_same_document_and_another_seed_another(program):
    first, second, third = (run(program, seed=seed, shots=300) for seed in (7, 7, 8))

    assert first.document == second.document
    assert first.counts != third.counts


@pytest.mark.parametrize("name", ["seed", "seed_simulator"])
def test_a_users_seed_is_used_and_told(name):
    ours = run(in_openqasm_2(turned()), seed=42)

    asked: dict[str, Any] = {name: 42}
    theirs = run(in_openqasm_2(turned(), **asked), seed=1)

    assert theirs.metadata["seed"] == 42
    assert theirs.counts == ours.counts


@pytest.mark.parametrize("seed", [-1, 1 << 32, 1.5, "7", True])
def test_a_seed_that_is_none_is_refused(seed):
    assert "seed should be" in refusal(in_openqasm_2(ghz(2), seed=seed))


def test_values_of_parameters_are_not_taken_for_options():
    computed = run(a_cirq_document(asymmetric()), parameters={"options": {"seed": 0.5}}, seed=3)

    assert computed.metadata["seed"] == 3


def test_qsim_is_told_what_the_user_may_tell_it_and_nothing_else():
    sent = {
        "max_fused_gate_size": 4,
        "ev_noisy_repetitions": 3,
        "denormals_are_zeros": True,
        "cpu_threads": 64,
        "use_gpu": True,
        "verbosity": 9,
        "circuit_memoization_size": 100,
    }

    told = chosen(sent, a_task()).qsim

    assert told == QSimOptions(
        max_fused_gate_size=4, ev_noisy_repetitions=3, denormals_are_zeros=True, cpu_threads=1
    )


@pytest.mark.parametrize("size", range(1, 7))
def test_the_size_of_fused_gates_changes_no_odds(size):
    computed = run(in_openqasm_2(third_bit(), max_fused_gate_size=size, denormals_are_zeros=True))

    assert computed.counts[0] == {"100": 1000}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"max_fused_gate_size": 0}, "from 1 to 6"),
        ({"max_fused_gate_size": 2.0}, "from 1 to 6"),
        ({"ev_noisy_repetitions": 10**9}, "from 1 to 1000000"),
        ({"denormals_are_zeros": "yes"}, "true or false"),
    ],
)
def test_options_that_cannot_be_are_refused(options, why):
    assert why in refusal(in_openqasm_2(ghz(2), **options))


def test_shots_are_bounded_alone_and_times_the_bits():
    measurements = [cirq.measure(qubit, key=f"{qubit} {time}") for qubit in Q for time in range(10)]
    many = a_cirq_document(cirq.Circuit(measurements))

    with pytest.raises(ShotsOverLimit):
        ENGINE.check(a_task(many, shots=100_001))
    assert "at least 1" in refusal(many, shots=0)
    said = refusal(many, shots=900_000, max_shots=1_000_000)
    assert "60 bits are measured in each of 900000 shots" in said


def wide(n_qubits: int) -> cirq.Circuit:
    qubits = cirq.LineQubit.range(n_qubits)
    return cirq.Circuit(cirq.H.on_each(*qubits), cirq.measure(*qubits, key="z"))


WHOLE_CIRCUITS = [
    json.dumps(json.loads(a_document(ghz(2))) | {"noise_model": {"serialization": '{"errors": []}'}})
]


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (a_cirq_document(wide(60)), "60 qubits, at most 20 on this platform"),
        (in_openqasm_2(ghz(21)), "21 qubits, at most 20 on this platform"),
        (a_document(ghz(2), ghz(2)), "qsim runs one"),
        (WHOLE_CIRCUITS[0], "put noise channels into the circuit"),
        (a_cirq_document(cirq.Circuit(cirq.X(Q[0]))), "has no measurement"),
        (HEAD_3 + "qubit q; h q;", "has no measurement"),
        ("OPENQASM 1.0;\nqubit a;", "in OpenQASM 1"),
        (
            a_cirq_document(cirq.Circuit(cirq.X(Q[0]).with_classical_controls("a"), cirq.measure(Q[0]))),
            "asks for 'a' before it is measured",
        ),
        (
            a_cirq_document(cirq.Circuit(cirq.measure(Q[0], key="a"), cirq.measure(*Q[:2], key="a"))),
            "stands for 1 qubits, then for others",
        ),
        ("OPENQASM 2.0;\ninclude \"/etc/passwd\";", "can be included"),
        ("OPENQASM 2.0;\nqreg q[1000000000];", "1000000000 bits declared"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused_with_a_sentence(program, why):
    assert why in refusal(program)


def test_a_circuit_that_is_too_long_is_refused_before_it_is_read():
    text = '{"cirq_type": "Circuit", "moments": [' + " " * 9_000_000 + "]}"
    program = {"serialization_format": 5, "compression_format": 2, "serialization": packed(text)}

    assert "at most 8388608 allowed" in refusal(json.dumps({"programs": [program]}))


def test_gates_that_double_each_other_are_not_written_out():
    levels = "".join(f"gate g{n} a {{ g{n - 1} a; g{n - 1} a; }}\n" for n in range(1, 60))
    text = HEAD_2 + "gate g0 a { x a; }\n" + levels + "qreg q[1];\ncreg c[1];\ng59 q[0];\nmeasure q -> c;"

    assert "more than 250000 instructions" in refusal(text)


def test_cirqs_simulator_takes_fewer_qubits():
    qubits = cirq.LineQubit.range(8)
    circuit = cirq.Circuit(
        cirq.H.on_each(*qubits),
        cirq.measure(qubits[0], key="a"),
        cirq.X(qubits[1]).with_classical_controls("a"),
    )

    assert ENGINE.check(a_task(a_cirq_document(circuit), max_qubits=10)).qubits == 8
    assert "with classical control at most 7" in refusal(a_cirq_document(circuit), max_qubits=9)


def test_idle_qubits_do_not_count():
    circuit = cirq.Circuit(cirq.identity_each(*cirq.LineQubit.range(60)), cirq.measure(Q[0], key="z"))

    assert run(a_cirq_document(circuit)).counts == [{"0": 1000}]


def test_shots_are_made_in_rounds_only_where_each_is_simulated():
    assert is_sampled_at_once(asymmetric())
    assert not is_sampled_at_once(noisy())
    assert list(sizes_of(3)) == [1, 1, 1]
    assert (len(list(sizes_of(1000))), sum(sizes_of(1000))) == (20, 1000)


def test_progress_rises_to_one_hundred():
    told: list[int] = []

    ENGINE.run(a_task(a_cirq_document(noisy()), shots=40), told.append)

    assert (told[0], told[-1]) == (0, 100)
    assert told == sorted(told)
    assert len(told) == 22


def test_the_metadata_says_what_ran():
    computed = run(a_cirq_document(asymmetric()))

    assert computed.metadata["engine"] == "qsim"
    assert {"version", "cirq_version", "seed", "seconds"} <= computed.metadata.keys()
    assert computed.metadata["qubits"] == ENGINE.check(a_task(a_cirq_document(asymmetric()))).qubits == 4
