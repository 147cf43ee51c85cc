from __future__ import annotations

import json

import cirq
import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, qasm3
from qiskit.result import Result

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Computed
from ketway.engines.aer import ENGINE
from tests.engines.circuits import (
    CIRQ,
    HEAD_3,
    a_document,
    a_task,
    an_old_document,
    ghz,
    opened,
    read_by_cirq,
    read_by_qiskit,
)


def run(program: str, **changes) -> Computed:
    return ENGINE.run(a_task(program, **changes), lambda percent: None)


def third_bit() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 3)
    circuit.x(0)
    circuit.measure(0, 2)
    return circuit


def measured_beside() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    circuit.x(1)
    circuit.measure_all()
    return circuit


def several_registers() -> QuantumCircuit:
    first, second = ClassicalRegister(1, "first"), ClassicalRegister(3, "second")
    circuit = QuantumCircuit(QuantumRegister(4, "q"), first, second)
    circuit.x(0)
    circuit.x(2)
    circuit.measure([0, 1, 2, 3], [0, 1, 2, 3])
    return circuit


def measured_midway() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 3)
    circuit.x(0)
    circuit.measure(0, 0)
    circuit.reset(0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    circuit.measure([0, 1], [1, 2])
    return circuit


CIRCUITS = {
    "third_bit": (third_bit, "100"),
    "measured_beside": (measured_beside, "10 00"),
    "several_registers": (several_registers, "010 1"),
    "measured_midway": (measured_midway, "101"),
}


@pytest.fixture(params=CIRCUITS)
def known(request) -> tuple[QuantumCircuit, str]:
    build, outcome = CIRCUITS[request.param]
    return build(), outcome


def test_qiskits_client_reads_every_bit_in_its_place(known):
    circuit, outcome = known

    computed = run(a_document(circuit), parameters={"options": {"memory": True}})

    assert read_by_qiskit(computed).get_counts() == {outcome: 1000}
    assert read_by_qiskit(computed).get_memory() == [outcome] * 1000
    assert list(computed.counts) == [{outcome.replace(" ", ""): 1000}]


def test_earlier_generations_read_every_bit_in_its_place(known):
    circuit, outcome = known

    computed = run(an_old_document(circuit, memory=True), shots=None)

    result = Result.from_dict(json.loads(computed.document))
    assert result.get_counts() == {outcome: 50}
    assert result.get_memory() == [outcome] * 50


def test_bare_openqasm_is_answered_with_a_bare_result_in_plain_binary(known):
    circuit, outcome = known

    document = json.loads(run(qasm3.dumps(circuit)).document)

    assert document["results"][0]["data"] == {"counts": {outcome.replace(" ", ""): 1000}}
    assert Result.from_dict(document).get_counts() == {outcome: 1000}


def test_cirqs_client_reads_every_bit_in_its_place(known):
    circuit, outcome = known

    result = read_by_cirq(run(a_document(circuit, user_agent=CIRQ)))

    bits = np.concatenate([result.measurements[register.name] for register in circuit.cregs], axis=1)
    assert {"".join(map(str, row)) for row in bits} == {outcome.replace(" ", "")[::-1]}


def test_cuda_q_reads_bit_0_leftmost(known):
    circuit, outcome = known

    computed = run(a_document(circuit, user_agent=None))

    flat = opened(computed)
    assert json.loads(computed.document)["compression_format"] == 1
    assert flat[:11] == [10, *map(ord, "__global__")]
    assert flat[11:15] == [1, int(outcome.replace(" ", "")[::-1], 2), circuit.num_clbits, 1000]
    assert read_by_qiskit(computed).get_counts(0) == {outcome.replace(" ", "")[::-1]: 1000}


def test_cuda_q_is_told_each_register_after_the_whole():
    computed = run(a_document(several_registers(), user_agent=None))

    names = [result.header["name"] for result in read_by_qiskit(computed).results]
    counts = [result.data.counts for result in read_by_qiskit(computed).results]

    assert names == ["__global__", "first", "second"]
    assert counts == [{"1010": 1000}, {"1": 1000}, {"010": 1000}]


def cirq_text(version: str) -> tuple[cirq.Circuit, str]:
    qubits = cirq.LineQubit.range(4)
    circuit = cirq.Circuit(
        cirq.X(qubits[0]),
        cirq.H(qubits[1]),
        cirq.CNOT(qubits[1], qubits[2]),
        cirq.X(qubits[3]) ** 0.5,
        cirq.measure(qubits[0], qubits[2], key="z"),
        cirq.measure(qubits[1], key="a b"),
        cirq.measure(qubits[3], key="m_m_last"),
    )
    return circuit, circuit.to_qasm(version=version)


@pytest.mark.parametrize("version", ["2.0", "3.0"])
def test_a_circuits_own_measurement_keys_are_given_back(version):
    circuit, text = cirq_text(version)
    program = {"serialization_format": 3, "compression_format": 1, "serialization": text}
    document = json.dumps({"programs": [program], "client": {"user_agent": CIRQ}})

    result = read_by_cirq(run(document))

    theirs = cirq.Simulator(seed=1).run(circuit, repetitions=10)
    assert {key: found.shape[1] for key, found in result.measurements.items()} == {
        key: found.shape[1] for key, found in theirs.measurements.items()
    }
    assert (result.measurements["z"][:, 0] == 1).all()
    assert (result.measurements["z"][:, 1] == result.measurements["a b"][:, 0]).all()
    assert 400 < result.measurements["a b"].sum() < 600
    assert 400 < result.measurements["m_m_last"].sum() < 600


def test_several_circuits_come_back_in_one_result():
    result = read_by_qiskit(run(a_document(ghz(2), third_bit(), several_registers())))

    assert len(result.results) == 3
    assert result.get_counts(1) == {"100": 1000}
    assert result.get_counts(2) == {"010 1": 1000}


@pytest.mark.parametrize("user_agent", [CIRQ, None])
def test_clients_that_read_one_result_may_send_one_circuit(user_agent):
    with pytest.raises(ProgramRefused, match="2 circuits in one job"):
        ENGINE.check(a_task(a_document(ghz(2), ghz(2), user_agent=user_agent)))


def test_an_unknown_client_is_answered_as_qiskits():
    computed = run(a_document(third_bit(), user_agent="somebody/1.0"))

    assert json.loads(computed.document)["serialization_format"] == 2


@pytest.mark.parametrize("asked", [{}, {"memory": False}, {"memory": None}, None])
def test_memory_is_there_only_if_asked_for(asked):
    computed = run(a_document(), parameters={"options": asked})

    assert "memory" not in opened(computed)["results"][0]["data"]


def test_memory_is_hexadecimal_and_agrees_with_the_counts():
    found = opened(run(a_document(third_bit(), ghz(2)), parameters={"options": {"memory": True}}))

    third, pair = (result["data"] for result in found["results"])
    assert third["memory"] == ["0x4"] * 1000
    assert third["counts"] == {"100": 1000}
    assert pair["counts"] == {"00": pair["memory"].count("0x0"), "11": pair["memory"].count("0x3")}


def test_the_header_tells_registers_in_declaration_order():
    found = opened(run(a_document(several_registers())))

    header = found["results"][0]["header"]
    assert header["creg_sizes"] == [["first", 1], ["second", 3]]
    assert (header["memory_slots"], header["n_qubits"]) == (4, 4)


def test_bits_without_a_register_stand_alone():
    text = HEAD_3 + "qubit[2] q;\nbit[2] c;\nbit d;\nx q[0];\nc = measure q;\nd = measure q[0];\n"

    result = Result.from_dict(json.loads(run(text).document))

    assert result.get_counts() == {"1 01": 1000}
