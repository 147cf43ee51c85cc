"""What the store promises of what processes find, and of the batches that are their work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from ketway.domain.errors import Stale, Unknown
from ketway.domain.processes import ProcessId, ProcessResult, ProcessResultId
from ketway.services.listing import Page, ProcessFilter
from tests.builders import NOON, a_process
from tests.contracts.rows import BOTH, after, keep_batch


def a_result(process, position=1, **changes) -> ProcessResult:
    plain: dict[str, Any] = {
        "id": ProcessResultId(uuid4()),
        "process_id": process.id,
        "position": position,
        "key": f"processes/{uuid4()}",
        "size": 10,
        "created_at": NOON,
    }
    return ProcessResult(**plain | changes)


async def keep(db, *processes) -> None:
    async with db.work() as work:
        for process in processes:
            await work.processes.add(process)


async def test_results_of_a_process_come_in_order_and_in_pages(db):
    process, other = a_process(), a_process()
    results = [a_result(process, position) for position in (1, 2, 3, 4)]
    await keep(db, process, other)
    async with db.work() as work:
        for result in (*results, a_result(other)):
            await work.processes.add_result(result)

    async with db.look() as work:
        latest = await work.processes.results(process.id, Page(limit=3))
        rest = await work.processes.results(process.id, Page(limit=3, offset=3))
        upward = await work.processes.results(process.id, Page(limit=2, descending=False))
        nothing = await work.processes.results(ProcessId(uuid4()), Page())

    assert [*latest.items, *rest.items] == results[::-1]
    assert upward.items == results[:2]
    assert (latest.total, rest.total, upward.total, nothing.total) == (4, 4, 4, 0)


async def test_two_results_of_a_process_do_not_share_a_place(db):
    process = a_process()
    await keep(db, process)
    async with db.work() as work:
        await work.processes.add_result(a_result(process))

    for result in (a_result(process), a_result(a_process())):
        with pytest.raises(Stale):
            async with db.work() as work:
                await work.processes.add_result(result)


async def test_a_deleted_process_is_gone_with_what_it_was_given_and_found(db):
    process, other = a_process(), a_process()
    await keep(db, process, other)
    async with db.work() as work:
        for each in (process, other):
            await work.processes.add_result(a_result(each))

    async with db.work() as work:
        await work.processes.delete(process.id, NOON)

    async with db.look() as work:
        with pytest.raises(Unknown):
            await work.processes.get(process.id, visible_to=BOTH)
        listed = await work.processes.list(BOTH, ProcessFilter(), Page())
        assert [each.id for each in listed.items] == [other.id]
        assert (await work.processes.results(process.id, Page())).total == 0
        assert (await work.processes.results(other.id, Page())).total == 1


async def test_batches_are_found_by_their_process_oldest_first(db):
    first, second = a_process(), a_process()
    await keep(db, first, second)
    newer = await keep_batch(db, process_id=first.id, created_at=after(hours=1))
    older = await keep_batch(db, process_id=first.id)
    deleted = await keep_batch(db, process_id=first.id)
    later = await keep_batch(db)
    async with db.work() as work:
        await work.batches.delete(deleted.id, NOON)
        await work.batches.put(replace(later, process_id=second.id))

    async with db.look() as work:
        found = await work.processes.batches_of([first.id, second.id])
        assert await work.processes.batches_of([]) == {}

    assert found == {first.id: [older.id, newer.id], second.id: [later.id]}
