"""Processes."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from ketway.db.paging import filtered, page_of
from ketway.db.rows import Runner, from_row, to_changes, to_row
from ketway.db.tables import processes
from ketway.domain.accounts import Actor
from ketway.domain.errors import Stale, Unknown
from ketway.domain.processes import Process, ProcessId
from ketway.services.listing import Listed, Page, ProcessFilter


class SqlProcesses:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def add(self, process: Process) -> None:
        row = to_row(process) | {"configuration": dict(process.configuration)}
        await self._run(lambda c: c.execute(insert(processes), row))

    async def get(self, id: ProcessId, *, visible_to: Actor) -> Process:
        query = select(processes).where(processes.c.id == id, processes.c.deleted_at.is_(None))
        row = await self._run(lambda c: c.execute(query).one_or_none())
        found = None if row is None else from_row(Process, row)
        if found is None or not visible_to.finds(found):
            raise Unknown("process", str(id))
        return found

    async def put(self, process: Process) -> None:
        row = to_changes(process) | {
            "configuration": dict(process.configuration),
            "version": process.version + 1,
        }
        statement = update(processes).where(
            processes.c.id == process.id, processes.c.version == process.version
        )
        if await self._run(lambda c: c.execute(statement.values(row)).rowcount) != 1:
            raise Stale("process", str(process.id))

    async def list(self, actor: Actor, filter: ProcessFilter, page: Page) -> Listed[Process]:
        rows, total = await page_of(self._run, processes, filtered(processes, actor, filter), page)
        return Listed(items=[from_row(Process, row) for row in rows], total=total)
