"""What a machine refuses before a circuit is translated for it."""

from __future__ import annotations

from math import isfinite

from qiskit import QuantumCircuit
from qiskit.circuit import Barrier, ControlFlowOp, Delay, Gate, Instruction, Measure, Qubit, Reset

from ketway.domain.errors import ProgramRefused
from ketway.engines.gate_table import Machine

MOVE = "move"
#: Translating may shorten a circuit, but not by more than this.
SLACK = 10
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12}


def check(circuit: QuantumCircuit, machine: Machine) -> None:
    """
    Args:
        circuit: flat, and without idle qubits.
    Raises:
        ProgramRefused
    """
    resonator = resonator_of(circuit)
    used = circuit.num_qubits - (resonator is not None)
    if used > machine.qubits:
        raise ProgramRefused(f"{used} qubits, at most {machine.qubits} on {machine.name}.")
    if (work := work_of(circuit)) > SLACK * machine.operations:
        raise ProgramRefused(
            f"The circuit has about {work} gates, too many to be made of {machine.operations} operations of "
            f"{machine.name}; make it shorter."
        )
    measured: set[Qubit] = set()
    for step in circuit.data:
        if isinstance(step.operation, Barrier):
            continue
        check_operation(step.operation, machine)
        if not machine.measures_midway and not measured.isdisjoint(step.qubits):
            raise ProgramRefused(
                f"A qubit is used after it was measured, but {machine.name} measures once, at the end."
            )
        if isinstance(step.operation, Measure):
            measured.update(step.qubits)
    if resonator is not None:
        check_moves(circuit, resonator)


def check_operation(operation: Instruction, machine: Machine) -> None:
    if isinstance(operation, ControlFlowOp):
        raise ProgramRefused(f"{machine.name} runs no loops and no conditions; write out what should happen.")
    if isinstance(operation, Reset):
        raise ProgramRefused(
            f"{machine.name} resets qubits only before a circuit; use another qubit instead."
        )
    if isinstance(operation, Delay):
        seconds_of(operation)
    if operation.name == MOVE and not machine.has_resonator:
        raise ProgramRefused(f"There is nothing to `move` into on {machine.name}: it has no resonator.")


def seconds_of(delay: Delay) -> float:
    unit, duration = delay.unit, delay.duration
    if unit not in SECONDS or not isinstance(duration, int | float):
        raise ProgramRefused("A delay should be given in s, ms, us, ns or ps.")
    if not isfinite(duration) or duration < 0:
        raise ProgramRefused("A delay should be finite and not negative.")
    return float(duration * SECONDS[unit])


def work_of(circuit: QuantumCircuit) -> int:
    """Gates, those of many qubits counted as what they are made of."""
    return sum(
        len(step.qubits) ** 2 if len(step.qubits) > 2 else 1
        for step in circuit.data
        if isinstance(step.operation, Gate)
    )


def resonator_of(circuit: QuantumCircuit) -> Qubit | None:
    """What a circuit that writes its own moves has them go into: always the second of the two.

    Raises:
        ProgramRefused: they do not agree.
    """
    found = {step.qubits[1] for step in circuit.data if step.operation.name == MOVE}
    if len(found) > 1:
        raise ProgramRefused(
            f"The circuit moves into {len(found)} qubits; the second of every `move` is the resonator."
        )
    return next(iter(found), None)


def check_moves(circuit: QuantumCircuit, resonator: Qubit) -> None:
    """A state goes into the resonator and comes back; meanwhile others meet it there, by `cz` only."""
    moved: Qubit | None = None
    for step in circuit.data:
        name, qubits = step.operation.name, step.qubits
        if name == "barrier":
            continue
        if name == MOVE:
            if moved not in (None, qubits[0]):
                raise ProgramRefused("A `move` finds the resonator taken; move what is in it back before.")
            moved = qubits[0] if moved is None else None
        elif resonator in qubits and name != "cz":
            raise ProgramRefused(f"Only `move` and `cz` act on the resonator, not {name[:60]!r}.")
        elif moved in qubits:
            raise ProgramRefused("A qubit is used while its state is in the resonator; move it back before.")
        elif len(qubits) > 1 and resonator not in qubits:
            raise ProgramRefused(
                f"The circuit writes its own moves, so {name[:60]!r} should go by way of the resonator."
            )
    if moved is not None:
        raise ProgramRefused("The circuit ends with a state in the resonator; move it back.")
