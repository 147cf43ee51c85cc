"""Usage: what projects made platforms do, in amounts that add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from ketway.domain.accounts import ProjectId
from ketway.domain.jobs import Job, JobStatus
from ketway.domain.platforms import PlatformId
from ketway.domain.prices import Prices

#: Shots of one job that are counted. A child that a stranger took over may claim any number; the
#: sums of a day stay numbers that every database holds.
_MOST_SHOTS = 2**40


@dataclass(frozen=True, kw_only=True)
class Usage:
    """
    Args:
        done, failed, cancelled: jobs that ended so.
        circuits: of jobs that are done.
        shots: that were made, whatever became of their job.
        computed: run time of the attempts that came to an outcome.
        held: how long batches that have ended had their platform.
    """

    done: int = 0
    failed: int = 0
    cancelled: int = 0
    circuits: int = 0
    shots: int = 0
    computed: timedelta = timedelta(0)
    held: timedelta = timedelta(0)

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            done=self.done + other.done,
            failed=self.failed + other.failed,
            cancelled=self.cancelled + other.cancelled,
            circuits=self.circuits + other.circuits,
            shots=self.shots + other.shots,
            computed=self.computed + other.computed,
            held=self.held + other.held,
        )

    def cost(self, prices: Prices) -> Decimal:
        return prices.cost(held=self.held, circuits=self.circuits, shots=self.shots)


NOTHING = Usage()


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What one project used of one platform on one day, at one price.

    Args:
        day: on which it came to an end, in UTC.
        prices: those that held when its batches were made.
    """

    project_id: ProjectId
    platform_id: PlatformId
    day: date
    prices: Prices
    usage: Usage

    @property
    def cost(self) -> Decimal:
        return self.usage.cost(self.prices)


def of_ended(jobs: Iterable[Job]) -> Usage:
    """How these jobs ended; those that have not are not counted."""
    found = [job.status for job in jobs]
    return Usage(
        done=found.count(JobStatus.DONE),
        failed=found.count(JobStatus.FAILED),
        cancelled=found.count(JobStatus.CANCELLED),
    )


def of_result(job: Job, circuits: int, shots: int) -> Usage:
    """What a computation that came to its end made.

    Args:
        job: as it is now; it may have been cancelled meanwhile.
        shots: of each circuit.
    """
    made = min(circuits * shots, _MOST_SHOTS)
    return Usage(circuits=circuits if job.status is JobStatus.DONE else 0, shots=made)
