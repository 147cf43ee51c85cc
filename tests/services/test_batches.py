"""Batches through their use cases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest

from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.errors import (
    AlreadyFinished,
    BadField,
    BatchClosed,
    NotAllowed,
    OverBound,
    ProgramRefused,
    ShotsMissing,
    ShotsOverLimit,
    TooManyJobs,
    Unknown,
)
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import Door
from ketway.domain.programs import ProgramId
from ketway.services.drafts import NewJob
from ketway.services.listing import BatchFilter, JobFilter, Page
from tests.services.steps import (
    EMU,
    PACED,
    QPU,
    a_new_batch,
    add,
    another_member,
    batch_of,
    claim,
    claim_one,
    create,
    done,
    jobs_of,
    let_pass,
    lose,
    statuses_of,
)

QUEUED, RUNNING, DONE, FAILED, CANCELLED = JobStatus


async def everything(world) -> tuple[int, int]:
    """How many batches and jobs there are."""
    batches = await world.core.batches.list(world.owner, BatchFilter(), Page())
    jobs = await world.core.jobs.list(world.owner, JobFilter(), Page())
    return batches.total, jobs.total


async def test_a_batch_is_kept_with_its_jobs_in_order(world):
    new = a_new_batch(world, jobs=3, name="n", tags=("t",), echo={"a": 1})

    batch = await world.core.batches.create(world.owner, new)

    assert await batch_of(world, batch.id) == batch
    assert (batch.status, batch.name, batch.tags, batch.echo) == (BatchStatus.QUEUED, "n", ("t",), {"a": 1})
    jobs = await jobs_of(world, batch.id)
    assert [(job.position, job.status, job.shots) for job in jobs] == [
        (number, QUEUED, 100) for number in (1, 2, 3)
    ]
    assert {job.max_duration_s for job in jobs} == {EMU.max_job_s}


async def test_the_program_is_read_back_exactly(world):
    text = '{"ü": "\\r\\n \U0001f431"}\n'

    batch = await create(world, program=text)

    assert await world.core.programs.text(world.owner, batch.program_id) == text


async def test_of_a_batch_with_one_bad_job_nothing_is_kept(world):
    jobs = (NewJob(program="own"), NewJob())

    with pytest.raises(BadField) as refusal:
        await create(world, program=None, jobs=jobs)

    assert refusal.value.field == ("jobs", "1")
    assert await everything(world) == (0, 0)


async def test_a_job_brings_its_own_program_or_runs_its_batch_s(world):
    kept = await world.core.programs.create(world.owner, world.project_id, "kept")
    await create(world, jobs=(NewJob(), NewJob(program="own"), NewJob(program_id=kept.id)))

    grants = await claim(world, most=3)

    assert [grant.task.program for grant in grants] == ["a program", "own", "kept"]


async def test_a_batch_in_a_foreign_project_is_unknown(world):
    stranger, _ = await world.another_project()

    with pytest.raises(Unknown):
        await world.core.batches.create(stranger, a_new_batch(world))
    with pytest.raises(Unknown):
        await world.core.batches.create_checked(stranger, a_new_batch(world))

    assert await everything(world) == (0, 0)


async def test_a_program_of_another_project_is_unknown(world):
    stranger, _ = await world.another_project()
    (elsewhere,) = stranger.roles
    theirs = await world.core.programs.create(stranger, elsewhere, "theirs")
    both = replace(world.owner, roles=world.owner.roles | stranger.roles)

    for actor in (world.owner, both):
        for id in (theirs.id, ProgramId(uuid4())):
            with pytest.raises(Unknown):
                await world.core.batches.create(actor, a_new_batch(world, program=None, program_id=id))
            with pytest.raises(Unknown):
                await world.core.batches.create(actor, a_new_batch(world, jobs=(NewJob(program_id=id),)))

    assert await everything(world) == (0, 0)


async def test_a_job_added_with_a_program_of_another_project_is_unknown(world):
    stranger, _ = await world.another_project()
    (elsewhere,) = stranger.roles
    theirs = await world.core.programs.create(stranger, elsewhere, "theirs")
    batch = await create(world, is_open=True)

    with pytest.raises(Unknown):
        await world.core.batches.add_jobs(world.owner, batch.id, (NewJob(program_id=theirs.id),))

    assert len(await jobs_of(world, batch.id)) == 1


async def test_bounds_on_one_request_hold(world):
    with pytest.raises(TooManyJobs):
        await create(world, jobs=(NewJob(),) * 5001)
    with pytest.raises(OverBound):
        await create(world, program="x" * (32 * 2**20 + 1))

    assert await everything(world) == (0, 0)


async def test_a_second_create_with_the_same_key_answers_the_living_batch(world):
    first = await create(world, is_open=True, deduplication_key="key")

    second = await create(world, jobs=5, deduplication_key="key")

    assert second == first
    assert await everything(world) == (1, 1)


async def test_creates_at_once_with_one_key_make_one_batch(world):
    made = await asyncio.gather(*[create(world, deduplication_key="key") for _ in range(5)])

    assert len({batch.id for batch in made}) == 1
    assert await everything(world) == (1, 1)


async def test_the_key_of_a_finished_batch_makes_a_new_one(world):
    first = await create(world, deduplication_key="key")
    await world.run_all()

    second = await create(world, deduplication_key="key")

    assert second.id != first.id


async def test_a_checked_batch_is_refused_with_the_engine_s_sentence(world):
    world.checker.refusal = ProgramRefused("too many atoms", job=0)

    with pytest.raises(ProgramRefused):
        await world.core.batches.create_checked(world.owner, a_new_batch(world))

    assert await everything(world) == (0, 0)


async def test_the_engine_is_asked_about_every_job_as_it_will_run(world):
    jobs = (NewJob(shots=1, parameters={"a": 1}), NewJob(program="own", shots=2))

    await world.core.batches.create_checked(world.owner, a_new_batch(world, jobs=jobs, configuration="{}"))

    ((engine, tasks),) = world.checker.asked
    assert engine == EMU.engine
    assert [(task.program, task.shots, task.parameters) for task in tasks] == [
        ("a program", 1, {"a": 1}),
        ("own", 2, {}),
    ]
    assert {(task.configuration, task.max_shots, task.max_qubits) for task in tasks} == {("{}", 1000, 10)}


async def test_more_shots_than_the_platform_runs_are_refused_before_the_engine_is_asked(world):
    with pytest.raises(ShotsOverLimit):
        await world.core.batches.create_checked(world.owner, a_new_batch(world, jobs=(NewJob(shots=1001),)))

    assert world.checker.asked == []


async def test_a_job_without_a_number_of_shots_is_refused_where_none_is_assumed(world):
    jobs = (NewJob(shots=100), NewJob())

    with pytest.raises(ShotsMissing):
        await world.core.batches.create_checked(world.owner, a_new_batch(world, jobs=jobs, platform=PACED))

    assert world.checker.asked == []


async def test_a_number_of_shots_is_needed_where_nothing_is_asked_of_the_engine_too(world):
    batch = await create(world, jobs=0, platform=PACED, is_open=True)

    with pytest.raises(ShotsMissing):
        await create(world, (NewJob(),), platform=PACED)
    with pytest.raises(ShotsMissing):
        await world.core.batches.add_jobs(world.owner, batch.id, (NewJob(shots=1), NewJob()))

    assert await jobs_of(world, batch.id) == []


async def test_jobs_are_added_to_an_open_batch_after_those_it_has(world):
    batch = await create(world, jobs=2, is_open=True)

    added = await add(world, batch.id, jobs=2)

    assert [job.position for job in added] == [3, 4]
    assert list(await jobs_of(world, batch.id))[2:] == list(added)


async def test_jobs_added_at_once_all_find_a_place(world):
    batch = await create(world, jobs=0, is_open=True)

    ended = await asyncio.gather(*[add(world, batch.id, jobs=2) for _ in range(5)], return_exceptions=True)

    assert not [end for end in ended if isinstance(end, Exception)]
    assert [job.position for job in await jobs_of(world, batch.id)] == list(range(1, 11))


async def test_added_jobs_are_checked_with_the_batch_s_program(world):
    batch = await create(world, is_open=True, configuration='{"dt": 1}')

    added = await world.core.batches.add_jobs_checked(world.owner, batch.id, (NewJob(shots=7),))

    (_, (task,)) = world.checker.asked[-1]
    assert (task.program, task.configuration, task.shots) == ("a program", '{"dt": 1}', 7)
    assert len(added) == 1


async def test_a_closed_or_ended_batch_takes_no_jobs(world):
    closed, cancelled = await create(world), await create(world, is_open=True)
    await world.core.batches.cancel(world.owner, cancelled.id)

    for id in (closed.id, cancelled.id):
        with pytest.raises(BatchClosed):
            await add(world, id)
        with pytest.raises(BatchClosed):
            await world.core.batches.add_jobs_checked(world.owner, id, (NewJob(),))


async def test_another_member_may_read_and_nothing_else(world):
    member, batch = await another_member(world), await create(world, is_open=True)
    batches = world.core.batches

    assert (await batches.get(member, batch.id)).id == batch.id
    for forbidden in (
        batches.add_jobs(member, batch.id, (NewJob(),)),
        batches.add_jobs_checked(member, batch.id, (NewJob(),)),
        batches.close(member, batch.id),
        batches.cancel(member, batch.id),
        batches.change(member, batch.id, name="mine"),
        batches.delete(member, batch.id),
    ):
        with pytest.raises(NotAllowed):
            await forbidden
    assert await batch_of(world, batch.id) == batch


async def test_a_stranger_or_another_door_finds_nothing(world):
    stranger, _ = await world.another_project()
    batch = await create(world, is_open=True)
    batches = world.core.batches

    for actor in (stranger, world.owner.through(Door("other"))):
        for unknown in (
            batches.get(actor, batch.id),
            batches.add_jobs(actor, batch.id, (NewJob(),)),
            batches.close(actor, batch.id),
            batches.cancel(actor, batch.id),
            batches.change(actor, batch.id, name="mine"),
            batches.delete(actor, batch.id),
        ):
            with pytest.raises(Unknown):
                await unknown
    with pytest.raises(Unknown):
        await batches.jobs_of(stranger, batch.id)
    with pytest.raises(Unknown):
        await batches.children(stranger, batch.id)


async def test_a_closed_batch_still_runs_what_waits(world):
    batch = await create(world, jobs=2, is_open=True)

    closed = await world.core.batches.close(world.owner, batch.id)
    await world.run_all()

    assert (closed.is_open, closed.status) == (False, BatchStatus.ACTIVE)
    assert (await batch_of(world, batch.id)).status is BatchStatus.DONE
    assert await world.core.batches.close(world.owner, batch.id) == await batch_of(world, batch.id)


async def test_an_open_batch_with_nothing_left_ends_when_it_is_closed(world):
    batch = await create(world, is_open=True)
    await world.run_all()
    assert (await batch_of(world, batch.id)).status is BatchStatus.ACTIVE

    closed = await world.core.batches.close(world.owner, batch.id)

    assert closed.status is BatchStatus.DONE


async def test_a_batch_that_is_created_closed_without_jobs_ends(world):
    batch = await create(world, jobs=0)

    await let_pass(world, 3)

    assert (await batch_of(world, batch.id)).is_finished


async def test_a_cancelled_batch_takes_its_waiting_jobs_with_it(world):
    batch = await create(world, jobs=3)

    cancelled = await world.core.batches.cancel(world.owner, batch.id)

    assert cancelled.status is BatchStatus.CANCELLED
    assert await statuses_of(world, batch.id) == [CANCELLED] * 3
    assert await claim(world) == []
    with pytest.raises(AlreadyFinished):
        await world.core.batches.cancel(world.owner, batch.id)


async def test_a_cancelled_batch_with_a_running_job_ends_when_that_has_ended(world):
    batch = await create(world, jobs=2)
    grant = await claim_one(world)

    stopping = await world.core.batches.cancel(world.owner, batch.id)
    assert stopping.status is BatchStatus.STOPPING
    assert await statuses_of(world, batch.id) == [RUNNING, CANCELLED]
    await done(world, grant)

    assert (await batch_of(world, batch.id)).status is BatchStatus.CANCELLED
    assert await statuses_of(world, batch.id) == [CANCELLED, CANCELLED]


async def test_a_batch_cancelled_twice_while_it_stops_stays_so(world):
    batch = await create(world)
    await claim_one(world)
    await world.core.batches.cancel(world.owner, batch.id)

    again = await world.core.batches.cancel(world.owner, batch.id)

    assert again.status is BatchStatus.STOPPING


async def test_a_stopping_batch_ends_even_if_its_worker_is_lost(world):
    batch = await create(world)
    await claim_one(world)
    await world.core.batches.cancel(world.owner, batch.id)

    await lose(world)

    assert (await batch_of(world, batch.id)).status is BatchStatus.CANCELLED


async def test_an_open_batch_times_out_when_it_is_idle(world):
    batch = await create(world, jobs=0, is_open=True, max_idle_s=10.0)

    await let_pass(world, 9)
    assert not (await batch_of(world, batch.id)).is_finished
    await let_pass(world, 1)

    ended = await batch_of(world, batch.id)
    assert (ended.status, ended.message) == (BatchStatus.TIMED_OUT, "idle too long")


async def test_a_batch_whose_job_runs_is_not_idle(world):
    batch = await create(world, is_open=True, max_idle_s=5.0)
    grant = await claim_one(world)

    await let_pass(world, 10)
    assert not (await batch_of(world, batch.id)).is_finished
    await done(world, grant)
    await let_pass(world, 4)
    assert not (await batch_of(world, batch.id)).is_finished
    await let_pass(world, 1)

    assert (await batch_of(world, batch.id)).status is BatchStatus.TIMED_OUT


async def test_a_batch_past_its_total_limit_stops_what_runs(world):
    batch = await create(world, jobs=2, is_open=True, max_total_s=20.0)
    grant = await claim_one(world)

    await let_pass(world, 20)
    stopping = await batch_of(world, batch.id)
    assert (stopping.status, stopping.message) == (BatchStatus.STOPPING, "reached its total limit")
    await done(world, grant)

    assert (await batch_of(world, batch.id)).status is BatchStatus.TIMED_OUT
    assert await statuses_of(world, batch.id) == [CANCELLED, CANCELLED]


async def test_a_waiting_batch_has_no_total_limit_before_it_has_its_platform(world):
    first = await create(world, is_open=True, platform=QPU, max_idle_s=500.0)
    await done(world, await claim_one(world))
    waiting = await create(world, platform=QPU, max_total_s=5.0)

    await let_pass(world, 30)

    assert (await batch_of(world, first.id)).status is BatchStatus.ACTIVE
    assert (await batch_of(world, waiting.id)).status is BatchStatus.QUEUED


async def test_wishes_are_cut_to_the_platform_s_ceilings(world):
    batch = await create(world, platform=QPU, max_idle_s=1e9, max_total_s=1e9)

    changed = await world.core.batches.change(
        world.owner, batch.id, max_total_s=30.0, name="new", tags=("a",)
    )

    assert (batch.max_idle_s, batch.max_total_s) == (1000.0, 1000.0)
    assert (changed.max_idle_s, changed.max_total_s, changed.name, changed.tags) == (
        30.0,
        30.0,
        "new",
        ("a",),
    )
    assert await batch_of(world, batch.id) == changed


async def test_a_deleted_batch_is_gone_with_its_jobs_and_nothing_runs(world):
    batch, other = await create(world, jobs=2), await create(world)
    (job, _) = await jobs_of(world, batch.id)

    await world.core.batches.delete(world.owner, batch.id)

    with pytest.raises(Unknown):
        await batch_of(world, batch.id)
    with pytest.raises(Unknown):
        await world.core.jobs.get(world.owner, job.id)
    assert await everything(world) == (1, 1)
    assert [grant.job.batch_id for grant in await claim(world, most=9)] == [other.id]


async def test_a_batch_deleted_while_it_runs_frees_its_platform_when_its_job_ends(world):
    batch = await create(world, platform=QPU)
    grant = await claim_one(world)
    next_one = await create(world, platform=QPU)

    await world.core.batches.delete(world.owner, batch.id)
    assert await claim(world) == []
    await done(world, grant)

    assert (await claim_one(world)).job.batch_id == next_one.id


async def test_batches_that_repeat_another_are_its_children(world):
    parent = await create(world)
    child = await create(world, parent_id=parent.id)

    assert list(await world.core.batches.children(world.owner, parent.id)) == [child.id]


async def test_counts_add_up(world):
    batch, empty = await create(world, jobs=4), await create(world, jobs=0, is_open=True)
    await done(world, await claim_one(world))
    await claim_one(world)

    counts = await world.core.batches.counts([batch.id, empty.id])

    assert dict(counts[batch.id]) == {QUEUED: 2, RUNNING: 1, DONE: 1, FAILED: 0, CANCELLED: 0}
    assert sum(counts[empty.id].values()) == 0
    assert len((await world.core.batches.job_ids([batch.id]))[batch.id]) == 4


async def test_an_unknown_batch_is_unknown_everywhere(world):
    id = BatchId(uuid4())

    for unknown in (
        world.core.batches.get(world.owner, id),
        world.core.batches.cancel(world.owner, id),
        world.core.batches.delete(world.owner, id),
        world.core.batches.jobs_of(world.owner, id),
    ):
        with pytest.raises(Unknown):
            await unknown
