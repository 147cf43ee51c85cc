"""A circuit translated for a machine: routed, in its own gates, and within its limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Clbit, Delay, Gate, Measure, Parameter, Qubit
from qiskit.circuit.library import CZGate, RXXGate, SwapGate, UGate
from qiskit.transpiler import PassManager, Target, generate_preset_pass_manager
from qiskit.transpiler.passes import RemoveResetInZeroState

from ketway.domain.errors import ProgramRefused
from ketway.engines.gate_control import Control, Step
from ketway.engines.gate_limits import MOVE, check, resonator_of, seconds_of
from ketway.engines.gate_noise import Noise
from ketway.engines.gate_table import Machine, machine_of

#: One layout for one circuit, whoever runs it and whenever.
LAYOUT_SEED = 0
#: Qiskit's light optimisation; what it would cancel, a barrier keeps.
LEVEL = 1


@dataclass(frozen=True)
class Program:
    """
    Args:
        steps: what happens to the states of qubits, errors included.
        operations: of the machine's own gates.
    """

    steps: Sequence[Step]
    operations: int


@lru_cache(maxsize=8)
def translator_for(device: str) -> Translator:
    """
    Args:
        device: as `machine_of` reads it.
    """
    return Translator(machine_of(device))


class Translator:
    """For one machine; what it makes of a circuit depends on nothing else."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.noise = Noise(machine)
        self.passes = generate_preset_pass_manager(
            LEVEL, target=target_of(machine), seed_transpiler=LAYOUT_SEED
        )

    def program(self, circuit: QuantumCircuit) -> Program:
        """
        Raises:
            ProgramRefused: something that the machine cannot do, or too much of it.
        """
        circuit = PassManager([RemoveResetInZeroState()]).run(slim(circuit))
        check(circuit, self.machine)
        resonator = resonator_of(circuit)
        control = Control(self.machine, self.noise)
        # Only a circuit that is not routed has a resonator of its own, and keeps its order.
        own = None if resonator is None else circuit.qubits.index(resonator)
        Walk(self.passes.run(circuit), own, control, self.machine).go()
        return Program(control.steps, control.operations)


class Walk:
    """Tells a machine's control what a circuit in its gates says.

    Args:
        resonator: which of the circuit's qubits it is, if the circuit writes its own moves.
    """

    def __init__(
        self, circuit: QuantumCircuit, resonator: int | None, control: Control, machine: Machine
    ) -> None:
        self.circuit, self.control, self.machine = circuit, control, machine
        self.is_across = machine.has_resonator and resonator is None
        self.places = placed(circuit.qubits, resonator, machine)
        self.bits = {bit: index for index, bit in enumerate(circuit.clbits)}
        self.last: dict[Qubit | Clbit, int] = {}
        self.later: dict[int, tuple[int, int]] = {}
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Where each qubit and bit is used last, and when the qubits of each pair are paired again."""
        never = len(self.circuit.data)
        again: dict[Qubit, int] = {}
        for index in range(never - 1, -1, -1):
            step = self.circuit.data[index]
            if step.operation.name == "barrier":
                continue
            for used in (*step.qubits, *step.clbits):
                self.last.setdefault(used, index)
            if len(step.qubits) == 2:
                one, other = step.qubits
                self.later[index] = (again.get(one, never), again.get(other, never))
                again[one] = again[other] = index

    def go(self) -> None:
        control = self.control
        for index, step in enumerate(self.circuit.data):
            operation, places = step.operation, [self.places[qubit] for qubit in step.qubits]
            self._check_length()
            match operation.name:
                case "u":
                    control.turn(places[0], np.asarray(operation.to_matrix(), complex))
                case "cz" if self.is_across:
                    one, other = self.later[index]
                    control.cz_across(places[0], places[1], rather=places[one > other])
                case "cz":
                    control.cz(places[0], places[1])
                case "rxx":
                    control.rxx(places[0], places[1], float(operation.params[0]))
                case "swap":
                    control.swap(places[0], places[1])
                case "move":
                    control.move(places[0])
                case "delay":
                    control.wait(places[0], seconds_of(operation))
                case "barrier":
                    control.line_up(places)
                case "measure":
                    bit = step.clbits[0]
                    is_last = self.last[step.qubits[0]] == index == self.last[bit]
                    control.measure(places[0], self.bits[bit], is_last=is_last)
                case name:
                    raise ProgramRefused(f"Gate {name[:60]!r} cannot be made of the machine's gates.")
        control.end()
        self._check_length()

    def _check_length(self) -> None:
        if self.control.operations > self.machine.operations:
            raise ProgramRefused(
                f"The circuit takes more than {self.machine.operations} operations of {self.machine.name}, "
                "which is what it allows; make it shorter."
            )


def slim(circuit: QuantumCircuit) -> QuantumCircuit:
    """The circuit without the qubits that it does not use; its bits stay where they are."""
    used = {qubit for step in circuit.data if step.operation.name != "barrier" for qubit in step.qubits}
    at = {qubit: index for index, qubit in enumerate(q for q in circuit.qubits if q in used)}
    bits = {bit: index for index, bit in enumerate(circuit.clbits)}
    out = QuantumCircuit(len(at), circuit.num_clbits)
    for step in circuit.data:
        qubits = [at[qubit] for qubit in step.qubits if qubit in at]
        if step.operation.name == "barrier":
            if qubits:
                out.barrier(qubits)
        else:
            out.append(step.operation, qubits, [bits[bit] for bit in step.clbits])
    return out


def placed(qubits: Sequence[Qubit], resonator: int | None, machine: Machine) -> dict[Qubit, int]:
    """Place of each qubit; the resonator's is behind those of all others."""
    others = [qubit for index, qubit in enumerate(qubits) if index != resonator]
    places = {qubit: index for index, qubit in enumerate(others)}
    return places if resonator is None else {**places, qubits[resonator]: machine.qubits}


def target_of(machine: Machine) -> Target:
    """What Qiskit's transpiler is to aim at; swaps stay, for they are carried out in one piece."""
    target = Target(num_qubits=None if machine.coupling is None else machine.qubits)
    angles = [Parameter(name) for name in "abc"]
    alone = pairs = None
    if machine.coupling is not None:
        alone = {(qubit,): None for qubit in range(machine.qubits)}
        pairs = {pair: None for one, other in machine.coupling for pair in ((one, other), (other, one))}
        target.add_instruction(SwapGate(), pairs)
    for operation in (UGate(*angles), Measure(), Delay(angles[0])):
        target.add_instruction(operation, alone)
    target.add_instruction(CZGate() if machine.two_qubit_gate == "cz" else RXXGate(angles[0]), pairs)
    if machine.has_resonator:
        target.add_instruction(Gate(MOVE, 2, []))
    return target
