"""Notices: what operators tell everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ketway.domain.accounts import Actor
from ketway.domain.errors import BadField
from ketway.domain.notices import Level, Notice, NoticeId
from ketway.services.listing import Listed, Page
from ketway.services.ports import Clock, Database


@dataclass(frozen=True, kw_only=True)
class Notices:
    db: Database
    clock: Clock
    fresh: Callable[[], UUID]

    async def list(self, page: Page) -> Listed[Notice]:
        async with self.db.look() as work:
            return await work.notices.list(page)

    async def create(
        self, actor: Actor, text: str, level: Level, starts_at: datetime, ends_at: datetime
    ) -> Notice:
        """
        Raises:
            NotAllowed: not an operator.
            BadField: it ends before it starts.
        """
        actor.must_operate()
        now = self.clock.now()
        notice = Notice(
            id=NoticeId(self.fresh()),
            text=text,
            level=level,
            starts_at=starts_at,
            ends_at=ends_at,
            created_at=now,
            updated_at=now,
        )
        _must_last(notice)
        async with self.db.work() as work:
            await work.notices.add(notice)
        return notice

    async def change(
        self,
        actor: Actor,
        id: NoticeId,
        *,
        text: str | None = None,
        level: Level | None = None,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
    ) -> Notice:
        """Change what is given.

        Raises:
            NotAllowed, Unknown, BadField: as `create`.
        """
        actor.must_operate()
        async with self.db.work() as work:
            known = await work.notices.get(id)
            changed = replace(
                known,
                text=known.text if text is None else text,
                level=level or known.level,
                starts_at=starts_at or known.starts_at,
                ends_at=ends_at or known.ends_at,
                updated_at=self.clock.now(),
            )
            _must_last(changed)
            await work.notices.put(changed)
        return changed

    async def delete(self, actor: Actor, id: NoticeId) -> None:
        """
        Raises:
            NotAllowed, Unknown
        """
        actor.must_operate()
        async with self.db.work() as work:
            await work.notices.get(id)
            await work.notices.delete(id)


def _must_last(notice: Notice) -> None:
    if notice.ends_at <= notice.starts_at:
        raise BadField(("ends_at",), "must be after its start")
