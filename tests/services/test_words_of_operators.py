"""Platforms that are held, notices, processes, figures and rehearsals."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from ketway.domain.batches import BatchStatus
from ketway.domain.errors import (
    AlreadyFinished,
    AlreadyThere,
    BadField,
    IllegalMove,
    NoResult,
    NotAllowed,
    PlatformNotAllowed,
    ProgramRefused,
    Unknown,
)
from ketway.domain.jobs import JobStatus
from ketway.domain.notices import Level
from ketway.domain.platforms import platform_id
from ketway.domain.priorities import Priority
from ketway.domain.tasks import Checked
from ketway.services.drafts import NewJob
from ketway.services.listing import BatchFilter, JobFilter, Page, ProcessFilter
from ketway.services.processes import NewProcess
from ketway.services.reports import Span
from tests.builders import DOOR, NOON, a_platform
from tests.services.steps import (
    EMU,
    QPU,
    a_new_batch,
    another_member,
    batch_of,
    claim,
    create,
    jobs_of,
    statuses_of,
)
from tests.worlds import all_zero


@pytest.fixture
def operator(world):
    return replace(world.owner, superuser=True)


class TestPlatforms:
    async def test_a_platform_that_is_down_holds_its_queue_and_says_why(self, world, operator):
        await world.core.platforms.set_down(operator, [EMU.id], True, "The laser is cold.")
        batch = await create(world)

        offer = await world.core.platforms.named(DOOR, EMU.name)

        assert (offer.is_down, offer.why) == (True, "The laser is cold.")
        assert await claim(world, most=5) == []
        assert await statuses_of(world, batch.id) == [JobStatus.QUEUED]

    async def test_once_it_is_up_what_waited_runs(self, world, operator):
        await world.core.platforms.set_down(operator, [EMU.id, QPU.id], True)
        await create(world)
        strokes = world.core.bell.strokes()

        await world.core.platforms.set_down(operator, [EMU.id], False)

        assert world.core.bell.strokes() > strokes
        assert await world.run_all() == 1
        assert (await world.core.platforms.named(DOOR, QPU.name)).is_down

    async def test_specs_that_an_operator_wrote_are_what_clients_read(self, world, operator):
        await world.core.platforms.set_specs(operator, EMU.id, '{"name": "new"}')

        assert (await world.core.platforms.get(EMU.id)).specs == '{"name": "new"}'
        assert (await world.core.platforms.named(DOOR, EMU.name)).platform.specs == '{"name": "new"}'

    async def test_a_platform_that_was_added_runs_jobs(self, world, operator):
        made = a_platform(name="MADE")
        await world.core.platforms.add(operator, made)

        offer = await world.core.platforms.named(DOOR, "MADE")
        batch = await create(world, platform=offer.platform)

        assert offer.platform == made
        assert await world.run_all() == 1
        assert (await batch_of(world, batch.id)).status is BatchStatus.DONE

    async def test_a_name_is_taken_once_and_an_engine_must_be_here(self, world, operator):
        with pytest.raises(AlreadyThere):
            await world.core.platforms.add(operator, a_platform())
        with pytest.raises(BadField, match="engine"):
            await world.core.platforms.add(operator, a_platform(name="MADE", engine="steam"))
        assert platform_id("MADE") not in await world.core.platforms.known()

    async def test_only_operators_touch_platforms(self, world, operator):
        platforms = world.core.platforms

        for forbidden in (
            platforms.set_down(world.owner, [EMU.id], True),
            platforms.set_specs(world.owner, EMU.id, "{}"),
            platforms.add(world.owner, a_platform(name="MADE")),
        ):
            with pytest.raises(NotAllowed):
                await forbidden
        with pytest.raises(Unknown):
            await platforms.set_down(operator, [EMU.id, platform_id("NONE")], True)
        assert not (await platforms.named(DOOR, EMU.name)).is_down


class TestProjects:
    async def test_a_batch_has_its_projects_priority(self, world):
        async with world.db.work() as work:
            project = await work.projects.get(world.project_id)
            await work.projects.put(replace(project, priority=Priority.HIGH))

        batch = await create(world)

        assert batch.priority is Priority.HIGH
        assert (await jobs_of(world, batch.id))[0].priority is Priority.HIGH

    async def test_a_platform_that_a_project_may_not_use_takes_nothing_from_it(self, world):
        async with world.db.work() as work:
            project = await work.projects.get(world.project_id)
            await work.projects.put(replace(project, allowed_platforms=(QPU.name,)))

        with pytest.raises(PlatformNotAllowed, match=EMU.name):
            await create(world)
        assert (await create(world, platform=QPU)).status is BatchStatus.QUEUED


class TestRepeating:
    async def test_a_repeated_batch_copies_the_jobs_that_are_chosen(self, world):
        jobs = (NewJob(shots=1, parameters={"a": 1}), NewJob(shots=2), NewJob(shots=3, program="its own"))
        old = await create(world, jobs, tags=("red",), configuration="{}", echo={"x": 1})
        await world.run_all()
        colleague = await another_member(world)

        new = await world.core.batches.repeat(colleague, old.id, JobFilter(min_shots=2))

        first, second = await jobs_of(world, new.id)
        _, old_second, old_third = await jobs_of(world, old.id)
        assert (first.position, first.shots, first.parent_id) == (1, 2, old_second.id)
        assert (second.position, second.program_id, second.parent_id) == (
            2,
            old_third.program_id,
            old_third.id,
        )
        assert (new.parent_id, new.creator_id, new.status) == (
            old.id,
            colleague.account_id,
            BatchStatus.QUEUED,
        )
        assert (new.tags, new.configuration, new.echo, new.is_open) == (("red",), "{}", {"x": 1}, False)
        assert await world.core.batches.children(world.owner, old.id) == [new.id]
        assert await world.run_all() == 2

    async def test_an_open_batch_and_an_empty_choice_are_refused(self, world):
        opened, closed = await create(world, is_open=True), await create(world)

        with pytest.raises(Exception, match="still open"):
            await world.core.batches.repeat(world.owner, opened.id, JobFilter())
        with pytest.raises(BadField, match="no job"):
            await world.core.batches.repeat(world.owner, closed.id, JobFilter(min_shots=10**6))
        assert (await world.core.batches.list(world.owner, BatchFilter(), Page())).total == 2

    async def test_a_platform_that_its_project_lost_is_refused(self, world):
        old = await create(world)
        async with world.db.work() as work:
            project = await work.projects.get(world.project_id)
            await work.projects.put(replace(project, allowed_platforms=(QPU.name,)))

        with pytest.raises(PlatformNotAllowed, match=EMU.name):
            await world.core.batches.repeat(world.owner, old.id, JobFilter())


class TestCancellingMany:
    async def test_those_that_a_filter_selects_are_cancelled_and_others_told_why_not(self, world):
        mine = await create(world)
        ended = await create(world)
        await world.core.batches.cancel(world.owner, ended.id)
        colleague = await another_member(world)

        cancelled, refused = await world.core.batches.cancel_all(world.owner, BatchFilter())
        none, not_theirs = await world.core.batches.cancel_each(colleague, [mine.id, ended.id])

        assert [batch.id for batch in cancelled] == [mine.id]
        assert {type(refusal) for refusal in refused.values()} == {AlreadyFinished}
        assert none == []
        assert {type(refusal) for refusal in not_theirs.values()} == {NotAllowed}


class TestNotices:
    async def test_an_operator_makes_changes_and_removes_them(self, world, operator):
        notices = world.core.notices
        made = await notices.create(operator, "Soon", Level.INFO, NOON, NOON + timedelta(hours=1))

        changed = await notices.change(operator, made.id, text="Now", level=Level.WARNING)

        assert (changed.text, changed.level, changed.ends_at) == ("Now", Level.WARNING, made.ends_at)
        assert (await notices.list(Page())).items == [changed]
        await notices.delete(operator, made.id)
        assert (await notices.list(Page())).total == 0

    async def test_it_ends_after_it_starts_and_only_operators_write(self, world, operator):
        notices = world.core.notices
        with pytest.raises(BadField):
            await notices.create(operator, "Never", Level.INFO, NOON, NOON)
        with pytest.raises(NotAllowed):
            await notices.create(world.owner, "Mine", Level.INFO, NOON, NOON + timedelta(hours=1))
        made = await notices.create(operator, "Soon", Level.INFO, NOON, NOON + timedelta(hours=1))
        with pytest.raises(BadField):
            await notices.change(operator, made.id, ends_at=NOON - timedelta(hours=1))
        with pytest.raises(NotAllowed):
            await notices.delete(world.owner, made.id)
        await notices.delete(operator, made.id)
        with pytest.raises(Unknown):
            await notices.delete(operator, made.id)


class TestProcesses:
    @pytest.fixture
    def processes(self, world):
        """Of a server that has somebody who runs one kind."""
        return replace(world.core.processes, kinds=("known",))

    def new(self, world, kind="known"):
        return NewProcess(
            project_id=world.project_id, door=DOOR, kind=kind, backend="any", configuration={"a": [1]}
        )

    async def test_one_that_nobody_runs_has_failed_and_says_so(self, world):
        process = await world.core.processes.create(world.owner, self.new(world))

        assert process.status is JobStatus.FAILED
        assert process.errors == ("This server has nobody who runs 'known'; it runs none at all.",)
        assert await world.core.processes.get(world.owner, process.id) == process

    async def test_one_that_somebody_runs_goes_its_way(self, world, operator, processes):
        made = await processes.create(world.owner, self.new(world))
        assert made.status is JobStatus.QUEUED

        running = await processes.move(operator, made.id, JobStatus.RUNNING, Span(ended_at=NOON))
        assert running.ended_at is None
        with pytest.raises(NoResult):
            await processes.move(operator, made.id, JobStatus.DONE, Span())
        kept = await processes.keep_result(operator, made.id, {"energy": -1.5})
        done = await processes.move(operator, made.id, JobStatus.DONE, Span(ended_at=NOON))

        assert json.loads(await processes.result(done)) == {"energy": -1.5}
        assert (kept.status, done.status) == (JobStatus.RUNNING, JobStatus.DONE)
        assert processes.link(done)
        assert processes.link(made) is None
        with pytest.raises(IllegalMove):
            await processes.move(operator, made.id, JobStatus.RUNNING, Span())
        with pytest.raises(AlreadyFinished):
            await processes.fail(operator, made.id, ["late"])
        with pytest.raises(AlreadyFinished):
            await processes.keep_result(operator, made.id, {})

    async def test_its_creator_cancels_it_and_nobody_else_does(self, world, processes):
        made = await processes.create(world.owner, self.new(world))
        stranger, _ = await world.another_project()

        with pytest.raises(NotAllowed):
            await processes.cancel(await another_member(world), made.id)
        with pytest.raises(Unknown):
            await processes.cancel(stranger, made.id)
        assert (await processes.cancel(world.owner, made.id)).status is JobStatus.CANCELLED
        with pytest.raises(AlreadyFinished):
            await processes.cancel(world.owner, made.id)

    async def test_only_operators_report_on_it(self, world, processes):
        made = await processes.create(world.owner, self.new(world))

        for forbidden in (
            processes.move(world.owner, made.id, JobStatus.RUNNING, Span()),
            processes.fail(world.owner, made.id, ["why"]),
            processes.keep_result(world.owner, made.id, {}),
        ):
            with pytest.raises(NotAllowed):
                await forbidden

    async def test_nobody_makes_one_in_a_foreign_project(self, world):
        stranger, _ = await world.another_project()

        with pytest.raises(Unknown):
            await world.core.processes.create(stranger, self.new(world))
        assert (await world.core.processes.list(stranger, ProcessFilter(), Page())).total == 0


class TestFigures:
    async def test_a_queue_is_what_waits_and_its_waits_are_those_of_the_last_hour(self, world):
        await create(world, jobs=2)
        world.clock.move(seconds=30)
        await claim(world)

        waiting = await world.core.figures.waiting_on(EMU.id)
        waits = await world.core.figures.mean_waits([EMU.id])
        listed = await world.core.figures.queue(world.owner, EMU.id, Page())

        assert {priority: load.jobs for priority, load in waiting.items()} == {Priority.MEDIUM: 1}
        assert waits == {EMU.id: 30.0}
        assert listed.total == 1
        world.clock.move(hours=2)
        assert await world.core.figures.mean_waits([EMU.id]) == {}

    async def test_the_jobs_of_a_foreign_project_are_not_counted(self, world):
        await create(world, jobs=2)
        stranger, _ = await world.another_project()
        day = timedelta(days=1)

        assert await world.core.figures.frequency(world.owner, world.project_id, day) == {
            NOON.replace(hour=0): {EMU.id: 2}
        }
        with pytest.raises(Unknown):
            await world.core.figures.frequency(stranger, world.project_id, day)

    async def test_only_operators_know_which_projects_are_active(self, world, operator):
        await create(world)

        found = await world.core.figures.last_activity(operator, None)

        assert found == {world.project_id: NOON}
        with pytest.raises(NotAllowed):
            await world.core.figures.last_activity(world.owner, None)


class TestRehearsals:
    async def test_nothing_is_kept_and_all_is_validated(self, world):
        rehearsal = await world.core.rehearsals.create(world.owner, a_new_batch(world, 2))

        assert [job.position for job in rehearsal.jobs] == [1, 2]
        assert rehearsal.estimates == [None, None]
        assert world.checker.asked
        assert (await world.core.batches.list(world.owner, BatchFilter(), Page())).total == 0
        assert await claim(world) == []
        world.checker.refusal = ProgramRefused("no good")
        with pytest.raises(ProgramRefused):
            await world.core.rehearsals.create(world.owner, a_new_batch(world))
        stranger, _ = await world.another_project()
        with pytest.raises(Unknown):
            await world.core.rehearsals.create(stranger, a_new_batch(world))

    async def test_estimates_come_from_what_was_measured(self, world):
        await create(world, jobs=3)

        def measured(grant):
            return replace(all_zero(grant), metadata={"qubits": 4, "seconds": 2.5, "peak_memory_bytes": 7})

        await world.run_all(measured)
        await world.core.housekeeping.sweep()
        world.checker.found = Checked(qubits=4)

        (known,) = (await world.core.rehearsals.create(world.owner, a_new_batch(world))).estimates
        world.checker.found = Checked(qubits=5)
        (unknown,) = (await world.core.rehearsals.create(world.owner, a_new_batch(world))).estimates

        assert (known.seconds, known.memory_bytes, known.runs) == (2.5, 7, 3)
        assert unknown is None
