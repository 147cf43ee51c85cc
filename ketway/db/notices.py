"""Notices."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from ketway.db.paging import page_of
from ketway.db.rows import Runner, from_row, to_row
from ketway.db.tables import notices
from ketway.domain.errors import Unknown
from ketway.domain.notices import Notice, NoticeId
from ketway.services.listing import Listed, Page


class SqlNotices:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._run = runner.run

    async def add(self, notice: Notice) -> None:
        await self._run(lambda c: c.execute(insert(notices), to_row(notice)))

    async def get(self, id: NoticeId) -> Notice:
        query = select(notices).where(notices.c.id == id)
        row = await self._run(lambda c: c.execute(query).one_or_none())
        if row is None:
            raise Unknown("notice", str(id))
        return from_row(Notice, row)

    async def put(self, notice: Notice) -> None:
        statement = update(notices).where(notices.c.id == notice.id).values(to_row(notice))
        await self._run(lambda c: c.execute(statement))

    async def delete(self, id: NoticeId) -> None:
        await self._run(lambda c: c.execute(delete(notices).where(notices.c.id == id)))

    async def list(self, page: Page) -> Listed[Notice]:
        rows, total = await page_of(self._runner, notices, [], page)
        return Listed(items=[from_row(Notice, row) for row in rows], total=total)
