"""A total is the number of things that a list has, whatever became of them: nothing else is counted."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from ketway.domain.batches import BatchStatus
from ketway.domain.errors import Unknown
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import Door, platform_id
from ketway.domain.priorities import Priority
from ketway.services.listing import BatchFilter, JobFilter, Page
from tests.builders import ACCOUNT, PROJECT
from tests.contracts.rows import BOTH, ELSEWHERE, OPERATOR, SOMEBODY, after, keep_batch, keep_jobs

ALL = Page(limit=10_000)
DOORS = (Door("pasqal"), Door("scaleway"))
PLATFORMS = (platform_id("EMU"), platform_id("QPU"))
TAGS = ("paper", "course", "night")
SHOTS = (None, 0, 100, 500)


def job_filters() -> Iterator[JobFilter]:
    plain = JobFilter()
    yield plain
    for status in JobStatus:
        yield replace(plain, statuses=(status,))
    yield replace(plain, statuses=(JobStatus.QUEUED, JobStatus.DONE))
    yield replace(plain, statuses=(JobStatus.FAILED,), project_ids=(ELSEWHERE,))
    yield replace(plain, creator_ids=(SOMEBODY,), doors=DOORS[:1])
    yield replace(plain, creator_ids=(SOMEBODY, ACCOUNT))
    yield replace(plain, creator_ids=(SOMEBODY, SOMEBODY), project_ids=(PROJECT, ELSEWHERE, PROJECT))
    yield replace(plain, project_ids=(PROJECT,), created_from=after(seconds=1))
    for has_errors in (True, False):
        yield replace(plain, has_errors=has_errors)
        yield replace(plain, has_errors=has_errors, min_shots=100, doors=DOORS[1:])
        yield replace(plain, has_errors=has_errors, statuses=(JobStatus.FAILED, JobStatus.CANCELLED))
    for least, most in product((None, -5, 0, 100, 2**53), repeat=2):
        yield replace(plain, min_shots=least, max_shots=most)
    yield replace(plain, max_shots=100, statuses=(JobStatus.DONE,), creator_ids=(ACCOUNT,))


def batch_filters() -> Iterator[BatchFilter]:
    plain = BatchFilter()
    yield plain
    for status in BatchStatus:
        yield replace(plain, statuses=(status,))
    yield replace(plain, statuses=(BatchStatus.PAUSED, BatchStatus.DONE), platform_ids=PLATFORMS[:1])
    yield replace(plain, creator_ids=(SOMEBODY,), doors=DOORS[:1])
    yield replace(plain, creator_ids=(SOMEBODY, ACCOUNT), project_ids=(ELSEWHERE,))
    yield replace(plain, platform_ids=())
    yield replace(plain, creator_ids=(ACCOUNT, ACCOUNT))
    yield replace(plain, platform_ids=(*PLATFORMS, *PLATFORMS), project_ids=(PROJECT, PROJECT))
    yield replace(plain, platform_ids=PLATFORMS[:1], priorities=(Priority.HIGH,), creator_ids=(ACCOUNT,))
    for is_open in (True, False):
        yield replace(plain, is_open=is_open)
        yield replace(plain, is_open=is_open, min_jobs=1, statuses=(BatchStatus.ACTIVE, BatchStatus.FAILED))
    for least, most in product((None, 0, 1, 3, 2**53), repeat=2):
        yield replace(plain, min_jobs=least, max_jobs=most)
    yield replace(plain, min_jobs=2, platform_ids=PLATFORMS[1:])
    for tags in (TAGS[:1], TAGS[:2], TAGS, ("none",), ("none", "paper"), ("paper", "paper")):
        yield replace(plain, tags=tags)
        yield replace(plain, tags=tags, doors=DOORS[:1], project_ids=(PROJECT,))
        yield replace(plain, tags=tags, statuses=(BatchStatus.DONE,))


async def must_add_up(db):
    actors = (BOTH, OPERATOR, OPERATOR.through(DOORS[1]))
    async with db.look() as work:
        for store, filters in ((work.jobs, job_filters()), (work.batches, batch_filters())):
            for actor, filter in product(actors, filters):
                listed = await store.list(actor, filter, ALL)
                half = max(1, len(listed.items) // 2)
                first = await store.list(actor, filter, Page(limit=half))
                assert first.total == len(listed.items), (actor, filter)
                assert first.items == listed.items[:half], (actor, filter)


def somebodys(chance):
    return {
        "project_id": chance.choice([PROJECT, ELSEWHERE]),
        "creator_id": chance.choice([ACCOUNT, SOMEBODY]),
        "door": chance.choice(DOORS),
    }


@pytest.mark.parametrize("seed", range(3))
async def test_totals_add_up_whatever_jobs_have_been_through(db, seed):
    chance = random.Random(seed)
    ids, batches = [], []
    for step in range(60):
        if step % 6 == 0:
            changes = somebodys(chance)
            batch = await keep_batch(db, **changes)
            rows = [
                {"status": chance.choice(list(JobStatus)), "shots": chance.choice(SHOTS)} | changes
                for _ in range(5)
            ]
            ids += [job.id for job in await keep_jobs(db, batch, *rows)]
            batches.append(batch.id)
        async with db.work() as work:
            some = list((await work.jobs.of(chance.sample(ids, 5))).values())
            living = [job for job in some if not job.is_finished]
            await work.jobs.put(*[moved(chance, job) for job in living])
            if step % 5 == 4:
                await work.jobs.delete(chance.choice(ids), after(seconds=step))
            if step % 20 == 19:
                await work.batches.delete(chance.choice(batches), after(seconds=step))
            # Once more, as what has ended is renamed.
            ended = [job for job in some if job.is_finished]
            await work.jobs.put(*[replace(job, name="again") for job in ended])

        if step % 30 == 29:
            await must_add_up(db)


def moved(chance, job):
    """It may end, with shots that were not known before, and has errors only if it failed."""
    status = chance.choice(list(JobStatus))
    why = ("why",) if status is JobStatus.FAILED and chance.random() < 0.8 else ()
    shots = chance.choice(SHOTS) if job.shots is None else job.shots
    return replace(job, status=status, shots=shots, errors=why)


@pytest.mark.parametrize("seed", range(2))
async def test_totals_add_up_whatever_batches_have_been_through(db, seed):
    chance = random.Random(seed)
    ids = []
    for step in range(60):
        changes = somebodys(chance) | {
            "platform_id": chance.choice(PLATFORMS),
            "priority": chance.choice(list(Priority)),
            "tags": tuple(chance.sample(TAGS, chance.randrange(3))),
            "is_open": chance.random() < 0.5,
            "created_at": after(seconds=chance.randrange(20)),
        }
        batch = await keep_batch(db, **changes)
        await keep_jobs(db, batch, *[{} for _ in range(chance.randrange(4))])
        ids.append(batch.id)
        async with db.work() as work:
            some = list((await work.batches.of(chance.sample(ids, min(4, len(ids))))).values())
            await work.batches.put(*[moved_batch(chance, batch) for batch in some if not batch.is_finished])
            if step % 7 == 6:
                await work.batches.delete(chance.choice(ids), after(seconds=step))
        async with db.work() as work:
            # Whoever can still see them gives them other tags, whether they have ended or not.
            shown = (await work.batches.list(OPERATOR, BatchFilter(), ALL)).items
            for batch in chance.sample(list(shown), min(3, len(shown))):
                await work.batches.put(replace(batch, tags=tuple(chance.sample(TAGS, chance.randrange(3)))))

        if step % 30 == 29:
            await must_add_up(db)


def moved_batch(chance, batch):
    # One at a time on a platform that it has alone, which none here is.
    status = chance.choice([each for each in BatchStatus if each is not BatchStatus.STOPPING])
    changed = replace(batch, status=status)
    return replace(changed, is_open=False) if changed.is_finished else changed


async def test_a_batch_that_is_deleted_while_it_ends_never_counts(db):
    batch = await keep_batch(db, status=BatchStatus.STOPPING, tags=TAGS)
    for _ in range(2):
        # A page that is not full knows how many there are.
        await keep_batch(db, status=BatchStatus.CANCELLED, tags=TAGS)

    async with db.work() as work:
        await work.batches.delete(batch.id, after(seconds=1))
        await work.batches.put(replace(batch, status=BatchStatus.CANCELLED))

    await must_add_up(db)


async def test_what_is_undone_does_not_count(db):
    batch = await keep_batch(db)
    (job, *_) = await keep_jobs(db, batch, {}, {})
    await keep_batch(db)

    with pytest.raises(Unknown):
        async with db.work() as work:
            await work.jobs.put(replace(job, status=JobStatus.DONE))
            await work.batches.put(replace(batch, status=BatchStatus.DONE, tags=TAGS))
            raise Unknown("job", "another")

    await must_add_up(db)


async def test_what_is_deleted_twice_is_taken_off_once(db):
    batch = await keep_batch(db, tags=TAGS)
    done = {"status": JobStatus.DONE}
    first, *_ = await keep_jobs(db, batch, done, done, done)
    for _ in range(2):
        await keep_batch(db, status=BatchStatus.DONE, tags=TAGS)
    async with db.work() as work:
        await work.batches.put(replace(batch, status=BatchStatus.DONE))

    for _ in range(2):
        async with db.work() as work:
            await work.jobs.delete(first.id, after(seconds=1))
    await must_add_up(db)
    for _ in range(2):
        async with db.work() as work:
            await work.batches.delete(batch.id, after(seconds=1))
    await must_add_up(db)
