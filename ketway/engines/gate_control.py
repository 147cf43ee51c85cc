"""A machine at work: one gate of its own after the other, by its own clock, with what goes wrong.

Turns about z cost nothing: a machine only shifts the phases of what follows, so they are kept aside
and travel with their state. What a swap or a move does to a state is to carry it elsewhere; here only
the errors of its way are put down. That is exact, and keeps many qubits cheap to emulate: they are
entangled as their program says, not as they were carried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Instruction, Measure
from qiskit.circuit.library import CZGate, HGate, RGate, RXXGate, RZGate, XGate, ZGate

from ketway.engines.gate_noise import Noise
from ketway.engines.gate_table import Machine

Matrix = NDArray[np.complex128]

STILL: Matrix = np.eye(2, dtype=complex)
X, Z, H = (np.asarray(gate.to_matrix(), complex) for gate in (XGate(), ZGate(), HGate()))
TOLERANCE = 1e-9
#: Of a swap: three cz, and two rotations between each. Those before and after belong to its neighbours.
SWAP_PAIRINGS, SWAP_ROTATIONS, SWAP_PAUSES = 3, 4, 2


@dataclass(frozen=True)
class Step:
    """
    Args:
        states: numbers of the states that it acts on.
        bit: that a measurement writes.
        is_error: no gate of the program.
    """

    what: Instruction
    states: tuple[int, ...]
    bit: int | None = None
    is_error: bool = False


class Control:
    """Places are where qubits sit; states are what they hold. The resonator's place is behind all qubits'.

    `steps` is what happens to the states, `operations` counts the machine's own gates; a measurement of
    all qubits at the end counts as one.
    """

    def __init__(self, machine: Machine, noise: Noise) -> None:
        self.noise, self.is_serial = noise, machine.one_at_a_time
        self.resonator = machine.qubits if machine.has_resonator else None
        self.one_s = machine.figures.one_qubit_s.value
        self.two_s = machine.figures.two_qubit_s.value
        self.move_s = machine.figures.move_s.value if machine.figures.move_s else 0.0
        self.steps: list[Step] = []
        self.operations = 0
        self._state_at: dict[int, int] = {}
        self._turned: dict[int, Matrix] = {}  # by state: turns that are not carried out yet
        self._awake: set[int] = set()  # states that are not as they were prepared
        self._waited: dict[int, tuple[float, bool]] = {}  # by state: seconds, and whether in the resonator
        self._free_at: dict[int, float] = {}  # by place, seconds from the start
        self._now = 0.0  # when the last gate ended, where there is one at a time
        self._moved: int | None = None  # the qubit whose state is in the resonator
        self._last: list[tuple[int, int]] = []
        self._waits: dict[tuple[int, bool], Instruction] = {}  # each made once, however often it occurs

    def turn(self, qubit: int, matrix: Matrix) -> None:
        state = self._state(self._where(qubit))
        self._turned[state] = matrix @ self._turned.get(state, STILL)

    def cz(self, one: int, other: int) -> None:
        self._ready(one, other)
        self._act(CZGate(), self.noise.two, self.two_s, one, other)

    def cz_across(self, one: int, other: int, rather: int) -> None:
        """Through the resonator; a state stays in it for as long as it can.

        Args:
            rather: which of the two is moved, where neither is there already.
        """
        assert self.resonator is not None
        if self._moved not in (one, other) or self._must_rotate(self.resonator):
            self.fetch()
        if self._moved is None:
            self.move(rather)
        self.cz(other if self._moved == one else one, self.resonator)

    def rxx(self, one: int, other: int, angle: float) -> None:
        """The machine's angles end at a quarter turn; the rest is turns of single qubits."""
        halves = round(angle / pi)
        rest = angle - halves * pi
        if abs(rest) > TOLERANCE:
            mirror = Z if rest < 0 else STILL
            self.turn(one, mirror)
            self._ready(one, other)
            self._book(one)
            self._book(other)
            self._act(RXXGate(abs(rest)), self.noise.two, self.two_s, one, other)
            self.turn(one, mirror)
        if halves % 2:
            self.turn(one, X)
            self.turn(other, X)

    def swap(self, one: int, other: int) -> None:
        self.turn(other, H)
        self._ready(one, other)
        self._free(one, other)
        self._put(HGate(), other)
        self._exchange(one, other)
        self._put(HGate(), other)
        self.turn(other, H)
        self._put(self.noise.swap, one, other, is_error=True)
        self._pass(SWAP_PAIRINGS * self.two_s + SWAP_PAUSES * self.one_s, one, other)
        self.operations += SWAP_PAIRINGS + SWAP_ROTATIONS

    def move(self, qubit: int) -> None:
        """Into the resonator, or out of it again."""
        assert self.resonator is not None
        if self._moved is None:
            self._ready(qubit)
        self._meet(qubit, self.resonator)
        self._exchange(qubit, self.resonator)
        self._moved = qubit if self._moved is None else None
        for place in (qubit, self.resonator):
            self._idle(place, self.move_s)
        self.operations += 1

    def fetch(self) -> None:
        """What is in the resonator back to its qubit."""
        if self._moved is not None:
            self.move(self._moved)

    def wait(self, qubit: int, seconds: float) -> None:
        if qubit == self._moved:
            self.fetch()
        self._ready(qubit)
        self._idle(qubit, seconds)

    def line_up(self, qubits: Sequence[int]) -> None:
        """Nothing that follows begins before all of this has ended."""
        moved = self._moved
        if moved is not None and moved in qubits and self._must_rotate(self._where(moved)):
            self.fetch()
        self._ready(*map(self._where, qubits))

    def measure(self, qubit: int, bit: int, *, is_last: bool) -> None:
        """
        Args:
            is_last: neither the qubit nor the bit is used again.
        """
        if is_last:
            self._last.append((qubit, bit))
            return
        if qubit == self._moved:
            self.fetch()
        self._ready(qubit)
        self._put(Measure(), qubit, bit=bit)
        self.operations += 1

    def end(self) -> None:
        """All qubits that were not yet measured are, together."""
        self.fetch()
        if self._last:
            self._ready(*(qubit for qubit, _ in self._last))
            self.operations += 1
        for qubit, _ in self._last:
            self._settle(self._state(qubit))
        for qubit, bit in self._last:
            self._put(Measure(), qubit, bit=bit)

    def _ready(self, *places: int) -> None:
        """Carry out what they still have to turn, as late as can be, until all can begin together."""
        due = [place for place in places if self._must_rotate(place)]
        start = max(self._begin(place) + self.one_s * (place in due) for place in places)
        for place in due:
            if not self.is_serial:
                self._idle(place, start - self.one_s - self._begin(place))
            self._rotate(place)
        self._meet(*places)

    def _meet(self, *places: int) -> None:
        """Wait for the last of them."""
        start = max(map(self._begin, places))
        for place in places:
            self._idle(place, start - self._free_at.get(place, 0.0))

    def _where(self, qubit: int) -> int:
        """The place of its state."""
        return self.resonator if qubit == self._moved and self.resonator is not None else qubit

    def _begin(self, place: int) -> float:
        free_at = self._free_at.get(place, 0.0)
        return max(free_at, self._now) if self.is_serial else free_at

    def _must_rotate(self, place: int) -> bool:
        turned = self._turned.get(self._state(place), STILL)
        return bool(abs(turned[1, 0]) > TOLERANCE)

    def _rotate(self, place: int) -> None:
        state = self._state(place)
        angle, axis, phase = parts_of(self._turned[state])
        self._turned[state] = turn_about_z(phase)
        self._idle(place, self._begin(place) - self._free_at.get(place, 0.0))
        self._act(RGate(angle, axis), self.noise.one, self.one_s, place)

    def _book(self, place: int) -> None:
        """Make a turn about z an operation of its own, where the next gate does not let it pass."""
        if self._free(place):
            self.operations += 1

    def _free(self, *places: int) -> bool:
        """Carry out turns about z, which take no time and no error."""
        is_turned = False
        for place in places:
            turned = self._turned.pop(self._state(place), STILL)
            phase = float(np.angle(turned[1, 1] / turned[0, 0]))
            if abs(phase) > TOLERANCE:
                self._put(RZGate(phase), place)
                is_turned = True
        return is_turned

    def _act(self, gate: Instruction, error: Instruction, seconds: float, *places: int) -> None:
        self._put(gate, *places)
        self._put(error, *places, is_error=True)
        self._pass(seconds, *places)
        self.operations += 1

    def _put(self, what: Instruction, *places: int, bit: int | None = None, is_error: bool = False) -> None:
        states = tuple(self._state(place) for place in places)
        for state in states:
            self._settle(state)
        self._awake.update(states)
        self.steps.append(Step(what, states, bit, is_error))

    def _pass(self, seconds: float, *places: int) -> None:
        """Time goes by for places that are at work."""
        for place in places:
            self._free_at[place] = self._free_at.get(place, 0.0) + seconds
        self._now = max(self._now, self._free_at[places[0]])

    def _idle(self, place: int, seconds: float) -> None:
        """Time goes by for a place that waits; a state as it was prepared does not change."""
        self._free_at[place] = self._free_at.get(place, 0.0) + seconds
        state, is_there = self._state_at.get(place), place == self.resonator
        if state is None or state not in self._awake:
            return
        waited, was_there = self._waited.get(state, (0.0, is_there))
        if was_there != is_there:
            self._settle(state)
            waited = 0.0
        self._waited[state] = (waited + seconds, is_there)

    def _settle(self, state: int) -> None:
        """What waiting did to a state, in one piece."""
        seconds, in_resonator = self._waited.pop(state, (0.0, False))
        if (grains := self.noise.grains(seconds)) > 0:
            key = (grains, in_resonator)
            if key not in self._waits:
                self._waits[key] = self.noise.wait(grains, in_resonator)
            self.steps.append(Step(self._waits[key], (state,), is_error=True))

    def _exchange(self, one: int, other: int) -> None:
        held, found = self._state(one), self._state(other)
        self._state_at[one], self._state_at[other] = found, held

    def _state(self, place: int) -> int:
        return self._state_at.setdefault(place, len(self._state_at))


def parts_of(turn: Matrix) -> tuple[float, float, float]:
    """Angle, axis and phase of an `r`, then an `rz`, that together make a turn; its own phase is lost."""
    angle = 2 * np.arctan2(abs(turn[1, 0]), abs(turn[0, 0]))
    if abs(turn[0, 0]) <= TOLERANCE:
        return float(angle), float(np.angle(turn[1, 0]) - np.angle(turn[0, 1])) / 2, 0.0
    phase = np.angle(turn[1, 1]) - np.angle(turn[0, 0])
    axis = np.angle(turn[1, 0]) - np.angle(turn[0, 0]) - phase + pi / 2
    return float(angle), float(axis), float(phase)


def turn_about_z(phase: float) -> Matrix:
    return np.diag([1.0, np.exp(1j * phase)]).astype(complex)
