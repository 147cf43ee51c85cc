"""A process: a hybrid program that runs beside the quantum jobs, and its life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NewType
from uuid import UUID

from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.errors import AlreadyFinished, IllegalMove, NoResult, NotStarted
from ketway.domain.jobs import FINISHED, MOVES, JobStatus
from ketway.domain.platforms import Door, PlatformId
from ketway.domain.priorities import Priority

ProcessId = NewType("ProcessId", UUID)


ProcessResultId = NewType("ProcessResultId", UUID)


def blob_key(id: ProcessId, result: ProcessResultId) -> str:
    """Where a result of a process lies; no two share a place."""
    return f"processes/{str(id)[:2]}/{id}-{result}"


@dataclass(frozen=True, kw_only=True)
class ProcessResult:
    """What a process found, on its way or at its end: a JSON value.

    Args:
        key: of the text in the blob store.
        position: among the results of its process, from 1.
        size: bytes of the text.
    """

    id: ProcessResultId
    process_id: ProcessId
    position: int
    key: str
    size: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Process:
    """
    Args:
        kind: which application it is.
        backend: what its quantum part runs on, in the application's own words.
        platform_id: what its quantum part runs on, where it said so.
        configuration: JSON object for the application.
        progress: 0..100.
        message: how it is getting on, for people.
        result_key: of its latest result's bytes in the blob store; None until there is one.
        echo: what its door must say back unchanged (JSON values); the core never reads it.
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
    name: str = ""
    tags: tuple[str, ...] = ()
    platform_id: PlatformId | None = None
    priority: Priority = Priority.MEDIUM
    status: JobStatus = JobStatus.QUEUED
    progress: int = 0
    message: str = ""
    errors: tuple[str, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    result_key: str | None = None
    echo: Mapping[str, Any] = field(default_factory=dict)
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
        progress = 100 if status is JobStatus.DONE else self.progress
        return replace(
            self, status=status, started_at=started, ended_at=ended, progress=progress, updated_at=now
        )

    def advance(self, progress: int, message: str | None, now: datetime) -> Process:
        """Progress never goes back; a message stays until there is another.

        Raises:
            AlreadyFinished
            NotStarted: nobody said that it runs.
        """
        self.must_live()
        if self.status is not JobStatus.RUNNING:
            raise NotStarted("process", str(self.id), self.status.value)
        further = max(self.progress, min(progress, 100))
        said = self.message if message is None else message
        return replace(self, progress=further, message=said, updated_at=now)

    def cancel(self, now: datetime) -> Process:
        """
        Raises:
            AlreadyFinished
        """
        self.must_live()
        return self.become(JobStatus.CANCELLED, now)

    def fail(self, errors: Sequence[str], now: datetime) -> Process:
        """
        Raises:
            AlreadyFinished
        """
        self.must_live()
        return replace(self.become(JobStatus.FAILED, now), errors=(*self.errors, *errors))

    def keep_result(self, key: str, now: datetime) -> Process:
        """
        Raises:
            AlreadyFinished
        """
        self.must_live()
        return replace(self, result_key=key, updated_at=now)

    def must_live(self) -> None:
        """
        Raises:
            AlreadyFinished
        """
        if self.is_finished:
            raise AlreadyFinished("process", str(self.id), self.status.value)
