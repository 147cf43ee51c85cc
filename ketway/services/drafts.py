"""What somebody wants made, and the batch and jobs that come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import Batch, BatchId, BatchStatus, Yielding, limits
from ketway.domain.errors import BadField
from ketway.domain.jobs import Job, JobId
from ketway.domain.platforms import Door, Platform
from ketway.domain.priorities import Priority
from ketway.domain.programs import Program, ProgramId
from ketway.domain.slots import Slot


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """
    Args:
        program: its own text; else `program_id` names a kept one; else it runs its batch's.
        max_duration_s: None for the platform's limit.
        qubits: its size, where a check told it.
    """

    program: str | None = None
    program_id: ProgramId | None = None
    shots: int | None = None
    qubits: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    tags: tuple[str, ...] = ()
    max_duration_s: float | None = None
    parent_id: JobId | None = None
    echo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NewBooking:
    slot: Slot
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class NewBatch:
    """
    Args:
        program: text that its jobs run unless they bring their own; else `program_id`.
        priority: None for its project's.
        max_idle_s, max_total_s: None for the platform's defaults; cut to its ceilings.
        may_wait: also where the platform is held, or nobody runs it; else it is refused then, unless it
            waits for a slot anyhow.
        booking: the slot that it runs in; None for as soon as there is room.
    """

    project_id: ProjectId
    platform: Platform
    door: Door
    jobs: tuple[NewJob, ...] = ()
    program: str | None = None
    program_id: ProgramId | None = None
    configuration: str | None = None
    is_open: bool = False
    name: str = ""
    tags: tuple[str, ...] = ()
    priority: Priority | None = None
    max_idle_s: float | None = None
    max_total_s: float | None = None
    deduplication_key: str | None = None
    parent_id: BatchId | None = None
    may_wait: bool = True
    booking: NewBooking | None = None
    yields: Yielding = Yielding.PAUSES
    echo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Drafting:
    """Makes batches and jobs of wishes; keeps nothing.

    Args:
        actor: who they will belong to.
        programs: each text that comes with them, kept.
    """

    actor: Actor
    fresh: Callable[[], UUID]
    now: datetime
    programs: Mapping[str, Program] = field(default_factory=dict)

    def batch(self, new: NewBatch, priority: Priority) -> Batch:
        idle_s, total_s = limits(new.platform, new.max_idle_s, new.max_total_s)
        batch = Batch(
            id=BatchId(self.fresh()),
            project_id=new.project_id,
            creator_id=self.actor.account_id,
            platform_id=new.platform.id,
            door=new.door,
            created_at=self.now,
            updated_at=self.now,
            name=new.name,
            tags=new.tags,
            program_id=self.programs[new.program].id if new.program is not None else new.program_id,
            configuration=new.configuration,
            priority=priority if new.priority is None else new.priority,
            is_open=new.is_open,
            is_exclusive=new.platform.is_exclusive,
            max_idle_s=idle_s,
            max_total_s=total_s,
            deduplication_key=new.deduplication_key,
            prices=new.platform.prices,
            parent_id=new.parent_id,
            yields=new.yields,
            echo=new.echo,
        )
        return batch if new.is_open or new.jobs else batch.become(BatchStatus.DONE, self.now)

    def jobs(self, batch: Batch, platform: Platform, jobs: Sequence[NewJob], last: int = 0) -> Sequence[Job]:
        """
        Args:
            last: highest position that is taken already.
        Raises:
            BadField: a job without any program.
            ShotsMissing: a job that does not say how many, where the platform must be told.
        """
        for job in jobs:
            platform.must_know_shots(job.shots)
        return [
            Job(
                id=JobId(self.fresh()),
                batch_id=batch.id,
                project_id=batch.project_id,
                creator_id=self.actor.account_id,
                platform_id=batch.platform_id,
                door=batch.door,
                position=position,
                created_at=self.now,
                updated_at=self.now,
                max_duration_s=min(job.max_duration_s or platform.max_job_s, platform.max_job_s),
                name=job.name,
                tags=job.tags,
                program_id=self._program(batch, position, job),
                shots=job.shots,
                qubits=job.qubits,
                parameters=job.parameters,
                priority=batch.priority,
                parent_id=job.parent_id,
                echo=job.echo,
            )
            for position, job in enumerate(jobs, start=last + 1)
        ]

    def _program(self, batch: Batch, position: int, job: NewJob) -> ProgramId | None:
        own = self.programs[job.program].id if job.program is not None else job.program_id
        if own is None and batch.program_id is None:
            raise BadField(
                ("jobs", str(position - 1)), "has no program of its own, and its batch has none", "required"
            )
        return own


def own_texts(jobs: Sequence[NewJob]) -> Sequence[str]:
    """The programs that jobs bring themselves."""
    return [job.program for job in jobs if job.program is not None]


def texts_of(new: NewBatch) -> Sequence[str]:
    """Every program that comes with a batch."""
    return [text for text in (new.program, *own_texts(new.jobs)) if text is not None]


def again(old: Batch, platform: Platform, jobs: Sequence[Job]) -> NewBatch:
    """The wish for a closed batch like an old one, with these of its jobs."""
    return NewBatch(
        project_id=old.project_id,
        platform=platform,
        door=old.door,
        jobs=tuple(
            NewJob(
                program_id=job.program_id,
                shots=job.shots,
                qubits=job.qubits,
                parameters=job.parameters,
                name=job.name,
                tags=job.tags,
                max_duration_s=job.max_duration_s,
                parent_id=job.id,
                echo=job.echo,
            )
            for job in jobs
        ),
        program_id=old.program_id,
        configuration=old.configuration,
        name=old.name,
        tags=old.tags,
        priority=old.priority,
        parent_id=old.id,
        yields=old.yields,
        echo=old.echo,
    )
