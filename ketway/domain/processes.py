"""A process: a hybrid program that runs beside the quantum jobs, and its life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.errors import AlreadyFinished, IllegalMove, NoResult
from ketway.domain.jobs import FINISHED, MOVES, JobStatus
from ketway.domain.platforms import Door
from ketway.domain.priorities import Priority

ProcessId = NewType("ProcessId", UUID)


def blob_key(id: ProcessId, sha256: str) -> str:
    """Where the result of a process lies; different bytes never share a place."""
    return f"processes/{str(id)[:2]}/{id}-{sha256[:16]}"


@dataclass(frozen=True, kw_only=True)
class Process:
    """
    Args:
        kind: which application it is.
        backend: what its quantum part runs on, in the application's own words.
        configuration: JSON object for the application.
        result_key: of the result's bytes in the blob store; None until there is one.
        version: raised by every write; a write with an old one is refused.
    """

    id: ProcessId
    project_id: ProjectId
    creator_id: AccountId
    door: Door
    kind: str
    backend: str
    configuration: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    priority: Priority = Priority.MEDIUM
    status: JobStatus = JobStatus.QUEUED
    errors: tuple[str, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    result_key: str | None = None
    version: int = 0

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED

    def become(self, status: JobStatus, now: datetime) -> Process:
        """It runs, and ends, as a job does; but it never waits a second time.

        Raises:
            IllegalMove: not in `jobs.MOVES`, or back to waiting.
            NoResult: done, without a result.
        """
        if status not in MOVES.get(self.status, ()) or status is JobStatus.QUEUED:
            raise IllegalMove("process", self.status.value, status.value)
        if status is JobStatus.DONE and self.result_key is None:
            raise NoResult("process", str(self.id))
        started = now if status is JobStatus.RUNNING else self.started_at
        ended = now if status in FINISHED else None
        return replace(self, status=status, started_at=started, ended_at=ended, updated_at=now)

    def cancel(self, now: datetime) -> Process:
        """
        Raises:
            AlreadyFinished
        """
        self._must_live()
        return self.become(JobStatus.CANCELLED, now)

    def fail(self, errors: Sequence[str], now: datetime) -> Process:
        """
        Raises:
            AlreadyFinished
        """
        self._must_live()
        return replace(self.become(JobStatus.FAILED, now), errors=(*self.errors, *errors))

    def keep_result(self, key: str, now: datetime) -> Process:
        """
        Raises:
            AlreadyFinished
        """
        self._must_live()
        return replace(self, result_key=key, updated_at=now)

    def _must_live(self) -> None:
        if self.is_finished:
            raise AlreadyFinished("process", str(self.id), self.status.value)
