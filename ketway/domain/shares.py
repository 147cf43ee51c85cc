"""Fair share: what a project has used of a platform, fading with time, against its weight.

Every half-life, what was used counts half of what it did. Whoever used less, for their weight, goes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import exp2

from ketway.domain.accounts import ProjectId
from ketway.domain.errors import BadField
from ketway.domain.platforms import PlatformId

#: What a running job counts beside the seconds that it has run: of those that start at one moment the
#: second would else not know of the first.
START_S = 1.0


@dataclass(frozen=True, kw_only=True)
class FairShare:
    """What an operator chose.

    Args:
        is_on: whether use decides at all; it is written down in any case.
    """

    half_life_s: float = 86_400.0
    is_on: bool = True


@dataclass(frozen=True, kw_only=True)
class Share:
    """
    Args:
        used_s: seconds of the platform, faded up to `as_of`.
    """

    project_id: ProjectId
    platform_id: PlatformId
    used_s: float
    as_of: datetime

    def at(self, now: datetime, half_life_s: float) -> float:
        """What is left of it. A clock that was set back brings nothing back."""
        passed_s = max((now - self.as_of).total_seconds(), 0.0)
        # After years this is 0, never an error.
        return self.used_s * exp2(-passed_s / half_life_s)

    def add(self, seconds: float, now: datetime, half_life_s: float) -> Share:
        return Share(
            project_id=self.project_id,
            platform_id=self.platform_id,
            used_s=self.at(now, half_life_s) + max(seconds, 0.0),
            as_of=now,
        )


@dataclass(frozen=True, kw_only=True)
class Running:
    """What a project runs on a platform.

    Args:
        seconds: that its `number` jobs have run up to now, together.
    """

    number: int = 0
    seconds: float = 0.0


NOTHING_RUNS = Running()
_LEAST_WEIGHT, _MOST_WEIGHT = 0.001, 1_000_000.0


def must_weigh(weight: float) -> float:
    """
    Raises:
        BadField: no weight that could be weighed against others.
    """
    if not _LEAST_WEIGHT <= weight <= _MOST_WEIGHT:
        raise BadField(("weight",), f"should be a number from {_LEAST_WEIGHT} to {_MOST_WEIGHT:,.0f}")
    return weight


def standing(used_s: float, running: Running, weight: float) -> float:
    """What a project's use counts in a ranking, in seconds for a weight of one.

    Args:
        used_s: by jobs that have ended, faded.
    """
    return (used_s + max(running.seconds, 0.0) + running.number * START_S) / weight
