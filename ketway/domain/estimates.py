"""How long a job will take and how much memory, from what jobs like it took here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import linear_regression, quantiles

#: Below this, seconds say nothing but how fast the clock is read.
_LEAST_S = 0.001


@dataclass(frozen=True, kw_only=True)
class Run:
    """One finished computation.

    Args:
        qubits: its size.
        memory_bytes: peak of its process, or None where that was not measured.
    """

    qubits: int
    seconds: float
    memory_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """
    Args:
        seconds: of computing; half of the runs it is made from took less.
        low_s, high_s: eight of ten took between these.
        memory_bytes: the most that one of them took, or None where none was measured.
        runs: how many it is made from.
        is_extrapolated: none of them had this size.
    """

    seconds: float
    low_s: float
    high_s: float
    memory_bytes: int | None
    runs: int
    is_extrapolated: bool


def estimate(history: Sequence[Run], qubits: int) -> Estimate | None:
    """From runs of the same size; else along the line that log seconds draw over sizes.

    Returns:
        None where nothing was measured that could tell.
    """
    same = [run for run in history if run.qubits == qubits]
    if same:
        return _estimate(same, [run.seconds for run in same], is_extrapolated=False)
    if len({run.qubits for run in history}) < 2:
        return None
    logs = [log(max(run.seconds, _LEAST_S)) for run in history]
    sizes = [float(run.qubits) for run in history]
    line = linear_regression(sizes, logs)
    off = [found - (line.slope * size + line.intercept) for size, found in zip(sizes, logs, strict=True)]
    there = line.slope * qubits + line.intercept
    return _estimate(history, [exp(min(there + each, 700.0)) for each in off], is_extrapolated=True)


def _estimate(runs: Sequence[Run], seconds: Sequence[float], *, is_extrapolated: bool) -> Estimate:
    if len(seconds) == 1:
        low = middle = high = seconds[0]
    else:
        cuts = quantiles(seconds, n=10, method="inclusive")
        low, middle, high = cuts[0], cuts[4], cuts[8]
    known = [run.memory_bytes for run in runs if run.memory_bytes is not None]
    return Estimate(
        seconds=middle,
        low_s=low,
        high_s=high,
        # Memory of another size would be a guess.
        memory_bytes=max(known) if known and not is_extrapolated else None,
        runs=len(runs),
        is_extrapolated=is_extrapolated,
    )
