"""A universal interferometer on a chip: which phases make a unitary, and what it does when they err.

Whatever way a circuit is written, such a chip has one rectangular mesh to do it with.
Source: W. R. Clements et al., "Optimal design for universal multiport interferometers", Optica 3
(2016); their T is `_cell`. Perceval's decomposer is quicker, but draws where phases are free, and no
seed reaches it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, cos, pi, sin

import numpy as np
from numpy.typing import NDArray

Unitary = NDArray[np.complex128]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A Mach-Zehnder interferometer on `mode` and the next; angles in radians.

    Args:
        theta: half of the phase between its two splitters.
        phi: the phase before them.
    """

    mode: int
    theta: float
    phi: float


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """
    Args:
        cells: in the order in which photons meet them.
        phases: of each mode at the end, complex numbers of modulus 1.
    """

    cells: Sequence[Cell]
    phases: NDArray[np.complex128]

    def unitary(self) -> Unitary:
        found = np.eye(len(self.phases), dtype=complex)
        for cell in self.cells:
            rows = slice(cell.mode, cell.mode + 2)
            found[rows] = _cell(cell.theta, cell.phi) @ found[rows]
        return self.phases[:, np.newaxis] * found

    def erring(self, most: float, chance: random.Random) -> Mesh:
        """As it would be programmed, each phase off by up to `most` radians either way."""
        cells = [
            Cell(
                mode=cell.mode,
                theta=cell.theta + chance.uniform(-most, most) / 2,
                phi=cell.phi + chance.uniform(-most, most),
            )
            for cell in self.cells
        ]
        return Mesh(cells=cells, phases=self.phases)


def mesh_of(unitary: Unitary) -> Mesh:
    """The phases that make it; the same for the same unitary, where some are free too.

    Args:
        unitary: shape (modes, modes).
    """
    left = np.array(unitary, dtype=complex)
    modes = len(left)
    before: list[Cell] = []
    after: list[Cell] = []
    for diagonal in range(modes - 1):
        for step in range(diagonal + 1):
            if diagonal % 2 == 0:
                before.append(_null_from_the_right(left, modes - 1 - step, diagonal - step))
            else:
                after.append(_null_from_the_left(left, modes - 1 - diagonal + step, step))
    phases = np.diagonal(left).copy()
    # U = after[0]^-1 ... after[-1]^-1 D before[-1] ... before[0]; the inverses change sides with D.
    for cell in reversed(after):
        before.append(_moved(cell, phases))
    return Mesh(cells=before, phases=phases)


def _cell(theta: float, phi: float) -> Unitary:
    turn = complex(cos(phi), sin(phi))
    return np.array([[turn * cos(theta), -sin(theta)], [turn * sin(theta), cos(theta)]])


def _null_from_the_right(left: Unitary, row: int, mode: int) -> Cell:
    """Makes `left[row, mode]` 0 by undoing a cell on the columns `mode` and `mode + 1`."""
    here, there = left[row, mode], left[row, mode + 1]
    cell = Cell(mode=mode, theta=atan2(abs(here), abs(there)), phi=_angle(here) - _angle(there))
    columns = slice(mode, mode + 2)
    left[:, columns] = left[:, columns] @ _cell(cell.theta, cell.phi).conj().T
    return cell


def _null_from_the_left(left: Unitary, row: int, column: int) -> Cell:
    """Makes `left[row, column]` 0 by a cell on the rows `row - 1` and `row`."""
    above, here = left[row - 1, column], left[row, column]
    cell = Cell(mode=row - 1, theta=atan2(abs(here), abs(above)), phi=pi + _angle(here) - _angle(above))
    rows = slice(row - 1, row + 1)
    left[rows] = _cell(cell.theta, cell.phi) @ left[rows]
    return cell


def _moved(cell: Cell, phases: NDArray[np.complex128]) -> Cell:
    """The cell that before `phases`, which change, does what the inverse of this one did after them."""
    first, second = phases[cell.mode], phases[cell.mode + 1]
    phases[cell.mode] = -complex(cos(cell.phi), -sin(cell.phi)) * second
    return Cell(mode=cell.mode, theta=cell.theta, phi=_angle(-first / second))


def _angle(number: complex) -> float:
    # What rounding left of a zero has no direction.
    return 0.0 if abs(number) < 1e-12 else atan2(number.imag, number.real)
