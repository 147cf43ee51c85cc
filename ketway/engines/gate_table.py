"""A machine of gates as data: its size, which qubits can be paired, its limits and its errors."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, kw_only=True)
class Figure:
    """
    Args:
        source: where it was read, or that it is ours.
    """

    value: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What is known of a machine, each with its source.

    Args:
        circuits: of one job.
        operations: of one circuit, in the machine's own gates.
        one_qubit_error, two_qubit_error: 1 - average gate fidelity.
        readout_error: chance that a qubit is read as what it is not.
        t1_s, t2_s: of a qubit that waits.
        one_qubit_s, two_qubit_s, move_s: how long a gate takes.
    """

    qubits: Figure
    shots: Figure
    circuits: Figure
    operations: Figure
    shots_per_s: Figure
    one_qubit_error: Figure
    two_qubit_error: Figure
    readout_error: Figure
    t1_s: Figure
    t2_s: Figure
    one_qubit_s: Figure
    two_qubit_s: Figure
    move_s: Figure | None = None
    resonator_t1_s: Figure | None = None
    resonator_t2_s: Figure | None = None


@dataclass(frozen=True, kw_only=True)
class Machine:
    """
    Args:
        two_qubit_gate: `cz` or `rxx`, beside `r` and a turn about z that is only booked.
        coupling: pairs of qubits that have that gate; None where every pair has it.
        has_resonator: every pair meets in a resonator, into which one qubit is moved and from which it is
            fetched again; no gate, measurement or reset acts on the resonator alone.
        one_at_a_time: no two gates at the same moment.
        measures_midway: a qubit may be used again after it was measured.
    """

    name: str
    two_qubit_gate: str
    one_at_a_time: bool
    measures_midway: bool
    figures: Figures
    coupling: tuple[tuple[int, int], ...] | None = None
    has_resonator: bool = False

    @property
    def qubits(self) -> int:
        return int(self.figures.qubits.value)

    @property
    def circuits(self) -> int:
        return int(self.figures.circuits.value)

    @property
    def operations(self) -> int:
        return int(self.figures.operations.value)


def machine_of(text: str) -> Machine:
    """The machine that a platform's `settings.device` describes, JSON text.

    Raises:
        ValueError: it describes none.
    """
    machine = msgspec.json.decode(text, type=Machine)
    resonator = (machine.figures.move_s, machine.figures.resonator_t1_s, machine.figures.resonator_t2_s)
    if machine.two_qubit_gate not in ("cz", "rxx"):
        raise ValueError(f"two_qubit_gate should be cz or rxx, not {machine.two_qubit_gate}")
    if machine.has_resonator and None in resonator:
        raise ValueError("a resonator needs move_s, resonator_t1_s and resonator_t2_s")
    if (machine.coupling is not None or machine.has_resonator) and machine.two_qubit_gate != "cz":
        raise ValueError("only machines with cz have a coupling or a resonator")
    if any(not 0 <= site < machine.qubits for pair in machine.coupling or () for site in pair):
        raise ValueError(f"coupling names a qubit that is none of 0 to {machine.qubits - 1}")
    return machine
