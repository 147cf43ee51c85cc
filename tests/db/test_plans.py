"""Which way the database goes: by an index, wherever that is worth what it costs every write.

ketway never runs ANALYZE, so the plan of a query depends on the tables alone, not on what is in them:
what holds for the few rows here holds for a million. `make bench` measures a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Insert, create_engine, event, insert

from ketway.db.ended_tables import batch_tags
from ketway.db.migrate import upgrade
from ketway.db.rows import to_changes
from ketway.db.tables import metadata
from ketway.db.work import SqlWork
from ketway.domain.jobs import JobId, JobStatus
from ketway.domain.leases import WorkerId
from ketway.domain.platforms import Platform
from ketway.domain.priorities import Priority
from ketway.domain.requests import Asked, RequestId
from ketway.domain.scheduling import Candidate
from ketway.domain.shares import FairShare
from ketway.services.backfill import Backfill
from ketway.services.candidates import Turns
from ketway.services.listing import BatchFilter, BookingFilter, Order, Page
from ketway.services.paces import Paces
from tests.builders import NOON, PROJECT, a_batch, a_booking, a_job, a_platform, a_process, a_stranger
from tests.db.filling import ACCOUNTS, PLATFORMS, PROJECTS, Filled, fill
from tests.db.listings import Ask, lists_of

PLATFORM = a_platform().id
BATCH = a_batch().id
PROCESS = a_process().id
STRANGER = a_stranger()
DAY = a_booking().slot.day()


def asked(key: str | None) -> Asked:
    return Asked(
        id=RequestId(BATCH),
        caller_id=ACCOUNTS[0],
        route="POST /core-fast/api/v1/batches",
        digest="0" * 64,
        key=key,
    )


HEAD = Candidate(
    job_id=JobId(uuid4()),
    batch_id=BATCH,
    project_id=PROJECTS[0],
    platform_id=PLATFORMS[0],
    priority=Priority.MEDIUM,
    created_at=NOON,
    position=1,
)
HOT: dict[str, Ask] = {
    "waited_for": lambda work: work.jobs.waited_for(),
    "heads": lambda work: work.jobs.heads(PLATFORMS),
    "behind": lambda work: work.jobs.behind([JobId(BATCH), JobId(PROCESS)], 100),
    "sent": lambda work: work.jobs.sent([JobId(BATCH), JobId(PROCESS)]),
    "count_behind": lambda work: work.jobs.count_behind(HEAD, None, 100),
    "count_behind, to a job": lambda work: work.jobs.count_behind(HEAD, a_job(), 100),
    "running_jobs": lambda work: work.jobs.running_jobs(PLATFORMS, 100),
    "slots_of": lambda work: work.batches.slots_of(PLATFORMS, NOON),
    "next_slots": lambda work: work.batches.next_slots(PLATFORMS, NOON),
    "count_waiting": lambda work: work.jobs.count_waiting(PROJECTS[0], 100),
    "count_open": lambda work: work.batches.count_open(PROJECTS[0], 100),
    "holdings": lambda work: work.holdings.of(PROJECTS[0]),
    "used since": lambda work: work.usage.since(PROJECTS[0], NOON.date()),
    "heads_of": lambda work: work.jobs.heads_of([BATCH, BATCH]),
    "following": lambda work: work.jobs.following(HEAD, 64),
    "running": lambda work: work.jobs.running(PLATFORMS, NOON),
    "shares": lambda work: work.shares.of(PROJECTS, PLATFORMS),
    "a share to change": lambda work: work.shares.to_change(PROJECTS[0], PLATFORMS[0]),
    "weights": lambda work: work.projects.weights(PROJECTS),
    "running_on": lambda work: work.jobs.running_on(PLATFORM),
    "unfinished_among": lambda work: work.jobs.unfinished_among([BATCH, BATCH]),
    "last_position": lambda work: work.jobs.last_position(BATCH),
    "count_ran": lambda work: work.jobs.count_ran([BATCH, BATCH]),
    "count": lambda work: work.jobs.count([BATCH]),
    "ids_of": lambda work: work.jobs.ids_of([BATCH]),
    "of_batch": lambda work: work.jobs.of_batch(BATCH),
    "of_batch, unfinished": lambda work: work.jobs.of_batch(BATCH, JobStatus.QUEUED, JobStatus.RUNNING),
    "waiting_on": lambda work: work.jobs.waiting_on(PLATFORMS[0]),
    "mean_waits": lambda work: work.jobs.mean_waits(PLATFORMS, NOON),
    "holder": lambda work: work.batches.holder(PLATFORM),
    "holders": lambda work: work.batches.holders(PLATFORMS),
    "with_key": lambda work: work.batches.with_key(PROJECT, PLATFORM, "key"),
    "children": lambda work: work.batches.children(BATCH),
    "overdue": lambda work: work.batches.overdue(NOON),
    "usage": lambda work: work.usage.of(PROJECTS[0], NOON.date(), NOON.date()),
    "last_activity": lambda work: work.batches.last_activity(PROJECTS[:2]),
    "begun": lambda work: work.batches.begun(NOON),
    "active_on": lambda work: work.batches.active_on(PLATFORM),
    "yielded": lambda work: work.batches.yielded(),
    "open_queue": lambda work: work.batches.open_queue(),
    "a calendar": lambda work: work.bookings.calendar(STRANGER, PLATFORM, Page(order=Order.SLOT)),
    "bookings that count": lambda work: work.bookings.count(PROJECT, PLATFORM, DAY),
    "bookings of a project": lambda work: work.bookings.list(
        STRANGER, BookingFilter(project_ids=(PROJECT,)), Page()
    ),
    "batches of processes": lambda work: work.processes.batches_of([PROCESS, PROCESS]),
    "results of a process": lambda work: work.processes.results(PROCESS, Page()),
    "expired": lambda work: work.leases.expired(NOON),
    "live": lambda work: work.leases.live(WorkerId(BATCH)),
    "asked_as": lambda work: work.leases.asked_as(WorkerId(BATCH), "question"),
    "results": lambda work: work.results.of([]),
    "run records": lambda work: work.records.of(PLATFORMS),
    "the oldest results": lambda work: work.results.oldest(PROJECTS[0], NOON, 200),
    "results that are due": lambda work: work.results.total(PROJECTS[0], NOON),
    "since when the newest came": lambda work: work.results.newest_since(PROJECTS[0], 100),
    "requests like one with a key": lambda work: work.requests.like(asked("key"), NOON),
    "requests like one without": lambda work: work.requests.like(asked(None), NOON),
    "requests that expired": lambda work: work.requests.has_expired(NOON),
}
OTHER_ORDERS = (
    *("updated_at", "started_at", "ended_at", "status", "shots", "position", "name", "platform_id"),
)
SMALL = (
    "ix_batches_living",
    "ix_batches_paused",
    "ix_batches_booked",
    "ix_batches_open",
    "ix_jobs_running",
    *(f"SCAN {name}" for name in ("ended_jobs", "ended_shots", "ended_batches", "ended_sizes")),
)


class Watched:
    """The `Runner` of stores that read one connection, and what they have said to it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._said: list[tuple[str, Sequence[object]]] = []
        event.listen(connection, "before_cursor_execute", self._hear)

    async def run(self, function):
        return function(self._connection)

    run_aside = run

    def write(self, statement: Insert, values: Mapping[str, Any]) -> None:
        self._connection.execute(statement, values)

    @property
    def statements(self) -> int:
        return len(self._said)

    def forget(self) -> None:
        self._said.clear()

    async def plan_of(self, ask: Ask) -> list[str]:
        """Every step of every statement."""
        self.forget()
        await ask(SqlWork(self))
        return [step for statement, values in self.said for step in self.explain(statement, values)]

    def explain(self, statement: str, values: Sequence[object]) -> list[str]:
        query = f"EXPLAIN QUERY PLAN {statement}"
        return [row[3] for row in self._connection.exec_driver_sql(query, values)]

    @property
    def said(self) -> Sequence[tuple[str, Sequence[object]]]:
        return [one for one in self._said if not one[0].startswith("EXPLAIN")]

    def _hear(self, _connection, _cursor, statement, values, *_):
        self._said.append((statement, values))


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Iterator[tuple[Watched, Filled]]:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('plans')}/ketway.db")
    upgrade(engine)
    with engine.connect() as connection:
        kept = fill(connection, 2000)
        yield Watched(connection), kept
    engine.dispose()


def scans(plan: list[str]) -> list[str]:
    """Steps that read a whole table of ours, or a whole index of one; those of what lives, runs, is open,
    paused or booked are small, and so are the numbers of what has ended."""
    whole = [step for step in plan if step.startswith(tuple(f"SCAN {name}" for name in metadata.tables))]
    return [step for step in whole if not step.endswith(SMALL)]


@pytest.mark.parametrize("name", HOT)
async def test_what_every_claim_and_every_look_asks_goes_by_an_index(filled, name):
    watched, _ = filled

    plan = await watched.plan_of(HOT[name])

    assert plan
    assert not scans(plan), plan


async def test_the_figures_of_a_project_go_by_an_index(filled):
    watched, kept = filled
    day = timedelta(days=1)

    plan = await watched.plan_of(lambda work: work.jobs.frequency(kept.member, PROJECTS[0], day))

    assert not scans(plan), plan


async def test_no_list_of_a_member_reads_what_is_in_other_projects(filled):
    watched, kept = filled

    plans = {name: await watched.plan_of(ask) for name, ask in lists_of(kept, kept.member).items()}

    assert {name: scans(plan) for name, plan in plans.items() if scans(plan)} == {}


@pytest.mark.parametrize("noun", ["jobs", "batches"])
async def test_the_newest_of_one_project_come_sorted_out_of_its_index(filled, noun):
    watched, kept = filled

    plan = await watched.plan_of(lists_of(kept, kept.member)[f"{noun} by project"])

    sorted_at = plan.index("USE TEMP B-TREE FOR ORDER BY")  # of the page alone, once it is found
    assert not any("LIST SUBQUERY" in step for step in plan[sorted_at:]), plan
    assert plan.count("USE TEMP B-TREE FOR ORDER BY") == 1, plan


async def test_operators_read_all_rows_only_where_an_index_would_cost_more(filled):
    watched, kept = filled
    lists = lists_of(kept, kept.operator)

    plans = {name: await watched.plan_of(ask) for name, ask in lists.items() if "processes" not in name}

    whole = {name for name, plan in plans.items() if any("USING" not in step for step in scans(plan))}
    assert whole <= {name for name in lists if any(order in name for order in OTHER_ORDERS)}


@pytest.mark.parametrize("noun", ["jobs", "batches"])
@pytest.mark.parametrize(
    ("what", "index"),
    [
        ("{} by nothing", "ix_{}_created"),
        ("{} by dates", "ix_{}_created"),
        ("{} by living", "ix_{}_undone"),
        ("{} by beginning of id", "sqlite_autoindex_{}_1"),
    ],
)
async def test_what_operators_ask_the_most_goes_by_an_index_made_for_it(filled, noun, what, index):
    watched, kept = filled

    plan = await watched.plan_of(lists_of(kept, kept.operator)[what.format(noun)])

    assert any(index.format(noun) in step for step in plan), plan
    # A count of everything reads some index whole; which one is SQLite's choice.
    assert not [step for step in scans(plan) if "COVERING INDEX" not in step], plan


@pytest.mark.parametrize("name", ["jobs of a batch in creation order", "jobs by batch and status"])
async def test_jobs_of_a_batch_are_found_by_the_batch(filled, name):
    watched, kept = filled

    for actor in (kept.member, kept.operator):
        plan = await watched.plan_of(lists_of(kept, actor)[name])
        assert any("(batch_id=?" in step for step in plan), plan
        assert not any("ix_jobs_undone" in step or "project_id=?" in step for step in plan), plan


@pytest.mark.parametrize(("kept", "table"), [(a_job(), "jobs"), (a_batch(), "batches")])
@pytest.mark.parametrize("index", ["project", "created"])
def test_a_change_of_a_row_leaves_the_indexes_of_lists_alone(kept, table, index):
    (found,) = [each for each in metadata.tables[table].indexes if each.name == f"ix_{table}_{index}"]

    assert not set(found.columns.keys()) & to_changes(kept).keys()


async def test_lines_are_walked_along_their_index_and_never_sorted(filled):
    watched, _ = filled

    for ask, skips in (
        ("heads", ("project_id>?", "priority>?", "platform_id>?")),
        ("behind", ("batch_id>?", "created_at>?")),
    ):
        plan = await watched.plan_of(HOT[ask])
        steps = [step for step in plan if "ix_jobs_waiting" in step]
        for found in skips:
            assert any("(is_held_back=?" in step and step.endswith(f"{found})") for step in steps), plan
        assert not any("TEMP B-TREE" in step for step in plan), plan


async def test_what_follows_in_a_line_is_read_in_its_order_and_passes_over_nothing(filled):
    watched, _ = filled

    plan = await watched.plan_of(HOT["following"])

    line = "is_held_back=? AND platform_id=? AND priority=? AND project_id=? AND created_at>?"
    assert f"SEARCH jobs USING INDEX ix_jobs_waiting ({line})" in plan, plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


@pytest.mark.parametrize(("name", "index"), [("running", "running"), ("count_waiting", "waiting")])
async def test_what_is_counted_is_counted_in_its_index_alone(filled, name, index):
    watched, _ = filled

    plan = await watched.plan_of(HOT[name])

    read = [step for step in plan if "INDEX" in step]
    assert read, plan
    assert all(f"COVERING INDEX ix_jobs_{index}" in step for step in read), plan


@pytest.mark.parametrize(
    "name",
    [
        *(f"jobs by {what}" for what in ("nothing", "project", "status", "origin", "user")),
        *(f"jobs by {what}" for what in ("runs", "errors", "no errors")),
        *(f"batches by {what}" for what in ("nothing", "project", "status", "user", "device")),
        *(f"batches by {what}" for what in ("open", "priority", "jobs", "tag")),
    ],
)
async def test_the_total_of_a_list_reads_nothing_that_has_ended(filled, name):
    watched, kept = filled
    noun = name.split()[0]

    for actor in (kept.member, kept.operator):
        await watched.plan_of(lists_of(kept, actor, Page(limit=1))[name])
        counts = [
            one
            for one in watched.said
            if one[0].startswith(("SELECT count(", "SELECT CAST(", "SELECT (SELECT "))
        ]
        assert counts
        steps = [step for said, values in counts for step in watched.explain(said, values)]
        read = [step for step in steps if step.startswith((f"SCAN {noun}", f"SEARCH {noun}"))]
        assert all(f"ix_{noun}_undone (status=?" in step for step in read), steps


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("jobs by user", "ix_jobs_creator (project_id=? AND creator_id=?"),
        ("batches by user", "ix_batches_creator (project_id=? AND creator_id=?"),
        ("batches by device", "ix_batches_platform (project_id=? AND platform_id=?"),
        ("batches by open", "ix_batches_open (project_id=?"),
    ],
)
async def test_what_few_of_a_project_are_comes_sorted_out_of_an_index_of_its_own(filled, name, index):
    watched, kept = filled

    plan = await watched.plan_of(lists_of(kept, kept.member)[name])

    assert len([step for step in plan if index in step]) >= len(kept.member.roles), plan
    assert not any("ix_jobs_project" in step or "ix_batches_project" in step for step in plan), plan


async def test_the_queue_of_a_device_reads_what_lives_alone(filled):
    watched, kept = filled

    for actor in (kept.member, kept.operator):
        plan = await watched.plan_of(lists_of(kept, actor)["the queue of a device"])
        assert all("ix_batches_living (platform_id=?" in step for step in plan if "INDEX" in step), plan


async def test_batches_with_a_tag_that_few_have_are_found_by_it(filled):
    watched, kept = filled
    rare = BatchFilter(tags=("rare",))
    (some,) = (await SqlWork(watched).batches.list(kept.member, BatchFilter(), Page(limit=1))).items
    watched.write(insert(batch_tags), {**_tag_of(some), "tag": "rare"})

    plan = await watched.plan_of(lambda work: work.batches.list(kept.member, rare, Page()))

    assert not any("ix_batches" in step or "SCAN batches" in step for step in plan), plan


def _tag_of(batch):
    names = ("project_id", "created_at", "door")
    return {name: getattr(batch, name) for name in names} | {"batch_id": batch.id}


@pytest.mark.parametrize("noun", ["jobs", "batches"])
async def test_the_newest_of_several_projects_come_sorted_out_of_the_index_of_each(filled, noun):
    watched, kept = filled

    plan = await watched.plan_of(lists_of(kept, kept.member)[f"{noun} by nothing"])

    each = [step for step in plan if f"SEARCH {noun} USING COVERING INDEX ix_{noun}_project" in step]
    assert len(each) >= len(kept.member.roles), plan


async def test_who_asks_by_the_beginning_of_an_id_reads_no_more_than_begins_so(filled):
    watched, kept = filled

    plan = await watched.plan_of(lists_of(kept, kept.member)["jobs by beginning of id"])

    assert not any("ix_jobs_project" in step for step in plan), plan


async def test_a_claim_asks_as_much_for_a_hundred_platforms_as_for_one(filled):
    watched, _ = filled
    turns = Turns(fair_share=FairShare(), backfill=Backfill(forecast=Paces()))
    known = [replace(a_platform(name=f"P{n}"), id=id) for n, id in enumerate(PLATFORMS[:3])]
    others = [a_platform(name=f"EMPTY{n}") for n in range(97)]

    async def asked(*platforms: Platform) -> int:
        watched.forget()
        assert await turns.candidates(SqlWork(watched), platforms, NOON)
        return watched.statements

    one = await asked(known[0])
    assert one <= 8
    assert await asked(*known, *others) == one
