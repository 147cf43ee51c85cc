"""How long a job will take and how much memory, from what jobs like it took here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from statistics import linear_regression, quantiles

from ketway.domain.platforms import Platform, PlatformId

#: In place of a size: runs of whatever size.
ANY_SIZE = -1
#: How many runs a record holds, the latest.
MOST_RUNS = 50
#: Below this, seconds say nothing but how fast the clock is read.
_LEAST_S = 0.001
#: Doublings: beyond, a guess says no more than "for ever".
_MOST = 60.0
#: Of fewer runs the range that they show is too narrow.
_FEW = 10


@dataclass(frozen=True, kw_only=True)
class Run:
    """One finished computation.

    Args:
        qubits: its size; None where its engine told none.
        seconds: that it kept a place to compute in, the start of its process included, and the time
            by which a machine keeps its pace not.
        memory_bytes: peak of its process, or None where that was not measured.
    """

    qubits: int | None
    seconds: float
    memory_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class Record:
    """What jobs of one size took on a platform.

    Args:
        qubits: their size, or `ANY_SIZE`.
        runs: the latest ones, oldest first; at most `MOST_RUNS`.
    """

    platform_id: PlatformId
    qubits: int
    runs: tuple[Run, ...] = ()

    def add(self, runs: Iterable[Run]) -> Record:
        return replace(self, runs=(*self.runs, *runs)[-MOST_RUNS:])


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """
    Args:
        seconds: of computing; half of the runs it is made from took less.
        low_s, high_s: eight of ten took between these; there is more room where they are few, or far.
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

    def at_least(self, seconds: float) -> Estimate:
        """The same where a machine is kept for so long, however soon it has computed."""
        return replace(
            self,
            seconds=max(self.seconds, seconds),
            low_s=max(self.low_s, seconds),
            high_s=max(self.high_s, seconds),
        )


def estimate(records: Iterable[Record], qubits: int | None) -> Estimate | None:
    """From runs of the same size; else along the line that log seconds draw over sizes.

    Args:
        records: of one platform.
        qubits: None where nobody knows its size: then it may be any that came lately.
    Returns:
        None where nothing was measured that could tell.
    """
    by_size = {record.qubits: record.runs for record in records if record.runs}
    latest = by_size.pop(ANY_SIZE, ())
    same = latest if qubits is None else by_size.get(qubits, ())
    if same:
        return _estimate(same, [run.seconds for run in same], is_extrapolated=False)
    return None if qubits is None or len(by_size) < 2 else _extrapolated(by_size, qubits)


def expected(
    records: Iterable[Record], platform: Platform, qubits: int | None, shots: int | None
) -> Estimate | None:
    """As `estimate`, of a job that keeps a machine at its pace; None too where only its program knows for
    how many shots."""
    if shots is None and platform.shots_per_s is not None:
        return None
    found = estimate(records, qubits)
    return None if found is None else found.at_least(platform.hold_s(shots))


def _extrapolated(by_size: dict[int, tuple[Run, ...]], qubits: int) -> Estimate:
    runs = [(float(size), run) for size, found in by_size.items() for run in found]
    sizes, logs = [size for size, _ in runs], [log(max(run.seconds, _LEAST_S)) for _, run in runs]
    line = linear_regression(sizes, logs)
    there = line.slope * qubits + line.intercept
    off = [found - (line.slope * size + line.intercept) for size, found in zip(sizes, logs, strict=True)]
    beyond = max(min(sizes) - qubits, qubits - max(sizes), 0.0) / (max(sizes) - min(sizes))
    seconds = [exp(min(there + each, _MOST)) for each in off]
    return _estimate([run for _, run in runs], seconds, min(beyond, _MOST), is_extrapolated=True)


def _estimate(
    runs: Sequence[Run], seconds: Sequence[float], beyond: float = 0.0, *, is_extrapolated: bool
) -> Estimate:
    """
    Args:
        seconds: that each of them stands for.
        beyond: how far outside of what was measured, against how wide that is.
    """
    cuts = quantiles(seconds, n=10, method="inclusive") if len(seconds) > 1 else [seconds[0]] * 9
    # One run alone says nothing of how much they differ: the next may take twice as long, or half.
    room = 2.0 ** (beyond + (1 / len(seconds) if len(seconds) < _FEW else 0.0))
    known = [run.memory_bytes for run in runs if run.memory_bytes is not None]
    return Estimate(
        seconds=cuts[4],
        low_s=cuts[0] / room,
        high_s=cuts[8] * room,
        # Memory of another size would be a guess.
        memory_bytes=max(known) if known and not is_extrapolated else None,
        runs=len(runs),
        is_extrapolated=is_extrapolated,
    )
