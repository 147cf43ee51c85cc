"""Jobs and programs through their use cases."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from ketway.domain.batches import BatchStatus
from ketway.domain.errors import AlreadyFinished, JobStillLives, NotAllowed, OverBound, Unknown
from ketway.domain.jobs import JobId, JobStatus
from ketway.domain.platforms import Door
from ketway.services.listing import JobFilter, Page
from tests.services.steps import (
    another_member,
    batch_of,
    claim,
    claim_one,
    create,
    done,
    job_of,
    jobs_of,
    statuses_of,
)
from tests.worlds import all_zero

QUEUED, RUNNING, DONE, FAILED, CANCELLED = JobStatus


async def test_a_waiting_job_is_cancelled_and_never_runs(world):
    batch = await create(world, jobs=2)
    first, second = await jobs_of(world, batch.id)

    cancelled = await world.core.jobs.cancel(world.owner, first.id)

    assert cancelled.status is CANCELLED
    assert [grant.job.id for grant in await claim(world, most=9)] == [second.id]


async def test_a_running_job_is_asked_to_stop(world):
    await create(world)
    grant = await claim_one(world)

    asked = await world.core.jobs.cancel(world.owner, grant.job.id)

    assert (asked.status, asked.cancel_requested_at) == (RUNNING, world.clock.now())


async def test_a_batch_whose_jobs_were_all_cancelled_while_waiting_is_cancelled(world):
    batch = await create(world, jobs=2)

    for job in await jobs_of(world, batch.id):
        await world.core.jobs.cancel(world.owner, job.id)

    assert (await batch_of(world, batch.id)).status is BatchStatus.CANCELLED


async def test_a_batch_of_which_some_job_ran_is_done(world):
    batch = await create(world, jobs=2)
    await done(world, await claim_one(world))

    await world.core.jobs.cancel(world.owner, (await jobs_of(world, batch.id))[1].id)

    assert (await batch_of(world, batch.id)).status is BatchStatus.DONE
    assert await statuses_of(world, batch.id) == [DONE, CANCELLED]


async def test_what_has_ended_cannot_be_cancelled(world):
    await create(world)
    grant = await claim_one(world)
    await done(world, grant)

    with pytest.raises(AlreadyFinished):
        await world.core.jobs.cancel(world.owner, grant.job.id)

    assert (await job_of(world, grant.job.id)).status is DONE


async def test_only_those_who_may_change_a_job(world):
    member = await another_member(world)
    stranger, _ = await world.another_project()
    (job,) = await jobs_of(world, (await create(world)).id)
    jobs = world.core.jobs

    assert (await jobs.get(member, job.id)).id == job.id
    for actor, refusal in ((member, NotAllowed), (stranger, Unknown)):
        with pytest.raises(refusal):
            await jobs.cancel(actor, job.id)
        with pytest.raises(refusal):
            await jobs.change(actor, job.id, name="mine")
        with pytest.raises(refusal):
            await jobs.delete(actor, job.id)
    with pytest.raises(Unknown):
        await jobs.get(stranger, job.id)
    with pytest.raises(Unknown):
        await jobs.get(world.owner.through(Door("other")), job.id)
    with pytest.raises(Unknown):
        await jobs.get(world.owner, JobId(uuid4()))
    assert (await jobs.list(stranger, JobFilter(), Page())).total == 0


async def test_a_changed_job_keeps_what_was_not_named(world):
    (job,) = await jobs_of(world, (await create(world)).id)

    await world.core.jobs.change(world.owner, job.id, name="new")
    changed = await world.core.jobs.change(world.owner, job.id, tags=("a",))

    assert (changed.name, changed.tags, changed.shots) == ("new", ("a",), 100)


async def test_only_what_has_ended_can_be_deleted(world):
    batch = await create(world, jobs=2)
    grant = await claim_one(world)
    _, waiting = await jobs_of(world, batch.id)

    for id in (grant.job.id, waiting.id):
        with pytest.raises(JobStillLives):
            await world.core.jobs.delete(world.owner, id)
    await done(world, grant)
    await world.core.jobs.delete(world.owner, grant.job.id)

    with pytest.raises(Unknown):
        await job_of(world, grant.job.id)
    assert await statuses_of(world, batch.id) == [QUEUED]
    await world.run_all()
    assert (await batch_of(world, batch.id)).status is BatchStatus.DONE


async def test_a_result_s_link_fetches_the_document(world):
    await create(world)
    grant = await claim_one(world)
    await done(world, grant)
    result = (await world.core.jobs.results([grant.job.id]))[grant.job.id]

    body, name = await world.follow(world.core.jobs.link(result))

    assert body == all_zero(grant).document.encode()
    assert name == f"{grant.job.id}.json"


async def test_jobs_without_a_result_are_left_out(world):
    (job,) = await jobs_of(world, (await create(world)).id)

    assert await world.core.jobs.results([job.id]) == {}
    assert await world.core.jobs.results([]) == {}


async def test_a_kept_program_is_read_listed_and_linked(world):
    program = await world.core.programs.create(world.owner, world.project_id, "tëxt")
    await create(world)

    assert await world.core.programs.text(world.owner, program.id) == "tëxt"
    assert program.size == 5
    assert list((await world.core.programs.list(world.owner, world.project_id, Page())).items) == [program]
    body, _ = await world.follow(world.core.programs.link(program))
    assert body == "tëxt".encode()


async def test_a_program_is_nobody_else_s(world):
    stranger, _ = await world.another_project()
    program = await world.core.programs.create(world.owner, world.project_id, "text")

    with pytest.raises(Unknown):
        await world.core.programs.text(stranger, program.id)
    with pytest.raises(Unknown):
        await world.core.programs.create(stranger, world.project_id, "text")
    assert (await world.core.programs.list(stranger, world.project_id, Page())).total == 0


async def test_a_program_is_measured_in_bytes(world):
    with pytest.raises(OverBound):
        await world.core.programs.create(world.owner, world.project_id, "é" * (16 * 2**20 + 1))


async def test_results_too_large_for_one_answer_are_refused_together_and_given_one_by_one(world):
    batch = await create(world, jobs=2)
    await world.run_all()
    ids = [job.id for job in await jobs_of(world, batch.id)]
    sizes = [result.size for result in (await world.core.jobs.results(ids)).values()]
    narrow = replace(world.core.jobs, max_documents_bytes=sum(sizes) - 1)

    with pytest.raises(OverBound):
        await narrow.documents(ids)
    assert len(await narrow.documents(ids[:1])) == 1
    assert len(await world.core.jobs.documents(ids)) == 2
