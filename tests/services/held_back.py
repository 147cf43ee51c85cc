"""What jobs are told of their batches, held against the batches themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from ketway.db.tables import UNFINISHED, batches, jobs
from ketway.domain.batches import BatchStatus
from ketway.domain.jobs import JobId
from ketway.services.ports import Database

_IS_HELD_BACK = or_(batches.c.status == BatchStatus.PAUSED, batches.c.slot_ends_at.is_not(None))
_UNFINISHED = select(jobs.c.id).where(UNFINISHED)
_WRONG = (
    select(jobs.c.id)
    .join_from(jobs, batches, batches.c.id == jobs.c.batch_id)
    .where(jobs.c.id.in_(_UNFINISHED), jobs.c.is_held_back != _IS_HELD_BACK)
)


async def told_wrongly(db: Database) -> list[JobId]:
    """Unfinished jobs that believe anything else of their batch than what it is; of a real database."""
    async with db.look() as work:
        stores: Any = work
        return list(await stores.jobs._run(lambda c: c.execute(_WRONG).scalars().all()))
