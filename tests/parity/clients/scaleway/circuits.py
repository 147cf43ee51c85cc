"""Circuits whose answers differ in every bit, and change when bits or registers are read in another order."""

from __future__ import annotations

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit.library import UnitaryGate


def entangled() -> QuantumCircuit:
    """Every word of three bits has a chance of its own."""
    circuit = QuantumCircuit(3, 3, name="entangled")
    _entangle(circuit)
    circuit.measure(range(3), range(3))
    return circuit


def crossed() -> QuantumCircuit:
    """Qubits measured into other bits than their own."""
    circuit = QuantumCircuit(3, 3, name="crossed")
    _entangle(circuit)
    circuit.measure([0, 1, 2], [1, 2, 0])
    return circuit


def lopsided() -> QuantumCircuit:
    """Two words that no other order of bits shares, plain even through noise."""
    circuit = QuantumCircuit(3, 3, name="lopsided")
    circuit.x(0)
    circuit.ry(1.9, 1)
    circuit.cx(1, 2)
    circuit.measure(range(3), range(3))
    return circuit


def two_registers() -> QuantumCircuit:
    qubits = QuantumRegister(3, "q")
    narrow, wide = ClassicalRegister(1, "narrow"), ClassicalRegister(2, "wide")
    circuit = QuantumCircuit(qubits, narrow, wide, name="two registers")
    _entangle(circuit)
    circuit.measure([0, 1, 2], [narrow[0], wide[0], wide[1]])
    return circuit


def third_of_three_bits() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 3, name="third of three bits")
    circuit.x(0)
    circuit.measure(0, 2)
    return circuit


def measured_beside_a_register() -> QuantumCircuit:
    """Bits that nobody writes, and a register that `measure_all` adds."""
    circuit = QuantumCircuit(2, 2, name="beside a register")
    circuit.x(1)
    circuit.measure_all()
    return circuit


def measured_midway() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 3, name="midway")
    circuit.ry(1.1, 0)
    circuit.measure(0, 0)
    circuit.ry(0.6, 0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [1, 2])
    return circuit


def conditional() -> QuantumCircuit:
    """A gate that depends on a bit, and another on a whole register."""
    first, second = ClassicalRegister(2, "first"), ClassicalRegister(1, "second")
    circuit = QuantumCircuit(QuantumRegister(3, "q"), first, second, name="conditional")
    circuit.ry(1.2, 0)
    circuit.ry(2.2, 1)
    circuit.measure([0, 1], first)
    with circuit.if_test((first[0], 1)) as otherwise:
        circuit.ry(0.4, 2)
    with otherwise:
        circuit.ry(1.7, 2)
    with circuit.if_test((first, 2)):
        circuit.x(2)
    circuit.measure(2, second)
    return circuit


def reset() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2, name="reset")
    circuit.ry(1.3, 0)
    circuit.cx(0, 1)
    circuit.reset(0)
    circuit.ry(0.5, 0)
    circuit.measure([0, 1], [0, 1])
    return circuit


def gates_of_its_own() -> QuantumCircuit:
    """A gate defined by a circuit, controls, phases that interfere."""
    inner = QuantumCircuit(2, name="inner")
    inner.ry(0.9, 0)
    inner.crx(1.4, 0, 1)
    circuit = QuantumCircuit(3, 3, name="own gates")
    circuit.append(inner.to_gate(), [2, 0])
    circuit.ry(1.3, 1)
    circuit.u(0.3, 0.8, 1.2, 0)
    circuit.ccx(1, 2, 0)
    circuit.cp(0.7, 0, 1)
    circuit.h(0)
    circuit.measure(range(3), range(3))
    return circuit


def by_a_matrix() -> QuantumCircuit:
    """Clients before Qiskit 2 cannot write it."""
    circuit = QuantumCircuit(2, 2, name="matrix")
    circuit.append(UnitaryGate([[0.8, -0.6], [0.6, 0.8]]), [1])
    circuit.cx(1, 0)
    circuit.append(UnitaryGate([[0.28, -0.96], [0.96, 0.28]]), [0])
    circuit.measure([0, 1], [0, 1])
    return circuit


def wide() -> QuantumCircuit:
    """Twelve bits, most of them certain: any shift of one of them shows."""
    circuit = QuantumCircuit(12, 12, name="wide")
    for qubit in (0, 3, 4, 7, 11):
        circuit.x(qubit)
    circuit.ry(1.0, 5)
    circuit.cx(5, 9)
    circuit.measure(range(12), range(12))
    return circuit


STATIC = (entangled, crossed, two_registers, third_of_three_bits, measured_beside_a_register, wide)
DYNAMIC = (measured_midway, conditional, reset)


def _entangle(circuit: QuantumCircuit) -> None:
    circuit.ry(0.7, 0)
    circuit.ry(1.9, 1)
    circuit.cx(0, 2)
    circuit.rz(0.5, 2)
    circuit.ry(0.8, 2)
    circuit.cry(1.1, 1, 0)
