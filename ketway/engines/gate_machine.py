"""Machines of gates, emulated: their gates, their couplings, their limits and their errors."""

from __future__ import annotations

import time
from dataclasses import dataclass

from qiskit import QuantumCircuit

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Checked, Computed, Task
from ketway.engines import aer
from ketway.engines.circuit_documents import Document, document_of
from ketway.engines.circuit_qasm import MAX_INSTRUCTIONS, MOVE, Allowance, circuit_of
from ketway.engines.circuit_results import CircuitResult, Form, check_form, form_for, text_of
from ketway.engines.engine import Progress
from ketway.engines.gate_limits import SLACK
from ketway.engines.gate_native import Program, Translator, translator_for
from ketway.engines.gate_runs import Found, Run

#: What means something here that it means nowhere else.
KEPT = ("barrier", MOVE)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A task, parsed and translated.

    Args:
        circuits: as the programs say; names of registers are read from them.
        programs: the same for the machine, in the same order.
    """

    document: Document
    translator: Translator
    circuits: tuple[QuantumCircuit, ...]
    programs: tuple[Program, ...]
    shots: int
    seed: int
    asks_memory: bool

    @property
    def qubits(self) -> int:
        """Of its largest circuit."""
        return max(int(circuit.num_qubits) for circuit in self.circuits)


class GateMachine:
    name = "gate-machine"
    version = aer.Aer.version

    def check(self, task: Task) -> Checked:
        return Checked(qubits=plan_of(task).qubits)

    def run(self, task: Task, on_progress: Progress) -> Computed:
        began = time.perf_counter()
        on_progress(0)
        plan = plan_of(task)
        results: list[CircuitResult] = []
        found: list[Found] = []
        for position in range(len(plan.circuits)):
            result, how = emulated(plan, position, task)
            results.append(result)
            found.append(how)
            on_progress(99 * (position + 1) // len(plan.circuits))
        machine = plan.translator.machine
        document = text_of(results, plan.document, machine.name, self.version)
        on_progress(100)
        return Computed(
            document=document,
            counts=[result.counts for result in results],
            shots=plan.shots,
            metadata={
                "engine": self.name,
                "version": self.version,
                "qiskit_version": aer.QISKIT,
                "machine": machine.name,
                "operations": max(program.operations for program in plan.programs),
                "seed": plan.seed,
                "method": ", ".join(sorted({how.method for how in found})),
                "draws_of_errors": min(how.draws for how in found),
                "seconds": round(time.perf_counter() - began, 6),
                "qubits": plan.qubits,
            },
        )


def plan_of(task: Task) -> Plan:
    """Parse, check and translate everything; compute nothing.

    Raises:
        ProgramRefused, ShotsOverLimit.
    """
    translator = translator_for(task.settings["device"])
    machine = translator.machine
    document = document_of(task.program)
    check_form(document)
    if document.noise is not None:
        raise ProgramRefused(
            f"{machine.name} has errors of its own and takes no noise model; leave it out.", "configuration"
        )
    aer.check_number(document, machine.circuits)
    shots = aer.shots_of(task, document)
    allowance = Allowance(min(MAX_INSTRUCTIONS, SLACK * machine.operations * len(document.circuits)))
    circuits = aer.each(
        document.circuits, lambda circuit: measured(circuit_of(circuit, "automatic", allowance, KEPT))
    )
    return Plan(
        document=document,
        translator=translator,
        circuits=circuits,
        programs=aer.each(circuits, translator.program),
        shots=shots,
        seed=task.seed,  # only that: nobody can tell a machine how chance should fall
        asks_memory=aer.run_options_of(task, document).get("memory") is True,
    )


def measured(circuit: QuantumCircuit) -> QuantumCircuit:
    if not aer.measures(circuit):
        raise ProgramRefused("The circuit has no measurement, so nothing to count; measure its qubits.")
    return circuit


def emulated(plan: Plan, position: int, task: Task) -> tuple[CircuitResult, Found]:
    circuit, seed = plan.circuits[position], plan.seed + aer.SEED_STEP * position
    run = Run(plan.programs[position].steps, circuit.num_clbits, plan.translator.noise, task.settings)
    found = run.go(plan.shots, seed)
    keeps_shots = plan.asks_memory or form_for(plan.document) is Form.CIRQ
    result = aer.result_of(
        circuit,
        plan.document,
        position,
        shots=plan.shots,
        counts=found.counts,
        shots_read=found.shots_read if keeps_shots else None,
        seed=seed,
    )
    return result, found


ENGINE = GateMachine()
