"""Durations: how long jobs may take, by their batch or else by what jobs of their size took before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ketway.domain.batches import BatchId
from ketway.domain.estimates import Estimate, Record, estimate, expected
from ketway.domain.jobs import JobId
from ketway.domain.platforms import Platform, PlatformId
from ketway.domain.queues import Span, span_of
from ketway.domain.scheduling import Candidate
from ketway.services.paces import Paces
from ketway.services.platforms import Platforms
from ketway.services.ports import Work

#: Fewer runs are no ground to start a job before somebody's slot.
_ENOUGH_RUNS = 10


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of some platforms at one moment."""

    paces: Paces
    records: Mapping[PlatformId, Sequence[Record]]

    def estimate(self, platform: Platform, qubits: int | None, shots: int | None) -> Estimate | None:
        """Of a whole run; None where nothing was measured that could tell."""
        return expected(self.records.get(platform.id, ()), platform, qubits, shots)

    def spans(
        self, platform: Platform, batch: BatchId, qubits: int | None, shots: int | None, limit_s: float
    ) -> tuple[Span, Span]:
        """How long a job needs a worker's slot, and how long its place on the platform.

        A batch that ran lately is its own measure: its jobs are more alike than those of a size.
        """
        pace = self.paces.span(batch)
        keeps = pace or span_of(self.estimate(platform, qubits, shots), limit_s)
        if platform.shots_per_s is None:
            return keeps, keeps
        alone = estimate(self.records.get(platform.id, ()), qubits)
        return (keeps if alone is None else span_of(alone, limit_s)), keeps


@dataclass(frozen=True, kw_only=True)
class Durations:
    """The `Forecast` port, and what estimates are made from."""

    paces: Paces
    platforms: Platforms

    async def known(self, work: Work, platforms: Collection[PlatformId]) -> Known:
        by_platform: dict[PlatformId, list[Record]] = defaultdict(list)
        for record in await work.records.of(platforms) if platforms else ():
            by_platform[record.platform_id].append(record)
        return Known(paces=self.paces, records=by_platform)

    async def seconds(self, work: Work, waiting: Collection[Candidate]) -> Mapping[JobId, float]:
        """As `Forecast`: by what jobs of the same batch took; else, where a job's size is known, by what
        nine of ten of that size took, for a slot is not to be run into."""
        told = dict(await self.paces.seconds(work, waiting))
        others = [each for each in waiting if each.job_id not in told]
        if not others:
            return told
        known = await self.known(work, {each.platform_id for each in others})
        if not known.records:
            return told
        platforms = await self.platforms.known_in(work)
        jobs = await work.jobs.sent([each.job_id for each in others])
        for each in others:
            job, platform = jobs.get(each.job_id), platforms.get(each.platform_id)
            if job is None or job.qubits is None or platform is None:
                continue
            found = known.estimate(platform, job.qubits, job.shots)
            if found is not None and found.runs >= _ENOUGH_RUNS and not found.is_extrapolated:
                told[each.job_id] = min(found.high_s, each.max_duration_s)
        return told
