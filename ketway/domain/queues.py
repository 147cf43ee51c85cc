"""What waits and runs, and who could run it, as it is played forth to tell when a job will start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from ketway.domain.batches import BatchId
from ketway.domain.estimates import Estimate
from ketway.domain.platforms import PlatformId
from ketway.domain.scheduling import Candidate


class Case(IntEnum):
    LOW = 0
    MIDDLE = 1
    HIGH = 2


@dataclass(frozen=True, kw_only=True)
class Span:
    """Seconds, as few as eight of ten take at least, as half of them do, and as eight of ten do at most.

    Args:
        is_known: it was measured; else it is the time limit of something that never ran here.
    """

    low_s: float
    middle_s: float
    high_s: float
    is_known: bool = True

    def of(self, case: Case) -> float:
        return (self.low_s, self.middle_s, self.high_s)[case]

    def after(self, passed_s: float, limit_s: float) -> Span:
        """What is left of it. What has taken longer than eight of ten may take as long again."""
        high_s = self.high_s if passed_s < self.high_s else min(2 * passed_s, max(limit_s, passed_s))
        middle_s = self.middle_s if passed_s < self.middle_s else (passed_s + high_s) / 2
        return replace(
            self,
            low_s=max(self.low_s - passed_s, 0.0),
            middle_s=max(middle_s - passed_s, 0.0),
            high_s=max(high_s - passed_s, 0.0),
        )

    def __add__(self, other: Span) -> Span:
        return Span(
            low_s=self.low_s + other.low_s,
            middle_s=self.middle_s + other.middle_s,
            high_s=self.high_s + other.high_s,
            is_known=self.is_known and other.is_known,
        )


NO_TIME = Span(low_s=0.0, middle_s=0.0, high_s=0.0)


def span_of(found: Estimate | None, limit_s: float) -> Span:
    """
    Args:
        limit_s: when it is stopped at the latest.
    """
    if found is None:
        return Span(low_s=0.0, middle_s=limit_s, high_s=limit_s, is_known=False)
    return Span(
        low_s=min(found.low_s, limit_s),
        middle_s=min(found.seconds, limit_s),
        high_s=min(found.high_s, limit_s),
    )


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Of a job that waits.

    Args:
        last: place of the last one of its batch that waits.
    """

    last: int
    qubits: int | None
    shots: int | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """Jobs that came with one request and wait one behind the other.

    Args:
        head: the first of them, with what its project has used.
        computes: how long one needs a slot of a worker.
        keeps: how long it has a place on its platform, which a machine's pace may make longer.
        lingers: how long its batch keeps an exclusive platform when none of its jobs is left.
        weight: its project's.
    """

    head: Candidate
    count: int
    computes: Span
    keeps: Span
    lingers: Span = NO_TIME
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Place:
    """A platform.

    Args:
        capacity: how many jobs side by side; None leaves it to the workers.
        holder: the batch that has it for itself.
        slots: when it is somebody else's, in seconds from now; in turn.
    """

    id: PlatformId
    capacity: int | None = None
    is_exclusive: bool = False
    holder: BatchId | None = None
    slots: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Crew:
    """Workers that run the same platforms.

    Args:
        slots: of all of them together.
    """

    platforms: frozenset[PlatformId]
    slots: int


@dataclass(frozen=True, kw_only=True)
class Busy:
    """A job that runs, or a batch that keeps its platform and runs nothing.

    Args:
        computes: what is left of its time in a slot; None where it has none.
        keeps: what is left of its time on its platform.
    """

    platform_id: PlatformId
    computes: Span | None
    keeps: Span


@dataclass(frozen=True, kw_only=True)
class Queue:
    """All that waits and runs, and who could run it.

    Args:
        half_life_s: of what projects have used; None where that does not count.
    """

    places: Sequence[Place]
    crews: Sequence[Crew]
    busy: Sequence[Busy] = ()
    bundles: Sequence[Bundle] = ()
    half_life_s: float | None = None
