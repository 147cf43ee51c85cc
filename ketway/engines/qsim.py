"""Circuits on qsim, and on Cirq's own simulator where they ask for what qsim lacks."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata

import cirq
import numpy as np
from numpy.typing import NDArray
from qsimcirq import QSimSimulator

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Checked, Computed, Task
from ketway.engines import cirq_json
from ketway.engines.aer import keys_in, run_options_of, runs_of, shots_of
from ketway.engines.circuit_documents import Circuit, Document, Generation, Language, document_of
from ketway.engines.circuit_qasm import Allowance, circuit_of, refused
from ketway.engines.circuit_results import CircuitResult, Form, Registers, check_form, form_for
from ketway.engines.cirq_from_qiskit import translated
from ketway.engines.cirq_results import Records, counts_of, registers_of, result_text
from ketway.engines.cirq_results import shots_of as shots_read
from ketway.engines.distributions import Distribution
from ketway.engines.engine import Heard, Progress, unheard
from ketway.engines.kept import Kept, key_of, told
from ketway.engines.qsim_circuits import simplified
from ketway.engines.qsim_final import can_be_kept, distribution_of, is_sampled_at_once, records_of
from ketway.engines.qsim_options import Chosen, chosen

CIRQ = metadata.version("cirq-core")
MAX_STEPS = 250_000  #: operations and moments of one job, written out: each costs 50 us before it runs
MAX_MEASURED = 50_000_000  #: bits of one job, over all shots
LESS_ON_CIRQ = 2  #: its simulator holds several states at once
ROUNDS = 20  #: in which shots are made that are simulated one by one


@dataclass(frozen=True, kw_only=True)
class Program:
    """
    Args:
        circuit: of operations that qsim has, where it has them.
        bits: for each measurement key of an OpenQASM program, the classical bit that it is written
            to; None where the program is Cirq's own.
        registers, qubit_registers: of an OpenQASM program.
    """

    circuit: cirq.Circuit
    bits: tuple[int, ...] | None = None
    registers: Registers = ()
    qubit_registers: Registers = ()
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def qubits(self) -> int:
        return len(self.circuit.all_qubits())

    @property
    def measured_bits(self) -> int:
        """In each shot."""
        return sum(len(one.qubits) for one in self.circuit.all_operations() if cirq.is_measurement(one))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A task, parsed.

    Args:
        lacking: what qsim has not and the circuit asks for, so that Cirq's simulator runs it.
    """

    document: Document
    program: Program
    lacking: str | None
    shots: int
    chosen: Chosen
    asks_memory: bool

    @property
    def seed(self) -> int:
        return self.chosen.seed


class Qsim:
    name = "qsim"
    version = metadata.version("qsimcirq")

    def __init__(self) -> None:
        self.distributions: Kept[Distribution] = Kept()

    def check(self, task: Task) -> Checked:
        return Checked(qubits=plan_of(task).program.qubits)

    def run(self, task: Task, on_progress: Progress, on_kept: Heard = unheard) -> Computed:
        began = time.perf_counter()
        on_progress(0)
        plan = plan_of(task)
        records, is_kept = self.sampled(plan, on_progress, on_kept)
        result = result_of(plan, records)
        own = records if plan.program.bits is None else None
        document = result_text(result, own, plan.document, f"{self.name}_simulator", self.version)
        on_progress(100)
        return Computed(
            document=document,
            counts=[result.counts],
            shots=plan.shots,
            metadata={
                "engine": self.name,
                "version": self.version,
                "cirq_version": CIRQ,
                "seed": plan.seed,
                "seconds": round(time.perf_counter() - began, 6),
                "qubits": plan.program.qubits,
                **told(is_kept),
                **simulator_of(plan),
            },
        )

    def sampled(self, plan: Plan, on_progress: Progress, on_kept: Heard) -> tuple[Records, bool | None]:
        """Bits of all shots, by measurement key; and whether nothing was run for them, None where it must."""
        circuit, chance = plan.program.circuit, np.random.RandomState(plan.seed)
        if plan.lacking is not None:
            on_kept(False)
            with refused("Cirq's simulator"):  # a condition may ask for what only a run can tell
                return drawn(cirq.Simulator(dtype=np.complex64, seed=chance), plan, on_progress), None
        simulator = QSimSimulator(plan.chosen.qsim, seed=chance)
        if not can_be_kept(circuit):
            on_kept(False)
            return drawn(simulator, plan, on_progress), None
        key = key_of(plan.document.circuits[0].text, plan.chosen.qsim.as_dict())
        distribution, is_kept = self.distributions.find(
            key, lambda: distribution_of(simulator, circuit), on_kept
        )
        return records_of(circuit, distribution, plan.shots, plan.seed), is_kept


def simulator_of(plan: Plan) -> dict[str, str]:
    if plan.lacking is None:
        return {"simulator": "qsim"}
    return {"simulator": "cirq.Simulator", "why": f"qsim has no {plan.lacking}"}


def plan_of(task: Task) -> Plan:
    """Parse and validate everything; compute nothing.

    Raises:
        ProgramRefused, ShotsOverLimit.
    """
    document = document_of(task.program)
    check_form(document)
    if len(document.circuits) > 1:
        raise ProgramRefused(
            f"{len(document.circuits)} circuits in one job; qsim runs one, send one job each."
        )
    if document.noise is not None:
        raise ProgramRefused(
            "A noise model of Aer does not run on qsim; put noise channels into the circuit."
        )
    asked = run_options_of(task, document)
    program = program_of(document.circuits[0], task)
    lacking = lacking_for(program.circuit)
    if lacking is not None and program.qubits > task.max_qubits - LESS_ON_CIRQ:
        raise ProgramRefused(
            f"{program.qubits} qubits; with {lacking} at most {task.max_qubits - LESS_ON_CIRQ} run here."
        )
    shots = shots_of(task, document)
    if shots * program.measured_bits > MAX_MEASURED:
        raise ProgramRefused(
            f"{program.measured_bits} bits are measured in each of {shots} shots, more than {MAX_MEASURED} "
            "altogether; ask for fewer shots.",
            "shots",
        )
    return Plan(
        document=document,
        program=program,
        lacking=lacking,
        shots=shots,
        chosen=chosen({**asked, **document.options}, task),
        asks_memory=asked.get("memory") is True,
    )


def program_of(circuit: Circuit, task: Task) -> Program:
    allowance = Allowance(MAX_STEPS)
    if circuit.language is Language.CIRQ:
        program = Program(circuit=cirq_json.circuit_of(circuit.text, allowance))
    else:
        program = from_qasm(circuit, allowance)
    used = {
        qubit
        for operation in program.circuit.all_operations()
        if not isinstance(operation.gate, cirq.IdentityGate)
        for qubit in operation.qubits
    }
    if len(used) > task.max_qubits:
        raise ProgramRefused(f"{len(used)} qubits, at most {task.max_qubits} on this platform.")
    with refused(circuit.language.value):
        simple = simplified(program.circuit, Allowance(MAX_STEPS))
    must_measure(simple)
    return replace(program, circuit=simple)


def from_qasm(circuit: Circuit, allowance: Allowance) -> Program:
    read = circuit_of(circuit, "statevector", allowance)
    with refused(circuit.language.value):
        made = translated(read)
    return Program(
        circuit=made.circuit,
        bits=made.bits,
        registers=runs_of(read.clbits, read.cregs, "c"),
        qubit_registers=runs_of(read.qubits, read.qregs, "q"),
        keys=keys_in(circuit.text),
    )


def must_measure(circuit: cirq.Circuit) -> None:
    """Something, before it is asked for, and the same key always as widely."""
    widths: dict[str, int] = {}
    for operation in circuit.all_operations():
        for key in cirq.control_keys(operation):
            if str(key) not in widths:
                raise ProgramRefused(f"A condition asks for {str(key)[:60]!r} before it is measured.")
        for key in cirq.measurement_key_names(operation):
            if widths.setdefault(key, len(operation.qubits)) != len(operation.qubits):
                raise ProgramRefused(f"Key {key[:60]!r} stands for {widths[key]} qubits, then for others.")
    if not widths:
        raise ProgramRefused("The circuit has no measurement, so nothing to count; measure its qubits.")


def lacking_for(circuit: cirq.Circuit) -> str | None:
    """What qsim does not know and Cirq does, in words."""
    for operation in circuit.all_operations():
        if cirq.control_keys(operation):
            return "classical control"
        if not cirq.is_measurement(operation):
            continue
        if not isinstance(operation.gate, cirq.MeasurementGate):
            return "measurement keys of channels"
        if operation.gate.confusion_map:
            return "read-out errors"
    return None


def drawn(simulator: cirq.Sampler, plan: Plan, on_progress: Progress) -> Records:
    circuit = plan.program.circuit
    if is_sampled_at_once(circuit):
        rounds = [simulator.run(circuit, repetitions=plan.shots).records]
    else:
        rounds = []
        for size in sizes_of(plan.shots):
            rounds.append(simulator.run(circuit, repetitions=size).records)
            on_progress(90 * len(rounds) // ROUNDS)
    return {key: np.concatenate([one[key] for one in rounds]).astype(np.uint8) for key in rounds[0]}


def sizes_of(shots: int) -> Iterator[int]:
    for position in range(ROUNDS):
        if size := shots * (position + 1) // ROUNDS - shots * position // ROUNDS:
            yield size


def result_of(plan: Plan, records: Records) -> CircuitResult:
    program = plan.program
    if program.bits is None:
        registers, bits = registers_of(records)
        qubit_registers: Registers = (("q", program.qubits),)
    else:
        registers, qubit_registers = program.registers, program.qubit_registers
        bits = classical(program.bits, records, plan.shots, sum(size for _, size in registers))
    reads_shots = plan.asks_memory or form_for(plan.document) is Form.CIRQ
    reads_shots = reads_shots or plan.document.generation is Generation.RUN
    return CircuitResult(
        name="circuit_0",
        registers=registers,
        qubit_registers=qubit_registers,
        n_qubits=sum(size for _, size in qubit_registers),
        shots=plan.shots,
        counts=counts_of(bits),
        shots_read=shots_read(bits) if reads_shots else None,
        seed=plan.seed,
        keys=program.keys,
    )


def classical(places: tuple[int, ...], records: Records, shots: int, n_bits: int) -> NDArray[np.uint8]:
    """The classical bits at the end: what was written last counts. Shape (shots, bits)."""
    bits = np.zeros((shots, n_bits), dtype=np.uint8)
    for key, place in enumerate(places):
        bits[:, place] = records[str(key)][:, 0, 0]
    return bits


ENGINE = Qsim()
