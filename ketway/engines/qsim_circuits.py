"""Circuits of Cirq brought to the operations that qsim has.

qsim computes with numbers of 32 bits, angles too, and takes a gate that it does not know for no gate
at all, or fails inside its library. So whatever is not surely its own becomes a matrix here, made with
64 bits, or is taken apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from math import isfinite

import cirq
from qsimcirq.qsim_circuit import GATE_PARAMS, TYPE_TRANSLATOR

from ketway.domain.errors import ProgramRefused
from ketway.engines.circuit_qasm import Allowance

MAX_ANGLE = 64  #: larger ones lose too much in 32 bits
MAX_SMALL = 3  #: qubits of a gate that is made a matrix at once
MAX_MATRIX = 6  #: qubits of qsim's largest gate
MAX_TARGETS = 4  #: qubits of its largest controlled gate, controls apart
MAX_CHANNEL = 3
OWN = tuple(kind for kind in TYPE_TRANSLATOR if kind not in (cirq.MeasurementGate, cirq.ControlledGate))


def simplified(circuit: cirq.Circuit, allowance: Allowance) -> cirq.Circuit:
    """The same circuit, of operations that qsim has, classical controls and read-out errors apart.

    Raises:
        ProgramRefused: an operation that nothing can be made of, or too many.
    """
    moments: list[cirq.Moment] = []
    for moment in circuit:
        rows = [list(parts(operation, allowance)) for operation in moment]
        for column in zip_longest(*rows):
            moments.append(cirq.Moment(operation for operation in column if operation is not None))
    return cirq.Circuit(moments)


def parts(operation: cirq.Operation, allowance: Allowance) -> Iterator[cirq.Operation]:
    """What an operation becomes, in this order."""
    if isinstance(operation.gate, cirq.IdentityGate) or not operation.qubits:
        return  # a phase of everything cannot be seen
    if cirq.is_measurement(operation):
        yield from measured(operation, allowance)
    elif cirq.control_keys(operation):
        allowance.spend(1)
        yield within(operation)
    elif cirq.has_unitary(operation):
        yield from unitary(operation, allowance)
    else:
        allowance.spend(1)
        yield within(operation)


def within(operation: cirq.Operation) -> cirq.Operation:
    if len(operation.qubits) > MAX_CHANNEL and not cirq.has_unitary(operation.without_classical_controls()):
        raise ProgramRefused(
            f"noise on {len(operation.qubits)} qubits at once, at most {MAX_CHANNEL} allowed"
        )
    return operation


def measured(operation: cirq.Operation, allowance: Allowance) -> Iterator[cirq.Operation]:
    if isinstance(operation.gate, cirq.PauliMeasurementGate):
        for part in cirq.decompose_once(operation):
            yield from parts(part, allowance)
    else:
        allowance.spend(1)
        yield within(operation) if not isinstance(operation.gate, cirq.MeasurementGate) else operation


def unitary(operation: cirq.Operation, allowance: Allowance) -> Iterator[cirq.Operation]:
    if (made := own(operation)) is not None:
        allowance.spend(1)
        yield made
    elif (simpler := cirq.decompose_once(operation, None)) is not None:
        for part in simpler:
            yield from parts(part, allowance)
    elif len(operation.qubits) <= MAX_MATRIX:
        allowance.spend(1)
        yield as_matrix(operation.qubits, operation)
    else:
        raise ProgramRefused(f"{str(operation)[:80]} cannot be taken apart; write it with simpler gates")


def own(operation: cirq.Operation) -> cirq.Operation | None:
    """The same in one operation that qsim surely computes as Cirq does, if there is one."""
    gate, qubits = operation.gate, operation.qubits
    if is_own(gate):
        return gate.on(*qubits)
    if len(qubits) <= MAX_SMALL:
        return as_matrix(qubits, operation)
    if has_small_target(gate):
        controls = gate.num_controls()
        target = as_matrix(qubits[controls:], gate.sub_gate)
        return target.controlled_by(*qubits[:controls], control_values=gate.control_values)
    return None


def has_small_target(gate: cirq.Gate | None) -> bool:
    return (
        isinstance(gate, cirq.ControlledGate)
        and 1 <= gate.sub_gate.num_qubits() <= MAX_TARGETS
        and isinstance(gate.control_values, cirq.ProductOfSums)
        and all(values in ((0,), (1,)) for values in gate.control_values)
    )


def is_own(gate: cirq.Gate | None) -> bool:
    if not isinstance(gate, OWN):
        return False
    if isinstance(gate, cirq.MatrixGate):
        return bool(gate.num_qubits() <= MAX_MATRIX)
    if isinstance(gate, cirq.TwoQubitDiagonalGate | cirq.ThreeQubitDiagonalGate):
        return all(small(angle) for angle in gate._diag_angles_radians)
    return all(small(value) for name, value in vars(gate).items() if name.strip("_") in GATE_PARAMS)


def small(value: object) -> bool:
    return isinstance(value, int | float) and isfinite(value) and abs(value) <= MAX_ANGLE


def as_matrix(qubits: Sequence[cirq.Qid], gate: cirq.Gate | cirq.Operation) -> cirq.Operation:
    return cirq.MatrixGate(cirq.unitary(gate), unitary_check=False).on(*qubits)
