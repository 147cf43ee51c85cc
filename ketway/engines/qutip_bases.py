"""The matrices that Pulser makes of a basis, made once.

It makes them under another option of QuTiP's, for every emulation twice and for every trajectory of noise
anew. Each time the option changes, QuTiP 5.3 builds its tables of operations afresh, which takes several
times as long as a few atoms do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any

from pulser_simulation.hamiltonian import Hamiltonian

_MAKE = "_get_basis_op_matrices"

#: Of the states of a basis: its kets and its operators, by name; nobody writes to a matrix.
Make = Callable[[Sequence[str]], tuple[dict[str, Any], dict[str, Any]]]


def keep() -> None:
    """Have Pulser make them once a process; where it does otherwise by now, let it."""
    if (make := getattr(Hamiltonian, _MAKE, None)) is not None:
        setattr(Hamiltonian, _MAKE, staticmethod(kept(make)))


def kept(make: Make) -> Make:
    """The same function, asked but once for each basis."""

    @cache
    def once(basis: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
        return make(list(basis))

    @wraps(make)
    def again(basis: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
        kets, operators = once(tuple(basis))
        return dict(kets), dict(operators)

    return again
