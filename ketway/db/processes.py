"""Processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from ketway.db.paging import filtered, page_of
from ketway.db.rows import Condition, Runner, from_row, to_changes, to_row
from ketway.db.tables import OF_PROCESS, batches, process_results, processes
from ketway.domain.accounts import Actor
from ketway.domain.batches import BatchId
from ketway.domain.errors import Stale, Unknown
from ketway.domain.processes import Process, ProcessId, ProcessResult
from ketway.services.listing import Listed, Order, Page, ProcessFilter


class SqlProcesses:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._run = runner.run

    async def add(self, process: Process) -> None:
        row = to_row(process) | _mappings(process)
        await self._run(lambda c: c.execute(insert(processes), row))

    async def get(self, id: ProcessId, *, visible_to: Actor) -> Process:
        query = select(processes).where(processes.c.id == id, processes.c.deleted_at.is_(None))
        row = await self._run(lambda c: c.execute(query).one_or_none())
        found = None if row is None else from_row(Process, row)
        if found is None or not visible_to.finds(found):
            raise Unknown("process", str(id))
        return found

    async def put(self, process: Process) -> None:
        row = to_changes(process) | _mappings(process) | {"version": process.version + 1}
        statement = update(processes).where(
            processes.c.id == process.id, processes.c.version == process.version
        )
        if await self._run(lambda c: c.execute(statement.values(row)).rowcount) != 1:
            raise Stale("process", str(process.id))

    async def list(self, actor: Actor, filter: ProcessFilter, page: Page) -> Listed[Process]:
        asked = filtered(processes, actor, filter)
        if filter.kinds:
            asked.append(processes.c.kind.in_(filter.kinds))
        rows, total = await page_of(self._runner, processes, asked, page)
        return Listed(items=[from_row(Process, row) for row in rows], total=total)

    async def delete(self, id: ProcessId, now: datetime) -> None:
        forget = delete(process_results).where(process_results.c.process_id == id)
        nothing: dict[str, object] = {"configuration": {}, "echo": {}, "result_key": None, "deleted_at": now}
        hide = update(processes).where(processes.c.id == id).values(nothing)
        await self._run(lambda c: [c.execute(forget), c.execute(hide)])

    async def add_result(self, result: ProcessResult) -> None:
        await self._run(lambda c: c.execute(insert(process_results), to_row(result)))

    async def results(self, id: ProcessId, page: Page) -> Listed[ProcessResult]:
        by_position = replace(page, order=Order.POSITION)
        of_process: list[Condition] = [process_results.c.process_id == id]
        rows, total = await page_of(self._runner, process_results, of_process, by_position)
        return Listed(items=[from_row(ProcessResult, row) for row in rows], total=total)

    async def batches_of(self, ids: Sequence[ProcessId]) -> Mapping[ProcessId, Sequence[BatchId]]:
        query = (
            select(batches.c.process_id, batches.c.id)
            .where(OF_PROCESS, batches.c.process_id.in_(ids), batches.c.deleted_at.is_(None))
            .order_by(batches.c.created_at, batches.c.id)
        )
        found: dict[ProcessId, list[BatchId]] = {id: [] for id in ids}
        for row in await self._run(lambda c: c.execute(query).all()):
            found[row.process_id].append(row.id)
        return found


def _mappings(process: Process) -> dict[str, object]:
    return {"configuration": dict(process.configuration), "echo": dict(process.echo)}
