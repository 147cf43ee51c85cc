"""Circuits of Cirq's whose answers differ in every bit, and what Cirq itself says of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import cirq
import sympy

ANGLE = sympy.Symbol("angle")


def entangling(qubits: list[Any]) -> Iterator[Any]:
    """Every word of three bits has a chance of its own."""
    first, second, third = qubits
    yield [cirq.ry(0.7).on(first), cirq.ry(1.9).on(second)]
    yield cirq.CNOT(first, third)
    yield [cirq.rz(0.5).on(third), cirq.ry(0.8).on(third)]
    yield cirq.ry(1.1).on(first).controlled_by(second)


def asymmetric() -> cirq.Circuit:
    """Keys of one and two qubits, their qubits in another order than the line's."""
    qubits = cirq.LineQubit.range(3)
    return cirq.Circuit(
        entangling(qubits), cirq.measure(qubits[2], qubits[0], key="two"), cirq.measure(qubits[1], key="one")
    )


def by_name() -> cirq.Circuit:
    """Qubits are sorted by their names, not by when they come."""
    late, early, middle = cirq.NamedQubit("z"), cirq.NamedQubit("a"), cirq.NamedQubit("m")
    return cirq.Circuit(entangling([late, early, middle]), cirq.measure(late, middle, early, key="all"))


def on_a_grid() -> cirq.Circuit:
    qubits = [cirq.GridQubit(1, 0), cirq.GridQubit(0, 1), cirq.GridQubit(0, 0)]
    return cirq.Circuit(
        entangling(qubits), [cirq.measure(qubit, key=f"k{n}") for n, qubit in enumerate(qubits)]
    )


def lopsided() -> cirq.Circuit:
    """Two words that no other order of bits shares, plain even through noise."""
    qubits = cirq.LineQubit.range(3)
    return cirq.Circuit(
        [cirq.X(qubits[0]), cirq.ry(1.9).on(qubits[1]), cirq.CNOT(qubits[1], qubits[2])],
        [cirq.measure(qubits[0], qubits[1], key="two"), cirq.measure(qubits[2], key="one")],
    )


def controlled() -> cirq.Circuit:
    """By the outcomes of other qubits, one of them turned round before it is kept."""
    first, second, third = cirq.LineQubit.range(3)
    return cirq.Circuit(
        cirq.ry(1.1).on(first),
        cirq.measure(first, key="first"),
        cirq.measure(second, key="second", invert_mask=(True,)),
        cirq.X(third).with_classical_controls("first", "second"),
        cirq.measure(third, key="third"),
    )


def turned() -> cirq.Circuit:
    qubits = cirq.LineQubit.range(2)
    return cirq.Circuit(
        cirq.ry(ANGLE).on(qubits[1]), cirq.CNOT(*reversed(qubits)), cirq.measure(*qubits, key="z")
    )


def words(result: Any) -> dict[str, dict[str, int]]:
    """Counts by key; the first qubit of a key first."""
    return {
        key: dict(Counter("".join(str(int(bit)) for bit in row) for row in rows))
        for key, rows in result.measurements.items()
    }


def joint(result: Any, keys: list[str]) -> dict[str, int]:
    """Counts of all keys together."""
    rows = zip(*(result.measurements[key] for key in keys), strict=True)
    return dict(Counter(" ".join("".join(str(int(bit)) for bit in part) for part in row) for row in rows))


def exact(circuit: cirq.Circuit, keys: list[str]) -> dict[str, float]:
    """By Cirq itself: the chance of each word of all keys together."""
    state = cirq.drop_terminal_measurements(circuit)
    order = sorted(circuit.all_qubits())
    amplitudes = cirq.Simulator().simulate(state, qubit_order=order).final_state_vector
    measured = {
        cirq.measurement_key_name(operation): [order.index(qubit) for qubit in operation.qubits]
        for operation in circuit.all_operations()
        if cirq.is_measurement(operation)
    }
    chances: dict[str, float] = defaultdict(float)
    for index, amplitude in enumerate(amplitudes):
        bits = f"{index:0{len(order)}b}"
        word = " ".join("".join(bits[place] for place in measured[key]) for key in keys)
        chances[word] += float(abs(amplitude) ** 2)
    total = sum(chances.values())  # single precision
    return {word: chance / total for word, chance in chances.items()}
