"""What a circuit must answer: the exact chance of each word, by following every branch of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import ClassicalRegister
from qiskit.quantum_info import Operator, Statevector

#: A branch less likely than this is rounding.
NEVER = 1e-12

Bits = dict[Any, int]
#: What was measured so far, and the state that remains, its norm squared the chance of getting there.
Branch = tuple[Bits, Statevector]


def chances(circuit: QuantumCircuit) -> dict[str, float]:
    """As Qiskit writes words: the last bit first, the last register first, a space between registers."""
    nothing = dict.fromkeys(circuit.clbits, 0)
    place = {qubit: index for index, qubit in enumerate(circuit.qubits)}
    start = [(nothing, Statevector.from_int(0, 2**circuit.num_qubits))]
    found: dict[str, float] = defaultdict(float)
    for bits, state in _through(circuit, place, {bit: bit for bit in circuit.clbits}, start):
        found[_word(circuit, bits)] += _weight(state)
    return dict(found)


def _through(
    circuit: QuantumCircuit, place: dict[Any, int], names: dict[Any, Any], branches: list[Branch]
) -> list[Branch]:
    """
    Args:
        place: number of each of this circuit's qubits in the outermost one.
        names: the outermost circuit's name for each of this one's bits.
    """
    for step in circuit.data:
        qubits = [place[qubit] for qubit in step.qubits]
        bits = [names[bit] for bit in step.clbits]
        branches = [
            after
            for branch in branches
            for after in _after(step.operation, qubits, bits, branch)
            if _weight(after[1]) > NEVER
        ]
    return branches


def _after(operation: Any, qubits: Sequence[int], bits: Sequence[Any], branch: Branch) -> Iterator[Branch]:
    known, state = branch
    if operation.name == "barrier":
        yield branch
    elif operation.name == "measure":
        for outcome in (0, 1):
            yield known | {bits[0]: outcome}, _projected(state, qubits[0], outcome)
    elif operation.name == "reset":
        yield known, _projected(state, qubits[0], 0)
        yield known, _projected(state, qubits[0], 1).evolve(Operator.from_label("X"), qubits)
    elif operation.name == "if_else":
        body = operation.blocks[0] if _holds(operation.condition, known) else None
        if body is None and len(operation.blocks) > 1:
            body = operation.blocks[1]
        if body is None:
            yield branch
        else:
            inner = dict(zip(body.qubits, qubits, strict=True))
            yield from _through(body, inner, dict(zip(body.clbits, bits, strict=True)), [branch])
    else:
        yield known, state.evolve(Operator(operation), list(qubits))


def _projected(state: Statevector, qubit: int, outcome: int) -> Statevector:
    kept = state.data.copy()
    for index in range(len(kept)):
        if index >> qubit & 1 != outcome:
            kept[index] = 0
    return Statevector(kept)


def _holds(condition: tuple[Any, int], known: Bits) -> bool:
    what, wanted = condition
    if isinstance(what, ClassicalRegister):
        return sum(known[bit] << index for index, bit in enumerate(what)) == int(wanted)
    return known[what] == int(wanted)


def _weight(state: Statevector) -> float:
    return float((abs(state.data) ** 2).sum())


def _word(circuit: QuantumCircuit, bits: Bits) -> str:
    words = ("".join(str(bits[bit]) for bit in reversed(register)) for register in reversed(circuit.cregs))
    return " ".join(words)
