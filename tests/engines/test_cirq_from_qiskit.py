from __future__ import annotations

import cirq
import pytest
from qiskit import QuantumCircuit, qasm2, qasm3
from qiskit.circuit import Gate
from qiskit.circuit.library import C4XGate, MCPhaseGate, MCXGate, get_standard_gate_name_mapping
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Operator

from ketway.domain.errors import ProgramRefused
from ketway.engines.circuit_documents import Circuit, Language
from ketway.engines.circuit_qasm import Allowance, circuit_of
from ketway.engines.cirq_from_qiskit import Translated, operation_of, translated
from tests.engines.circuits import HEAD_2, HEAD_3


def read(text: str) -> QuantumCircuit:
    language = Language.OPENQASM_2 if text.startswith("OPENQASM 2") else Language.OPENQASM_3
    return circuit_of(Circuit(language=language, text=text), "statevector", Allowance())


def outcomes(made: Translated, n_bits: int) -> set[str]:
    """Classical bits at the end, bit 0 first, in 20 shots."""
    found = cirq.Simulator(seed=1).run(made.circuit, repetitions=20)
    rows = set()
    for shot in range(20):
        bits = ["0"] * n_bits
        for key, place in enumerate(made.bits):
            bits[place] = str(found.records[str(key)][shot, 0, 0])
        rows.add("".join(bits))
    return rows


def standard() -> list[Gate]:
    """Every standard gate, and some with more controls, with parameters."""
    known = [gate for gate in get_standard_gate_name_mapping().values() if isinstance(gate, Gate)]
    small = [gate for gate in known if 1 <= gate.num_qubits <= 3]
    made = [gate.base_class(*[0.3 * (place + 1) for place in range(len(gate.params))]) for gate in small]
    return [*made, C4XGate(ctrl_state=5), MCXGate(5), MCPhaseGate(0.3, 4)]


@pytest.mark.parametrize("gate", standard(), ids=lambda gate: gate.name)
def test_every_standard_gate_is_the_same_matrix(gate):
    qubits = cirq.LineQubit.range(gate.num_qubits)

    made = operation_of(gate, qubits)

    assert Operator(cirq.Circuit(made).unitary(qubit_order=qubits[::-1])) == Operator(gate)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("write", [qasm2.dumps, qasm3.dumps])
def test_a_circuit_in_openqasm_keeps_its_unitary(write, seed):
    circuit = random_circuit(4, 6, max_operands=3, seed=seed)

    made = translated(read(write(circuit)))

    qubits = cirq.LineQubit.range(4)[::-1]
    assert Operator(made.circuit.unitary(qubit_order=qubits, qubits_that_should_be_present=qubits)).equiv(
        circuit
    )


LAST_WRITING = "qreg q[2]; creg c[3]; x q[0]; measure q[0]->c[1]; measure q[1]->c[1]; measure q[0]->c[2];"
A_NUMBER = (
    "qreg q[3]; creg c[2]; creg d[1]; x q[1]; measure q[1]->c[1]; if(c=={}) x q[2]; measure q[2]->d[0];"
)
NOT_WRITTEN = "qreg q[1]; creg c[1]; creg d[1]; if(c==0) x q[0]; measure q[0]->d[0];"
TWICE = "qreg q[1]; creg c[1]; x q[0]; measure q[0]->c[0]; reset q[0]; measure q[0]->c[0];"
RESET = (
    "qreg q[1]; creg c[1]; creg d[1]; x q[0]; measure q[0]->c[0]; if(c==1) reset q[0]; measure q[0]->d[0];"
)
NESTED = (
    "qubit[2] q; bit[2] c; x q[0]; c[0] = measure q[0];"
    "if (c[0]) { if (!c[1]) { x q[1]; } } else { h q[1]; } c[1] = measure q[1];"
)
ELSE = (
    "qubit[2] q; bit[2] c; c[0] = measure q[0]; if (c[0]) { h q[1]; } else { x q[1]; } c[1] = measure q[1];"
)
CONTROLS = (
    "qubit[5] q; bit[5] c; x q; gphase(0.3); ctrl(3) @ x q[0], q[1], q[2], q[3]; ctrl @ gphase(0.2) q[0];"
    "negctrl @ x q[3], q[4]; delay[3ns] q[0]; barrier q; c = measure q;"
)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (HEAD_2 + LAST_WRITING, "001"),
        (HEAD_2 + A_NUMBER.format(2), "011"),
        (HEAD_2 + A_NUMBER.format(1), "010"),
        (HEAD_2 + NOT_WRITTEN, "01"),
        (HEAD_2 + TWICE, "0"),
        (HEAD_2 + RESET, "10"),
        (HEAD_3 + NESTED, "11"),
        (HEAD_3 + ELSE, "01"),
        (HEAD_3 + CONTROLS, "11100"),
    ],
)
def test_bits_conditions_and_resets_mean_what_they_say(text, outcome):
    assert outcomes(translated(read(text)), len(outcome)) == {outcome}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("while (c[0]) { x q[0]; c[0] = measure q[0]; }", "`while_loop` does not run here"),
        ("if (c[0]) { c[1] = measure q[1]; }", "measurement inside `if`"),
        ("if (c == 1) { x q[0]; } else { x q[1]; }", "`else` runs here on one bit only"),
        ("for int n in [0:2] { x q[0]; }", "`for_loop` does not run here"),
    ],
)
def test_other_control_flow_is_refused(text, why):
    program = f"{HEAD_3}qubit[2] q;\nbit[2] c;\nx q[0];\nc[0] = measure q[0];\n{text}\n"

    with pytest.raises(ProgramRefused, match=why):
        translated(read(program))
