"""A job: one program to run, and its life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any, NewType
from uuid import UUID

from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.batches import BatchId
from ketway.domain.errors import AlreadyFinished, IllegalMove
from ketway.domain.platforms import Door, PlatformId
from ketway.domain.priorities import Priority
from ketway.domain.programs import ProgramId

JobId = NewType("JobId", UUID)

#: Tries that end in the death of the job's own child before the job is given up.
MAX_CHILD_DEATHS = 3
#: Tries that end in the loss of a worker, or a restart, before the job is given up.
MAX_LOST_LEASES = 100


class JobStatus(Enum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


MOVES: dict[JobStatus, set[JobStatus]] = {
    JobStatus.QUEUED: {JobStatus.RUNNING, JobStatus.FAILED, JobStatus.CANCELLED},
    JobStatus.RUNNING: {JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.QUEUED},
}
FINISHED = tuple(status for status in JobStatus if status not in MOVES)


@dataclass(frozen=True, kw_only=True)
class Job:
    """
    Args:
        program_id: its own program, or None to run its batch's.
        shots: as asked; None until known where the program's configuration decides.
        parameters: JSON values for the engine.
        position: place in its batch, from 1.
        progress: 0..100.
        attempt: how often it was started; names the result's place.
        max_duration_s: wall clock of one attempt.
        qubits: its size, where that was found out before it was kept; None where nobody looked.
        seed: 0 <= seed < 2**32.
        cancel_requested_at: set while it runs and somebody wants it stopped.
        echo: what its door must say back unchanged (JSON values); the core never reads it.
        version: raised by every write; a write with an old one is refused.
    """

    id: JobId
    batch_id: BatchId
    project_id: ProjectId
    creator_id: AccountId
    platform_id: PlatformId
    door: Door
    position: int
    created_at: datetime
    updated_at: datetime
    max_duration_s: float
    name: str = ""
    tags: tuple[str, ...] = ()
    program_id: ProgramId | None = None
    shots: int | None = None
    qubits: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    priority: Priority = Priority.MEDIUM
    status: JobStatus = JobStatus.QUEUED
    progress: int = 0
    attempt: int = 0
    child_deaths: int = 0
    lost_leases: int = 0
    errors: tuple[str, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    parent_id: JobId | None = None
    echo: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED

    @property
    def seed(self) -> int:
        """Drawn with its id, so that every attempt draws the same shots."""
        return self.id.int % 2**32

    def become(self, status: JobStatus, now: datetime, **changes: Any) -> Job:
        """
        Args:
            changes: what else the move brings.
        Raises:
            IllegalMove: not in `MOVES`.
        """
        if status not in MOVES.get(self.status, ()):
            raise IllegalMove("job", self.status.value, status.value)
        return replace(self, status=status, updated_at=now, **changes)

    def start(self, now: datetime) -> Job:
        """A new attempt begins."""
        return self.become(JobStatus.RUNNING, now, attempt=self.attempt + 1, progress=0, started_at=now)

    def resume(self, now: datetime) -> Job:
        """Its last attempt was thought lost and speaks again, before another one began."""
        return self if self.status is JobStatus.RUNNING else self.become(JobStatus.RUNNING, now)

    def put_off(self, now: datetime) -> Job:
        """Its worker has no place for it to run in yet; nobody is to pay for that."""
        return replace(self, started_at=now, updated_at=now)

    def advance(self, progress: int, now: datetime) -> Job:
        """Progress never goes back."""
        return replace(self, progress=max(self.progress, min(progress, 100)), updated_at=now)

    def finish(self, shots: int, now: datetime) -> Job:
        """Its result is stored; or dropped, if somebody asked for a cancel in the meantime."""
        if self.cancel_requested_at is not None:
            return self._end(JobStatus.CANCELLED, now)
        known = shots if self.shots is None else self.shots
        return self._end(JobStatus.DONE, now, progress=100, shots=known)

    def fail(self, why: str, now: datetime) -> Job:
        if self.cancel_requested_at is not None:
            return self._end(JobStatus.CANCELLED, now)
        return self._end(JobStatus.FAILED, now, errors=(*self.errors, why))

    def cancel(self, now: datetime) -> Job:
        """Waiting: cancelled. Running: asked to stop.

        Raises:
            AlreadyFinished: nothing is left to cancel.
        """
        if self.is_finished:
            raise AlreadyFinished("job", str(self.id), self.status.value)
        if self.status is JobStatus.QUEUED:
            return self._end(JobStatus.CANCELLED, now)
        return replace(self, cancel_requested_at=self.cancel_requested_at or now, updated_at=now)

    def cancel_now(self, now: datetime) -> Job:
        """Cancelled by whoever runs it, who knows that it runs no more."""
        return self._end(JobStatus.CANCELLED, now)

    def note_errors(self, errors: Sequence[str], now: datetime) -> Job:
        """Whoever runs it says what went wrong; it ends with that."""
        if self.is_finished:
            raise AlreadyFinished("job", str(self.id), self.status.value)
        return self._end(JobStatus.FAILED, now, errors=(*self.errors, *errors))

    def lose_child(self, why: str, now: datetime) -> Job:
        """Its child died: back to the queue, or given up after too many deaths."""
        deaths = self.child_deaths + 1
        if deaths >= MAX_CHILD_DEATHS:
            sentence = f"{why}; given up after {deaths} tries"
            return replace(self.fail(sentence, now), child_deaths=deaths)
        return replace(self._requeue(now), child_deaths=deaths)

    def lose_worker(self, now: datetime) -> Job:
        """Its worker was not heard of for too long: back to the queue."""
        losses = self.lost_leases + 1
        if losses >= MAX_LOST_LEASES:
            return replace(self.fail(f"lost its worker {losses} times; given up", now), lost_leases=losses)
        return replace(self._requeue(now), lost_leases=losses)

    def give_back(self, now: datetime) -> Job:
        """Its worker stops and returns it unharmed."""
        return self._requeue(now)

    def _requeue(self, now: datetime) -> Job:
        if self.cancel_requested_at is not None:
            return self._end(JobStatus.CANCELLED, now)
        return self.become(JobStatus.QUEUED, now, progress=0)

    def _end(self, status: JobStatus, now: datetime, **changes: Any) -> Job:
        return self.become(status, now, ended_at=now, **changes)
