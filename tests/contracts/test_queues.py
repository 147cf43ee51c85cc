"""What the stores promise of queues: their order, their length, who is passed over, what was measured."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.jobs import JobId, JobStatus
from ketway.domain.platforms import Door, platform_id
from ketway.domain.priorities import Priority
from ketway.domain.results import Result
from ketway.services.listing import BatchFilter, Load, Page
from tests.builders import NOON, PROJECT, a_member, a_stranger
from tests.contracts.rows import BOTH, ELSEWHERE, OPERATOR, after, keep_batch, keep_jobs

EMU = platform_id("EMU_TEST")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def queue(db, actor=OPERATOR, page=None):
    async with db.look() as work:
        found = await work.batches.queue(actor, EMU, page or Page())
    return [batch.id for batch in found.items], found.total


async def keep_result(db, job, **metadata):
    result = Result(
        job_id=job.id,
        attempt=1,
        key=f"results/{job.id}",
        size=1,
        sha256="0" * 64,
        shots=1,
        counts=[],
        metadata=metadata,
        created_at=NOON,
    )
    async with db.work() as work:
        await work.results.add([result], {})


async def test_a_queue_is_served_holders_first_then_by_class_then_by_age(db):
    late = await keep_batch(db, created_at=after(hours=2))
    urgent = await keep_batch(db, created_at=after(hours=3), priority=Priority.CRITICAL)
    early = await keep_batch(db, created_at=after(hours=1))
    free = await keep_batch(db, priority=Priority.FREE, status=BatchStatus.ACTIVE)

    assert await queue(db) == ([free.id, urgent.id, early.id, late.id], 4)
    assert await queue(db, page=Page(offset=1, limit=2)) == ([urgent.id, early.id], 4)


@pytest.mark.parametrize("status", BatchStatus)
async def test_only_what_lives_and_is_not_paused_is_in_a_queue(db, status):
    batch = await keep_batch(db, status=status)
    await keep_batch(db, status=BatchStatus.QUEUED, platform_id=platform_id("OTHER"))

    lives = status in (BatchStatus.QUEUED, BatchStatus.ACTIVE, BatchStatus.STOPPING)
    assert await queue(db) == (([batch.id], 1) if lives else ([], 0))


async def test_a_queue_shows_what_the_caller_finds(db):
    mine = await keep_batch(db)
    theirs = await keep_batch(db, project_id=ELSEWHERE)
    other = await keep_batch(db, door=Door("other"))
    gone = await keep_batch(db)
    async with db.work() as work:
        await work.batches.delete(gone.id, NOON)

    assert set((await queue(db, a_member()))[0]) == {mine.id, other.id}
    assert set((await queue(db, BOTH.through(mine.door)))[0]) == {mine.id, theirs.id}
    assert await queue(db, a_stranger()) == ([], 0)


async def test_jobs_of_a_paused_batch_are_passed_over(db):
    paused = await keep_batch(db, status=BatchStatus.PAUSED)
    await keep_jobs(db, paused, {}, {})
    waiting = await keep_batch(db, created_at=after(hours=1))
    (first,) = await keep_jobs(db, waiting, {"created_at": after(hours=1)})

    async with db.look() as work:
        heads = await work.jobs.heads([EMU])

    assert [head.job_id for head in heads] == [first.id]


async def test_what_waits_is_counted_by_class(db):
    high = await keep_batch(db, priority=Priority.HIGH)
    await keep_jobs(db, high, {"shots": 10}, {"shots": None}, {"status": JobStatus.RUNNING, "shots": 1000})
    await keep_jobs(db, await keep_batch(db, priority=Priority.HIGH, project_id=ELSEWHERE), {"shots": 5})
    await keep_jobs(db, await keep_batch(db, priority=Priority.FREE), {"shots": 1})

    async with db.look() as work:
        found = await work.jobs.waiting_on(EMU)

    assert found == {
        Priority.HIGH: Load(batches=2, jobs=3, shots=15),
        Priority.FREE: Load(batches=1, jobs=1, shots=1),
    }


async def test_waits_are_averaged_over_what_was_started_lately(db):
    batch = await keep_batch(db)
    await keep_jobs(
        db,
        batch,
        {"started_at": after(seconds=10)},
        {"started_at": after(seconds=20)},
        {"started_at": after(seconds=-1), "created_at": after(hours=-5)},
        {},
    )

    async with db.look() as work:
        found = await work.jobs.mean_waits([EMU, platform_id("OTHER")], NOON)

    assert found == {EMU: pytest.approx(15.0)}


async def test_jobs_are_counted_by_time_and_platform(db):
    emu = await keep_batch(db)
    qpu = await keep_batch(db, platform_id=platform_id("QPU"))
    await keep_jobs(db, emu, {}, {"created_at": after(minutes=59)}, {"created_at": after(hours=13)})
    await keep_jobs(db, qpu, {"created_at": after(minutes=1)})
    await keep_jobs(db, await keep_batch(db, project_id=ELSEWHERE), {})

    async with db.look() as work:
        hours = await work.jobs.frequency(a_member(), PROJECT, HOUR)
        days = await work.jobs.frequency(a_member(), PROJECT, DAY)
        foreign = await work.jobs.frequency(a_member(), ELSEWHERE, DAY)

    assert hours == {NOON: {EMU: 2, platform_id("QPU"): 1}, after(hours=13): {EMU: 1}}
    midnight = NOON.replace(hour=0)
    assert days == {midnight: {EMU: 2, platform_id("QPU"): 1}, midnight + DAY: {EMU: 1}}
    assert list(hours) == sorted(hours)
    assert foreign == {}


async def test_batches_are_filtered_by_how_many_jobs_they_have(db):
    none = await keep_batch(db)
    two = await keep_batch(db)
    await keep_jobs(db, two, {}, {})

    async def ids(**filter):
        async with db.look() as work:
            return {
                batch.id for batch in (await work.batches.list(OPERATOR, BatchFilter(**filter), Page())).items
            }

    assert await ids(min_jobs=1) == {two.id}
    assert await ids(max_jobs=1) == {none.id}
    assert await ids(min_jobs=0, max_jobs=2) == {none.id, two.id}
    assert await ids(min_jobs=3) == set()


async def test_the_last_activity_of_a_project_is_when_one_of_its_batches_was_written(db):
    await keep_batch(db, updated_at=after(hours=1))
    await keep_batch(db, updated_at=after(hours=3))
    await keep_batch(db, project_id=ELSEWHERE, updated_at=after(hours=2))

    async with db.look() as work:
        assert await work.batches.last_activity([PROJECT]) == {PROJECT: after(hours=3)}
        assert await work.batches.last_activity(None) == {PROJECT: after(hours=3), ELSEWHERE: after(hours=2)}
        assert await work.batches.last_activity([]) == {}


async def test_a_line_is_followed_in_turn_past_what_is_held_back(db):
    booking = {"slot_starts_at": NOON, "slot_ends_at": after(hours=1), "booking_id": uuid4()}
    kinds: list[dict[str, Any]] = [
        {},
        {"priority": Priority.CRITICAL},
        {"status": BatchStatus.PAUSED},
        booking,
        {},
    ]
    first, other_line, paused, booked, second = [
        await keep_batch(db, created_at=after(minutes=number), **kind) for number, kind in enumerate(kinds)
    ]
    jobs = {
        batch.id: await keep_jobs(
            db, batch, {"created_at": batch.created_at}, {"created_at": batch.created_at}
        )
        for batch in (first, other_line, paused, booked, second)
    }
    async with db.look() as work:
        (head,) = [head for head in await work.jobs.heads([EMU]) if head.priority is first.priority]
        line = await work.jobs.following(head, 10)
        short = await work.jobs.following(head, 3)

    assert [job.id for job in line] == [job.id for batch in (first, second) for job in jobs[batch.id]]
    assert [job.id for job in short] == [job.id for job in line[:3]]


async def test_what_many_ids_name_is_found_at_once(db):
    batches = [await keep_batch(db) for _ in range(3)]
    (job,) = await keep_jobs(db, batches[0], {})
    await keep_jobs(db, batches[1], {"status": JobStatus.DONE, "started_at": NOON, "ended_at": NOON})
    ids = [batch.id for batch in batches]

    async with db.look() as work:
        assert await work.batches.of([ids[2], ids[0], BatchId(uuid4())]) == {
            ids[0]: batches[0],
            ids[2]: batches[2],
        }
        assert await work.jobs.of([job.id, JobId(uuid4())]) == {job.id: job}
        assert await work.jobs.unfinished_among(ids) == {ids[0]}
        assert await work.jobs.count_ran(ids) == {ids[1]: 1}
        assert await work.batches.of([]) == {} == await work.jobs.of([]) == await work.programs.of([])
