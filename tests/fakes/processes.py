"""Processes in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from ketway.domain.accounts import Actor
from ketway.domain.batches import BatchId
from ketway.domain.errors import Stale, Unknown
from ketway.domain.processes import Process, ProcessId, ProcessResult
from ketway.services.listing import Listed, Order, Page, ProcessFilter
from tests.fakes.tables import Tables, insert, must_be_unique, must_exist, page_of


class MemoryProcesses:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, process: Process) -> None:
        must_exist(self._tables.projects, process.project_id)
        must_exist(self._tables.accounts, process.creator_id)
        insert(self._tables.processes, process.id, process)

    async def get(self, id: ProcessId, *, visible_to: Actor) -> Process:
        found = self._tables.processes.get(id)
        if found is None or id in self._tables.hidden or not visible_to.finds(found):
            raise Unknown("process", str(id))
        return found

    async def put(self, process: Process) -> None:
        stored = self._tables.processes.get(process.id)
        if stored is None or stored.version != process.version:
            raise Stale("process", str(process.id))
        self._tables.processes[process.id] = replace(process, version=process.version + 1)

    async def list(self, actor: Actor, filter: ProcessFilter, page: Page) -> Listed[Process]:
        shown = [each for id, each in self._tables.processes.items() if id not in self._tables.hidden]
        return page_of((process for process in shown if _fits(process, actor, filter)), page)

    async def delete(self, id: ProcessId, now: datetime) -> None:
        results = self._tables.process_results
        self._tables.process_results = {
            key: result for key, result in results.items() if result.process_id != id
        }
        known = self._tables.processes[id]
        self._tables.processes[id] = replace(known, configuration={}, echo={}, result_key=None)
        self._tables.hidden[id] = None

    async def add_result(self, result: ProcessResult) -> None:
        must_exist(self._tables.processes, result.process_id)
        results = [*self._tables.process_results.values(), result]
        must_be_unique(results, lambda result: (result.process_id, result.position))
        insert(self._tables.process_results, result.id, result)

    async def results(self, id: ProcessId, page: Page) -> Listed[ProcessResult]:
        found = [each for each in self._tables.process_results.values() if each.process_id == id]
        return page_of(found, replace(page, order=Order.POSITION))

    async def batches_of(self, ids: Sequence[ProcessId]) -> Mapping[ProcessId, Sequence[BatchId]]:
        shown = [each for id, each in self._tables.batches.items() if id not in self._tables.hidden]
        shown.sort(key=lambda batch: (batch.created_at, str(batch.id)))
        return {id: [batch.id for batch in shown if batch.process_id == id] for id in ids}


def _fits(process: Process, actor: Actor, filter: ProcessFilter) -> bool:
    return (
        actor.finds(process)
        and (filter.project_ids is None or process.project_id in filter.project_ids)
        and (not filter.ids or process.id in filter.ids)
        and (not filter.creator_ids or process.creator_id in filter.creator_ids)
        and (not filter.statuses or process.status in filter.statuses)
        and (not filter.kinds or process.kind in filter.kinds)
        and (not filter.doors or process.door in filter.doors)
        and str(process.id).startswith(filter.id_starts_with or "")
        and (filter.created_from is None or process.created_at >= filter.created_from)
        and (filter.created_until is None or process.created_at <= filter.created_until)
        and set(filter.tags) <= set(process.tags)
    )
