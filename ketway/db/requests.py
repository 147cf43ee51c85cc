"""Requests that made something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select, update

from ketway.db.presence import stands
from ketway.db.rows import Condition, Runner, from_rows, to_row
from ketway.db.tables import KEYED, KEYLESS, requests
from ketway.domain.requests import Asked, Request, RequestId


def _like(*same: Condition) -> Select[Any]:
    c = requests.c
    return (
        select(requests)
        .where(
            c.caller_id == bindparam("caller"),
            *same,
            c.route == bindparam("route"),
            c.expires_at > bindparam("now"),
        )
        .order_by(c.created_at, c.id)
    )


# Asked twice by every request that makes something.
_ALIKE = _like(KEYLESS, requests.c.digest == bindparam("same"))
# Asked every second.
_EXPIRED = select(requests.c.id).where(requests.c.expires_at <= bindparam("now")).limit(1)
_FORGET = delete(requests).where(requests.c.id.in_(bindparam("ids", expanding=True)))
_SAME_KEY = _like(KEYED, requests.c.key == bindparam("same"))


class SqlRequests:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def add(self, request: Request) -> None:
        await self._run(lambda c: c.execute(insert(requests), to_row(request)))

    async def like(self, asked: Asked, now: datetime) -> Sequence[Request]:
        query, same = (_ALIKE, asked.digest) if asked.key is None else (_SAME_KEY, asked.key)
        wanted = {"caller": asked.caller_id, "same": same, "route": asked.route, "now": now}
        return from_rows(Request, await self._run(lambda c: c.execute(query, wanted).all()))

    async def hand_to(self, id: RequestId, server: str) -> None:
        statement = update(requests).where(requests.c.id == id).values(server=server)
        await self._run(lambda c: c.execute(statement))

    async def is_served(self, request: Request) -> bool:
        return await self._run(lambda c: stands(c, request.server))

    async def forget(self, ids: Sequence[RequestId]) -> None:
        if ids:
            await self._run(lambda c: c.execute(_FORGET, {"ids": ids}))

    async def has_expired(self, now: datetime) -> bool:
        return await self._run(lambda c: c.execute(_EXPIRED, {"now": now}).first() is not None)

    async def forget_expired(self, now: datetime) -> None:
        await self._run(lambda c: c.execute(delete(requests).where(requests.c.expires_at <= now)))
