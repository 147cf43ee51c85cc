"""Migrations make what the code expects, all or nothing: what they make of old rows, and how on SQLite."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, event, inspect, select

from ketway.db import open_database
from ketway.db.migrate import upgrade
from ketway.db.rows import from_row
from ketway.db.tables import accounts, batches, members, projects
from ketway.domain.accounts import Account, Member, Project, Role
from ketway.domain.errors import StoreBusy
from ketway.domain.prices import FREE
from tests.builders import ACCOUNT, NOON, PROJECT, a_membership


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return create_engine(f"sqlite:///{tmp_path / 'ketway.db'}")


def test_tables_of_millions_of_rows_are_not_made_anew(engine):
    upgrade(engine, to="0004")
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: said.append(call[2]))

    upgrade(engine)

    assert any(statement.startswith("ALTER TABLE batches ADD") for statement in said)
    assert not [statement for statement in said if "_alembic_tmp_" in statement]


async def test_an_upgrade_that_fails_leaves_nothing_half_done(tmp_path):
    path = tmp_path / "ketway.db"
    in_the_way = sqlite3.connect(path)
    in_the_way.execute("CREATE TABLE leases (x)")
    in_the_way.close()

    with pytest.raises(StoreBusy):
        async with open_database(path):
            pass

    assert set(inspect(create_engine(f"sqlite:///{path}")).get_table_names()) <= {"leases", "alembic_version"}


def test_a_database_of_the_first_tables_is_upgraded_with_what_is_in_it(engine):
    upgrade(engine, to="0001")
    with engine.begin() as connection:
        for row in FIRST_ROWS:
            connection.exec_driver_sql(row)

    upgrade(engine)

    with engine.connect() as connection:
        (account,) = connection.execute(select(accounts)).all()
        (project,) = connection.execute(select(projects)).all()
        (member,) = connection.execute(select(members)).all()
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    assert from_row(Account, account) == Account(
        id=ACCOUNT, email="old@here", created_at=NOON, password_hash="hash", superuser=True
    )
    assert from_row(Project, project) == Project(id=PROJECT, name="old", created_at=NOON)
    assert from_row(Member, member) == a_membership(role=Role.ADMIN)


def test_what_was_kept_before_there_were_quotas_is_counted(engine):
    upgrade(engine, to="0007")
    rows = (
        *FIRST_ROWS_OF_TODAY,
        *BATCHES_OF_BEFORE_SLOTS[:1],
        *PROGRAMS_OF_BEFORE_QUOTAS,
        *RESULT_OF_BEFORE_QUOTAS,
    )
    with engine.begin() as connection:
        for row in rows:
            connection.exec_driver_sql(row)

    upgrade(engine)

    with engine.connect() as connection:
        (held,) = connection.exec_driver_sql("SELECT project_id, bytes FROM holdings").all()
    assert tuple(held) == (str(PROJECT), 3210)


def test_batches_of_before_slots_make_room_as_their_door_has_it_and_paused_ones_give_up_their_key(engine):
    upgrade(engine, to="0004")
    with engine.begin() as connection:
        for row in (*FIRST_ROWS_OF_TODAY, *BATCHES_OF_BEFORE_SLOTS):
            connection.exec_driver_sql(row)

    upgrade(engine)

    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT id, yields, deduplication_key, slot_ends_at FROM batches ORDER BY id"
        ).all()
    assert [tuple(row) for row in found] == [
        ("a", "pauses", None, None),
        ("b", "ends", "key", None),
    ]


@pytest.mark.parametrize(("status", "held_from"), [("active", NOON), ("stopping", NOON), ("done", None)])
def test_a_batch_that_lives_through_the_upgrade_holds_its_platform_from_when_it_started(
    engine, status, held_from
):
    upgrade(engine, to="0004")
    with engine.begin() as connection:
        for row in (*FIRST_ROWS_OF_0004, _a_batch(status)):
            connection.exec_driver_sql(row)

    upgrade(engine)

    with engine.connect() as connection:
        (batch,) = connection.execute(select(batches)).all()
    assert (batch.held_from, batch.held, batch.prices) == (held_from, timedelta(0), FREE)


def _a_batch(status: str) -> str:
    known = {
        "id": uuid4(),
        "project_id": PROJECT,
        "creator_id": ACCOUNT,
        "platform_id": uuid4(),
        "door": "pasqal",
        "created_at": NOON_US,
        "updated_at": NOON_US,
        "name": "",
        "tags": "[]",
        "priority": 2,
        "status": status,
        "is_open": 0,
        "is_exclusive": 0,
        "started_at": NOON_US,
        "max_idle_s": 1,
        "max_total_s": 1,
        "message": "",
        "echo": "{}",
        "version": 0,
    }
    values = ", ".join(f"'{value}'" for value in known.values())
    return f"INSERT INTO batches ({', '.join(known)}) VALUES ({values})"


NOON_US = int(NOON.timestamp()) * 10**6
FIRST_ROWS_OF_0004 = (
    f"INSERT INTO accounts (id, email, created_at, superuser) VALUES ('{ACCOUNT}', 'old@here', {NOON_US}, 1)",
    f"INSERT INTO projects (id, name, created_at) VALUES ('{PROJECT}', 'old', {NOON_US})",
)
PROGRAMS_OF_BEFORE_QUOTAS = tuple(
    "INSERT INTO programs (id, project_id, creator_id, sha256, size, created_at, is_named) VALUES "
    f"('p{size}', '{PROJECT}', '{ACCOUNT}', '', {size}, 0, 0)"
    for size in (10, 200)
)
RESULT_OF_BEFORE_QUOTAS = (
    (
        "INSERT INTO jobs (id, batch_id, project_id, creator_id, platform_id, door, position, created_at, "
        "updated_at, max_duration_s, name, tags, parameters, priority, status, progress, attempt, "
        "child_deaths, lost_leases, errors, echo, version) "
        f"VALUES ('j', 'a', '{PROJECT}', '{ACCOUNT}', 'QPU', 'pasqal', 1, 0, 0, 1, "
        "'', '[]', '{}', 2, 'done', 100, 1, 0, 0, '[]', '{}', 0)"
    ),
    (
        "INSERT INTO results (job_id, attempt, key, size, sha256, shots, counts, metadata, created_at) "
        "VALUES ('j', 1, 'results/j', 3000, '', 1, '[]', '{}', 0)"
    ),
)
FIRST_ROWS = (
    f"INSERT INTO accounts VALUES ('{ACCOUNT}', 'old@here', {NOON_US}, 'hash', 1)",
    f"INSERT INTO projects VALUES ('{PROJECT}', 'old', {NOON_US})",
    f"INSERT INTO members VALUES ('{ACCOUNT}', '{PROJECT}', 'admin')",
)
FIRST_ROWS_OF_TODAY = (
    f"INSERT INTO accounts (id, email, created_at, superuser) VALUES ('{ACCOUNT}', 'me@here', {NOON_US}, 0)",
    f"INSERT INTO projects (id, name, created_at) VALUES ('{PROJECT}', 'mine', {NOON_US})",
)
BATCHES_OF_BEFORE_SLOTS = tuple(
    "INSERT INTO batches (id, project_id, creator_id, platform_id, door, created_at, updated_at, name, tags, "
    "priority, status, is_open, is_exclusive, max_idle_s, max_total_s, deduplication_key, message, echo, "
    f"version) VALUES ('{id}', '{PROJECT}', '{ACCOUNT}', 'QPU', '{door}', 0, 0, '', '[]', 2, '{status}', 1, "
    "0, 1, 1, 'key', '', '{}', 0)"
    for id, door, status in (("a", "pasqal", "paused"), ("b", "scaleway", "active"))
)
