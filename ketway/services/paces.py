"""Paces: how long attempts took lately, so that short ones can be lent together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

from ketway.domain.batches import BatchId
from ketway.domain.jobs import Job, JobId
from ketway.domain.platforms import PlatformId
from ketway.domain.queues import Span
from ketway.domain.scheduling import Candidate
from ketway.services.ports import Work

#: Jobs of one loan, and how long they may take together: whoever comes next waits no longer for them.
MOST_JOBS = 128
MOST_S = 0.5
#: Of the latest attempt in a mean.
_WEIGHT = 0.25
_LEAST_S = 0.0001
_MOST_BATCHES = 10_000


@dataclass(frozen=True)
class _Pace:
    """
    Args:
        spread_s: mean of how far off each was.
        number: how many it is made from.
    """

    mean_s: float
    spread_s: float = 0.0
    number: int = 1

    def add(self, seconds: float) -> _Pace:
        off_s = abs(seconds - self.mean_s)
        return _Pace(_mean(self.mean_s, seconds), _mean(self.spread_s, off_s), self.number + 1)


class Paces:
    """A decaying mean for each platform, and for each batch that ran lately.

    Kept in memory: after a start every job is lent alone until one of its kind has ended.
    """

    def __init__(self) -> None:
        self._platforms: dict[PlatformId, float] = {}
        self._batches: OrderedDict[BatchId, _Pace] = OrderedDict()

    def note(self, job: Job, seconds: float) -> None:
        """An attempt at it had a place to run in for so long."""
        self._platforms[job.platform_id] = _mean(self._platforms.get(job.platform_id), seconds)
        known = self._batches.get(job.batch_id)
        self._batches[job.batch_id] = _Pace(seconds) if known is None else known.add(seconds)
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
        known = self._batches.get(job.batch_id)
        expected = self._platforms.get(job.platform_id) if known is None else known.mean_s
        return expected if expected is not None and expected * 2 <= MOST_S else None

    async def seconds(self, work: Work, waiting: Collection[Candidate]) -> Mapping[JobId, float]:
        """As `Forecast`: by what jobs of the same batch took; of a platform all sorts of jobs come."""
        return {
            each.job_id: self._batches[each.batch_id].mean_s
            for each in waiting
            if each.batch_id in self._batches
        }

    def span(self, batch: BatchId) -> Span | None:
        """What the next job of a batch may take; None where none of it ran lately."""
        known = self._batches.get(batch)
        if known is None:
            return None
        # Eight of ten are no further off than this, as such things scatter; few say little of it.
        off_s, room = 1.6 * known.spread_s, 2.0 ** (1 / known.number)
        return Span(
            low_s=max(known.mean_s - off_s, 0.0) / room,
            middle_s=known.mean_s,
            high_s=(known.mean_s + off_s) * room,
        )

    def lot(self, line: Sequence[Job]) -> Sequence[Job]:
        """Of jobs that wait in one line, those that are lent together: one, or several short ones."""
        expected = [self.expected_s(job) for job in line]
        total = accumulate(MOST_S + 1 if each is None else each for each in expected)
        fitting = sum(each <= MOST_S for each in total)
        return line[: max(fitting, 1)]


def _mean(before: float | None, seconds: float) -> float:
    return seconds if before is None else before + (seconds - before) * _WEIGHT
