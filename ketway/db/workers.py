"""Workers and the tokens that let them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from ketway.db.rows import Runner, from_row, rows_by, to_row
from ketway.db.tables import worker_tokens, workers
from ketway.domain.credentials import WorkerToken, WorkerTokenId
from ketway.domain.leases import Worker, WorkerId

_BY_ID = rows_by(workers.c.id)
_TOKEN = rows_by(worker_tokens.c.secret_hash)


class SqlWorkers:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def add(self, worker: Worker) -> None:
        row = to_row(worker) | {"engines": dict(worker.engines)}
        await self._run(lambda c: c.execute(insert(workers), row))

    async def get(self, id: WorkerId) -> Worker | None:
        row = await self._run(lambda c: c.execute(_BY_ID, {"ids": [id]}).one_or_none())
        return None if row is None else from_row(Worker, row)

    async def seen(self, id: WorkerId, now: datetime) -> None:
        statement = update(workers).where(workers.c.id == id).values(seen_at=now)
        await self._run(lambda c: c.execute(statement))

    async def live(self, since: datetime) -> Sequence[Worker]:
        query = select(workers).where(workers.c.seen_at >= since).order_by(workers.c.registered_at)
        rows = await self._run(lambda c: c.execute(query).all())
        return [from_row(Worker, row) for row in rows]

    async def engines(self) -> Mapping[str, datetime]:
        query = select(workers.c.engines, workers.c.seen_at).order_by(workers.c.seen_at)
        rows = await self._run(lambda c: c.execute(query).all())
        return {engine: row.seen_at for row in rows for engine in row.engines}

    async def token_hashed(self, secret_hash: str) -> WorkerToken | None:
        row = await self._run(lambda c: c.execute(_TOKEN, {"ids": [secret_hash]}).one_or_none())
        return None if row is None else from_row(WorkerToken, row)

    async def add_token(self, token: WorkerToken) -> None:
        await self._run(lambda c: c.execute(insert(worker_tokens), to_row(token)))

    async def put_token(self, token: WorkerToken) -> None:
        statement = update(worker_tokens).where(worker_tokens.c.id == token.id)
        await self._run(lambda c: c.execute(statement, to_row(token)))

    async def get_token(self, id: WorkerTokenId) -> WorkerToken | None:
        query = select(worker_tokens).where(worker_tokens.c.id == id)
        row = await self._run(lambda c: c.execute(query).one_or_none())
        return None if row is None else from_row(WorkerToken, row)

    async def tokens(self) -> Sequence[WorkerToken]:
        query = select(worker_tokens).order_by(worker_tokens.c.created_at, worker_tokens.c.id)
        rows = await self._run(lambda c: c.execute(query).all())
        return [from_row(WorkerToken, row) for row in rows]
