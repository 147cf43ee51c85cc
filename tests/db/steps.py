"""What tests of either database do: keep a batch, and look for it."""

from __future__ import annotations

from ketway.domain.accounts import Account, Project
from ketway.domain.batches import Batch
from ketway.domain.errors import Unknown
from ketway.services.ports import Database
from tests.builders import ACCOUNT, NOON, PROJECT


async def furnish(db: Database) -> None:
    async with db.work() as work:
        await work.projects.add(Project(id=PROJECT, name="p", created_at=NOON))
        await work.accounts.add(Account(id=ACCOUNT, email="a@here", created_at=NOON))


async def keep(db: Database, batch: Batch) -> None:
    async with db.work() as work:
        await work.batches.add(batch)


async def is_there(db: Database, batch: Batch) -> bool:
    async with db.look() as work:
        try:
            await work.batches.fetch(batch.id)
        except Unknown:
            return False
    return True
