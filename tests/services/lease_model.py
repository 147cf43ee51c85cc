"""What leases and fencing promise, as a model that a page holds: jobs, attempts, who has them, how they end.

No store, no wire, no worker: only what is true after each event. Times are milliseconds of two clocks, the
wall's (which may be set) and the steady one (which may not).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

LIFE_MS = 30_000
#: Wall clocks that drift by more between two sweeps, and sweeps that come so much too late, are not believed.
DOUBT_MS = 5_000
INTERVAL_MS = 1_000
MAX_DEATHS = 3
MAX_LOSSES = 100


class Has(Enum):
    """What became of one attempt's lease."""

    LIVE = "live"
    LOST = "lost"  #: nobody was heard of for too long; the attempt may still speak
    OVER = "over"  #: it has said how it ended


class Says(Enum):
    """How a worker may end an attempt."""

    DONE = "done"
    FAILED = "failed"
    DIED = "died"
    RETURNED = "returned"


class Word(Enum):
    """What a heartbeat is answered."""

    CONTINUE = "continue"
    CANCEL = "cancel"
    LOST = "lost"


@dataclass(eq=False)
class Job:
    """Args: attempt: the latest; result_of: the attempt whose result is kept."""

    number: int
    created_at: int
    status: str = "queued"
    attempt: int = 0
    is_unwanted: bool = False
    deaths: int = 0
    losses: int = 0
    result_of: int | None = None

    @property
    def is_over(self) -> bool:
        return self.status in ("done", "failed", "cancelled")


@dataclass(eq=False)
class Attempt:
    """Args: said: how it ended, once that was taken."""

    job: Job
    number: int
    worker: int
    request: str
    expires_at: int
    has: Has = Has.LIVE
    said: Says | None = None

    @property
    def may_speak(self) -> bool:
        """Fencing: an attempt counts until it has ended, its job has, or a later attempt began."""
        return self.has is not Has.OVER and not self.job.is_over and self.job.attempt == self.number


@dataclass
class Model:
    """Args: local: the worker that dies with the server."""

    local: int
    wall: int = 0
    steady: int = 0
    jobs: list[Job] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    swept: tuple[int, int] = (0, 0)

    @property
    def line(self) -> list[Job]:
        """Who waits, in the order in which they go: by the wall, as long as nothing else tells them apart."""
        waiting = (job for job in self.jobs if job.status == "queued")
        return sorted(waiting, key=lambda job: (job.created_at, job.number))

    def live(self, worker: int | None = None) -> list[Attempt]:
        return [one for one in self.attempts if one.has is Has.LIVE and worker in (None, one.worker)]

    def submit(self) -> Job:
        self.jobs.append(Job(len(self.jobs), self.wall))
        return self.jobs[-1]

    def asked_before(self, worker: int, request: str) -> list[Attempt]:
        """A question whose answer was lost is answered with what is still live of it."""
        return [one for one in self.live(worker) if one.request == request]

    def grant(self, worker: int, request: str, jobs: Sequence[Job]) -> list[Attempt]:
        made = []
        for job in jobs:
            job.status, job.attempt = "running", job.attempt + 1
            made.append(Attempt(job, job.attempt, worker, request, self.wall + LIFE_MS))
        self.attempts += made
        return made

    def beat(self, attempt: Attempt) -> Word:
        if not attempt.may_speak:
            return Word.LOST
        attempt.has, attempt.expires_at = Has.LIVE, self.wall + LIFE_MS
        attempt.job.status = "running"
        return Word.CANCEL if attempt.job.is_unwanted else Word.CONTINUE

    def say(self, attempt: Attempt, said: Says) -> bool:
        """Whether it is taken; the same said twice is, and changes nothing."""
        if attempt.said is said:
            return True
        if not attempt.may_speak:
            return False
        attempt.has, attempt.said = Has.OVER, said
        job = attempt.job
        job.deaths += said is Says.DIED
        if job.is_unwanted:
            job.status = "cancelled"
        elif said is Says.DONE:
            job.status, job.result_of = "done", attempt.number
        elif said is Says.FAILED or job.deaths >= MAX_DEATHS:
            job.status = "failed"
        else:
            job.status = "queued"
        return True

    def cancel(self, job: Job) -> bool:
        """Whether there was something to cancel."""
        if job.is_over:
            return False
        if job.status == "queued":
            job.status = "cancelled"
        job.is_unwanted = True
        return True

    def sweep(self) -> None:
        steady, wall = self.swept
        passed = self.steady - steady
        drift = abs(self.wall - wall - passed)
        if passed > INTERVAL_MS + DOUBT_MS or drift > DOUBT_MS:
            self.spare()
        self.swept = (self.steady, self.wall)
        for attempt in self.live():
            if attempt.expires_at <= self.wall:
                self._lose(attempt)

    def restart(self) -> None:
        """The server dies with its own worker, and starts; all others get their grace."""
        self.spare()
        self.swept = (self.steady, self.wall)
        for attempt in self.live(self.local):
            self._lose(attempt)

    def spare(self) -> None:
        for attempt in self.live():
            attempt.expires_at = self.wall + LIFE_MS

    def _lose(self, attempt: Attempt) -> None:
        attempt.has = Has.LOST
        job = attempt.job
        job.losses += 1
        if job.is_unwanted:
            job.status = "cancelled"
        else:
            job.status = "failed" if job.losses >= MAX_LOSSES else "queued"

    def must_hold(self) -> None:
        """What is true of every history."""
        for job in self.jobs:
            mine = [one for one in self.attempts if one.job is job]
            live = [one for one in mine if one.has is Has.LIVE]
            assert [one.number for one in mine] == [*range(1, job.attempt + 1)]
            assert len(live) == (job.status == "running")
            assert all(one.number == job.attempt for one in live)
            taken = [one for one in mine if one.said is Says.DONE and not job.is_unwanted]
            assert len(taken) == (job.status == "done")
            assert (job.result_of is not None) == (job.status == "done")
