"""Cirq's JSON made into a flat Cirq circuit.

Circuits inside circuits are written out, and their size is told before that. A shared circuit is
read anew wherever it stands with other values of its parameters.
Source of the forms: Cirq 1.3 to 1.7; `VAL` and `REF`, and the older `_ContextualSerialization`,
say a shared circuit once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cirq

from ketway.domain.errors import ProgramRefused
from ketway.engines.circuit_documents import depth_of
from ketway.engines.circuit_qasm import Allowance, refused
from ketway.engines.cirq_gates import control_values_of, gate_of, pauli_of, unitary_of
from ketway.engines.cirq_values import (
    MAX_WIDTH,
    Values,
    complex_of,
    condition_of,
    fields_of,
    flag,
    kind_of,
    listed,
    number,
    qubit_of,
    shown,
    text,
    whole,
)

LANGUAGE = "Cirq JSON"
MAX_DEPTH = 120  #: of JSON; a circuit in a circuit takes seven
MAX_NESTING = 20  #: circuits inside circuits
MAX_ENTRIES = 1_000_000  #: of one list
MAX_CONDITIONS = 50
COST_OF_A_CIRCUIT = 10  #: in operations that take as long to read


def circuit_of(text: str, allowance: Allowance) -> cirq.Circuit:
    """
    Args:
        text: as `cirq.to_json` writes a circuit.
        allowance: of operations and moments, once everything is written out.
    Raises:
        ProgramRefused: not a circuit, or one that is not taken here; the sentence says why.
    """
    if depth_of(text) > MAX_DEPTH:
        raise ProgramRefused(f"{LANGUAGE}: nested more than {MAX_DEPTH} levels deep.")
    with refused(LANGUAGE):
        try:
            return Reader(allowance).circuit(json.loads(text))
        except ProgramRefused as refusal:
            why = refusal.why.rstrip(".")
            raise ProgramRefused(f"{LANGUAGE}: {why}.", refusal.field) from refusal


@dataclass(frozen=True, kw_only=True)
class Part:
    """
    Args:
        steps: moments and operations once written out.
    """

    circuit: cirq.FrozenCircuit
    steps: int


class Reader:
    """Reads one document; circuits that it shares are kept by their numbers."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._reading = Allowance(allowance.left)
        self._shared: dict[int, Any] = {}
        self._parts: dict[tuple[int, tuple[tuple[str, float], ...]], Part] = {}
        self._qubits: dict[tuple[Any, ...], cirq.Qid] = {}

    def circuit(self, said: Any) -> cirq.Circuit:
        if kind_of(said) == "_ContextualSerialization":
            *contexts, said = listed(said.get("object_dag"), "object_dag", MAX_ENTRIES) or [None]
            for context in contexts:
                if kind_of(context) == "_SerializedContext":
                    self._shared[key_in(context)] = context.get("obj")
        if kind_of(said) == "VAL":
            said = self._body(said)
        part = self._part(said, {}, 0)
        self._allowance.spend(part.steps)
        circuit = part.circuit.unfreeze()
        if any(isinstance(operation, cirq.CircuitOperation) for operation in circuit.all_operations()):
            return cirq.unroll_circuit_op(circuit, deep=True, tags_to_check=None)
        return circuit

    def _part(self, said: Any, values: Values, level: int) -> Part:
        if kind_of(said) not in ("Circuit", "FrozenCircuit"):
            raise ProgramRefused("this is not a circuit")
        found = fields_of(said, ("moments", "device", "tags"), ("moments",))
        moments, steps = [], 0
        for position, moment in enumerate(listed(found["moments"], "moments", MAX_ENTRIES)):
            self._reading.spend(1)
            try:
                operations = list(self._operations(moment, values, level))
            except ProgramRefused as refusal:
                if level:
                    raise
                raise ProgramRefused(f"moment {position}: {refusal.why}", refusal.field) from refusal
            moments.append(cirq.Moment(operation for operation, _ in operations))
            steps += 1 + sum(size for _, size in operations)
        return Part(circuit=cirq.FrozenCircuit(moments), steps=steps)

    def _operations(self, said: Any, values: Values, level: int) -> Iterator[tuple[cirq.Operation, int]]:
        """Operations of a moment, and the steps that each becomes."""
        if kind_of(said) != "Moment":
            raise ProgramRefused("`moments` should hold moments")
        for one in listed(
            fields_of(said, ("operations", "tags"), ("operations",))["operations"], "operations", MAX_ENTRIES
        ):
            self._reading.spend(1)
            if kind_of(one := untagged(one)) == "CircuitOperation":
                self._reading.spend(COST_OF_A_CIRCUIT)
                yield self._repeated(one, values, level + 1)
            else:
                yield self._operation(one, values), 1

    def _operation(self, said: Any, values: Values) -> cirq.Operation:
        said = untagged(said)
        match kind_of(said):
            case "GateOperation":
                found = fields_of(said, ("gate", "qubits"), ("gate", "qubits"))
                return gate_of(found["gate"], values).on(*self._row(found["qubits"]))
            case "SingleQubitPauliStringGateOperation":
                found = fields_of(said, ("pauli", "qubit"), ("pauli", "qubit"))
                return pauli_of(found["pauli"]).on(self._qubit(found["qubit"]))
            case "ControlledOperation":
                return self._controlled(said, values)
            case "ClassicallyControlledOperation":
                found = fields_of(said, ("conditions", "sub_operation"), ("conditions", "sub_operation"))
                conditions = listed(found["conditions"], "conditions", MAX_CONDITIONS)
                operation = self._operation(found["sub_operation"], values)
                return operation.with_classical_controls(*map(condition_of, conditions))
            case "PauliString":
                return self._paulis(said)
            case "PauliStringPhasor":
                return self._phasor(said, values)
            case "IdentityOperation":
                return cirq.identity_each(*self._row(said.get("qubits")))
            case "ParallelGateOperation":
                found = fields_of(said, ("gate", "qubits"), ("gate", "qubits"))
                qubits = self._row(found["qubits"])
                return cirq.ParallelGate(unitary_of(found["gate"], values), len(qubits)).on(*qubits)
            case "GlobalPhaseOperation":
                return cirq.global_phase_operation(complex_of(said.get("coefficient")))
            case kind:
                raise ProgramRefused(f"operation {shown(kind)} is not taken here")

    def _controlled(self, said: Any, values: Values) -> cirq.Operation:
        found = fields_of(
            said, ("controls", "control_values", "sub_operation"), ("controls", "sub_operation")
        )
        operation = self._operation(found["sub_operation"], values)
        if not cirq.has_unitary(operation):
            raise ProgramRefused("only a unitary gate can be controlled")
        controls = self._row(found["controls"])
        return cirq.ControlledOperation(controls, operation, control_values_of(found.get("control_values")))

    def _paulis(self, said: Any) -> cirq.PauliString[cirq.Qid]:
        if kind_of(said) != "PauliString":
            raise ProgramRefused("a PauliString is needed here")
        found = fields_of(said, ("qubit_pauli_map", "coefficient"), ("qubit_pauli_map",))
        pairs = [listed(pair, "a pair", 2) for pair in listed(found["qubit_pauli_map"], "paulis", MAX_WIDTH)]
        return cirq.PauliString(
            {self._qubit(qubit): pauli_of(pauli) for qubit, pauli in pairs},
            coefficient=complex_of(found.get("coefficient", 1)),
        )

    def _phasor(self, said: Any, values: Values) -> cirq.Operation:
        known = ("pauli_string", "qubits", "exponent_neg", "exponent_pos")
        found = fields_of(said, known, ("pauli_string",))
        qubits = found.get("qubits")
        return cirq.PauliStringPhasor(
            self._paulis(found["pauli_string"]),
            None if qubits is None else self._row(qubits),
            exponent_neg=number(found.get("exponent_neg", 1), values),
            exponent_pos=number(found.get("exponent_pos", 0), values),
        )

    def _repeated(self, said: Any, values: Values, level: int) -> tuple[cirq.Operation, int]:
        """A circuit inside a circuit, and the steps that it becomes."""
        if level > MAX_NESTING:
            raise ProgramRefused(f"circuits are nested more than {MAX_NESTING} deep")
        found = fields_of(said, REPEATED, ("circuit",))
        if found.get("repeat_until") is not None:
            raise ProgramRefused("a circuit cannot be repeated until something is measured; say how often")
        part = self._inner(found["circuit"], {**values, **resolved(found, values)}, level)
        times = whole(
            found.get("repetitions", 1), "repetitions", -self._allowance.allowed, self._allowance.allowed
        )
        steps = 1 + abs(times) * part.steps
        self._allowance.must_cover(steps)
        ids = found.get("repetition_ids")
        names = found.get("measurement_key_map") or {}
        if not isinstance(names, dict):
            raise ProgramRefused("measurement_key_map should be an object")
        pairs = [
            listed(pair, "a pair", 2) for pair in listed(found.get("qubit_map") or [], "qubit_map", MAX_WIDTH)
        ]
        operation = cirq.CircuitOperation(
            part.circuit,
            repetitions=times,
            qubit_map={self._qubit(here): self._qubit(there) for here, there in pairs},
            measurement_key_map={text(old, "a key"): text(new, "a key") for old, new in names.items()},
            repetition_ids=None if ids is None else texts(ids, "repetition_ids"),
            parent_path=tuple(texts(found.get("parent_path") or [], "parent_path")),
            use_repetition_ids=flag(found.get("use_repetition_ids", True), "use_repetition_ids"),
        )
        return operation, steps

    def _inner(self, said: Any, values: Values, level: int) -> Part:
        """A circuit that may be shared; with the same values it is read once."""
        if kind_of(said) in ("VAL", "REF", "_SerializedKey"):
            known = (key_in(said), tuple(sorted(values.items())))
            if known not in self._parts:
                self._parts[known] = self._part(self._body(said), values, level)
            return self._parts[known]
        return self._part(said, values, level)

    def _body(self, said: Any) -> Any:
        key = key_in(said)
        if kind_of(said) == "VAL":
            self._shared[key] = said.get("val")
        if key not in self._shared:
            raise ProgramRefused(f"circuit {key} is spoken of before it is said")
        return self._shared[key]

    def _row(self, said: Any) -> list[cirq.Qid]:
        return [self._qubit(one) for one in listed(said, "qubits", MAX_WIDTH)]

    def _qubit(self, said: Any) -> cirq.Qid:
        """The same object for the same qubit: a circuit names few qubits very often."""
        if not isinstance(said, dict) or any(isinstance(part, list | dict) for part in said.values()):
            raise ProgramRefused("a qubit should be a JSON object of a name or of numbers")
        known = tuple(sorted(said.items()))
        if known not in self._qubits:
            self._qubits[known] = qubit_of(said)
        return self._qubits[known]


REPEATED = (
    "circuit", "repetitions", "qubit_map", "measurement_key_map", "param_resolver", "repetition_ids",
    "parent_path", "use_repetition_ids", "repeat_until",
)  # fmt: skip


def untagged(said: Any) -> Any:
    """Without its tags: they say nothing to a simulator."""
    while kind_of(said) == "TaggedOperation":
        said = said.get("sub_operation")
    return said


def key_in(said: Mapping[str, Any]) -> int:
    return whole(said.get("key"), "the number of a shared circuit", 0, MAX_ENTRIES)


def texts(said: Any, what: str) -> list[str]:
    return [text(one, what) for one in listed(said, what, MAX_ENTRIES)]


def resolved(found: Mapping[str, Any], values: Values) -> dict[str, float]:
    """Values that a circuit inside a circuit is given for its parameters."""
    said = found.get("param_resolver")
    if said is None:
        return {}
    if kind_of(said) != "ParamResolver":
        raise ProgramRefused("param_resolver should be a ParamResolver")
    given = {}
    for pair in listed(said.get("param_dict"), "param_dict", MAX_WIDTH):
        name, value = listed(pair, "a pair", 2)
        name = name.get("name") if kind_of(name) == "sympy.Symbol" else name
        given[text(name, "the name of a parameter")] = number(value, values)
    return given
