"""Rows that the database suites keep and read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from ketway.domain.accounts import AccountId, Actor, ProjectId, Role
from ketway.domain.batches import Batch
from ketway.domain.credentials import WorkerTokenId
from ketway.domain.jobs import Job
from ketway.domain.leases import Lease, Worker, WorkerId
from ketway.services.ports import Database
from tests.builders import NOON, PROJECT, a_batch, a_job, a_lease

ELSEWHERE = ProjectId(UUID(int=11))
SOMEBODY = AccountId(UUID(int=12))
TOKEN = WorkerTokenId(UUID(int=21))
LOCAL_TOKEN = WorkerTokenId(UUID(int=22))
OPERATOR = Actor(account_id=SOMEBODY, superuser=True)
BOTH = Actor(account_id=SOMEBODY, roles={PROJECT: Role.MEMBER, ELSEWHERE: Role.MEMBER})


def after(**time: float) -> datetime:
    """A moment after noon."""
    return NOON + timedelta(**time)


def a_worker(**changes: Any) -> Worker:
    plain: dict[str, Any] = {
        "id": WorkerId(uuid4()),
        "token_id": TOKEN,
        "name": "a worker",
        "engines": {"noop": "1"},
        "registered_at": NOON,
        "seen_at": NOON,
    }
    return Worker(**plain | changes)


async def keep_batches(db: Database, *batches: Batch) -> None:
    async with db.work() as work:
        for batch in batches:
            await work.batches.add(batch)


async def keep_batch(db: Database, **changes: Any) -> Batch:
    batch = a_batch(**changes)
    await keep_batches(db, batch)
    return batch


async def keep_jobs(db: Database, batch: Batch, *changes: dict[str, Any]) -> Sequence[Job]:
    """Jobs of a batch, positions 1, 2, ..., one for each mapping of what matters about it."""
    jobs = [
        a_job(
            **{
                "batch_id": batch.id,
                "project_id": batch.project_id,
                "platform_id": batch.platform_id,
                "position": position,
                "priority": batch.priority,
            }
            | change
        )
        for position, change in enumerate(changes, start=1)
    ]
    async with db.work() as work:
        await work.jobs.add(jobs)
    return jobs


async def keep_job(db: Database, **changes: Any) -> Job:
    """A job in a batch of its own."""
    (job,) = await keep_jobs(db, await keep_batch(db), changes)
    return job


async def keep_lease(db: Database, worker: Worker, **changes: Any) -> Lease:
    """A lease of a worker that is kept already, on a job of its own."""
    job = await keep_job(db)
    lease = a_lease(**{"job_id": job.id, "worker_id": worker.id} | changes)
    async with db.work() as work:
        await work.leases.add(lease)
    return lease
