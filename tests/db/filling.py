"""A database as it is after a year of use, filled straight through the tables."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert

from ketway.db import tables
from ketway.db.rows import to_row
from ketway.domain.accounts import Account, AccountId, Actor, Project, ProjectId, Role
from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.credentials import WorkerToken, WorkerTokenId
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.leases import LeaseStatus, Worker, WorkerId
from ketway.domain.platforms import Door, platform_id
from ketway.domain.priorities import Priority
from ketway.domain.requests import RequestId
from ketway.domain.results import Result
from tests.builders import NOON, a_lease, a_process

DOORS = (Door("pasqal"), Door("pasqal/ovh"), Door("scaleway"))
PLATFORMS = tuple(platform_id(name) for name in ("EMU_FREE", "EMU_SV", "EMU-AER-16C-128M", "FRESNEL"))
PROJECTS = tuple(ProjectId(UUID(int=n)) for n in range(100, 120))
ACCOUNTS = tuple(AccountId(UUID(int=n)) for n in range(200, 230))
WORKER = WorkerId(UUID(int=300))
#: What a batch may hold, and how often each.
SIZES = (1, 2, 5, 20, 100)
_HOW_OFTEN = (50, 20, 15, 10, 5)
YEAR_S = 365 * 86_400.0
#: The latest of all jobs: what share of them has not ended.
_LIVING = 0.01


@dataclass(frozen=True, kw_only=True)
class Filled:
    """
    Args:
        batch: has a hundred jobs, all ended, in the largest project.
        member: of the largest project and of a small one, looking through Pasqal's doors.
        operator: sees every project, through the same doors.
        now: after everything that happened.
    """

    batch: Batch
    job: Job
    member: Actor
    operator: Actor
    now: datetime


def fill(connection: Connection, jobs: int, span_s: float = YEAR_S) -> Filled:
    """About so many jobs in their batches, and what belongs to the latest of them; the same every time.

    Args:
        span_s: from the oldest of them to the newest.
    """
    chance = random.Random(1)
    _people(connection)
    batches: list[Batch] = []
    made: list[Job] = []
    while len(made) < jobs:
        batch, own = _batch_with_jobs(chance, len(made) / jobs, span_s)
        batches.append(batch)
        made.extend(own)
    _keep(connection, tables.batches, [to_row(b) | {"echo": {}} for b in batches])
    _keep(connection, tables.jobs, [to_row(job) | {"parameters": {}, "echo": {}} for job in made])
    latest = made[-len(made) // 10 :]
    _keep(connection, tables.results, [_result(job) for job in latest if job.status is JobStatus.DONE])
    _keep(connection, tables.leases, [_lease(chance, job) for job in latest if job.started_at is not None])
    _records(connection, chance, jobs // 50, span_s)
    largest = next(
        b
        for b in batches
        if (b.project_id, b.door) == (PROJECTS[0], DOORS[0]) and b.is_finished and _size(b, made) == SIZES[-1]
    )
    roles = {PROJECTS[0]: Role.ADMIN, PROJECTS[-1]: Role.MEMBER}
    member = Actor(account_id=ACCOUNTS[0], roles=roles).through(*DOORS[:2])
    return Filled(
        batch=largest,
        job=next(job for job in made if job.batch_id == largest.id),
        member=member,
        operator=replace(member, superuser=True),
        now=NOON + timedelta(seconds=span_s),
    )


def _size(batch: Batch, jobs: Sequence[Job]) -> int:
    return sum(job.batch_id == batch.id for job in jobs)


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _batch_with_jobs(chance: random.Random, age: float, span_s: float) -> tuple[Batch, list[Job]]:
    """
    Args:
        age: 0 for the oldest, 1 for the newest.
    """
    created_at = NOON + timedelta(seconds=age * span_s, microseconds=chance.randrange(10**6))
    lives = age > 1 - _LIVING
    platform = chance.choice(PLATFORMS[:3]) if lives else chance.choice(PLATFORMS)
    # A few projects do most of the work.
    project = PROJECTS[int(len(PROJECTS) * chance.random() ** 3)]
    status = (
        BatchStatus.ACTIVE
        if lives
        else chance.choices(
            [BatchStatus.DONE, BatchStatus.CANCELLED, BatchStatus.TIMED_OUT, BatchStatus.FAILED],
            [90, 6, 3, 1],
        )[0]
    )
    batch = Batch(
        id=BatchId(_id(chance)),
        project_id=project,
        creator_id=chance.choice(ACCOUNTS),
        platform_id=platform,
        door=chance.choices(DOORS, [60, 10, 30])[0],
        created_at=created_at,
        updated_at=created_at,
        tags=tuple(chance.sample(["calibration", "paper", "course"], chance.randrange(3))),
        priority=chance.choice(list(Priority)),
        status=status,
        is_open=lives and chance.random() < 0.5,
        started_at=created_at + timedelta(seconds=5),
        ended_at=None if lives else created_at + timedelta(minutes=5),
    )
    size = chance.choices(SIZES, _HOW_OFTEN)[0]
    return batch, [_job(chance, batch, position) for position in range(1, size + 1)]


def _job(chance: random.Random, batch: Batch, position: int) -> Job:
    status = (
        chance.choices([JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.DONE], [90, 1, 9])[0]
        if not batch.is_finished
        else chance.choices([JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED], [93, 4, 3])[0]
    )
    has_run = status in (JobStatus.RUNNING, JobStatus.DONE, JobStatus.FAILED)
    started_at = batch.created_at + timedelta(seconds=5 + position)
    has_ended = status not in (JobStatus.QUEUED, JobStatus.RUNNING)
    return Job(
        id=JobId(_id(chance)),
        batch_id=batch.id,
        project_id=batch.project_id,
        creator_id=batch.creator_id,
        platform_id=batch.platform_id,
        door=batch.door,
        position=position,
        created_at=batch.created_at,
        updated_at=started_at,
        max_duration_s=3600.0,
        shots=chance.choice([100, 500, 1000]),
        priority=batch.priority,
        status=status,
        attempt=int(has_run),
        errors=("The sequence does not fit the device.",) if status is JobStatus.FAILED else (),
        started_at=started_at if has_run else None,
        ended_at=started_at + timedelta(seconds=2) if has_ended else None,
    )


def _result(job: Job) -> dict[str, Any]:
    result = Result(
        job_id=job.id,
        attempt=1,
        key=f"results/{job.id}",
        size=1000,
        sha256="0" * 64,
        shots=job.shots or 1,
        counts=[],
        metadata={},
        created_at=job.ended_at or job.created_at,
    )
    return to_row(result) | {"counts": [{"00": result.shots}], "metadata": {"engine": "noop"}}


def _lease(chance: random.Random, job: Job) -> dict[str, Any]:
    status = LeaseStatus.LIVE if job.status is JobStatus.RUNNING else LeaseStatus.ENDED
    began = job.started_at or job.created_at
    lease = a_lease(
        id=_id(chance),
        job_id=job.id,
        platform_id=job.platform_id,
        worker_id=WORKER,
        granted_at=began,
        expires_at=began + timedelta(seconds=30),
        status=status,
    )
    return to_row(lease)


def _people(connection: Connection) -> None:
    _keep(
        connection,
        tables.projects,
        [
            to_row(Project(id=id, name=f"project {n}", created_at=NOON)) | {"echo": {}}
            for n, id in enumerate(PROJECTS)
        ],
    )
    accounts = [Account(id=id, email=f"{n}@here", created_at=NOON) for n, id in enumerate(ACCOUNTS)]
    _keep(connection, tables.accounts, [to_row(account) for account in accounts])
    token = WorkerToken(
        id=WorkerTokenId(UUID(int=301)), name="local", secret_hash="0" * 64, created_at=NOON, is_local=True
    )
    _keep(connection, tables.worker_tokens, [to_row(token)])
    worker = Worker(id=WORKER, token_id=token.id, name="worker", registered_at=NOON, seen_at=NOON)
    _keep(connection, tables.workers, [to_row(worker) | {"engines": {"noop": "1"}}])


def _records(connection: Connection, chance: random.Random, number: int, span_s: float) -> None:
    """Processes, and requests that may come twice."""
    times = [NOON + timedelta(seconds=span_s * n / number) for n in range(number)]
    processes = [
        a_process(
            id=_id(chance),
            project_id=chance.choice(PROJECTS),
            creator_id=chance.choice(ACCOUNTS),
            door=DOORS[0],
            status=chance.choice([JobStatus.DONE, JobStatus.FAILED]),
            created_at=at,
            updated_at=at,
        )
        for at in times
    ]
    _keep(connection, tables.processes, [to_row(process) | {"configuration": {}} for process in processes])
    requests = [
        {
            "id": RequestId(_id(chance)),
            "caller_id": chance.choice(ACCOUNTS),
            "route": "POST /core-fast/api/v1/batches",
            "digest": f"{n:064}",
            "key": f"key {n}" if n % 2 else None,
            "made": [str(_id(chance))],
            "server": "a server",
            "created_at": at,
            "expires_at": at + timedelta(days=1),
        }
        for n, at in enumerate(times)
    ]
    _keep(connection, tables.requests, requests)


def _keep(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    connection.execute(insert(table), rows)
