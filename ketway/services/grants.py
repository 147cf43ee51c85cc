"""Grants: leases with all that a worker needs to run them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ketway.domain.batches import Batch, BatchId
from ketway.domain.errors import NotFound
from ketway.domain.jobs import Job
from ketway.domain.leases import Lease
from ketway.domain.platforms import Platform, PlatformId
from ketway.domain.programs import Program, ProgramId
from ketway.domain.tasks import Task
from ketway.services.ports import BlobStore, Work


@dataclass(frozen=True, kw_only=True)
class Grant:
    """
    Args:
        expected_s: what it may take, where it is short; None where it is not, or nobody knows.
    """

    lease: Lease
    job: Job
    platform: Platform
    task: Task
    expected_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Lent:
    """What was lent for one question, and what it takes to run it.

    Args:
        expected_s: as a grant's, of each job.
    """

    attempts: Sequence[tuple[Lease, Job]]
    batches: Mapping[BatchId, Batch]
    programs: Mapping[ProgramId, Program]
    platforms: Mapping[PlatformId, Platform]
    expected_s: Sequence[float | None]

    def program(self, job: Job) -> Program | None:
        id = job.program_id or self.batches[job.batch_id].program_id
        return None if id is None else self.programs.get(id)


async def read_lent(
    work: Work,
    attempts: Sequence[tuple[Lease, Job]],
    platforms: Mapping[PlatformId, Platform],
    expected_s: Sequence[float | None],
) -> Lent:
    batches = await work.batches.of([*{job.batch_id for _, job in attempts}])
    named = {job.program_id or batches[job.batch_id].program_id for _, job in attempts}
    return Lent(
        attempts=attempts,
        batches=batches,
        programs=await work.programs.of([id for id in named if id is not None]),
        platforms=platforms,
        expected_s=expected_s,
    )


async def grants_of(lent: Lent, blobs: BlobStore) -> tuple[Sequence[Grant], Sequence[Lease]]:
    """
    Returns:
        The grants, and the leases of those jobs whose program can no longer be read.
    """
    programs = [lent.program(job) for _, job in lent.attempts]
    texts = await _texts({program.id: program for program in programs if program is not None}.values(), blobs)
    granted: list[Grant] = []
    unreadable: list[Lease] = []
    for (lease, job), program, expected_s in zip(lent.attempts, programs, lent.expected_s, strict=True):
        if program is None or program.id not in texts:
            unreadable.append(lease)
            continue
        platform = lent.platforms[job.platform_id]
        task = Task(
            program=texts[program.id],
            shots=job.shots,
            seed=job.seed,
            max_shots=platform.max_shots,
            max_qubits=platform.max_qubits,
            parameters=job.parameters,
            configuration=lent.batches[job.batch_id].configuration,
            settings=platform.settings,
        )
        granted.append(Grant(lease=lease, job=job, platform=platform, task=task, expected_s=expected_s))
    return granted, unreadable


async def _texts(programs: Iterable[Program], blobs: BlobStore) -> Mapping[ProgramId, str]:
    """The text of each; those that cannot be read any more are left out."""
    texts: dict[ProgramId, str] = {}
    for program in programs:
        with suppress(NotFound):
            texts[program.id] = (await blobs.get(program.key)).decode()
    return texts
