"""A total is the number of things that a list has, whatever became of them: nothing else is counted."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from ketway.domain.errors import Unknown
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import Door
from ketway.services.listing import JobFilter, Page
from tests.builders import ACCOUNT, PROJECT
from tests.contracts.rows import BOTH, ELSEWHERE, OPERATOR, SOMEBODY, after, keep_batch, keep_jobs

ONE, ALL = Page(limit=1), Page(limit=10_000)
DOORS = (Door("pasqal"), Door("scaleway"))


def filters() -> Iterator[JobFilter]:
    plain = JobFilter()
    yield plain
    for status in JobStatus:
        yield replace(plain, statuses=(status,))
    yield replace(plain, statuses=(JobStatus.QUEUED, JobStatus.DONE))
    yield replace(plain, statuses=(JobStatus.FAILED,), project_ids=(ELSEWHERE,))
    yield replace(plain, creator_ids=(SOMEBODY,), doors=DOORS[:1])
    yield replace(plain, project_ids=(PROJECT,), created_from=after(seconds=1))
    yield replace(plain, has_errors=True)


async def must_add_up(db):
    async with db.look() as work:
        for actor, filter in product((BOTH, OPERATOR, OPERATOR.through(DOORS[1])), filters()):
            listed = await work.jobs.list(actor, filter, ALL)
            assert (await work.jobs.list(actor, filter, ONE)).total == len(listed.items), (actor, filter)


@pytest.mark.parametrize("seed", range(3))
async def test_totals_add_up_whatever_jobs_have_been_through(db, seed):
    chance = random.Random(seed)
    ids, batches = [], []
    for step in range(60):
        if step % 6 == 0:
            changes = {
                "project_id": chance.choice([PROJECT, ELSEWHERE]),
                "creator_id": chance.choice([ACCOUNT, SOMEBODY]),
                "door": chance.choice(DOORS),
            }
            batch = await keep_batch(db, **changes)
            rows = [{"status": chance.choice(list(JobStatus))} | changes for _ in range(5)]
            ids += [job.id for job in await keep_jobs(db, batch, *rows)]
            batches.append(batch.id)
        async with db.work() as work:
            some = list((await work.jobs.of(chance.sample(ids, 5))).values())
            living = [job for job in some if not job.is_finished]
            ends = list(JobStatus)
            await work.jobs.put(*[replace(job, status=chance.choice(ends)) for job in living])
            if step % 5 == 4:
                await work.jobs.delete(chance.choice(ids), after(seconds=step))
            if step % 20 == 19:
                await work.batches.delete(chance.choice(batches), after(seconds=step))
            # Once more, as what has ended is renamed.
            ended = [job for job in some if job.is_finished]
            await work.jobs.put(*[replace(job, name="again") for job in ended])

        if step % 10 == 9:
            await must_add_up(db)


async def test_what_is_undone_does_not_count(db):
    batch = await keep_batch(db)
    (job,) = await keep_jobs(db, batch, {})

    with pytest.raises(Unknown):
        async with db.work() as work:
            await work.jobs.put(replace(job, status=JobStatus.DONE))
            raise Unknown("job", "another")

    await must_add_up(db)


async def test_a_job_that_is_deleted_twice_is_taken_off_once(db):
    batch = await keep_batch(db)
    done = {"status": JobStatus.DONE}
    first, _ = await keep_jobs(db, batch, done, done)

    for _ in range(2):
        async with db.work() as work:
            await work.jobs.delete(first.id, after(seconds=1))
    await must_add_up(db)
