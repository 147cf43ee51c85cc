"""What the stores tell of a queue to whoever looks how long it will take."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.jobs import JobId, JobStatus
from ketway.domain.platforms import platform_id
from ketway.domain.priorities import Priority
from ketway.domain.queues import Sent
from tests.builders import NOON
from tests.contracts.rows import a_worker, after, keep_batch, keep_jobs

RUNNING = JobStatus.RUNNING
EMU, OTHER = platform_id("EMU_TEST"), platform_id("OTHER")


async def a_batch_of(db, number: int, minute: float = 0, **changes):
    """A batch with so many jobs that came with one request."""
    created_at = after(minutes=minute)
    batch = await keep_batch(db, id=BatchId(uuid4()), created_at=created_at, **changes)
    return await keep_jobs(
        db, batch, *[{"created_at": created_at, "id": JobId(uuid4())} for _ in range(number)]
    )


async def test_a_job_that_waits_is_told_of_with_the_last_of_its_batch(db):
    batch, alone = await keep_batch(db), await keep_batch(db, id=BatchId(uuid4()))
    jobs = await keep_jobs(
        db, batch, {"qubits": 7, "shots": 3}, {}, {"created_at": after(minutes=1)}, {"status": RUNNING}
    )
    (running,) = await keep_jobs(db, alone, {"status": RUNNING})

    async with db.look() as work:
        found = await work.jobs.sent([jobs[0].id, jobs[2].id, running.id, JobId(uuid4())])
        nothing = await work.jobs.sent([])

    assert found == {
        jobs[0].id: Sent(last=3, qubits=7, shots=3),
        jobs[2].id: Sent(last=3, qubits=None, shots=jobs[2].shots),
        running.id: Sent(last=1, qubits=None, shots=running.shots),
    }
    assert nothing == {}


async def test_what_waits_behind_a_request_is_counted_up_to_a_job_or_to_the_end(db):
    booking = {"slot_starts_at": NOON, "slot_ends_at": after(hours=1), "booking_id": uuid4()}
    await a_batch_of(db, 3)
    await a_batch_of(db, 5, 1, status=BatchStatus.PAUSED)
    await a_batch_of(db, 5, 2, **booking)
    second = await a_batch_of(db, 4, 3)
    third = await a_batch_of(db, 2, 3.5)
    await a_batch_of(db, 9, 4, priority=Priority.CRITICAL)
    await a_batch_of(db, 9, 4, platform_id=OTHER)

    async with db.look() as work:
        heads = await work.jobs.heads([EMU])
        (head,) = [head for head in heads if head.priority is Priority.MEDIUM]

        assert await work.jobs.count_behind(head, None, 100) == 6
        assert await work.jobs.count_behind(head, None, 4) == 4
        assert await work.jobs.count_behind(head, second[0], 100) == 0
        assert await work.jobs.count_behind(head, second[1], 100) == 1
        assert await work.jobs.count_behind(head, third[0], 100) == 4
        assert await work.jobs.count_behind(head, third[1], 3) == 3


async def test_what_runs_is_found_by_its_platform(db):
    batch, other = await keep_batch(db), await keep_batch(db, id=BatchId(uuid4()), platform_id=OTHER)
    running = {"status": JobStatus.RUNNING, "started_at": NOON}
    first, _, third = await keep_jobs(db, batch, running, {}, running)
    await keep_jobs(db, other, running)

    async with db.look() as work:
        found = await work.jobs.running_jobs([EMU], 10)
        few = await work.jobs.running_jobs([EMU, OTHER], 2)
        none = await work.jobs.running_jobs([], 10)

    assert {job.id for job in found} == {first.id, third.id}
    assert (len(few), list(none)) == (2, [])


async def test_slots_that_are_not_over_are_found_in_turn(db):
    def slot(begins: float, ends: float):
        return {
            "slot_starts_at": after(minutes=begins),
            "slot_ends_at": after(minutes=ends),
            "booking_id": uuid4(),
        }

    later = await keep_batch(db, **slot(30, 40))
    now = await keep_batch(db, **slot(0, 10), status=BatchStatus.PAUSED)
    await keep_batch(db, **slot(-20, 5))
    await keep_batch(db, **slot(50, 60), status=BatchStatus.DONE)
    await keep_batch(db, **slot(50, 60), platform_id=OTHER)
    await keep_batch(db)

    async with db.look() as work:
        found = await work.batches.slots_of([EMU], after(minutes=5))
        none = await work.batches.slots_of([], NOON)

    assert [batch.id for batch in found] == [now.id, later.id]
    assert list(none) == []


async def test_workers_that_were_seen_lately_are_found(db):
    first, second = a_worker(seen_at=after(minutes=1)), a_worker(seen_at=NOON)
    async with db.work() as work:
        await work.workers.add(first)
        await work.workers.add(second)

    async with db.look() as work:
        assert list(await work.workers.live(after(minutes=1))) == [first]
        assert {worker.id for worker in await work.workers.live(NOON)} == {first.id, second.id}
        assert list(await work.workers.live(after(minutes=2))) == []


@pytest.mark.parametrize("qubits", [None, 0, 40])
async def test_a_job_keeps_its_size(db, qubits):
    (job,) = await keep_jobs(db, await keep_batch(db), {"qubits": qubits})

    async with db.look() as work:
        assert (await work.jobs.fetch(job.id)).qubits == qubits
