"""Leases through their use cases: claims, heartbeats, outcomes, returns."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from ketway.domain.batches import BatchStatus
from ketway.domain.credentials import WorkerTokenId
from ketway.domain.errors import LeaseLost, Unknown
from ketway.domain.jobs import MAX_CHILD_DEATHS, JobStatus
from ketway.domain.leases import LeaseId, Verdict, Word, WorkerId
from ketway.domain.results import MAX_COUNTS_SHOWN
from ketway.services.drafts import NewJob
from tests.services.steps import (
    NARROW,
    QPU,
    add,
    another_worker,
    batch_of,
    beat,
    claim,
    claim_one,
    create,
    done,
    failed,
    give_back,
    job_of,
    jobs_of,
    let_pass,
    lose,
    statuses_of,
)
from tests.worlds import all_zero

QUEUED, RUNNING, DONE, FAILED, CANCELLED = JobStatus


async def result_of(world, job):
    return (await world.core.jobs.results([job.id])).get(job.id)


async def cancel(world, grant):
    return await world.core.jobs.cancel(world.owner, grant.job.id)


# Claims


async def test_a_claim_brings_all_that_a_worker_needs(world):
    job = NewJob(shots=7, parameters={"a": [1]}, max_duration_s=12.0)
    batch = await create(world, jobs=(job,), configuration="{}")

    grant = await claim_one(world)

    assert (grant.job.batch_id, grant.job.status, grant.job.attempt) == (batch.id, RUNNING, 1)
    assert (grant.task.program, grant.task.shots, grant.task.parameters) == ("a program", 7, {"a": [1]})
    assert (grant.task.configuration, grant.task.seed) == ("{}", grant.job.seed)
    assert grant.job.max_duration_s == 12.0
    assert grant.lease.expires_at == world.clock.now() + world.core.leases.life
    assert (await batch_of(world, batch.id)).status is BatchStatus.ACTIVE


async def test_where_nothing_waits_nothing_is_claimed(world):
    assert await claim(world, most=10) == []


async def test_a_worker_gets_only_what_its_engines_run(world):
    await create(world, platform=NARROW)
    worker = await another_worker(world, {"noop": "1"})

    assert await claim(world, worker) == []
    assert len(await claim(world)) == 1


async def test_workers_at_once_never_get_the_same_attempt(world):
    await create(world, jobs=20)
    workers = [await another_worker(world) for _ in range(5)]

    claimed = await asyncio.gather(*[claim(world, worker, most=3) for worker in workers * 2])

    jobs = [grant.job.id for grants in claimed for grant in grants]
    assert len(jobs) == len(set(jobs)) == 20


async def test_the_same_question_gets_the_same_leases(world):
    await create(world, jobs=3)

    async def ask():
        return await world.core.leases.claim(world.token, world.worker.id, "question", most=2, wait_s=0)

    first, second, other = await ask(), await ask(), await claim(world)

    assert {grant.lease.id: grant for grant in first} == {grant.lease.id: grant for grant in second}
    assert len(first) == 2
    assert other[0].job.id not in {grant.job.id for grant in first}


async def test_the_same_question_of_another_worker_is_another_question(world):
    await create(world, jobs=2)
    other = await another_worker(world)

    first = await world.core.leases.claim(world.token, world.worker.id, "question", most=1, wait_s=0)
    second = await world.core.leases.claim(world.token, other.id, "question", most=1, wait_s=0)

    assert first[0].job.id != second[0].job.id


async def test_a_worker_is_known_by_its_own_token_alone(world):
    other = replace(world.token, id=WorkerTokenId(uuid4()))

    for token, id in ((other, world.worker.id), (world.token, WorkerId(uuid4()))):
        with pytest.raises(Unknown):
            await world.core.leases.claim(token, id, "q", most=1, wait_s=0)
        with pytest.raises(Unknown):
            await world.core.leases.heartbeat(token, id, [])


async def test_a_waiting_claim_is_answered_as_soon_as_a_job_comes(world):
    waiting = asyncio.create_task(
        world.core.leases.claim(world.token, world.worker.id, "q", most=1, wait_s=20)
    )
    await asyncio.sleep(0)

    batch = await create(world)

    (grant,) = await waiting
    assert grant.job.batch_id == batch.id


async def test_a_platform_runs_no_more_side_by_side_than_it_can(world):
    await create(world, jobs=5, platform=NARROW)

    first = await claim(world, most=5)
    assert len(first) == NARROW.capacity
    assert await claim(world, await another_worker(world)) == []
    await done(world, first[0])

    assert len(await claim(world, most=5)) == 1


async def test_the_older_batch_goes_first_and_within_it_the_first_job(world):
    old = await create(world, jobs=2)
    world.clock.move(seconds=1)
    young = await create(world)

    order = [(grant.job.batch_id, grant.job.position) for grant in await claim(world, most=9)]

    assert order == [(old.id, 1), (old.id, 2), (young.id, 1)]


async def test_an_exclusive_platform_runs_one_batch_after_another(world):
    batches = [await create(world, jobs=3, platform=QPU) for _ in range(3)]
    workers = [world.worker, await another_worker(world)]

    order = []
    for turn in range(9):
        grant = await claim_one(world, workers[turn % 2])
        assert await claim(world, workers[(turn + 1) % 2]) == []
        order.append(grant.job.batch_id)
        await done(world, grant)

    assert [order[first : first + 3] for first in (0, 3, 6)] == [
        [id] * 3 for id in sorted(set(order), key=order.index)
    ]
    assert set(order) == {batch.id for batch in batches}


async def test_an_open_batch_holds_an_exclusive_platform_until_it_ends(world):
    holder = await create(world, platform=QPU, is_open=True)
    await done(world, await claim_one(world))
    world.clock.move(seconds=1)
    other = await create(world, platform=QPU)

    assert await claim(world) == []
    await add(world, holder.id)
    assert (await claim_one(world)).job.batch_id == holder.id
    await world.core.batches.cancel(world.owner, holder.id)
    assert await claim(world) == []
    await lose(world)

    assert (await claim_one(world)).job.batch_id == other.id


async def test_an_empty_open_batch_does_not_hold_a_platform_while_others_wait(world):
    await create(world, jobs=0, platform=QPU, is_open=True)
    batch = await create(world, platform=QPU)

    assert (await claim_one(world)).job.batch_id == batch.id


async def test_an_idle_holder_is_timed_out_and_the_next_one_gets_in(world):
    await create(world, platform=QPU, is_open=True, max_idle_s=5.0)
    await done(world, await claim_one(world))
    other = await create(world, platform=QPU)

    await let_pass(world, 5)

    assert (await claim_one(world)).job.batch_id == other.id


async def test_a_job_whose_program_is_lost_fails_with_the_reason(world):
    batch = await create(world)
    program = await world.core.programs.get(world.owner, batch.program_id)
    await world.blobs.delete(program.key)

    assert await claim(world) == []

    (job,) = await jobs_of(world, batch.id)
    assert job.status is FAILED
    assert "program" in job.errors[0]
    assert (await batch_of(world, batch.id)).is_finished


# Heartbeats


async def test_a_heartbeat_renews_the_lease_and_hands_on_progress(world):
    await create(world)
    grant = await claim_one(world)
    await world.core.housekeeping.sweep()

    for second in range(100):
        await let_pass(world, 1)
        assert await beat(world, grant, progress=second) is Word.CONTINUE

    job = await job_of(world, grant.job.id)
    assert (job.status, job.progress, job.lost_leases) == (RUNNING, 99, 0)


async def test_a_heartbeat_brings_back_a_cancel(world):
    await create(world)
    grant = await claim_one(world)

    await cancel(world, grant)

    assert await beat(world, grant) is Word.CANCEL


@pytest.mark.parametrize("secret", ["", "wrong", "ünï"])
async def test_a_heartbeat_with_a_wrong_secret_is_lost_and_renews_nothing(world, secret):
    await create(world)
    grant = await claim_one(world)

    assert await beat(world, grant, progress=50, secret=secret) is Word.LOST
    assert (await job_of(world, grant.job.id)).progress == 0


async def test_a_heartbeat_of_an_unknown_lease_or_from_another_worker_is_lost(world):
    await create(world)
    grant, other = await claim_one(world), await another_worker(world)

    assert await beat(world, grant, lease_id=LeaseId(uuid4())) is Word.LOST
    stolen = replace(grant, lease=replace(grant.lease, worker_id=other.id))
    assert await beat(world, stolen) is Word.LOST


async def test_a_lease_that_has_ended_is_lost(world):
    await create(world, jobs=2)
    ended, returned = await claim(world, most=2)
    await done(world, ended)
    await give_back(world, returned)

    assert await beat(world, ended) is Word.LOST
    assert await beat(world, returned) is Word.LOST
    assert (await job_of(world, returned.job.id)).status is QUEUED


async def test_a_worker_that_was_thought_lost_goes_on_if_nobody_else_began(world):
    await create(world)
    grant = await claim_one(world)
    await lose(world)
    assert (await job_of(world, grant.job.id)).status is QUEUED

    assert await beat(world, grant, progress=30) is Word.CONTINUE

    assert (await job_of(world, grant.job.id)).status is RUNNING
    assert await claim(world) == []
    await done(world, grant)
    assert (await job_of(world, grant.job.id)).status is DONE


async def test_a_worker_that_was_thought_lost_stops_if_somebody_else_began(world):
    await create(world)
    late = await claim_one(world)
    await lose(world)
    again = await claim_one(world)

    assert await beat(world, late, progress=30) is Word.LOST
    assert await beat(world, again) is Word.CONTINUE
    assert (await job_of(world, late.job.id)).progress == 0


# Results


async def test_a_reported_result_is_kept_and_ends_the_job(world):
    batch = await create(world)
    grant = await claim_one(world)

    await done(world, grant)

    job = await job_of(world, grant.job.id)
    result = await result_of(world, job)
    document = all_zero(grant).document.encode()
    assert (job.status, job.progress) == (DONE, 100)
    assert (result.attempt, result.shots, result.size) == (1, 100, len(document))
    assert (result.counts, result.metadata["engine"]) == ([{"00": 100}], "noop")
    assert await world.core.jobs.document(result) == document
    assert (await batch_of(world, batch.id)).status is BatchStatus.DONE


async def test_whoever_sees_done_can_read_the_result(world):
    await create(world, jobs=10)
    grants = await claim(world, most=10)
    seen = []

    async def watch(grant) -> None:
        while (job := await job_of(world, grant.job.id)).status is not DONE:
            await asyncio.sleep(0)
        seen.append(await world.core.jobs.document(await result_of(world, job)))

    await asyncio.gather(*[watch(grant) for grant in grants], *[done(world, grant) for grant in grants])

    assert len(seen) == 10


async def test_the_same_result_twice_is_no_fault(world):
    await create(world)
    grant = await claim_one(world)

    await done(world, grant)
    await done(world, grant)

    assert (await job_of(world, grant.job.id)).status is DONE


async def test_the_same_result_twice_at_once_is_no_fault(world, result_keys):
    await create(world)
    grant = await claim_one(world)

    ended = await asyncio.gather(*[done(world, grant) for _ in range(4)], return_exceptions=True)

    assert ended == [None] * 4
    assert result_keys() == {(await result_of(world, grant.job)).key}


async def test_another_result_for_an_ended_attempt_is_refused_and_changes_nothing(world):
    await create(world)
    grant = await claim_one(world)
    await done(world, grant)

    with pytest.raises(LeaseLost):
        await done(world, grant, replace(all_zero(grant), document='{"other": 1}'))

    result = await result_of(world, grant.job)
    assert await world.core.jobs.document(result) == all_zero(grant).document.encode()


async def test_of_two_results_at_once_the_one_that_is_told_is_the_one_that_is_kept(world, result_keys):
    await create(world)
    grant = await claim_one(world)
    answers = [replace(all_zero(grant), document=f'{{"number": {number}}}') for number in range(4)]

    ended = await asyncio.gather(*[done(world, grant, answer) for answer in answers], return_exceptions=True)

    (kept,) = [answer for answer, end in zip(answers, ended, strict=True) if end is None]
    result = await result_of(world, grant.job)
    assert await world.core.jobs.document(result) == kept.document.encode()
    assert result_keys() == {result.key}


@pytest.mark.parametrize("secret", ["", "wrong", "ünï"])
async def test_an_outcome_with_a_wrong_secret_is_refused_and_nothing_is_kept(world, secret, result_keys):
    await create(world)
    grant = await claim_one(world)
    forged = replace(grant, lease=replace(grant.lease, secret=secret))

    for refused in (
        done(world, forged),
        failed(world, forged, Verdict.FAULT),
        give_back(world, forged),
        done(world, replace(grant, lease=replace(grant.lease, id=LeaseId(uuid4())))),
    ):
        with pytest.raises(LeaseLost):
            await refused

    assert (await job_of(world, grant.job.id)).status is RUNNING
    assert result_keys() == set()


async def test_a_late_result_counts_as_long_as_nobody_else_began(world):
    batch = await create(world)
    grant = await claim_one(world)
    await lose(world)

    await done(world, grant)

    assert await statuses_of(world, batch.id) == [DONE]
    assert (await batch_of(world, batch.id)).status is BatchStatus.DONE


async def test_a_late_result_is_refused_once_somebody_else_began(world, result_keys):
    batch = await create(world)
    late = await claim_one(world)
    await lose(world)
    again = await claim_one(world)

    with pytest.raises(LeaseLost):
        await done(world, late)
    await done(world, again, replace(all_zero(again), shots=7))

    assert await statuses_of(world, batch.id) == [DONE]
    result = await result_of(world, again.job)
    assert (result.attempt, result.shots) == (2, 7)
    assert result_keys() == {result.key}


async def test_a_result_for_a_returned_lease_is_refused_and_nothing_is_kept(world, result_keys):
    await create(world)
    grant = await claim_one(world)
    await give_back(world, grant)

    with pytest.raises(LeaseLost):
        await done(world, grant)

    assert (await job_of(world, grant.job.id)).status is QUEUED
    assert result_keys() == set()


async def test_a_result_after_a_cancel_was_asked_for_is_dropped(world, result_keys):
    batch = await create(world)
    grant = await claim_one(world)
    await cancel(world, grant)

    await done(world, grant)

    assert await statuses_of(world, batch.id) == [CANCELLED]
    assert await result_of(world, grant.job) is None
    assert result_keys() == set()
    assert (await batch_of(world, batch.id)).is_finished
    await done(world, grant)


async def test_a_result_that_comes_after_the_job_was_cancelled_leaves_no_blob(world, result_keys):
    await create(world)
    grant = await claim_one(world)
    await cancel(world, grant)
    await lose(world)

    with pytest.raises(LeaseLost):
        await done(world, grant)

    assert (await job_of(world, grant.job.id)).status is CANCELLED
    assert result_keys() == set()


async def test_shots_that_the_configuration_decides_are_known_afterwards(world):
    await create(world, jobs=(NewJob(shots=None),))
    grant = await claim_one(world)

    await done(world, grant, replace(all_zero(grant), shots=33))

    assert (await job_of(world, grant.job.id)).shots == 33


async def test_only_the_commonest_outcomes_are_kept_beside_the_result(world):
    await create(world)
    grant = await claim_one(world)
    counts = {f"{number:b}": number for number in range(3 * MAX_COUNTS_SHOWN)}

    await done(world, grant, replace(all_zero(grant), counts=[counts]))

    (shown,) = (await result_of(world, grant.job)).counts
    assert len(shown) == MAX_COUNTS_SHOWN


# Failures, deaths, returns


@pytest.mark.parametrize(
    "verdict", [Verdict.REFUSED, Verdict.FAULT, Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT]
)
async def test_a_failed_attempt_fails_its_job_with_the_reason(world, verdict):
    batch = await create(world)
    grant = await claim_one(world)

    await failed(world, grant, verdict, "why")
    await failed(world, grant, verdict, "why")

    job = await job_of(world, grant.job.id)
    assert (job.status, job.errors) == (FAILED, ("why",))
    assert (await batch_of(world, batch.id)).status is BatchStatus.DONE


async def test_another_outcome_after_a_failure_is_refused(world, result_keys):
    await create(world)
    grant = await claim_one(world)
    await failed(world, grant, Verdict.FAULT)

    with pytest.raises(LeaseLost):
        await done(world, grant)
    with pytest.raises(LeaseLost):
        await failed(world, grant, Verdict.FAULT, "another reason")

    assert result_keys() == set()


async def test_a_job_whose_child_dies_again_and_again_fails_with_the_reason(world):
    batch = await create(world)
    for _ in range(MAX_CHILD_DEATHS - 1):
        await failed(world, await claim_one(world), Verdict.DIED, "killed")
        assert await statuses_of(world, batch.id) == [QUEUED]

    await failed(world, await claim_one(world), Verdict.DIED, "killed")

    (job,) = await jobs_of(world, batch.id)
    assert (job.status, job.attempt) == (FAILED, MAX_CHILD_DEATHS)
    assert "killed" in job.errors[0]
    assert (await batch_of(world, batch.id)).is_finished


async def test_a_death_reported_twice_counts_once(world):
    await create(world)
    grant = await claim_one(world)

    await failed(world, grant, Verdict.DIED)
    await failed(world, grant, Verdict.DIED)

    assert (await job_of(world, grant.job.id)).child_deaths == 1


async def test_a_cancel_that_a_worker_reports_cancels_only_what_somebody_asked_to(world):
    await create(world, jobs=2)
    asked, unasked = await claim(world, most=2)
    await cancel(world, asked)

    await failed(world, asked, Verdict.CANCELLED)
    await failed(world, unasked, Verdict.CANCELLED)

    assert (await job_of(world, asked.job.id)).status is CANCELLED
    assert (await job_of(world, unasked.job.id)).status is QUEUED


async def test_a_job_that_is_given_back_waits_unharmed(world):
    batch = await create(world)
    grant = await claim_one(world)

    await give_back(world, grant)
    await give_back(world, grant)

    (job,) = await jobs_of(world, batch.id)
    assert (job.status, job.child_deaths, job.lost_leases) == (QUEUED, 0, 0)
    assert (await claim_one(world)).job.attempt == 2


async def test_what_was_to_be_cancelled_is_cancelled_when_it_is_given_back(world):
    batch = await create(world)
    grant = await claim_one(world)
    await cancel(world, grant)

    await give_back(world, grant)

    assert await statuses_of(world, batch.id) == [CANCELLED]
    assert (await batch_of(world, batch.id)).is_finished


async def test_a_late_return_is_refused_once_somebody_else_began(world):
    await create(world)
    late = await claim_one(world)
    await lose(world)
    again = await claim_one(world)

    with pytest.raises(LeaseLost):
        await give_back(world, late)
    with pytest.raises(LeaseLost):
        await failed(world, late, Verdict.DIED)

    assert (await job_of(world, again.job.id)).status is RUNNING
