"""Leases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from ketway.db import bulk
from ketway.db.rows import Condition, Runner, from_rows, rows_by, to_changes, to_row
from ketway.db.tables import LIVE, leases, worker_tokens, workers
from ketway.domain.leases import Lease, LeaseId, WorkerId

_BY_ID = rows_by(leases.c.id)
_ADD = insert(leases)
_PUT = update(leases).where(leases.c.id == bindparam("old_id"))
_ASKED_AS = (
    select(leases)
    .where(LIVE, leases.c.worker_id == bindparam("worker"), leases.c.request_id == bindparam("request"))
    .order_by(leases.c.granted_at, leases.c.id)
)

# Asked every second.
_EXPIRED = (
    select(leases)
    .where(LIVE, leases.c.expires_at <= bindparam("now"))
    .order_by(leases.c.granted_at, leases.c.id)
)


class SqlLeases:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def add(self, *leases_: Lease) -> None:
        rows = [to_row(lease) for lease in leases_]
        if rows:
            await self._run(lambda c: bulk.execute(c, _ADD, rows))

    async def of(self, ids: Sequence[LeaseId]) -> Mapping[LeaseId, Lease]:
        rows = await self._run(lambda c: c.execute(_BY_ID, {"ids": ids}).all())
        return {lease.id: lease for lease in from_rows(Lease, rows)}

    async def put(self, *leases_: Lease) -> None:
        rows = [to_changes(lease) | {"old_id": lease.id} for lease in leases_]
        if rows:
            await self._run(lambda c: bulk.execute(c, _PUT, rows))

    async def live(self, worker: WorkerId) -> Sequence[Lease]:
        return await self._where(LIVE, leases.c.worker_id == worker)

    async def asked_as(self, worker: WorkerId, request_id: str) -> Sequence[Lease]:
        asked = {"worker": worker, "request": request_id}
        return from_rows(Lease, await self._run(lambda c: c.execute(_ASKED_AS, asked).all()))

    async def expired(self, now: datetime) -> Sequence[Lease]:
        rows = await self._run(lambda c: c.execute(_EXPIRED, {"now": now}).all())
        return from_rows(Lease, rows)

    async def of_local_workers(self, names: Collection[str] | None = None) -> Sequence[Lease]:
        joined = select(workers.c.id).join(worker_tokens, worker_tokens.c.id == workers.c.token_id)
        local = joined.where(worker_tokens.c.is_local)
        meant = local if names is None else local.where(workers.c.name.in_(names))
        return await self._where(LIVE, leases.c.worker_id.in_(meant))

    async def extend(self, worker: WorkerId, until: datetime) -> None:
        await self._extend(until, leases.c.worker_id == worker)

    async def extend_all(self, until: datetime) -> None:
        await self._extend(until)

    async def _extend(self, until: datetime, *conditions: Condition) -> None:
        statement = update(leases).where(LIVE, *conditions).values(expires_at=until)
        await self._run(lambda c: c.execute(statement))

    async def _where(self, *conditions: Condition) -> Sequence[Lease]:
        query = select(leases).where(*conditions).order_by(leases.c.granted_at, leases.c.id)
        rows = await self._run(lambda c: c.execute(query).all())
        return from_rows(Lease, rows)
