"""What every store of jobs promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from ketway.domain.accounts import ProjectId
from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.errors import Stale, Unknown
from ketway.domain.jobs import JobId, JobStatus
from ketway.domain.platforms import Door, platform_id
from ketway.domain.priorities import Priority
from ketway.domain.shares import Running
from ketway.services.listing import JobFilter, Order, Page
from tests.builders import NOON, PROJECT, a_member, a_program, a_stranger
from tests.contracts.rows import BOTH, ELSEWHERE, SOMEBODY, after, keep_batch, keep_job, keep_jobs

EMU = platform_id("EMU_TEST")
QPU = platform_id("QPU")


async def listed(db, filter=None, page=None, actor=BOTH):
    async with db.look() as work:
        return await work.jobs.list(actor, filter or JobFilter(), page or Page())


async def heads(db, *platforms) -> set[JobId]:
    async with db.look() as work:
        return {head.job_id for head in await work.jobs.heads(platforms or [EMU])}


async def heads_of(db, *batches) -> set[JobId]:
    async with db.look() as work:
        return {head.job_id for head in await work.jobs.heads_of(batches)}


async def test_every_field_comes_back_as_it_was(db):
    program = a_program()
    async with db.work() as work:
        await work.programs.add([program])

    job = await keep_job(
        db,
        position=7,
        name="Ünï\U0001f431",
        tags=("a", "b"),
        program_id=program.id,
        shots=None,
        parameters={"omega": [1.5, 2], "qubits": {"q0": 3}},
        priority=Priority.FREE,
        status=JobStatus.FAILED,
        progress=42,
        attempt=3,
        child_deaths=2,
        lost_leases=1,
        errors=("it broke", "ünd again"),
        started_at=after(microseconds=1),
        ended_at=after(seconds=1),
        cancel_requested_at=after(seconds=2),
        parent_id=JobId(uuid4()),
        echo={"anything": [None, True]},
        max_duration_s=0.25,
    )

    async with db.look() as work:
        assert await work.jobs.fetch(job.id) == job
        assert await work.jobs.get(job.id, visible_to=a_member()) == job


async def test_a_job_of_a_foreign_project_or_another_door_is_unknown(db):
    job = await keep_job(db)

    async with db.look() as work:
        for id, actor in (
            (job.id, a_stranger()),
            (job.id, a_member().through(Door("other"))),
            (JobId(uuid4()), BOTH),
        ):
            with pytest.raises(Unknown):
                await work.jobs.get(id, visible_to=actor)


async def test_a_place_in_a_batch_is_taken_once(db):
    batch = await keep_batch(db)
    await keep_jobs(db, batch, {"position": 1})

    with pytest.raises(Stale):
        await keep_jobs(db, batch, {"position": 2}, {"position": 1})

    async with db.look() as work:
        assert len(await work.jobs.of_batch(batch.id)) == 1


async def test_no_jobs_are_no_trouble(db):
    batch = await keep_batch(db)

    async with db.work() as work:
        await work.jobs.add([])
        await work.jobs.put()

    async with db.look() as work:
        assert list(await work.jobs.of_batch(batch.id)) == []
        assert await work.jobs.last_position(batch.id) == 0
        assert await work.jobs.count_ran([batch.id]) == {}


async def test_the_jobs_of_a_batch_come_in_creation_order(db):
    batch = await keep_batch(db)
    three, one, two = await keep_jobs(
        db, batch, {"position": 3}, {"position": 1, "status": JobStatus.DONE}, {"position": 2}
    )

    async with db.look() as work:
        assert list(await work.jobs.of_batch(batch.id)) == [one, two, three]
        assert list(await work.jobs.of_batch(batch.id, JobStatus.QUEUED)) == [two, three]
        assert list(await work.jobs.of_batch(batch.id, JobStatus.QUEUED, JobStatus.DONE)) == [one, two, three]
        assert list(await work.jobs.of_batch(batch.id, JobStatus.RUNNING)) == []
        assert await work.jobs.last_position(batch.id) == 3


async def test_ids_are_told_for_each_batch_even_an_empty_one(db):
    full, empty = await keep_batch(db), await keep_batch(db)
    two, one = await keep_jobs(db, full, {"position": 2}, {"position": 1})

    async with db.look() as work:
        found = await work.jobs.ids_of([full.id, empty.id])

    assert {id: list(jobs) for id, jobs in found.items()} == {full.id: [one.id, two.id], empty.id: []}


async def test_counts_tell_every_status_with_zeros(db):
    full, empty = await keep_batch(db), await keep_batch(db)
    await keep_jobs(db, full, {}, {}, {"status": JobStatus.DONE})

    async with db.look() as work:
        found = await work.jobs.count([full.id, empty.id])

    assert {id: dict(counts) for id, counts in found.items()} == {
        full.id: dict.fromkeys(JobStatus, 0) | {JobStatus.QUEUED: 2, JobStatus.DONE: 1},
        empty.id: dict.fromkeys(JobStatus, 0),
    }


async def test_jobs_that_were_cancelled_while_waiting_have_not_run(db):
    batch = await keep_batch(db)
    await keep_jobs(
        db,
        batch,
        {"status": JobStatus.CANCELLED, "ended_at": NOON},
        {"status": JobStatus.CANCELLED, "started_at": NOON, "ended_at": NOON},
        {"status": JobStatus.RUNNING, "started_at": NOON},
        {"status": JobStatus.DONE, "started_at": NOON, "ended_at": NOON},
    )

    async with db.look() as work:
        assert await work.jobs.count_ran([batch.id]) == {batch.id: 2}


async def test_a_deleted_job_is_hidden(db):
    batch = await keep_batch(db)
    deleted, other = await keep_jobs(db, batch, {"status": JobStatus.DONE}, {})

    async with db.work() as work:
        await work.jobs.delete(deleted.id, after(hours=1))

    async with db.look() as work:
        with pytest.raises(Unknown):
            await work.jobs.get(deleted.id, visible_to=BOTH)
        assert list(await work.jobs.of_batch(batch.id)) == [other]
        assert list((await work.jobs.ids_of([batch.id]))[batch.id]) == [other.id]
        assert await work.jobs.last_position(batch.id) == 2
    assert [job.id for job in (await listed(db)).items] == [other.id]


async def test_the_head_of_a_line_is_its_oldest_waiting_job(db):
    old, young = await keep_batch(db), await keep_batch(db)
    _running, _second, first = await keep_jobs(
        db,
        old,
        {"status": JobStatus.RUNNING},
        {"position": 3, "created_at": after(seconds=1)},
        {"position": 2, "created_at": after(seconds=1)},
    )
    await keep_jobs(db, young, {"created_at": after(seconds=2)})

    assert await heads(db) == {first.id}


async def test_each_project_and_class_has_one_head(db):
    expected = set()
    for project in (PROJECT, ELSEWHERE):
        for priority in (Priority.HIGH, Priority.FREE):
            batch = await keep_batch(db, project_id=project, priority=priority)
            first, *_ = await keep_jobs(db, batch, {}, {}, {})
            expected.add(first.id)

    assert await heads(db) == expected


async def test_heads_tell_what_ranking_needs(db):
    batch = await keep_batch(db, priority=Priority.LOW)
    (job,) = await keep_jobs(db, batch, {"created_at": after(microseconds=5), "max_duration_s": 7.5})

    async with db.look() as work:
        (head,) = await work.jobs.heads([EMU])

    assert (head.job_id, head.batch_id, head.project_id) == (job.id, batch.id, PROJECT)
    assert (head.platform_id, head.priority, head.max_duration_s) == (EMU, Priority.LOW, 7.5)
    assert (head.created_at, head.position, head.holds) == (after(microseconds=5), 1, False)


async def test_heads_are_of_platforms_or_of_batches(db):
    here, other, there = await keep_batch(db), await keep_batch(db), await keep_batch(db, platform_id=QPU)
    (first,) = await keep_jobs(db, here, {})
    (second,) = await keep_jobs(db, other, {"created_at": after(seconds=1)})
    (third,) = await keep_jobs(db, there, {})

    assert await heads(db) == {first.id}
    assert await heads(db, QPU) == {third.id}
    assert await heads(db, QPU, EMU, platform_id("NONE")) == {first.id, third.id}
    assert await heads_of(db, other.id) == {second.id}
    assert await heads_of(db, other.id, there.id) == {second.id, third.id}
    assert await heads_of(db, BatchId(uuid4())) == set()


async def test_the_head_of_a_batch_is_the_first_of_it_that_waits(db):
    batch = await keep_batch(db)
    *_, third, _ = await keep_jobs(
        db, batch, {"status": JobStatus.DONE}, {"status": JobStatus.RUNNING}, {}, {}
    )

    assert await heads_of(db, batch.id) == {third.id}


async def test_of_jobs_of_one_age_those_of_one_batch_go_together(db):
    batches = [await keep_batch(db) for _ in range(3)]
    for batch in batches:
        await keep_jobs(db, batch, {}, {})

    async with db.look() as work:
        (head,) = await work.jobs.heads([EMU])

    assert (head.batch_id, head.position) == (min((batch.id for batch in batches), key=str), 1)


@pytest.mark.parametrize(
    "way", [{"status": BatchStatus.PAUSED}, {"slot_starts_at": NOON, "slot_ends_at": NOON}]
)
async def test_behind_what_is_held_back_the_next_of_the_line_is_its_head(db, way):
    lines = set()
    for project in (PROJECT, ELSEWHERE):
        held = [await keep_batch(db, project_id=project, **way) for _ in range(2)]
        free = await keep_batch(db, project_id=project)
        for batch in held:
            await keep_jobs(
                db, batch, {"created_at": after(seconds=-2)}, {}, {"created_at": after(seconds=2)}
            )
        first, *_ = await keep_jobs(
            db, free, {"created_at": after(seconds=1)}, {"created_at": after(seconds=1)}
        )
        lines.add(first.id)
    await keep_jobs(db, await keep_batch(db, priority=Priority.FREE, **way), {}, {})

    assert await heads(db) == lines


async def test_behind_a_head_are_the_first_jobs_of_later_requests_in_its_line(db):
    heads, expected = [], set()
    for project in (PROJECT, ELSEWHERE):
        first, second, paused = [
            await keep_batch(db, project_id=project, **way)
            for way in ({}, {}, {"status": BatchStatus.PAUSED})
        ]
        head, _, later, _ = await keep_jobs(
            db, first, {}, {}, {"created_at": after(seconds=2)}, {"created_at": after(seconds=2)}
        )
        (between, _) = await keep_jobs(db, second, *[{"created_at": after(seconds=1)}] * 2)
        await keep_jobs(db, paused, {"created_at": after(seconds=3)})
        heads.append(head.id)
        expected |= {between.id, later.id}
    await keep_jobs(db, await keep_batch(db, priority=Priority.HIGH), {"created_at": after(seconds=1)})

    async with db.look() as work:
        found = await work.jobs.behind(heads, 100)
        one = await work.jobs.behind(heads[:1], 1)
        assert list(await work.jobs.behind([], 100)) == []

    assert {each.job_id for each in found} == expected
    assert len(found) == 4
    assert [each.created_at for each in one] == [after(seconds=1)]


async def test_what_a_project_waits_for_is_counted_up_to_a_bound(db):
    for project, platform, priority in (
        (PROJECT, EMU, Priority.HIGH),
        (PROJECT, EMU, Priority.FREE),
        (PROJECT, QPU, Priority.HIGH),
        (ELSEWHERE, EMU, Priority.HIGH),
    ):
        batch = await keep_batch(db, project_id=project, platform_id=platform, priority=priority)
        await keep_jobs(db, batch, {}, {}, {"status": JobStatus.RUNNING}, {"status": JobStatus.DONE})

    async with db.look() as work:
        assert await work.jobs.count_waiting(PROJECT, 100) == 6
        assert await work.jobs.count_waiting(PROJECT, 5) == 5
        assert await work.jobs.count_waiting(ELSEWHERE, 100) == 2
        assert await work.jobs.count_waiting(ProjectId(uuid4()), 100) == 0


async def test_platforms_that_are_waited_for_are_known(db):
    for platform, status in (
        ("ONE", JobStatus.QUEUED),
        ("TWO", JobStatus.RUNNING),
        ("THREE", JobStatus.DONE),
    ):
        await keep_jobs(db, await keep_batch(db, platform_id=platform_id(platform)), {"status": status}, {})
    await keep_jobs(db, await keep_batch(db, platform_id=platform_id("FOUR")), {"status": JobStatus.DONE})

    async with db.look() as work:
        found = await work.jobs.waited_for()

    assert set(found) == {platform_id(name) for name in ("ONE", "TWO", "THREE")}


async def test_nobody_waits_and_there_are_no_lines(db):
    await keep_job(db, status=JobStatus.DONE)

    async with db.look() as work:
        assert set(await work.jobs.waited_for()) == set()
        assert list(await work.jobs.heads([EMU, QPU])) == []
        assert dict(await work.jobs.running([EMU, QPU], NOON)) == {}


async def test_running_jobs_are_counted_by_platform_and_by_project(db):
    here, there = await keep_batch(db), await keep_batch(db, platform_id=QPU)
    running: dict[str, Any] = {"status": JobStatus.RUNNING, "started_at": NOON}
    await keep_jobs(db, here, running, running | {"started_at": after(seconds=7.5)}, {})
    await keep_jobs(db, there, running)
    await keep_jobs(
        db, await keep_batch(db, project_id=ELSEWHERE), running | {"started_at": after(seconds=-1)}
    )

    async with db.look() as work:
        assert await work.jobs.running_on(EMU) == 3
        assert await work.jobs.running_on(QPU) == 1
        assert await work.jobs.running_on(platform_id("NONE")) == 0
        assert await work.jobs.running([EMU, QPU, platform_id("NONE")], after(seconds=10)) == {
            EMU: {PROJECT: Running(number=2, seconds=12.5), ELSEWHERE: Running(number=1, seconds=11.0)},
            QPU: {PROJECT: Running(number=1, seconds=10.0)},
        }
        assert set(await work.jobs.running([QPU], NOON)) == {QPU}


async def test_filters_choose_what_is_listed(db):
    plain = await keep_job(db, shots=100)
    batch = await keep_batch(db, project_id=ELSEWHERE)
    (special,) = await keep_jobs(
        db,
        batch,
        {
            "id": JobId(UUID("abcdef00-0000-4000-8000-000000000001")),
            "creator_id": SOMEBODY,
            "door": Door("other"),
            "status": JobStatus.FAILED,
            "tags": ("red", "blue"),
            "shots": 500,
            "errors": ("it broke",),
            "created_at": after(hours=1),
        },
    )

    for filter in (
        JobFilter(doors=(Door("other"),)),
        JobFilter(ids=(special.id,)),
        JobFilter(id_starts_with="abcdef00-"),
        JobFilter(batch_ids=(batch.id,)),
        JobFilter(project_ids=(ELSEWHERE,)),
        JobFilter(creator_ids=(SOMEBODY,)),
        JobFilter(statuses=(JobStatus.FAILED,)),
        JobFilter(tags=("red", "blue")),
        JobFilter(min_shots=101),
        JobFilter(min_shots=500, max_shots=500),
        JobFilter(has_errors=True),
        JobFilter(created_from=after(hours=1)),
    ):
        assert [job.id for job in (await listed(db, filter)).items] == [special.id], filter
    for filter in (
        JobFilter(max_shots=100),
        JobFilter(has_errors=False),
        JobFilter(created_until=NOON),
        JobFilter(statuses=(JobStatus.QUEUED, JobStatus.DONE)),
    ):
        assert [job.id for job in (await listed(db, filter)).items] == [plain.id], filter
    for filter in (JobFilter(project_ids=()), JobFilter(tags=("red", "green")), JobFilter(min_shots=501)):
        assert (await listed(db, filter)).total == 0, filter


async def test_jobs_without_shots_are_outside_every_range_of_shots(db):
    await keep_job(db, shots=None)

    assert (await listed(db, JobFilter(min_shots=0))).total == 0
    assert (await listed(db, JobFilter(max_shots=10**6))).total == 0
    assert (await listed(db)).total == 1


async def test_nobody_lists_jobs_of_projects_they_are_not_in(db):
    await keep_job(db)

    assert (await listed(db, actor=a_member())).total == 1
    assert (await listed(db, actor=a_stranger())).total == 0


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("order", Order)
async def test_pages_visit_every_row_once(db, order, descending):
    batch = await keep_batch(db)
    jobs = await keep_jobs(
        db, batch, *[{"shots": number % 2 or None, "ended_at": after(hours=number)} for number in range(10)]
    )

    pages = [
        await listed(db, page=Page(offset=offset, limit=4, order=order, descending=descending))
        for offset in (0, 4, 8)
    ]

    visited = [job.id for page in pages for job in page.items]
    assert sorted(visited) == sorted(job.id for job in jobs)
    assert {page.total for page in pages} == {10}


async def test_rows_come_in_the_order_asked_for(db):
    batch = await keep_batch(db)
    one, two, three = await keep_jobs(db, batch, {"shots": 20}, {"shots": None}, {"shots": 10})

    async def sorted_by(order: Order, *, descending: bool) -> list[JobId]:
        return [job.id for job in (await listed(db, page=Page(order=order, descending=descending))).items]

    assert await sorted_by(Order.POSITION, descending=False) == [one.id, two.id, three.id]
    assert await sorted_by(Order.SHOTS, descending=True) == [one.id, three.id, two.id]
    assert await sorted_by(Order.SHOTS, descending=False) == [two.id, three.id, one.id]


async def test_rows_sorted_by_a_status_or_a_platform_come_as_those_are_placed(db):
    batch = await keep_batch(db)
    waits, runs, done = await keep_jobs(
        db,
        batch,
        {"status": JobStatus.QUEUED, "platform_id": platform_id("c")},
        {"status": JobStatus.RUNNING, "platform_id": platform_id("a")},
        {"status": JobStatus.DONE, "platform_id": platform_id("b")},
    )
    by_status = {JobStatus.QUEUED: 0, JobStatus.RUNNING: 1}
    by_platform = {platform_id("b"): 0, platform_id("c"): 1, platform_id("a"): 2}

    async def found(order: Order, places: Mapping[Any, int], *, descending: bool) -> list[JobId]:
        page = Page(order=order, places=places, descending=descending)
        return [job.id for job in (await listed(db, page=page)).items]

    assert await found(Order.STATUS, by_status, descending=False) == [waits.id, runs.id, done.id]
    assert await found(Order.STATUS, by_status, descending=True) == [done.id, runs.id, waits.id]
    assert await found(Order.PLATFORM, by_platform, descending=False) == [done.id, waits.id, runs.id]


async def test_rows_sorted_by_the_name_of_their_batch(db):
    last, first = await keep_batch(db, name="b"), await keep_batch(db, name="a")
    one, three = await keep_jobs(db, last, {}, {})
    (two,) = await keep_jobs(db, first, {})

    found = (await listed(db, page=Page(order=Order.BATCH_NAME, descending=False))).items

    assert [job.id for job in found] == [two.id, *sorted((one.id, three.id), key=str)]


async def test_a_changed_job_is_read_changed(db):
    job = await keep_job(db)

    async with db.work() as work:
        await work.jobs.put(replace(job, status=JobStatus.RUNNING, progress=5, errors=("x",)))

    async with db.look() as work:
        read = await work.jobs.fetch(job.id)
    assert read == replace(job, status=JobStatus.RUNNING, progress=5, errors=("x",), version=1)


async def test_numbers_that_no_row_has_are_compared_all_the_same(db):
    job = await keep_job(db, shots=5)

    least = await listed(db, filter=JobFilter(min_shots=2**53))
    most = await listed(db, filter=JobFilter(max_shots=2**53))
    beyond = await listed(db, page=Page(offset=2**31))

    assert [[found.id for found in each.items] for each in (least, most, beyond)] == [[], [job.id], []]
