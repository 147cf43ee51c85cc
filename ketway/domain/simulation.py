"""A queue played from a trace of jobs, by the rules that a server ranks with: what would they have waited?"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil, fsum
from statistics import median
from typing import Any
from uuid import UUID

from ketway.domain.accounts import ProjectId
from ketway.domain.batches import BatchId
from ketway.domain.jobs import JobId
from ketway.domain.platforms import platform_id
from ketway.domain.priorities import Priority
from ketway.domain.scheduling import Candidate, choose
from ketway.domain.shares import FairShare, Running, Share, standing

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_PLATFORM = platform_id("simulated")


@dataclass(frozen=True, kw_only=True)
class TracedJob:
    """
    Args:
        submitted_s: since the trace began.
        duration_s: how long it runs once it has started.
        batch: jobs of one name belong together; None where it is alone.
    """

    project: str
    submitted_s: float
    duration_s: float
    priority: Priority = Priority.MEDIUM
    batch: str | None = None


@dataclass(frozen=True, kw_only=True)
class Played:
    """A job, and when it started."""

    job: TracedJob
    started_s: float

    @property
    def waited_s(self) -> float:
        return self.started_s - self.job.submitted_s


@dataclass(frozen=True, kw_only=True)
class Policy:
    """
    Args:
        slots: how many jobs run side by side.
        is_exclusive: one job at a time, and no other batch before all jobs of its batch that were sent
            by then are done.
        weights: of projects that have another than 1.
    """

    fair_share: FairShare = field(default_factory=FairShare)
    weights: Mapping[str, float] = field(default_factory=dict)
    slots: int = 1
    is_exclusive: bool = False


def play(trace: Iterable[TracedJob], policy: Policy) -> Sequence[Played]:
    """Every job of a trace with its start, in the order of starts; the same each time."""
    return _Queue(policy).play(sorted(trace, key=lambda job: job.submitted_s))


@dataclass(frozen=True, kw_only=True)
class Waits:
    """How the jobs of one project fared.

    Args:
        used_s: seconds that they ran.
        most_s: 95 of 100 waited no longer.
    """

    jobs: int
    used_s: float
    median_s: float
    most_s: float
    longest_s: float


def waits(played: Iterable[Played]) -> Mapping[str, Waits]:
    """By project, in the order of the alphabet."""
    by_project: dict[str, list[Played]] = defaultdict(list)
    for each in played:
        by_project[each.job.project].append(each)
    return {project: _waits(by_project[project]) for project in sorted(by_project)}


def _waits(played: Sequence[Played]) -> Waits:
    waited = sorted(each.waited_s for each in played)
    return Waits(
        jobs=len(played),
        used_s=fsum(each.job.duration_s for each in played),
        median_s=median(waited),
        most_s=waited[ceil(0.95 * len(waited)) - 1],
        longest_s=waited[-1],
    )


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    job: TracedJob
    candidate: Candidate


class _Queue:
    """
    Args:
        lines, batches: what waits, by class and project, and by batch; those that have started are
            struck out when they are come to.
        running: by end, then by place in the trace; with the moment of its start.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._slots = 1 if policy.is_exclusive else policy.slots
        self._now_s = 0.0
        self._lines: dict[tuple[Priority, str], deque[_Waiting]] = defaultdict(deque)
        self._batches: dict[BatchId, deque[_Waiting]] = defaultdict(deque)
        self._waiting: dict[JobId, _Waiting] = {}
        self._running: list[tuple[float, int, float, _Waiting]] = []
        self._shares: dict[str, Share] = {}
        self._holder: BatchId | None = None
        self._ids: dict[tuple[str, str], UUID] = {}

    def play(self, trace: Sequence[TracedJob]) -> Sequence[Played]:
        arriving, played = deque(enumerate(trace, start=1)), list[Played]()
        while arriving or self._running:
            ends = [ends_s for ends_s, *_ in self._running[:1]]
            self._now_s = min([*ends, arriving[0][1].submitted_s] if arriving else ends)
            while self._running and self._running[0][0] <= self._now_s:
                self._end(heapq.heappop(self._running))
            while arriving and arriving[0][1].submitted_s <= self._now_s:
                self._take(*arriving.popleft())
            while len(self._running) < self._slots and (chosen := choose(self._candidates())) is not None:
                played.append(self._start(chosen))
        return played

    def _take(self, number: int, job: TracedJob) -> None:
        kind, name = ("job", str(number)) if job.batch is None else ("batch", job.batch)
        candidate = Candidate(
            job_id=JobId(UUID(int=number)),
            batch_id=BatchId(self._id(kind, name)),
            project_id=ProjectId(self._id("project", job.project)),
            platform_id=_PLATFORM,
            priority=job.priority,
            created_at=_moment(job.submitted_s),
            position=number,
        )
        waiting = self._waiting[candidate.job_id] = _Waiting(job=job, candidate=candidate)
        self._lines[job.priority, job.project].append(waiting)
        if self._policy.is_exclusive:
            self._batches[candidate.batch_id].append(waiting)

    def _id(self, kind: str, name: str) -> UUID:
        return self._ids.setdefault((kind, name), UUID(int=len(self._ids) + 1))

    def _candidates(self) -> Sequence[Candidate]:
        if self._holder is not None:
            own = self._heads({self._holder: self._batches[self._holder]})
            if own:
                return [replace(each.candidate, holds=True) for each in own]
            del self._batches[self._holder]
            self._holder = None
        heads = self._heads(self._lines)
        used = {project: self._used(project) for project in {each.job.project for each in heads}}
        return [replace(each.candidate, used=used[each.job.project]) for each in heads]

    def _heads(self, lines: dict[Any, deque[_Waiting]]) -> Sequence[_Waiting]:
        for line in lines.values():
            while line and line[0].candidate.job_id not in self._waiting:
                line.popleft()
        return [line[0] for line in lines.values() if line]

    def _used(self, project: str) -> float:
        if not self._policy.fair_share.is_on:
            return 0.0
        began = [began_s for _, _, began_s, each in self._running if each.job.project == project]
        runs = Running(number=len(began), seconds=sum(self._now_s - each for each in began))
        share = self._shares.get(project)
        half_life_s = self._policy.fair_share.half_life_s
        used_s = 0.0 if share is None else share.at(_moment(self._now_s), half_life_s)
        return standing(used_s, runs, self._policy.weights.get(project, 1.0))

    def _start(self, chosen: Candidate) -> Played:
        started = self._waiting.pop(chosen.job_id)
        if self._policy.is_exclusive:
            self._holder = chosen.batch_id
        ends_s = self._now_s + started.job.duration_s
        heapq.heappush(self._running, (ends_s, chosen.position, self._now_s, started))
        return Played(job=started.job, started_s=self._now_s)

    def _end(self, run: tuple[float, int, float, _Waiting]) -> None:
        ends_s, _, began_s, ended = run
        now, candidate = _moment(ends_s), ended.candidate
        none = Share(project_id=candidate.project_id, platform_id=_PLATFORM, used_s=0.0, as_of=now)
        share = self._shares.get(ended.job.project, none)
        half_life_s = self._policy.fair_share.half_life_s
        self._shares[ended.job.project] = share.add(ends_s - began_s, now, half_life_s)


def _moment(seconds: float) -> datetime:
    return _BEGINNING + timedelta(seconds=seconds)
