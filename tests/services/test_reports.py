"""What operators, and devices run from outside, say of batches and jobs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.errors import (
    AlreadyFinished,
    BatchPaused,
    IllegalMove,
    NoResult,
    NotAllowed,
    PlatformTaken,
    Unknown,
)
from ketway.domain.jobs import JobStatus
from ketway.domain.leases import Word
from ketway.services.reports import Span
from tests.builders import NOON
from tests.services.steps import (
    QPU,
    add,
    batch_of,
    beat,
    claim,
    claim_one,
    create,
    done,
    job_of,
    jobs_of,
    let_pass,
    lose,
    statuses_of,
)

NEVER = Span()


@pytest.fixture
def operator(world):
    return replace(world.owner, superuser=True)


async def say(world, operator, batch, status, span=NEVER):
    return await world.core.reports.batch(operator, batch.id, status, span)


async def test_a_paused_batch_starts_nothing_until_it_is_resumed(world, operator):
    batch = await create(world, jobs=2)
    (running,) = await claim(world)
    await say(world, operator, batch, BatchStatus.PAUSED)

    assert await claim(world, most=5) == []
    await done(world, running)
    await let_pass(world, 400)
    assert (await batch_of(world, batch.id)).status is BatchStatus.PAUSED

    await say(world, operator, batch, BatchStatus.QUEUED)
    assert await world.run_all() == 1
    assert (await batch_of(world, batch.id)).status is BatchStatus.DONE


async def test_a_paused_holder_lets_others_have_the_platform(world, operator):
    first, second = [await create(world, platform=QPU) for _ in range(2)]
    await say(world, operator, first, BatchStatus.ACTIVE)
    await say(world, operator, first, BatchStatus.PAUSED)

    grant = await claim_one(world)

    assert grant.job.batch_id == second.id
    with pytest.raises(PlatformTaken):
        await say(world, operator, first, BatchStatus.ACTIVE)
    assert (await batch_of(world, first.id)).status is BatchStatus.PAUSED


async def test_a_platform_stays_taken_while_a_job_of_its_paused_batch_runs(world, operator):
    first = await create(world, platform=QPU)
    running = await claim_one(world)
    second = await create(world, platform=QPU)
    (job,) = await jobs_of(world, second.id)
    await say(world, operator, first, BatchStatus.PAUSED)

    with pytest.raises(PlatformTaken, match="another batch"):
        await world.core.reports.job(operator, job.id, JobStatus.RUNNING, NEVER)
    await done(world, running)

    assert (await claim_one(world)).job.id == job.id


async def test_a_batch_resumed_while_its_job_runs_has_its_platform_and_can_be_cancelled(world, operator):
    batch = await create(world)
    grant = await claim_one(world)
    await say(world, operator, batch, BatchStatus.PAUSED)

    resumed = await say(world, operator, batch, BatchStatus.QUEUED)
    stopping = await world.core.batches.cancel(world.owner, batch.id)

    assert (resumed.status, stopping.status) == (BatchStatus.ACTIVE, BatchStatus.STOPPING)
    await done(world, grant)
    assert (await batch_of(world, batch.id)).status is BatchStatus.CANCELLED


async def test_the_limits_of_a_resumed_batch_run_anew_from_when_it_has_its_platform(world, operator):
    batch = await create(world, platform=QPU)
    await say(world, operator, batch, BatchStatus.ACTIVE)
    await say(world, operator, batch, BatchStatus.PAUSED)
    world.clock.move(seconds=2 * QPU.max_total_s)

    resumed = await say(world, operator, batch, BatchStatus.QUEUED)
    await let_pass(world, 2)

    assert resumed.total_deadline() is None
    assert (await batch_of(world, batch.id)).status is BatchStatus.QUEUED


async def test_no_job_of_a_paused_batch_is_started_by_word(world, operator):
    batch = await create(world)
    (job,) = await jobs_of(world, batch.id)
    await say(world, operator, batch, BatchStatus.PAUSED)

    with pytest.raises(BatchPaused, match="resume it first"):
        await world.core.reports.job(operator, job.id, JobStatus.RUNNING, NEVER)


async def test_a_lost_attempt_does_not_go_on_once_its_batch_is_paused(world, operator):
    batch = await create(world, platform=QPU)
    grant = await claim_one(world)
    await lose(world)
    await say(world, operator, batch, BatchStatus.PAUSED)

    assert await beat(world, grant) is Word.LOST
    assert (await job_of(world, grant.job.id)).status is JobStatus.QUEUED


async def test_a_paused_open_batch_neither_idles_away_nor_refuses_jobs(world, operator):
    batch = await create(world, jobs=0, is_open=True)
    await say(world, operator, batch, BatchStatus.PAUSED)

    await let_pass(world, 400)
    await add(world, batch.id)

    assert (await batch_of(world, batch.id)).status is BatchStatus.PAUSED


async def test_a_paused_batch_whose_last_job_ends_is_done(world, operator):
    batch = await create(world)
    grant = await claim_one(world)
    await say(world, operator, batch, BatchStatus.PAUSED)

    await done(world, grant)

    assert (await batch_of(world, batch.id)).status is BatchStatus.DONE


@pytest.mark.parametrize("end", [BatchStatus.CANCELLED, BatchStatus.TIMED_OUT, BatchStatus.FAILED])
async def test_an_end_takes_what_waits_with_it(world, operator, end):
    batch = await create(world, jobs=2)

    ended = await say(world, operator, batch, end)

    assert (ended.status, ended.ended_at) == (end, NOON)
    assert await statuses_of(world, batch.id) == [JobStatus.CANCELLED] * 2
    with pytest.raises(AlreadyFinished):
        await say(world, operator, batch, BatchStatus.FAILED)


@pytest.mark.parametrize("status", [BatchStatus.DONE, BatchStatus.QUEUED, BatchStatus.STOPPING])
async def test_what_a_batch_only_becomes_by_itself_cannot_be_said(world, operator, status):
    batch = await create(world)

    with pytest.raises(IllegalMove):
        await say(world, operator, batch, status)


@pytest.mark.parametrize("status", [BatchStatus.DONE, BatchStatus.STOPPING])
async def test_a_paused_batch_is_only_resumed_or_ended(world, operator, status):
    batch = await create(world)
    await say(world, operator, batch, BatchStatus.PAUSED)

    with pytest.raises(IllegalMove):
        await say(world, operator, batch, status)


async def test_times_that_are_told_are_kept(world, operator):
    batch = await create(world)
    span = Span(started_at=NOON - timedelta(hours=2), ended_at=NOON - timedelta(hours=1))

    ended = await say(world, operator, batch, BatchStatus.FAILED, span)

    assert (ended.started_at, ended.ended_at) == (span.started_at, span.ended_at)


async def test_what_has_not_ended_has_no_end_whatever_is_told(world, operator):
    batch = await create(world)
    (job,) = await jobs_of(world, batch.id)
    span = Span(started_at=NOON - timedelta(hours=2), ended_at=NOON - timedelta(hours=1))

    running = await world.core.reports.job(operator, job.id, JobStatus.RUNNING, span)
    paused = await say(world, operator, batch, BatchStatus.PAUSED, span)

    assert (running.started_at, running.ended_at) == (span.started_at, None)
    assert (paused.started_at, paused.ended_at) == (span.started_at, None)


async def test_only_operators_report_and_strangers_find_nothing(world, operator):
    batch = await create(world)
    (job,) = await jobs_of(world, batch.id)
    stranger, _ = await world.another_project()
    reports = world.core.reports

    for actor, refusal in ((world.owner, NotAllowed), (stranger, Unknown)):
        with pytest.raises(refusal):
            await reports.batch(actor, batch.id, BatchStatus.PAUSED, NEVER)
        with pytest.raises(refusal):
            await reports.job(actor, job.id, JobStatus.RUNNING, NEVER)
        with pytest.raises(refusal):
            await reports.job_errors(actor, job.id, ["why"])
    with pytest.raises(Unknown):
        await reports.batch(operator, BatchId(job.id), BatchStatus.PAUSED, NEVER)
    assert await batch_of(world, batch.id) == batch


async def test_a_job_run_from_outside_starts_progresses_and_fails(world, operator):
    batch = await create(world, jobs=2)
    first, second = await jobs_of(world, batch.id)
    reports = world.core.reports

    started = await reports.job(operator, first.id, JobStatus.RUNNING, NEVER)
    halfway = await reports.job(operator, first.id, JobStatus.RUNNING, NEVER, progress=50)
    failed = await reports.job_errors(operator, first.id, ["too warm", "too dark"])

    assert (started.status, started.attempt, started.started_at) == (JobStatus.RUNNING, 1, NOON)
    assert halfway.progress == 50
    assert (failed.status, failed.errors) == (JobStatus.FAILED, ("too warm", "too dark"))
    assert (await batch_of(world, batch.id)).status is BatchStatus.ACTIVE
    await reports.job_errors(operator, second.id, ["never started"])
    assert (await batch_of(world, batch.id)).status is BatchStatus.DONE


async def test_a_job_is_not_done_by_word_alone(world, operator):
    (job,) = await jobs_of(world, (await create(world)).id)
    await world.core.reports.job(operator, job.id, JobStatus.RUNNING, NEVER)

    with pytest.raises(NoResult):
        await world.core.reports.job(operator, job.id, JobStatus.DONE, NEVER)


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.DONE, JobStatus.FAILED])
async def test_a_waiting_job_only_starts_or_is_cancelled(world, operator, status):
    (job,) = await jobs_of(world, (await create(world)).id)

    with pytest.raises(IllegalMove):
        await world.core.reports.job(operator, job.id, status, NEVER)


async def test_a_job_that_ended_moves_no_more(world, operator):
    (job,) = await jobs_of(world, (await create(world)).id)
    await world.run_all()

    for status in JobStatus:
        with pytest.raises(IllegalMove):
            await world.core.reports.job(operator, job.id, status, NEVER, progress=1)
    with pytest.raises(AlreadyFinished):
        await world.core.reports.job_errors(operator, job.id, ["why"])
    assert (await job_of(world, job.id)).status is JobStatus.DONE


async def test_the_worker_of_a_job_that_was_moved_learns_it_and_leaves_nothing(world, operator, result_keys):
    await create(world)
    grant = await claim_one(world)

    moved = await world.core.reports.job(operator, grant.job.id, JobStatus.CANCELLED, NEVER)

    assert (moved.status, moved.ended_at) == (JobStatus.CANCELLED, NOON)
    assert await beat(world, grant) is Word.LOST
    with pytest.raises(Exception, match="not yours any more"):
        await done(world, grant)
    assert result_keys() == set()
    assert (await batch_of(world, moved.batch_id)).status is BatchStatus.DONE


async def test_on_a_machine_a_second_batch_cannot_be_started_by_word(world, operator):
    batches = {(await create(world, platform=QPU)).id for _ in range(2)}
    first = (await claim_one(world)).job.batch_id
    (second,) = batches - {first}
    (job,) = await jobs_of(world, second)

    with pytest.raises(PlatformTaken, match=str(first)):
        await world.core.reports.job(operator, job.id, JobStatus.RUNNING, NEVER)
    assert (await job_of(world, job.id)).status is JobStatus.QUEUED
