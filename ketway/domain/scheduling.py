"""Who goes next: pure functions over candidates.

Ranking is by booking, hold, priority class, fair share and age. While a slot is on, only its batch has
candidates on the platform.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ketway.domain.accounts import ProjectId
from ketway.domain.batches import BatchId
from ketway.domain.jobs import JobId
from ketway.domain.platforms import PlatformId
from ketway.domain.priorities import Priority


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The head of one waiting line: the next job of a project and class on a platform.

    Args:
        is_booked: it is its batch's slot.
        holds: its batch already holds the platform.
        max_duration_s: wall clock of one attempt.
        used: what its project used of the platform, for its weight; see `shares.standing`.
    """

    job_id: JobId
    batch_id: BatchId
    project_id: ProjectId
    platform_id: PlatformId
    priority: Priority
    created_at: datetime
    position: int
    max_duration_s: float = 0.0
    is_booked: bool = False
    holds: bool = False
    used: float = 0.0


def rank(candidate: Candidate) -> tuple[bool, bool, int, float, datetime, str, int]:
    """Sort key, first goes first: whose slot it is, then holders, then class, then whoever used less, then
    age, then batch, then place in it."""
    return (
        not candidate.is_booked,
        not candidate.holds,
        candidate.priority.value,
        candidate.used,
        candidate.created_at,
        str(candidate.batch_id),
        candidate.position,
    )


def choose(candidates: Iterable[Candidate]) -> Candidate | None:
    """The one that goes next, or None where nobody waits."""
    return min(candidates, key=rank, default=None)
