"""Results that no rule keeps go, a few at a time; their jobs and what they used stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from ketway.domain.errors import NotAllowed, ResultExpired, Unknown
from ketway.domain.jobs import Job, JobStatus
from ketway.domain.results import Result, names_row
from ketway.services import retention
from ketway.services.projects import ProjectChange
from tests.services.steps import create, done, let_pass
from tests.worlds import World


@pytest.fixture(autouse=True)
def two_at_a_time(monkeypatch):
    monkeypatch.setattr(retention, "_MOST", 2)


async def ran(world: World, number: int) -> Sequence[Job]:
    """Jobs that are done, a second between one result and the next."""
    batch = await create(world, number)
    for _ in range(number):
        (grant,) = await world.claim()
        await done(world, grant)
        world.clock.move(seconds=1)
    return await world.core.batches.jobs_of(world.owner, batch.id)


async def rule(world: World, **rules: int | str | None) -> None:
    change = ProjectChange(retention=rules)
    await world.core.projects.change(world.operator, world.project_id, change)


async def sweeps(world: World, number: int) -> None:
    for _ in range(number):
        await world.core.retaining.sweep()
        world.clock.move(seconds=1)


async def kept(world: World, jobs: Sequence[Job]) -> list[Result]:
    found = await world.core.jobs.results([job.id for job in jobs])
    return [found[job.id] for job in jobs if job.id in found]


async def held(world: World) -> int:
    async with world.db.look() as work:
        return await work.holdings.of(world.project_id)


async def test_without_a_rule_results_stay_for_ever(world):
    jobs = await ran(world, 2)
    world.clock.move(days=10_000)

    await sweeps(world, 3)

    assert len(await kept(world, jobs)) == 2
    assert await world.core.retaining.due(world.operator) == []


async def test_what_is_older_goes_a_few_at_a_time_and_says_since_when(world):
    jobs = await ran(world, 5)
    results = await kept(world, jobs)
    before = await held(world)
    await rule(world, days=7)
    world.clock.move(days=7)

    await sweeps(world, 1)
    first = await kept(world, jobs)
    await sweeps(world, 5)

    assert [result.job_id for result in first] == [job.id for job in jobs[2:]]
    assert await kept(world, jobs) == []
    assert await held(world) == before - sum(result.size for result in results)
    for job, result in zip(jobs, results, strict=True):
        assert (await world.core.jobs.get(world.owner, job.id)).status is JobStatus.DONE
        with pytest.raises(ResultExpired, match="was kept until 20"):
            await world.core.jobs.result(job.id)
        with pytest.raises(ResultExpired):
            await world.core.jobs.document(result)
        assert names_row(result.key) or not await world.blobs.mark(result.key)


async def test_younger_ones_stay_and_so_do_the_newest(world):
    old = await ran(world, 4)
    await rule(world, days=7, newest=3)
    world.clock.move(days=8)
    young = await ran(world, 1)

    await sweeps(world, 5)

    assert [each.job_id for each in await kept(world, [*old, *young])] == [
        *(job.id for job in old[2:]),
        young[0].id,
    ]


async def test_a_project_of_its_own_mind_keeps_what_the_server_does_not(world):
    world.core.retaining.server = replace(world.core.retaining.server, days=0)
    jobs = await ran(world, 1)
    await rule(world, days="none")
    await sweeps(world, 3)
    spared = await kept(world, jobs)

    await rule(world)
    world.clock.move(hours=1)
    await sweeps(world, 3)

    assert len(spared) == 1
    assert await kept(world, jobs) == []


async def test_what_waits_or_runs_is_never_touched_and_usage_stays(world):
    await ran(world, 1)
    waiting = await create(world, 2)
    (grant,) = await world.claim()
    used = (await world.core.usage.of_project(world.owner, world.project_id)).tallies
    await rule(world, days=0)

    await sweeps(world, 5)

    jobs = await world.core.batches.jobs_of(world.owner, waiting.id)
    assert {job.status for job in jobs} == {JobStatus.QUEUED, JobStatus.RUNNING}
    assert (await world.core.usage.of_project(world.owner, world.project_id)).tallies == used
    assert grant.job.batch_id == waiting.id


async def test_after_a_round_it_rests_unless_an_operator_lets_it_begin(world):
    await rule(world, days=0)
    await sweeps(world, 2)
    jobs = await ran(world, 3)
    await sweeps(world, 2)
    rested = len(await kept(world, jobs))

    (due,) = await world.core.retaining.begin(world.operator)
    await sweeps(world, 3)

    assert rested == 3
    assert (due.project.id, due.results, due.bytes > 0) == (world.project_id, 3, True)
    assert await kept(world, jobs) == []


async def test_to_look_what_is_due_lets_nothing_go_and_is_for_operators(world):
    jobs = await ran(world, 2)
    await sweeps(world, 1)
    await rule(world, days=0)

    (due,) = await world.core.retaining.due(world.operator)

    assert due.results == len(await kept(world, jobs)) == 2
    for ask in (world.core.retaining.due, world.core.retaining.begin):
        with pytest.raises(NotAllowed):
            await ask(world.owner)


async def test_a_crash_between_row_and_file_leaves_a_file_that_is_swept(world):
    (job,) = await ran(world, 1)
    (result,) = await kept(world, [job])
    await rule(world, days=0)
    body = await world.core.jobs.document(result)

    await sweeps(world, 2)
    if not names_row(result.key):
        await world.blobs.put(result.key, body)
    await let_pass(world, 1)
    world.clock.move(hours=1)
    await let_pass(world, 1)

    assert not await world.blobs.mark(result.key)


async def test_what_the_engine_told_of_its_run_stays(world):
    (job,) = await ran(world, 1)
    (result,) = await kept(world, [job])
    await rule(world, days=0)

    await sweeps(world, 2)

    async with world.db.look() as work:
        left = (await work.results.of([job.id]))[job.id]
    assert (left.metadata, left.sha256, left.size) == (result.metadata, result.sha256, result.size)
    assert left.counts == []


async def test_a_key_that_never_was_is_unknown_and_has_not_expired(world):
    (job,) = await ran(world, 1)
    (result,) = await kept(world, [job])
    await rule(world, days=0)
    await sweeps(world, 2)

    with pytest.raises(Unknown):
        await world.core.documents.read("results/ab/not-a-key")
    assert result.created_at + timedelta(days=1) > world.clock.now()
