"""Paces: how long attempts took lately, so that short ones can be lent together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate
from math import ceil

from ketway.domain.batches import BatchId
from ketway.domain.jobs import Job, JobId
from ketway.domain.platforms import PlatformId
from ketway.domain.scheduling import Candidate
from ketway.services.ports import Work

#: Jobs of one loan, and how long they may take together: whoever comes next waits no longer for them.
MOST_JOBS = 64
MOST_S = 0.5
#: Of the latest attempt in a mean.
_WEIGHT = 0.25
_LEAST_S = 0.0001
_MOST_BATCHES = 10_000


class Paces:
    """A decaying mean for each platform, and for each batch that ran lately.

    Kept in memory: after a start every job is lent alone until one of its kind has ended.
    """

    def __init__(self) -> None:
        self._platforms: dict[PlatformId, float] = {}
        self._batches: OrderedDict[BatchId, float] = OrderedDict()

    def note(self, job: Job, seconds: float) -> None:
        """An attempt at it had a place to run in for so long."""
        self._platforms[job.platform_id] = _mean(self._platforms.get(job.platform_id), seconds)
        self._batches[job.batch_id] = _mean(self._batches.get(job.batch_id), seconds)
        self._batches.move_to_end(job.batch_id)
        while len(self._batches) > _MOST_BATCHES:
            self._batches.popitem(last=False)

    def most_with(self, head: Candidate) -> int:
        """How many jobs there may be in a lot that begins with this one, if the others are like it."""
        expected = self.expected_s(head)
        return 1 if expected is None else min(MOST_JOBS, ceil(MOST_S / max(expected, _LEAST_S)))

    def expected_s(self, job: Job | Candidate) -> float | None:
        """What a job may take, by its batch or else by its platform; None where nobody knows, or where
        it is too long to be lent together with others."""
        expected = self._batches.get(job.batch_id, self._platforms.get(job.platform_id))
        return expected if expected is not None and expected * 2 <= MOST_S else None

    async def seconds(self, work: Work, waiting: Collection[Candidate]) -> Mapping[JobId, float]:
        """As `Forecast`: by what jobs of the same batch took; of a platform all sorts of jobs come."""
        return {
            each.job_id: self._batches[each.batch_id] for each in waiting if each.batch_id in self._batches
        }

    def lot(self, line: Sequence[Job]) -> Sequence[Job]:
        """Of jobs that wait in one line, those that are lent together: one, or several short ones."""
        expected = [self.expected_s(job) for job in line]
        total = accumulate(MOST_S + 1 if each is None else each for each in expected)
        fitting = sum(each <= MOST_S for each in total)
        return line[: max(fitting, 1)]


def _mean(before: float | None, seconds: float) -> float:
    return seconds if before is None else before + (seconds - before) * _WEIGHT
