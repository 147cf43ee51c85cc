"""Processes of applications: what they are given, what they find, the batches that are their work."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from ketway.domain.accounts import Role
from ketway.domain.applications import application_id
from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.errors import (
    AlreadyFinished,
    BadField,
    IllegalMove,
    NotAllowed,
    NotStarted,
    PlatformNotAllowed,
    Unknown,
)
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import Door
from ketway.domain.processes import ProcessId
from ketway.services.listing import Order, Page, ProcessFilter
from ketway.services.processes import NewProcess
from ketway.services.projects import ProjectChange
from ketway.services.reports import Span
from tests.builders import DOOR, an_application
from tests.services.steps import EMU, QPU, another_member, batch_of, claim_one, create, statuses_of
from tests.worlds import a_world

VQE = an_application(platforms=(EMU.name,))
NOW = Span()


@pytest.fixture
def processes(world):
    """Of a server that has one application, and somebody who runs it."""
    return replace(world.core.processes, kinds=(VQE.name, "a workload"), applications=(VQE,))


def new(world, **changes) -> NewProcess:
    plain = {
        "project_id": world.project_id,
        "door": DOOR,
        "kind": VQE.name,
        "backend": EMU.name,
        "configuration": {"distance": 0.74},
        "platform": EMU,
    }
    return NewProcess(**plain | changes)


async def a_running_one(world, processes):
    made = await processes.create(world.owner, new(world))
    return await processes.move(world.operator, made.id, JobStatus.RUNNING, NOW)


async def texts_of(world, processes, id, **page):
    found = await processes.results(world.owner, id, Page(**page))
    return [await processes.text(result) for result in found.items]


async def test_an_application_is_found_by_an_id_that_its_name_makes(world, processes):
    assert VQE.id == application_id(VQE.name)
    assert processes.application(VQE.id) == VQE
    with pytest.raises(Unknown):
        processes.application(application_id("another"))


async def test_a_process_is_kept_with_all_that_it_was_given(world, processes):
    wish = new(world, name="mine", tags=("a", "b"), echo={"input": '{"distance":  0.74}'})

    made = await processes.create(world.owner, wish)

    assert await processes.get(world.owner, made.id) == made
    assert (made.status, made.platform_id, made.progress) == (JobStatus.QUEUED, EMU.id, 0)
    assert (made.name, made.tags, made.echo) == (wish.name, wish.tags, wish.echo)


async def test_an_application_uses_its_own_platforms_alone(world, processes):
    with pytest.raises(BadField, match=r"platform_id: vqe-h2 cannot use QPU; it can use EMU_TEST"):
        await processes.create(world.owner, new(world, platform=QPU))
    assert await processes.create(world.owner, new(world, kind="a workload", platform=QPU))


async def test_a_project_s_process_uses_the_project_s_platforms_alone(world, processes):
    change = ProjectChange(allowed_platforms=[QPU.name])
    await world.core.projects.change(world.operator, world.project_id, change)

    with pytest.raises(PlatformNotAllowed):
        await processes.create(world.owner, new(world))


async def test_a_process_of_an_application_that_nobody_runs_has_failed(world, processes):
    of_nobody = replace(processes, kinds=("a workload",))

    made = await of_nobody.create(world.owner, new(world))

    assert (made.status, made.started_at) == (JobStatus.FAILED, None)
    assert made.errors == ("This server has nobody who runs 'vqe-h2'; it runs a workload.",)


async def test_one_of_two_who_would_run_it_starts_it(world, processes):
    running = await a_running_one(world, processes)

    with pytest.raises(IllegalMove):
        await processes.move(world.operator, running.id, JobStatus.RUNNING, NOW)


async def test_progress_goes_forward_and_a_message_stays(world, processes):
    id = (await a_running_one(world, processes)).id

    for progress, message in ((30, "halfway"), (20, None), (140, None)):
        told = await processes.advance(world.operator, id, progress, message)

    assert (told.progress, told.message) == (100, "halfway")
    assert await processes.get(world.owner, id) == told


async def test_a_process_that_waits_or_has_ended_makes_no_progress(world, processes):
    waiting = await processes.create(world.owner, new(world))
    with pytest.raises(NotStarted):
        await processes.advance(world.operator, waiting.id, 1)

    await processes.cancel(world.owner, waiting.id)
    with pytest.raises(AlreadyFinished):
        await processes.advance(world.operator, waiting.id, 1)


async def test_a_done_process_has_all_its_progress(world, processes):
    id = (await a_running_one(world, processes)).id
    await processes.keep_result(world.operator, id, {})

    done = await processes.move(world.operator, id, JobStatus.DONE, NOW)

    assert (done.status, done.progress) == (JobStatus.DONE, 100)


async def test_what_it_finds_on_its_way_is_kept_in_order(world, processes):
    id = (await a_running_one(world, processes)).id
    for step in ({"energy": -1}, [1, None], "found"):
        await processes.keep_result(world.operator, id, step)
        await processes.keep_result(world.operator, id, step)

    assert (await processes.results(world.owner, id, Page(limit=1))).total == 6
    assert await texts_of(world, processes, id, limit=2) == ['"found"', '"found"']
    assert await texts_of(world, processes, id, limit=3, descending=False) == [
        '{"energy": -1}',
        '{"energy": -1}',
        "[1, null]",
    ]
    latest = await processes.result(await processes.get(world.owner, id))
    assert latest == b'"found"'


async def test_a_result_that_comes_too_late_leaves_nothing(world, processes):
    running = await a_running_one(world, processes)
    await processes.cancel(world.owner, running.id)

    with pytest.raises(AlreadyFinished):
        await processes.keep_result(world.operator, running.id, {})

    assert (await processes.results(world.owner, running.id, Page())).total == 0


async def test_a_result_whose_process_is_deleted_while_it_is_stored_leaves_nothing(world, processes):
    running = await a_running_one(world, processes)
    blobs = _DeletingMeanwhile(world, processes, running.id)

    with pytest.raises(Unknown):
        await replace(processes, blobs=blobs).keep_result(world.operator, running.id, {})

    assert blobs.key
    assert not await world.blobs.mark(blobs.key)


class _DeletingMeanwhile:
    """Blobs whose process is deleted as soon as one is put."""

    def __init__(self, world, processes, id) -> None:
        self._world, self._processes, self._id = world, processes, id
        self.key = ""

    async def put(self, key, body) -> None:
        self.key = key
        await self._world.blobs.put(key, body)
        await self._processes.delete(self._world.owner, self._id)

    async def delete(self, key) -> None:
        await self._world.blobs.delete(key)


async def test_its_batches_end_with_it_and_what_it_found_stays(world, processes):
    running = await a_running_one(world, processes)
    await processes.keep_result(world.operator, running.id, {"step": 1})
    batch = await create(world, jobs=2, is_open=True)
    grant = await claim_one(world)
    other = await create(world, is_open=True)
    attached = await processes.attach(world.operator, running.id, batch.id)

    cancelled = await processes.cancel(world.owner, running.id)

    assert (attached.process_id, cancelled.status) == (running.id, JobStatus.CANCELLED)
    stopping = await batch_of(world, batch.id)
    assert (stopping.status, stopping.message) == (
        BatchStatus.STOPPING,
        "The process that it belongs to has ended.",
    )
    assert grant.job.batch_id == batch.id
    assert await statuses_of(world, other.id) == [JobStatus.QUEUED]
    assert await texts_of(world, processes, running.id) == ['{"step": 1}']


@pytest.mark.parametrize("end", ["done", "failed", "deleted"])
async def test_a_batch_outlives_its_process_in_no_way(world, processes, end):
    running = await a_running_one(world, processes)
    batch = await create(world, is_open=True)
    await processes.attach(world.operator, running.id, batch.id)

    if end == "done":
        await processes.keep_result(world.operator, running.id, {})
        await processes.move(world.operator, running.id, JobStatus.DONE, NOW)
    elif end == "failed":
        await processes.fail(world.operator, running.id, ["why"])
    else:
        await processes.delete(world.owner, running.id)

    assert (await batch_of(world, batch.id)).status is BatchStatus.CANCELLED


async def test_batches_of_processes_are_listed_oldest_first_without_deleted_ones(world, processes):
    first, second = [await a_running_one(world, processes) for _ in range(2)]
    made = []
    for _ in range(3):
        world.clock.move(seconds=1)
        made.append(await create(world, is_open=True))
    for batch in reversed(made):
        await processes.attach(world.operator, first.id, batch.id)
    await world.core.batches.delete(world.owner, made[1].id)

    found = await processes.batches_of([first.id, second.id])

    assert found == {first.id: [made[0].id, made[2].id], second.id: []}


async def test_only_an_operator_attaches_and_only_what_is_of_the_same_project_and_door(world, processes):
    running = await a_running_one(world, processes)
    own = await create(world, is_open=True)
    by_another_door = await create(world, is_open=True, door=Door("other"))
    stranger, _ = await world.another_project()

    with pytest.raises(NotAllowed):
        await processes.attach(world.owner, running.id, own.id)
    for id in (by_another_door.id, BatchId(uuid4())):
        with pytest.raises(Unknown):
            await processes.attach(world.operator, running.id, id)
    with pytest.raises(Unknown):
        await processes.attach(stranger, running.id, own.id)
    await processes.cancel(world.owner, running.id)
    with pytest.raises(AlreadyFinished):
        await processes.attach(world.operator, running.id, own.id)
    assert (await batch_of(world, own.id)).process_id is None


async def test_its_creator_changes_it_and_nobody_else_does(world, processes):
    made = await processes.create(world.owner, new(world, name="mine", tags=("a",)))
    world.clock.move(seconds=1)

    changed = await processes.change(world.owner, made.id, name="other")
    again = await processes.change(world.owner, made.id, tags=())

    assert (changed.name, changed.tags, changed.updated_at - made.updated_at) == (
        "other",
        ("a",),
        timedelta(seconds=1),
    )
    assert (again.name, again.tags) == ("other", ())
    with pytest.raises(NotAllowed):
        await processes.change(await another_member(world), made.id, name="mine")


async def test_a_deleted_process_is_gone_with_its_data(world, processes):
    running = await a_running_one(world, processes)
    for step in range(3):
        await processes.keep_result(world.operator, running.id, {"step": step})
    found = await processes.results(world.owner, running.id, Page())
    colleague = await another_member(world)
    with pytest.raises(NotAllowed):
        await processes.delete(colleague, running.id)

    await processes.delete(world.owner, running.id)

    for reading in (processes.get, processes.delete, processes.cancel):
        with pytest.raises(Unknown):
            await reading(world.owner, running.id)
    assert (await processes.list(world.owner, ProcessFilter(), Page())).total == 0
    assert len(found.items) == 3
    for result in found.items:
        assert not await world.blobs.mark(result.key)
    async with world.db.look() as work:
        assert (await work.processes.results(running.id, Page())).total == 0


async def test_only_whoever_operates_moves_it(world, processes):
    made = await processes.create(world.owner, new(world))
    admin = replace(world.owner, roles={world.project_id: Role.ADMIN})

    with pytest.raises(NotAllowed):
        await processes.advance(admin, made.id, 1)


async def test_processes_are_filtered_by_kind_and_tags_and_sorted(world, processes):
    for name, kind, tags in (("b", VQE.name, ("x", "y")), ("a", "a workload", ("x",)), ("c", VQE.name, ())):
        world.clock.move(seconds=1)
        await processes.create(world.owner, new(world, name=name, kind=kind, tags=tags, platform=None))

    async def names(page=None, **filter):
        found = await processes.list(world.owner, ProcessFilter(**filter), page or Page())
        assert found.total == len(found.items)
        return [process.name for process in found.items]

    assert await names() == ["c", "a", "b"]
    assert await names(kinds=(VQE.name,)) == ["c", "b"]
    assert await names(kinds=("nothing",)) == []
    assert await names(tags=("x",)) == ["a", "b"]
    assert await names(tags=("y", "x")) == ["b"]
    assert await names(Page(order=Order.NAME, descending=False)) == ["a", "b", "c"]


async def test_a_door_finds_its_own_processes_alone(world, processes):
    own = await processes.create(world.owner, new(world))
    other = await processes.create(world.owner, new(world, door=Door("other")))
    looking = world.owner.through(DOOR)

    assert [each.id for each in (await processes.list(looking, ProcessFilter(), Page())).items] == [own.id]
    for reading in (
        processes.get(looking, other.id),
        processes.cancel(looking, other.id),
        processes.delete(looking, other.id),
        processes.change(looking, other.id, name="mine"),
        processes.results(looking, other.id, Page()),
    ):
        with pytest.raises(Unknown):
            await reading
    assert (await processes.get(world.operator, other.id)).status is JobStatus.QUEUED


async def test_what_was_never_made_is_unknown(world, processes):
    with pytest.raises(Unknown):
        await processes.get(world.owner, ProcessId(uuid4()))


async def test_a_server_is_told_its_applications(tmp_path):
    async with a_world(tmp_path, catalogue=[EMU], applications=[VQE]) as world:
        assert world.core.processes.application(VQE.id) == VQE
