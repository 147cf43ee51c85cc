"""Circuits on qiskit-aer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any, TypeVar

from qiskit import QuantumCircuit
from qiskit.circuit import Bit, ControlFlowOp, Measure, Register
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from ketway.domain.errors import ProgramRefused, ShotsOverLimit
from ketway.domain.tasks import Checked, Computed, Task
from ketway.engines.aer_options import WIDE, options_of, own_seed_of
from ketway.engines.aer_runs import Asked, Runs
from ketway.engines.circuit_documents import Document, document_of
from ketway.engines.circuit_noise import noise_of
from ketway.engines.circuit_qasm import Allowance, circuit_of
from ketway.engines.circuit_results import (
    CircuitResult,
    Form,
    Registers,
    check_form,
    form_for,
    text_of,
)
from ketway.engines.engine import Heard, Progress, unheard
from ketway.engines.kept import told

S = TypeVar("S")
T = TypeVar("T")

QISKIT = metadata.version("qiskit")
DEFAULT_SHOTS = 1024
SEED_STEP = 2113  #: between the circuits of a job, as Aer does by itself
KEY = re.compile(r"^\s*(?:creg (\w+)\[\d+\]|bit\[\d+\] (\w+));\s*// Measurement: (.*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A task, parsed: everything that Aer is told.

    Args:
        has_own_seed: the user's, who may compare shots with what Aer gives at home.
    """

    document: Document
    circuits: tuple[QuantumCircuit, ...]
    noise: NoiseModel | None
    shots: int
    seed: int
    has_own_seed: bool
    options: Mapping[str, Any]
    asks_memory: bool

    @property
    def qubits(self) -> int:
        """Of its largest circuit."""
        return max(int(circuit.num_qubits) for circuit in self.circuits)


class Aer:
    name = "aer"
    version = metadata.version("qiskit-aer")

    def __init__(self) -> None:
        self.runs = Runs()

    def check(self, task: Task) -> Checked:
        return Checked(qubits=plan_of(task).qubits)

    def run(self, task: Task, on_progress: Progress, on_kept: Heard = unheard) -> Computed:
        began = time.perf_counter()
        on_progress(0)
        plan = plan_of(task)
        simulator = AerSimulator(**plan.options, noise_model=plan.noise)
        results, found = [], []
        may_draw = plan.noise is None and not plan.has_own_seed
        for position, circuit in enumerate(plan.circuits):
            asked = asked_of(plan, position)
            shots = self.runs.shots_of(simulator, asked, on_kept, may_draw=may_draw)
            found.append(shots)
            results.append(
                result_of(
                    circuit,
                    plan.document,
                    position,
                    shots=plan.shots,
                    counts=shots.counts,
                    shots_read=shots.each,
                    seed=asked.seed,
                )
            )
            on_progress(99 * (position + 1) // len(plan.circuits))
        document = text_of(results, plan.document, f"{self.name}_simulator", self.version)
        on_progress(100)
        return Computed(
            document=document,
            counts=[result.counts for result in results],
            shots=plan.shots,
            metadata={
                "engine": self.name,
                "version": self.version,
                "qiskit_version": QISKIT,
                "seed": plan.seed,
                "method": ", ".join(sorted({shots.method for shots in found})),
                "seconds": round(time.perf_counter() - began, 6),
                "qubits": plan.qubits,
                **told(_all_kept([shots.is_kept for shots in found])),
            },
        )


def _all_kept(each: Sequence[bool | None]) -> bool | None:
    return None if None in each else all(each)


def plan_of(task: Task) -> Plan:
    """Parse and validate everything; compute nothing.

    Raises:
        ProgramRefused, ShotsOverLimit.
    """
    document = document_of(task.program)
    check_form(document)
    check_number(document, int(task.settings.get("max_circuits", len(document.circuits))))
    asked = run_options_of(task, document)
    own_seed = own_seed_of(document.options, asked)
    options = options_of(document.options, task)
    shots = shots_of(task, document)
    method = str(options["method"])
    allowance = Allowance()
    return Plan(
        document=document,
        circuits=each(
            document.circuits, lambda circuit: checked(circuit_of(circuit, method, allowance), method, task)
        ),
        noise=None if document.noise is None else noise_of(document.noise),
        shots=shots,
        seed=task.seed if own_seed is None else own_seed,
        has_own_seed=own_seed is not None,
        options=options,
        asks_memory=asked.get("memory") is True,
    )


def check_number(document: Document, allowed: int) -> None:
    if len(document.circuits) > allowed:
        raise ProgramRefused(
            f"{len(document.circuits)} circuits in one job, at most {allowed} on this platform; send several."
        )


def each(circuits: Sequence[S], read: Callable[[S], T]) -> tuple[T, ...]:
    """All circuits, read; a refusal says which of several it is about."""
    found = []
    for position, circuit in enumerate(circuits):
        try:
            found.append(read(circuit))
        except ProgramRefused as refusal:
            if len(circuits) == 1:
                raise
            which = f"Circuit {position + 1} of {len(circuits)}"
            raise ProgramRefused(f"{which}: {refusal.why}", refusal.field) from refusal
    return tuple(found)


def run_options_of(task: Task, document: Document) -> dict[str, Any]:
    if form_for(document) is Form.CIRQ:
        return {}  # its clients send the values of a circuit's parameters there, which are put in already
    beside = task.parameters.get("options") or {}
    if not isinstance(beside, Mapping):
        raise ProgramRefused("`options` of the job should be a JSON object.", "parameters")
    return {**document.run_options, **{name: value for name, value in beside.items() if value is not None}}


def shots_of(task: Task, document: Document) -> int:
    shots = next((asked for asked in (task.shots, document.shots) if asked is not None), None)
    if shots is None:
        return min(DEFAULT_SHOTS, task.max_shots)
    if shots < 1:
        raise ProgramRefused(f"{shots} shots asked; ask for at least 1.", "shots")
    if shots > task.max_shots:
        raise ShotsOverLimit(shots, task.max_shots)
    return shots


def checked(circuit: QuantumCircuit, method: str, task: Task) -> QuantumCircuit:
    if not measures(circuit):
        raise ProgramRefused("The circuit has no measurement, so nothing to count; measure its qubits.")
    used = len({qubit for placed in circuit.data for qubit in placed.qubits})
    allowed, hint = task.max_qubits, ""
    wide = int(task.settings.get("max_qubits_mps", 60))
    if method in WIDE:
        allowed = max(wide, allowed)
    elif method == "density_matrix":
        allowed = int(task.settings.get("max_density_qubits", task.max_qubits // 2 + 1))
    elif wide > allowed:
        hint = f"; methods {', '.join(WIDE)} take {wide}"
    if used > allowed:
        raise ProgramRefused(f"{used} qubits, at most {allowed} on this platform{hint}.")
    return circuit


def measures(circuit: QuantumCircuit) -> bool:
    return any(
        isinstance(placed.operation, Measure)
        or (isinstance(placed.operation, ControlFlowOp) and any(map(measures, placed.operation.blocks)))
        for placed in circuit.data
    )


def asked_of(plan: Plan, position: int) -> Asked:
    return Asked(
        circuit=plan.circuits[position],
        text=plan.document.circuits[position].text,
        shots=plan.shots,
        seed=plan.seed + SEED_STEP * position,
        options=plan.options,
        keeps_shots=plan.asks_memory or form_for(plan.document) is Form.CIRQ,
    )


def result_of(
    circuit: QuantumCircuit,
    document: Document,
    position: int,
    *,
    shots: int,
    counts: Mapping[str, int],
    shots_read: Sequence[str] | None,
    seed: int,
) -> CircuitResult:
    """What a circuit gave, under the names that the program has for its bits and qubits."""
    return CircuitResult(
        name=f"circuit_{position}",  # OpenQASM carries none, and Qiskit's own count up for ever
        registers=runs_of(circuit.clbits, circuit.cregs, "c"),
        qubit_registers=runs_of(circuit.qubits, circuit.qregs, "q"),
        n_qubits=circuit.num_qubits,
        shots=shots,
        counts=counts,
        shots_read=shots_read,
        seed=seed,
        keys=keys_in(document.circuits[position].text),
    )


def runs_of(bits: list[Any], registers: list[Any], loose: str) -> Registers:
    """Names and sizes that cover all bits in order; a bit in no register stands alone.

    A register may be an alias of bits that others hold: the first to hold a bit names it.
    """
    owners: dict[Bit, Register] = {}
    for register in registers:
        for bit in register:
            owners.setdefault(bit, register)
    runs: list[tuple[str, int]] = []
    last: Register | None = None
    for index, bit in enumerate(bits):
        owner = owners.get(bit)
        if owner is not None and owner is last:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((f"{loose}{index}" if owner is None else owner.name, 1))
        last = owner
    return tuple(runs)


def keys_in(text: str) -> dict[str, str]:
    """Measurement keys that Cirq could not make a name of, by register: it writes them as comments."""
    return {found[1] or found[2]: found[3] for found in KEY.finditer(text)}


ENGINE = Aer()
