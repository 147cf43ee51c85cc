"""The stores of requests, notices and platform states in memory."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ketway.domain.errors import Unknown
from ketway.domain.notices import Notice, NoticeId
from ketway.domain.platforms import PlatformId, PlatformState
from ketway.domain.requests import Asked, Request, RequestId
from ketway.services.listing import Listed, Page
from tests.fakes.tables import Tables, insert, must_be_unique, must_exist, page_of


class MemoryPlatforms:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def states(self) -> Mapping[PlatformId, PlatformState]:
        return dict(self._tables.platform_states)

    async def put(self, state: PlatformState) -> None:
        self._tables.platform_states[state.platform_id] = state


class MemoryNotices:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, notice: Notice) -> None:
        insert(self._tables.notices, notice.id, notice)

    async def get(self, id: NoticeId) -> Notice:
        if id not in self._tables.notices:
            raise Unknown("notice", str(id))
        return self._tables.notices[id]

    async def put(self, notice: Notice) -> None:
        if notice.id in self._tables.notices:
            self._tables.notices[notice.id] = notice

    async def delete(self, id: NoticeId) -> None:
        self._tables.notices.pop(id, None)

    async def list(self, page: Page) -> Listed[Notice]:
        return page_of(self._tables.notices.values(), page)


class MemoryRequests:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, request: Request) -> None:
        must_exist(self._tables.accounts, request.caller_id)
        must_be_unique([*self._tables.requests.values(), request], _keyed)
        insert(self._tables.requests, request.id, request)

    async def like(self, asked: Asked, now: datetime) -> Sequence[Request]:
        found = [request for request in self._tables.requests.values() if _is_like(request, asked, now)]
        return sorted(found, key=lambda request: (request.created_at, str(request.id)))

    async def hand_to(self, id: RequestId, server: str) -> None:
        if id in self._tables.requests:
            self._tables.requests[id] = replace(self._tables.requests[id], server=server)

    async def is_served(self, request: Request) -> bool:
        return False

    async def forget(self, ids: Sequence[RequestId]) -> None:
        for id in ids:
            self._tables.requests.pop(id, None)

    async def has_expired(self, now: datetime) -> bool:
        return any(request.expires_at <= now for request in self._tables.requests.values())

    async def forget_expired(self, now: datetime) -> None:
        for request in list(self._tables.requests.values()):
            if request.expires_at <= now:
                await self.forget([request.id])


def _keyed(request: Request) -> Hashable | None:
    """One request of a caller for each key and route."""
    return None if request.key is None else (request.caller_id, request.route, request.key)


def _is_like(request: Request, asked: Asked, now: datetime) -> bool:
    same = request.digest == asked.digest if asked.key is None else True
    return (
        same
        and request.key == asked.key
        and (request.caller_id, request.route) == (asked.caller_id, asked.route)
        and now < request.expires_at
    )
