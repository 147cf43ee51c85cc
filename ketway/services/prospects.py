"""Prospects: how long a job takes, how many go before it, and when it may start."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ketway.domain.batches import BatchStatus
from ketway.domain.errors import StoreBusy
from ketway.domain.estimates import Estimate
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.outlooks import Outlook
from ketway.domain.queues import Bundle, Span
from ketway.services.pictures import MOST_BEHIND, LineKey, Picture, Pictures
from ketway.services.ports import Clock, Database

#: A picture serves all who ask for so long; longer where it was dear: to take it is at most one part of so
#: many of what the server does.
_FRESH_S = 1.0
_PART = 20
#: Beyond, a date says nothing.
_FOREVER_S = 10 * 365 * 86_400.0


@dataclass(frozen=True, kw_only=True)
class Start:
    """When a job may start: eight in ten between the first and the last."""

    earliest: datetime
    expected: datetime
    latest: datetime


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """
    Args:
        estimate: of its run; None where nothing like it was measured.
        position: place among those that wait for its platform, from 1; None where it does not wait, or
            nobody can tell.
        start: None as `position`, and where what goes before it was never measured.
    """

    estimate: Estimate | None = None
    position: int | None = None
    start: Start | None = None


NO_PROSPECT = Prospect()


@dataclass(kw_only=True)
class Prospects:
    db: Database
    clock: Clock
    pictures: Pictures

    def __post_init__(self) -> None:
        self._taking = asyncio.Lock()
        self._picture: Picture | None = None
        self._taken, self._cost_s = 0.0, 0.0

    async def of(self, job: Job) -> Prospect:
        """Of a job already read. A database that is too busy to be asked leaves it without one."""
        if job.is_finished:
            return NO_PROSPECT
        try:
            return await self._of(job)
        except StoreBusy:
            return NO_PROSPECT

    async def _of(self, job: Job) -> Prospect:
        picture = await self._latest(max(_FRESH_S, self._cost_s * _PART))
        if (
            job.status is JobStatus.QUEUED
            and job.updated_at > picture.seen_at
            and _bundle(picture, job) is None
        ):
            # It came meanwhile.
            picture = await self._latest(self._cost_s * _PART)
        found = self._seen(picture, job)
        if found.position is not None or job.status is not JobStatus.QUEUED:
            return found
        return await self._of_unseen(picture, job) or found

    async def of_listed(self, jobs: Sequence[Job]) -> Mapping[JobId, Prospect]:
        """Of many, as far as none needs a question of its own."""
        living = [job for job in jobs if not job.is_finished]
        if not living:
            return {}
        try:
            picture = await self._latest(max(_FRESH_S, self._cost_s * _PART))
        except StoreBusy:
            return {}
        return {job.id: self._seen(picture, job) for job in living}

    async def _latest(self, age_s: float) -> Picture:
        """One that is no older than that."""
        async with self._taking:
            began = self.clock.steady()
            if self._picture is None or began - self._taken >= age_s:
                async with self.db.look() as work:
                    self._picture = await self.pictures.take(work, self.clock.now())
                self._taken = self.clock.steady()
                self._cost_s = self._taken - began
            return self._picture

    def _seen(self, picture: Picture, job: Job) -> Prospect:
        bundle = _bundle(picture, job) if job.status is JobStatus.QUEUED else None
        if bundle is None:
            return _prospect(picture, job, None)
        ahead = min(max(job.position - bundle.head.position, 0), bundle.count - 1)
        return self._foretold(picture, job, bundle, ahead)

    async def _of_unseen(self, picture: Picture, job: Job) -> Prospect | None:
        """Of one at the end of a long line, or of a booked batch."""
        async with self.db.look() as work:
            batch = await work.batches.fetch(job.batch_id)
            if batch.status is BatchStatus.PAUSED:
                return None
            if batch.slot is not None:
                own = await self.pictures.of_booked(work, batch, self.clock.now())
                return self._seen(own, job)
            rest = picture.rests.get(_line(job))
            if rest is None:
                return None
            ahead = await work.jobs.count_behind(rest.after, job, MOST_BEHIND)
        return self._foretold(picture, job, rest.bundle, ahead) if ahead < rest.bundle.count else None

    def _foretold(self, picture: Picture, job: Job, bundle: Bundle, ahead: int) -> Prospect:
        began = self.clock.steady()
        outlook = picture.outlooks.of(bundle, ahead)
        self._cost_s += self.clock.steady() - began
        return _prospect(picture, job, outlook)


def _line(job: Job) -> LineKey:
    return job.platform_id, job.priority, job.project_id


def _bundle(picture: Picture, job: Job) -> Bundle | None:
    return picture.bundles.get((job.batch_id, _line(job), job.created_at))


def _prospect(picture: Picture, job: Job, outlook: Outlook | None) -> Prospect:
    platform = picture.platforms.get(job.platform_id)
    found = None if platform is None else picture.known.estimate(platform, job.qubits, job.shots)
    if outlook is None:
        return Prospect(estimate=found)
    start = None if outlook.start is None else _start(picture.seen_at, outlook.start)
    return Prospect(estimate=found, position=outlook.position, start=start)


def _start(now: datetime, span: Span) -> Start:
    earliest, expected, latest = (
        now + timedelta(seconds=min(each, _FOREVER_S)) for each in (span.low_s, span.middle_s, span.high_s)
    )
    return Start(earliest=earliest, expected=expected, latest=latest)
