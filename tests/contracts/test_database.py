"""What every database promises about its transactions."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ketway.domain.batches import BatchId
from ketway.domain.errors import Stale, Unknown
from ketway.services.ports import Database
from tests.builders import a_batch, a_job, a_lease
from tests.contracts.rows import OPERATOR, a_worker, keep_batch, keep_job


class Mishap(Exception):
    """Something that goes wrong inside a transaction."""


async def names(db: Database, *ids: BatchId) -> list[str]:
    async with db.look() as work:
        return [(await work.batches.fetch(id)).name for id in ids]


async def test_what_was_committed_is_read_by_the_next_transaction(db):
    batch = a_batch(name="kept")

    async with db.work() as work:
        await work.batches.add(batch)

    async with db.work() as work:
        assert await work.batches.fetch(batch.id) == batch
    async with db.look() as work:
        assert await work.batches.fetch(batch.id) == batch


async def test_a_transaction_reads_its_own_writes(db):
    batch = a_batch()

    async with db.work() as work:
        await work.batches.add(batch)
        read = await work.batches.fetch(batch.id)

    assert read == batch


async def test_an_exception_rolls_back_everything(db):
    kept = await keep_batch(db, name="before")
    job = a_job(batch_id=kept.id)

    with pytest.raises(Mishap):
        async with db.work() as work:
            await work.batches.put(replace(kept, name="after"))
            await work.jobs.add([job])
            raise Mishap

    assert await names(db, kept.id) == ["before"]
    async with db.look() as work:
        with pytest.raises(Unknown):
            await work.jobs.fetch(job.id)


async def test_a_refusal_of_a_store_rolls_back_what_came_before_it(db):
    kept, stale = await keep_batch(db, name="before"), await keep_batch(db)

    with pytest.raises(Stale):
        async with db.work() as work:
            await work.batches.put(replace(kept, name="after"))
            await work.batches.put(replace(stale, version=7))

    assert await names(db, kept.id) == ["before"]


async def test_reading_sees_nothing_of_a_transaction_that_is_not_over(db):
    kept = await keep_batch(db, name="before")

    async with db.work() as work:
        await work.batches.put(replace(kept, name="after"))
        during = await names(db, kept.id)

    assert during == ["before"]
    assert await names(db, kept.id) == ["after"]


async def test_a_write_raises_the_version(db):
    batch, job = await keep_batch(db), await keep_job(db)

    async with db.work() as work:
        await work.batches.put(batch)
        await work.jobs.put(job)

    async with db.look() as work:
        assert (await work.batches.fetch(batch.id)).version == 1
        assert (await work.jobs.fetch(job.id)).version == 1


async def test_a_write_with_an_old_version_is_stale(db):
    batch, job = await keep_batch(db), await keep_job(db)
    async with db.work() as work:
        await work.batches.put(batch)
        await work.jobs.put(job)

    with pytest.raises(Stale):
        async with db.work() as work:
            await work.batches.put(batch)
    with pytest.raises(Stale):
        async with db.work() as work:
            await work.jobs.put(job)


async def test_a_write_of_what_was_never_added_is_stale(db):
    with pytest.raises(Stale):
        async with db.work() as work:
            await work.batches.put(a_batch())
    with pytest.raises(Stale):
        async with db.work() as work:
            await work.jobs.put(a_job())


async def test_of_several_jobs_with_one_stale_none_is_written(db):
    good, stale = await keep_job(db, name="before"), await keep_job(db, name="before")

    with pytest.raises(Stale):
        async with db.work() as work:
            await work.jobs.put(replace(good, name="after"), replace(stale, name="after", version=3))

    async with db.look() as work:
        assert (await work.jobs.fetch(good.id)).name == "before"


async def test_of_two_writers_at_once_one_wins_and_the_other_is_told(db):
    batch = await keep_batch(db)

    async def rename(name: str) -> str:
        async with db.work() as work:
            await work.batches.put(replace(batch, name=name))
        return name

    ended = await asyncio.gather(rename("one"), rename("two"), return_exceptions=True)

    winners = [name for name in ended if isinstance(name, str)]
    assert sum(isinstance(end, Stale) for end in ended) == 1
    assert await names(db, batch.id) == winners


async def test_read_and_write_by_many_at_once_loses_no_update(db):
    batch = await keep_batch(db, message="")

    async def append() -> None:
        async with db.work() as work:
            read = await work.batches.fetch(batch.id)
            await work.batches.put(replace(read, message=read.message + "x"))

    await asyncio.gather(*[append() for _ in range(30)])

    async with db.look() as work:
        assert (await work.batches.fetch(batch.id)).message == "x" * 30


async def test_one_failure_among_many_at_once_touches_no_neighbour(db):
    batches = [a_batch(name=str(number)) for number in range(20)]

    async def keep(number: int) -> None:
        async with db.work() as work:
            await work.batches.add(batches[number])
            if number % 3 == 1:
                raise Mishap

    ended = await asyncio.gather(*[keep(number) for number in range(20)], return_exceptions=True)

    async with db.look() as work:
        found = {id for id in (batch.id for batch in batches) if await _is_there(work, id)}
    assert found == {batch.id for number, batch in enumerate(batches) if number % 3 != 1}
    assert [isinstance(end, Mishap) for end in ended] == [number % 3 == 1 for number in range(20)]


async def test_a_broken_unique_rule_among_many_at_once_touches_no_neighbour(db):
    batch = a_batch()
    neighbours = [a_batch() for _ in range(5)]

    async def keep(one) -> None:
        async with db.work() as work:
            await work.batches.add(one)

    ended = await asyncio.gather(
        *[keep(one) for one in (neighbours[0], batch, neighbours[1], batch, *neighbours[2:])],
        return_exceptions=True,
    )

    assert sum(isinstance(end, Stale) for end in ended) == 1
    async with db.look() as work:
        assert all([await _is_there(work, one.id) for one in (batch, *neighbours)])


async def test_a_row_that_names_what_is_not_there_is_refused(db):
    with pytest.raises(Stale):
        async with db.work() as work:
            await work.jobs.add([a_job()])
    with pytest.raises(Stale):
        async with db.work() as work:
            await work.leases.add(a_lease())
    with pytest.raises(Stale):
        async with db.work() as work:
            await work.workers.add(a_worker(token_id=a_job().id))


async def test_a_cancelled_transaction_leaves_nothing_and_the_next_one_works(db):
    batch, entered = a_batch(), asyncio.Event()

    async def hang() -> None:
        async with db.work() as work:
            await work.batches.add(batch)
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    other = await keep_batch(db, name="other")
    assert await names(db, other.id) == ["other"]
    async with db.look() as work:
        assert not await _is_there(work, batch.id)


async def test_an_operator_sees_every_project(db):
    batch = await keep_batch(db)

    async with db.look() as work:
        found = await work.batches.get(batch.id, visible_to=OPERATOR)

    assert found == batch


async def _is_there(work, id: BatchId) -> bool:
    try:
        await work.batches.fetch(id)
    except Unknown:
        return False
    return True
