"""On PostgreSQL, too, what is asked again and again goes by an index: told by its plans, not by its time.

Tables of a test are so small that reading them whole is the cheapest, row by row or for a join; so that is
made dear, and a plan that does it all the same has no other way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from ketway.db.postgres import open_postgres
from ketway.db.tables import metadata
from ketway.db.work import SqlWork
from tests.db.filling import PROJECTS, Filled, fill
from tests.db.listings import Ask, lists_of
from tests.db.test_plans import HOT
from tests.postgres import Postgres

Node = dict[str, Any]

#: Indexes of the tables that grow for ever, but for those of a few of their rows. Where there is next to
#: nothing to read, reading it whole is as good as any way.
LARGE = {
    index.name
    for name in ("jobs", "batches", "leases")
    for index in metadata.tables[name].indexes
    if index.dialect_options["postgresql"]["where"] is None or "undone" in str(index.name)
}


class Watched:
    """The `Runner` of stores that read one connection, and what they have said to it."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._said: list[tuple[str, Any]] = []
        event.listen(connection.sync_connection, "before_cursor_execute", self._hear)

    async def run(self, function):
        return await self._connection.run_sync(function)

    run_aside = run

    async def plan_of(self, ask: Ask) -> list[Node]:
        """Every step of every statement."""
        self._said.clear()
        await ask(SqlWork(self))
        nodes: list[Node] = []
        for statement, values in list(self._said):
            said = await self._connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
            (explained,) = said.scalar_one()
            nodes += _steps(explained["Plan"])
        return nodes

    def _hear(self, _connection, _cursor, statement, values, *_):
        self._said.append((statement, values))


def _steps(node: Node) -> Iterator[Node]:
    yield node
    for below in node.get("Plans", ()):
        yield from _steps(below)


@pytest.fixture(scope="module")
async def filled(postgres: Postgres) -> AsyncIterator[tuple[Watched, Filled]]:
    async with postgres.migrated() as url, open_postgres(url) as db, db._writer.connect() as connection:
        kept = await connection.run_sync(lambda c: fill(c, 2000))
        await connection.commit()
        await connection.exec_driver_sql("ANALYZE")
        for way in ("seqscan", "hashjoin", "mergejoin"):
            await connection.exec_driver_sql(f"SET enable_{way} = off")
        await connection.commit()
        yield Watched(connection), kept


def tables_read(plan: list[Node]) -> list[Node]:
    return [step for step in plan if step["Node Type"] == "Seq Scan"]


def indexes_read(plan: list[Node]) -> list[Node]:
    """Steps that read the whole of a large index."""
    return [step for step in plan if step.get("Index Name") in LARGE and "Index Cond" not in step]


@pytest.mark.parametrize("name", HOT)
async def test_what_every_claim_and_every_look_asks_goes_by_an_index(filled, name):
    watched, _ = filled

    plan = await watched.plan_of(HOT[name])

    assert plan
    assert not tables_read(plan) + indexes_read(plan), plan


async def test_the_figures_of_a_project_go_by_an_index(filled):
    watched, kept = filled
    day = timedelta(days=1)

    plan = await watched.plan_of(lambda work: work.jobs.frequency(kept.member, PROJECTS[0], day))

    assert not tables_read(plan) + indexes_read(plan), plan


async def test_every_list_of_a_member_has_an_index_to_go_by(filled):
    watched, kept = filled

    plans = {name: await watched.plan_of(ask) for name, ask in lists_of(kept, kept.member).items()}

    assert {name: tables_read(plan) for name, plan in plans.items() if tables_read(plan)} == {}
