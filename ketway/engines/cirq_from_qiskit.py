"""Circuits of Qiskit, as OpenQASM is read here, made into circuits of Cirq.

Cirq has a reader of OpenQASM of its own. It lacks half the gates and all of `reset` and `if`, and
its keys lose which bit of which register was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cirq
from qiskit import QuantumCircuit
from qiskit.circuit import (
    ClassicalRegister,
    Clbit,
    ControlledGate,
    Delay,
    Gate,
    IfElseOp,
    Measure,
    Operation,
    Qubit,
    Reset,
)

from ketway.domain.errors import ProgramRefused

MAX_MATRIX_QUBITS = 3


@dataclass(frozen=True, kw_only=True)
class Translated:
    """
    Args:
        circuit: its measurement keys are "0", "1" and so on, one bit each.
        bits: for each key, in order of time, the classical bit that it is written to.
    """

    circuit: cirq.Circuit
    bits: tuple[int, ...]


def translated(circuit: QuantumCircuit) -> Translated:
    """
    Args:
        circuit: of standard gates and those that Aer knows, as `circuit_qasm.circuit_of` leaves it.
    Raises:
        ProgramRefused: control flow other than `if` on whole bits or registers.
    """
    translator = Translator(circuit)
    operations = list(translator.operations(circuit, circuit.qubits, circuit.clbits, ()))
    return Translated(circuit=cirq.Circuit(operations), bits=tuple(translator.bits))


class Translator:
    def __init__(self, circuit: QuantumCircuit) -> None:
        self.bits: list[int] = []
        self._circuit = circuit
        self._qubits = {qubit: cirq.LineQubit(index) for index, qubit in enumerate(circuit.qubits)}
        self._places = {bit: index for index, bit in enumerate(circuit.clbits)}
        self._last: dict[int, str] = {}

    def operations(
        self,
        circuit: QuantumCircuit,
        qubits: Sequence[Qubit],
        clbits: Sequence[Clbit],
        conditions: tuple[cirq.Condition, ...],
    ) -> Iterator[cirq.Operation]:
        """
        Args:
            qubits, clbits: what those of a block stand for in the whole circuit.
            conditions: under which the block runs.
        """
        outer = dict(zip([*circuit.qubits, *circuit.clbits], [*qubits, *clbits], strict=True))
        for placed in circuit.data:
            here = [outer[qubit] for qubit in placed.qubits]
            there = [outer[clbit] for clbit in placed.clbits]
            if isinstance(placed.operation, Measure):
                yield self._measured(here[0], there[0], conditions)
            elif isinstance(placed.operation, IfElseOp):
                yield from self._chosen(placed.operation, here, there, conditions)
            elif here and not isinstance(placed.operation, Delay):  # no qubits: a phase that nobody sees
                operation = operation_of(placed.operation, [self._qubits[qubit] for qubit in here])
                yield operation.with_classical_controls(*conditions) if conditions else operation

    def _measured(self, qubit: Qubit, clbit: Clbit, conditions: tuple[cirq.Condition, ...]) -> cirq.Operation:
        if conditions:
            raise ProgramRefused("A measurement inside `if` does not run here; send it to an Aer platform.")
        key, place = str(len(self.bits)), self._places[clbit]
        self.bits.append(place)
        self._last[place] = key
        return cirq.measure(self._qubits[qubit], key=key)

    def _chosen(
        self,
        operation: IfElseOp,
        qubits: Sequence[Qubit],
        clbits: Sequence[Clbit],
        conditions: tuple[cirq.Condition, ...],
    ) -> Iterator[cirq.Operation]:
        wanted = self._wanted(operation.condition)
        then, *otherwise = operation.blocks
        if (asked := self._conditions(wanted)) is not None:
            yield from self.operations(then, qubits, clbits, (*conditions, *asked))
        for block in otherwise:
            if len(wanted) > 1:
                raise ProgramRefused("`else` runs here on one bit only; send it to an Aer platform.")
            opposite = {place: not value for place, value in wanted.items()}
            if (asked := self._conditions(opposite)) is not None:
                yield from self.operations(block, qubits, clbits, (*conditions, *asked))

    def _wanted(self, condition: object) -> dict[int, bool]:
        """The values that an `if` asks for, by classical bit."""
        match condition:
            case (Clbit() as bit, value):
                return {self._places[bit]: bool(value)}
            case (ClassicalRegister() as register, int(value)):
                return {self._places[bit]: bool(value >> index & 1) for index, bit in enumerate(register)}
            case _:
                raise ProgramRefused(
                    "`if` compares a bit or a register with a number here; send it to an Aer platform."
                )

    def _conditions(self, wanted: dict[int, bool]) -> list[cirq.Condition] | None:
        """None where it can never be: a bit that nobody has written is 0."""
        conditions = []
        for place, value in wanted.items():
            if (key := self._last.get(place)) is not None:
                conditions.append(cirq.BitMaskKeyCondition(key, target_value=int(value), equal_target=True))
            elif value:
                return None
        return conditions


def operation_of(operation: Operation, qubits: Sequence[cirq.Qid]) -> cirq.Operation:
    if isinstance(operation, Reset):
        return cirq.reset(qubits[0])
    if not isinstance(operation, Gate):
        raise ProgramRefused(f"`{operation.name[:60]}` does not run here; send it to an Aer platform.")
    if operation.num_qubits <= MAX_MATRIX_QUBITS:
        return of_matrix(operation, qubits)
    # Of a smaller one this is not the whole truth: the base of `cu` lacks a phase.
    if isinstance(operation, ControlledGate) and operation.base_gate.num_qubits <= MAX_MATRIX_QUBITS:
        controls = operation.num_ctrl_qubits
        values = [operation.ctrl_state >> index & 1 for index in range(controls)]
        target = of_matrix(operation.base_gate, qubits[controls:])
        return target.controlled_by(*qubits[:controls], control_values=values)
    raise ProgramRefused(f"`{operation.name[:60]}` on {operation.num_qubits} qubits does not run here.")


def of_matrix(gate: Gate, qubits: Sequence[cirq.Qid]) -> cirq.Operation:
    """Qiskit counts qubits from the right, Cirq from the left."""
    return cirq.MatrixGate(gate.to_matrix(), unitary_check=False).on(*reversed(qubits))
