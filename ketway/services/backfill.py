"""Back-fill: what is over before the next slot begins may start until then, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ketway.domain.batches import BatchId
from ketway.domain.jobs import JobId
from ketway.domain.platforms import PlatformId
from ketway.domain.scheduling import Candidate, fits, line_of, place_in_line
from ketway.services.ports import Forecast, Work

#: How far a line is searched for a shorter job, in requests that sent some.
_REACH = 100


@dataclass(frozen=True, kw_only=True)
class Backfill:
    forecast: Forecast

    async def fitting(self, work: Work, heads: Sequence[Candidate], now: datetime) -> list[Candidate]:
        """Of these heads, those that are over in time; in place of another of a shared line, the first
        behind it that is. Within a batch nobody is overtaken."""
        slots = await work.batches.next_slots({head.platform_id for head in heads}, now)
        if not slots:
            return list(heads)
        in_time = await self._in_time(work, heads, slots, now)
        lines = [head for head in heads if head.job_id not in in_time and not head.holds]
        behind = await work.jobs.behind([head.job_id for head in lines], _REACH) if lines else []
        others = _firsts(behind, {head.batch_id for head in lines})
        shorter = await self._in_time(work, others, slots, now)
        found = {line_of(each): each for each in reversed(others) if each.job_id in shorter}
        return [head for head in heads if head.job_id in in_time] + list(found.values())

    async def _in_time(
        self, work: Work, waiting: Sequence[Candidate], slots: Mapping[PlatformId, datetime], now: datetime
    ) -> set[JobId]:
        bound = [each for each in waiting if each.platform_id in slots]
        expected = await self.forecast.seconds(work, bound) if bound else {}
        return {
            each.job_id
            for each in waiting
            if each.is_booked or fits(each, slots.get(each.platform_id), now, expected.get(each.job_id))
        }


def _firsts(waiting: Sequence[Candidate], passed: Collection[BatchId]) -> Sequence[Candidate]:
    """The first of every batch but those that were passed, in the order of their lines."""
    by_batch = {each.batch_id: each for each in sorted(waiting, key=place_in_line, reverse=True)}
    return sorted((each for id, each in by_batch.items() if id not in passed), key=place_in_line)
