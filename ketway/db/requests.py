"""Requests that made something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from ketway.db.presence import stands
from ketway.db.rows import Condition, Runner, from_row, to_row
from ketway.db.tables import KEYED, KEYLESS, requests
from ketway.domain.requests import Asked, Request, RequestId


class SqlRequests:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def add(self, request: Request) -> None:
        await self._run(lambda c: c.execute(insert(requests), to_row(request)))

    async def like(self, asked: Asked, now: datetime) -> Sequence[Request]:
        c = requests.c
        same: list[Condition] = (
            [KEYLESS, c.digest == asked.digest] if asked.key is None else [KEYED, c.key == asked.key]
        )
        query = (
            select(requests)
            .where(c.caller_id == asked.caller_id, *same, c.route == asked.route, c.expires_at > now)
            .order_by(c.created_at, c.id)
        )
        rows = await self._run(lambda c: c.execute(query).all())
        return [from_row(Request, row) for row in rows]

    async def hand_to(self, id: RequestId, server: str) -> None:
        statement = update(requests).where(requests.c.id == id).values(server=server)
        await self._run(lambda c: c.execute(statement))

    async def is_served(self, request: Request) -> bool:
        return await self._run(lambda c: stands(c, request.server))

    async def forget(self, id: RequestId) -> None:
        await self._run(lambda c: c.execute(delete(requests).where(requests.c.id == id)))

    async def has_expired(self, now: datetime) -> bool:
        query = select(requests.c.id).where(requests.c.expires_at <= now).limit(1)
        return await self._run(lambda c: c.execute(query).first() is not None)

    async def forget_expired(self, now: datetime) -> None:
        await self._run(lambda c: c.execute(delete(requests).where(requests.c.expires_at <= now)))
