"""Jobs know whether their batch is held back, from the transaction on in which it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from ketway.db.postgres import open_postgres
from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.errors import Stale
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import platform_id
from ketway.services.ports import Database
from tests.builders import a_job
from tests.contracts.rows import after, keep_batch, keep_jobs
from tests.migrated import a_migrated_database
from tests.services.held_back import told_wrongly

EMU = platform_id("EMU_TEST")
PAUSED, QUEUED, ACTIVE = BatchStatus.PAUSED, BatchStatus.QUEUED, BatchStatus.ACTIVE


@pytest.fixture(params=["sqlite", "postgres"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """Only real databases write it down."""
    if request.param == "sqlite":
        async with a_migrated_database(tmp_path) as database:
            yield database
        return
    server = request.getfixturevalue("postgres")
    async with server.migrated() as url, open_postgres(url) as shared:
        yield shared


async def move(db: Database, id: BatchId, *statuses: BatchStatus) -> None:
    """Through each of them, in one transaction."""
    async with db.work() as work:
        for status in statuses:
            await work.batches.put(replace(await work.batches.fetch(id), status=status))


async def heads(db: Database) -> list[BatchId]:
    async with db.look() as work:
        return [head.batch_id for head in await work.jobs.heads([EMU])]


async def test_pausing_holds_all_of_a_batch_and_resuming_lets_it_go(db):
    first = await keep_batch(db, created_at=after(seconds=1))
    second = await keep_batch(db, created_at=after(seconds=2))
    for batch in (first, second):
        await keep_jobs(db, batch, *[{"created_at": batch.created_at}] * 3)

    before = await heads(db)
    await move(db, first.id, PAUSED)
    paused, wrong = await heads(db), await told_wrongly(db)
    await move(db, first.id, QUEUED)

    assert (before, paused, await heads(db)) == ([first.id], [second.id], [first.id])
    assert wrong == await told_wrongly(db) == []


@pytest.mark.parametrize("changes", [{"status": PAUSED}, {"slot_ends_at": after(hours=1)}])
async def test_what_is_added_to_a_batch_that_is_held_is_held_as_well(db, changes):
    held = await keep_batch(db, slot_starts_at=after(minutes=30), **changes)
    await keep_jobs(db, held, {}, {})
    async with db.work() as work:
        await work.jobs.add([a_job(batch_id=held.id, position=3)])

    assert await heads(db) == []
    assert await told_wrongly(db) == []
    async with db.look() as work:
        assert await work.jobs.waited_for() == {EMU}
        assert await work.jobs.count_waiting(held.project_id, 100) == 3
        assert sum(load.jobs for load in (await work.jobs.waiting_on(EMU)).values()) == 3


async def test_a_running_job_that_waits_again_is_held_as_its_batch_is(db):
    batch = await keep_batch(db, status=ACTIVE)
    (job,) = await keep_jobs(db, batch, {"status": JobStatus.RUNNING})

    await move(db, batch.id, PAUSED)
    async with db.work() as work:
        await work.jobs.put(replace(job, status=JobStatus.QUEUED))
    waiting = await heads(db)
    await move(db, batch.id, QUEUED)

    assert waiting == []
    assert await heads(db) == [batch.id]
    assert await told_wrongly(db) == []


@pytest.mark.parametrize("moves", [(PAUSED, QUEUED), (PAUSED, QUEUED, PAUSED), (PAUSED, ACTIVE, PAUSED)])
async def test_several_moves_of_one_transaction_end_with_the_last(db, moves):
    batch = await keep_batch(db)
    await keep_jobs(db, batch, {}, {})

    await move(db, batch.id, *moves)

    assert await told_wrongly(db) == []
    assert bool(await heads(db)) is (moves[-1] is not PAUSED)


async def test_a_batch_that_nobody_read_before_is_told_as_well(db):
    batch = await keep_batch(db)
    await keep_jobs(db, batch, {})

    async with db.work() as work:
        await work.batches.put(replace(batch, status=PAUSED))

    assert await told_wrongly(db) == []
    assert await heads(db) == []


async def test_a_move_that_is_refused_tells_nobody_anything(db):
    batch = await keep_batch(db)
    await keep_jobs(db, batch, {})

    with pytest.raises(Stale):
        async with db.work() as work:
            await work.batches.put(replace(batch, status=PAUSED))
            await work.batches.put(replace(batch, status=PAUSED))

    assert await told_wrongly(db) == []
    assert await heads(db) == [batch.id]
