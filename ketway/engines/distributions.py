"""Outcomes of a circuit whose chance lies in its last measurements alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketway.engines.kept import Weighed

#: Of a distribution that is kept: 8 MiB at most. Larger circuits are left to the emulators' own drawing.
MAX_QUBITS = 20


@dataclass(frozen=True)
class Distribution:
    """
    Args:
        cumulative: shape (2**qubits,); sums of the outcomes' probabilities, increasing.
    """

    cumulative: NDArray[np.float64]

    def draw(self, shots: int, seed: int) -> NDArray[np.int64]:
        """Outcomes, in the order of the shots; shape (shots,), each 0 <= outcome < 2**qubits."""
        at = np.random.default_rng(seed).random(shots) * self.cumulative[-1]
        outcomes: NDArray[np.int64] = np.searchsorted(self.cumulative, at, side="right")
        return outcomes


def weighed(probabilities: NDArray[np.float64]) -> Weighed[Distribution]:
    """
    Args:
        probabilities: shape (2**qubits,); at least 0, not all of them.
    """
    cumulative = np.cumsum(probabilities, dtype=np.float64)
    return Weighed(Distribution(cumulative), cumulative.nbytes)
