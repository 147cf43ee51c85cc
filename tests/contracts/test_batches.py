"""What every store of batches promises."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from ketway.domain.accounts import AccountId
from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.errors import Stale, Unknown
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import Door, platform_id
from ketway.domain.priorities import Priority
from ketway.domain.processes import ProcessId
from ketway.services.listing import BatchFilter, Order, Page
from tests.builders import ACCOUNT, COSTLY, DOOR, NOON, PROJECT, a_batch, a_member, a_program, a_stranger
from tests.contracts.rows import BOTH, ELSEWHERE, SOMEBODY, after, keep_batch, keep_batches, keep_jobs

QPU = platform_id("QPU")


async def listed(db, filter=None, page=None, actor=BOTH):
    async with db.look() as work:
        return await work.batches.list(actor, filter or BatchFilter(), page or Page())


async def overdue(db, now) -> list[BatchId]:
    async with db.look() as work:
        return [batch.id for batch in await work.batches.overdue(now)]


async def test_every_field_comes_back_as_it_was(db):
    program = a_program()
    async with db.work() as work:
        await work.programs.add([program])

    batch = await keep_batch(
        db,
        created_at=after(microseconds=1),
        updated_at=after(microseconds=999_999),
        name="Ünï\U0001f431 'quoted'; DROP TABLE batches",
        tags=("a", "b c", "%_\"'"),
        program_id=program.id,
        configuration='{"dt": 10}',
        priority=Priority.CRITICAL,
        status=BatchStatus.STOPPING,
        is_open=True,
        is_exclusive=True,
        ends_as=BatchStatus.TIMED_OUT,
        started_at=after(seconds=1),
        ended_at=after(seconds=2),
        last_ended_at=after(seconds=3),
        max_idle_s=0.5,
        max_total_s=1e7,
        deduplication_key="key",
        parent_id=BatchId(uuid4()),
        process_id=ProcessId(uuid4()),
        message="because",
        prices=COSTLY,
        held_from=after(seconds=4),
        held=timedelta(days=3, microseconds=1),
        echo={"nested": [1, 2.5, None, {"deep": "ü"}]},
    )

    async with db.look() as work:
        assert await work.batches.fetch(batch.id) == batch
        assert await work.batches.get(batch.id, visible_to=a_member()) == batch


async def test_a_batch_of_a_foreign_project_or_another_door_is_unknown(db):
    batch = await keep_batch(db)

    async with db.look() as work:
        for actor in (a_stranger(), a_member().through(Door("other"))):
            with pytest.raises(Unknown):
                await work.batches.get(batch.id, visible_to=actor)


async def test_what_was_never_added_is_unknown(db):
    async with db.look() as work:
        with pytest.raises(Unknown):
            await work.batches.get(BatchId(uuid4()), visible_to=BOTH)
        with pytest.raises(Unknown):
            await work.batches.fetch(BatchId(uuid4()))


async def test_a_deleted_batch_is_hidden_with_its_jobs_and_still_fetched(db):
    batch, other = await keep_batch(db), await keep_batch(db)
    (job,) = await keep_jobs(db, batch, {})

    async with db.work() as work:
        await work.batches.delete(batch.id, after(hours=1))

    async with db.look() as work:
        with pytest.raises(Unknown):
            await work.batches.get(batch.id, visible_to=BOTH)
        with pytest.raises(Unknown):
            await work.jobs.get(job.id, visible_to=BOTH)
        assert (await work.batches.fetch(batch.id)).id == batch.id
        assert (await work.jobs.fetch(job.id)).id == job.id
    assert [batch.id for batch in (await listed(db)).items] == [other.id]


async def test_a_deleted_batch_that_is_written_again_stays_hidden(db):
    batch = await keep_batch(db)
    async with db.work() as work:
        await work.batches.delete(batch.id, NOON)

    async with db.work() as work:
        await work.batches.put(await work.batches.fetch(batch.id))

    assert (await listed(db)).total == 0


async def test_an_exclusive_platform_has_one_holder(db):
    holder = await keep_batch(db, platform_id=QPU, is_exclusive=True, status=BatchStatus.ACTIVE)
    waiting = await keep_batch(db, platform_id=QPU, is_exclusive=True)

    with pytest.raises(Stale):
        async with db.work() as work:
            await work.batches.put(replace(waiting, status=BatchStatus.ACTIVE))

    async with db.look() as work:
        assert await work.batches.holder(QPU) == holder
        assert await work.batches.holders([QPU, platform_id("EMU_TEST")]) == {QPU: holder}


@pytest.mark.parametrize("status", [BatchStatus.ACTIVE, BatchStatus.STOPPING])
async def test_a_holder_holds_until_it_has_ended(db, status):
    holder = await keep_batch(db, platform_id=QPU, is_exclusive=True, status=status)
    waiting = await keep_batch(db, platform_id=QPU, is_exclusive=True)

    async with db.work() as work:
        assert await work.batches.holder(QPU) == holder
        await work.batches.put(replace(holder, status=BatchStatus.CANCELLED))
        assert await work.batches.holder(QPU) is None
        await work.batches.put(replace(waiting, status=BatchStatus.ACTIVE))

    async with db.look() as work:
        held = await work.batches.holder(QPU)
    assert held is not None
    assert held.id == waiting.id


async def test_open_batches_of_a_project_are_counted_up_to_a_bound(db):
    await keep_batches(db, *[a_batch(is_open=True, status=BatchStatus.ACTIVE) for _ in range(3)])
    await keep_batch(db, is_open=True, status=BatchStatus.PAUSED)
    await keep_batch(db)
    await keep_batch(db, is_open=True, project_id=ELSEWHERE)

    async with db.look() as work:
        assert await work.batches.count_open(PROJECT, 100) == 4
        assert await work.batches.count_open(PROJECT, 2) == 2
        assert await work.batches.count_open(ELSEWHERE, 100) == 1


async def test_many_batches_are_active_on_a_platform_for_all(db):
    await keep_batches(db, *[a_batch(status=BatchStatus.ACTIVE) for _ in range(3)])

    async with db.look() as work:
        assert await work.batches.holder(platform_id("EMU_TEST")) is None


async def test_a_deduplication_key_names_one_living_batch(db):
    first = await keep_batch(db, deduplication_key="key")
    platform = first.platform_id

    with pytest.raises(Stale):
        await keep_batch(db, deduplication_key="key")

    async with db.look() as work:
        assert await work.batches.with_key(PROJECT, platform, "key") == first
        assert await work.batches.with_key(PROJECT, platform, "other") is None
        assert await work.batches.with_key(ELSEWHERE, platform, "key") is None
        assert await work.batches.with_key(PROJECT, QPU, "key") is None


async def test_of_two_creates_at_once_with_one_key_one_is_told(db):
    async def create() -> None:
        await keep_batch(db, deduplication_key="key")

    ended = await asyncio.gather(create(), create(), return_exceptions=True)

    assert [type(end) for end in ended if end is not None] == [Stale]
    assert (await listed(db)).total == 1


@pytest.mark.parametrize("status", [BatchStatus.STOPPING, BatchStatus.DONE, BatchStatus.TIMED_OUT])
async def test_the_key_of_a_batch_that_ends_is_free_again(db, status):
    await keep_batch(db, deduplication_key="key", status=status)

    second = await keep_batch(db, deduplication_key="key")

    async with db.look() as work:
        assert await work.batches.with_key(PROJECT, second.platform_id, "key") == second


async def test_the_same_key_in_another_project_or_on_another_platform_is_another_batch(db):
    await keep_batch(db, deduplication_key="key")

    await keep_batch(db, deduplication_key="key", project_id=ELSEWHERE)
    await keep_batch(db, deduplication_key="key", platform_id=QPU)

    assert (await listed(db)).total == 3


async def test_children_come_oldest_first(db):
    parent = await keep_batch(db)
    young = await keep_batch(db, parent_id=parent.id, created_at=after(hours=2))
    old = await keep_batch(db, parent_id=parent.id, created_at=after(hours=1))

    async with db.look() as work:
        assert list(await work.batches.children(parent.id)) == [old.id, young.id]
        assert list(await work.batches.children(old.id)) == []


async def test_an_open_batch_without_jobs_is_overdue_after_its_idle_limit(db):
    batch = await keep_batch(db, is_open=True, max_idle_s=60.0)
    await keep_batch(db, is_open=False, max_idle_s=60.0)

    assert await overdue(db, after(seconds=59.9)) == []
    assert await overdue(db, after(seconds=60)) == [batch.id]


async def test_idleness_counts_from_the_latest_start_or_end(db):
    batch = await keep_batch(
        db,
        is_open=True,
        max_idle_s=60.0,
        status=BatchStatus.ACTIVE,
        started_at=after(seconds=100),
        last_ended_at=after(seconds=200),
    )

    assert await overdue(db, after(seconds=259)) == []
    assert await overdue(db, after(seconds=260)) == [batch.id]


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING])
async def test_an_open_batch_with_something_to_do_is_not_idle(db, status):
    batch = await keep_batch(db, is_open=True, max_idle_s=60.0)
    await keep_jobs(db, batch, {"status": status}, {"status": JobStatus.DONE})

    assert await overdue(db, after(hours=1)) == []


async def test_a_batch_is_overdue_after_its_total_limit_whatever_it_does(db):
    batch = await keep_batch(db, status=BatchStatus.ACTIVE, started_at=after(seconds=10), max_total_s=60.0)
    await keep_jobs(db, batch, {"status": JobStatus.RUNNING})

    assert await overdue(db, after(seconds=69)) == []
    assert await overdue(db, after(seconds=70)) == [batch.id]


async def test_a_batch_that_waits_for_its_platform_has_no_total_limit(db):
    await keep_batch(db, max_total_s=1.0)

    assert await overdue(db, after(days=10)) == []


@pytest.mark.parametrize("status", [BatchStatus.STOPPING, BatchStatus.DONE, BatchStatus.CANCELLED])
async def test_what_is_ending_or_over_is_not_overdue(db, status):
    await keep_batch(db, status=status, is_open=True, started_at=NOON, max_total_s=1.0, max_idle_s=1.0)

    assert await overdue(db, after(days=10)) == []


async def test_filters_choose_what_is_listed(db):
    plain = a_batch()
    special = a_batch(
        id=BatchId(UUID("abcdef00-0000-4000-8000-000000000001")),
        project_id=ELSEWHERE,
        creator_id=SOMEBODY,
        platform_id=QPU,
        door=Door("other"),
        status=BatchStatus.DONE,
        priority=Priority.HIGH,
        tags=("red", "blue"),
        is_open=True,
        created_at=after(hours=1),
    )
    await keep_batches(db, plain, special)

    for filter in (
        BatchFilter(doors=(Door("other"),)),
        BatchFilter(ids=(special.id,)),
        BatchFilter(id_starts_with="abcdef00"),
        BatchFilter(project_ids=(ELSEWHERE,)),
        BatchFilter(creator_ids=(SOMEBODY,)),
        BatchFilter(creator_ids=(SOMEBODY, *(AccountId(UUID(int=2**100 + each)) for each in range(3000)))),
        BatchFilter(platform_ids=(QPU,)),
        BatchFilter(statuses=(BatchStatus.DONE, BatchStatus.FAILED)),
        BatchFilter(priorities=(Priority.HIGH,)),
        BatchFilter(tags=("blue",)),
        BatchFilter(tags=("blue", "red")),
        BatchFilter(tags=("blue",) * 3000),
        BatchFilter(is_open=True),
        BatchFilter(created_from=after(hours=1)),
        BatchFilter(doors=(Door("other"),), statuses=(BatchStatus.DONE,), tags=("red",)),
    ):
        assert [batch.id for batch in (await listed(db, filter)).items] == [special.id], filter
    for filter in (
        BatchFilter(doors=(DOOR,)),
        BatchFilter(creator_ids=(ACCOUNT,)),
        BatchFilter(is_open=False),
        BatchFilter(created_until=NOON),
    ):
        assert [batch.id for batch in (await listed(db, filter)).items] == [plain.id], filter


async def test_conditions_that_nothing_meets_list_nothing(db):
    await keep_batch(db, tags=("red",))

    for filter in (
        BatchFilter(project_ids=()),
        BatchFilter(platform_ids=()),
        BatchFilter(tags=("re",)),
        BatchFilter(tags=("red", "blue")),
        BatchFilter(tags=("red", *(f"tag {number}" for number in range(3000)))),
        BatchFilter(id_starts_with="%"),
        BatchFilter(id_starts_with="_"),
        BatchFilter(statuses=(BatchStatus.DONE,)),
    ):
        found = await listed(db, filter)
        assert (list(found.items), found.total) == ([], 0), filter


async def test_nobody_lists_what_is_in_projects_they_are_not_in(db):
    await keep_batch(db)
    there = await keep_batch(db, project_id=ELSEWHERE)
    actor = a_member(roles={ELSEWHERE: BOTH.roles[ELSEWHERE]})

    assert [batch.id for batch in (await listed(db, actor=actor)).items] == [there.id]
    assert (await listed(db, BatchFilter(project_ids=(PROJECT,)), actor=actor)).total == 0
    assert (await listed(db, actor=a_stranger())).total == 0


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("order", Order)
async def test_pages_visit_every_row_once(db, order, descending):
    batches = [
        a_batch(created_at=after(hours=number % 3), started_at=after(hours=number) if number % 2 else None)
        for number in range(10)
    ]
    await keep_batches(db, *batches)

    pages = [
        await listed(db, page=Page(offset=offset, limit=3, order=order, descending=descending))
        for offset in range(0, 12, 3)
    ]

    visited = [batch.id for page in pages for batch in page.items]
    assert sorted(visited) == sorted(batch.id for batch in batches)
    assert {page.total for page in pages} == {10}


async def test_rows_come_in_the_order_asked_for(db):
    early = await keep_batch(db, name="b", created_at=NOON, updated_at=after(hours=2))
    late = await keep_batch(db, name="a", created_at=after(hours=1), updated_at=after(hours=1))

    async def first(order: Order, *, descending: bool) -> BatchId:
        page = Page(order=order, descending=descending)
        return (await listed(db, page=page)).items[0].id

    assert await first(Order.CREATED, descending=True) == late.id
    assert await first(Order.CREATED, descending=False) == early.id
    assert await first(Order.UPDATED, descending=True) == early.id
    assert await first(Order.NAME, descending=False) == late.id


async def test_a_page_past_the_end_is_empty_and_still_counts(db):
    await keep_batch(db)

    found = await listed(db, page=Page(offset=100))

    assert (list(found.items), found.total) == ([], 1)


async def test_numbers_of_jobs_that_no_batch_has_are_compared_all_the_same(db):
    batch = await keep_batch(db)

    async with db.look() as work:
        most = await work.batches.list(BOTH, BatchFilter(max_jobs=2**53), Page())
        least = await work.batches.list(BOTH, BatchFilter(min_jobs=2**53), Page(offset=2**31))
        queued = await work.batches.queue(BOTH, batch.platform_id, Page(offset=2**31))

    assert [[found.id for found in each.items] for each in (most, least, queued)] == [[batch.id], [], []]
