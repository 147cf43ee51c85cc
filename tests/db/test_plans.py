"""The queries of every claim go by an index: no claim reads rows that do not wait or run."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, event

from ketway.db import open_database
from ketway.db.sqlite import SqliteDatabase
from ketway.domain.batches import BatchId
from ketway.domain.leases import WorkerId
from tests.builders import NOON, PROJECT, a_batch, a_platform

PLATFORM = a_platform().id
CLAIMS = {
    "heads": lambda work: work.jobs.heads(PLATFORM),
    "running_on": lambda work: work.jobs.running_on(PLATFORM),
    "has_unfinished": lambda work: work.jobs.has_unfinished(BatchId(a_batch().id)),
    "last_position": lambda work: work.jobs.last_position(BatchId(a_batch().id)),
    "holder": lambda work: work.batches.holder(PLATFORM),
    "with_key": lambda work: work.batches.with_key(PROJECT, PLATFORM, "key"),
    "expired": lambda work: work.leases.expired(NOON),
    "asked_as": lambda work: work.leases.asked_as(WorkerId(a_batch().id), "question"),
}


@pytest.mark.parametrize("name", CLAIMS)
async def test_a_query_of_a_claim_uses_an_index(tmp_path, name):
    path = tmp_path / "ketway.db"
    async with open_database(path) as db:
        said = await _statements_of(db, CLAIMS[name])

    with create_engine(f"sqlite:///{path}").connect() as connection:
        for statement, parameters in said:
            plan = [
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            ]
            assert plan
            assert not any(step.startswith("SCAN") and "USING" not in step for step in plan), plan


async def _statements_of(db: SqliteDatabase, ask):
    said: list[tuple[str, tuple[object, ...]]] = []
    engine = db._reader._connection.engine
    event.listen(
        engine, "before_cursor_execute", lambda c, cursor, text, values, *_: said.append((text, values))
    )
    async with db.look() as work:
        await ask(work)
    return said
