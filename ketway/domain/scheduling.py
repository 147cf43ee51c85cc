"""Who goes next: pure functions over candidates.

Ranking is by booking, hold, priority class, fair share and age. While a slot is on, only its batch has
candidates on the platform.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

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


def line_of(candidate: Candidate) -> tuple[PlatformId, Priority, ProjectId]:
    """Whom it waits with, one after another."""
    return candidate.platform_id, candidate.priority, candidate.project_id


def place_in_line(candidate: Candidate) -> tuple[datetime, str, int]:
    """Sort key of those who wait in one line: age, then batch, then place in it."""
    return candidate.created_at, str(candidate.batch_id), candidate.position


def fits(candidate: Candidate, until: datetime | None, now: datetime, expected_s: float | None) -> bool:
    """Whether it would be over by then.

    Args:
        until: when the platform is somebody else's; None where it stays free.
        expected_s: how long it is expected to run; None where nobody can tell, so that it may need all
            of its time limit.
    """
    longest_s = candidate.max_duration_s if expected_s is None else expected_s
    return until is None or now + timedelta(seconds=longest_s) <= until


def rank(candidate: Candidate) -> tuple[bool, bool, int, float, datetime, str, int]:
    """Sort key, first goes first: whose slot it is, then holders, then class, then whoever used less, then
    age, then batch, then place in it."""
    return (
        not candidate.is_booked,
        not candidate.holds,
        candidate.priority.value,
        candidate.used,
        *place_in_line(candidate),
    )


def choose(candidates: Iterable[Candidate]) -> Candidate | None:
    """The one that goes next, or None where nobody waits."""
    return min(candidates, key=rank, default=None)
