"""What PostgreSQL alone must be watched for: other processes, lost connections, limits, its own order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from ketway.db.bell import SharedBell
from ketway.db.migrate import WRITING
from ketway.db.postgres import PostgresDatabase, open_postgres
from ketway.domain.accounts import AccountId
from ketway.domain.batches import Batch
from ketway.domain.errors import Invalid, StoreBusy, Unknown
from ketway.domain.requests import Asked, Request, RequestId
from ketway.host.bell import LocalBell
from ketway.host.clock import ToldClock
from ketway.services.ports import Database
from ketway.services.requests import Requests
from tests.builders import ACCOUNT, NOON, a_batch
from tests.db.steps import furnish, is_there, keep
from tests.postgres import Postgres
from tests.worlds import MovableClock


@pytest.fixture
async def url(postgres: Postgres) -> AsyncIterator[str]:
    async with postgres.migrated() as made:
        yield made


@pytest.fixture
async def db(url: str) -> AsyncIterator[PostgresDatabase]:
    async with open_postgres(url) as database:
        await furnish(database)
        yield database


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def cut_off(url: str) -> None:
    """End every other connection to the database."""
    async with connected(url) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_writers_of_several_processes_come_one_after_another(url):
    batch = a_batch(message="")
    async with open_postgres(url) as one, open_postgres(url) as other:
        await furnish(one)
        await keep(one, batch)

        async def append(db: Database) -> None:
            async with db.work() as work:
                read = await work.batches.fetch(batch.id)
                await work.batches.put(Batch(**{**vars(read), "message": read.message + "x"}))

        await asyncio.gather(*[append(db) for db in (one, other) for _ in range(20)])

        async with other.look() as work:
            assert (await work.batches.fetch(batch.id)).message == "x" * 40


async def test_several_processes_that_start_at_once_make_the_tables_once(postgres):
    async with postgres.empty() as url, asyncio.TaskGroup() as group, connected(url) as connection:
        started = [group.create_task(_start(url)) for _ in range(4)]
        await asyncio.gather(*started)

        assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1


async def test_an_upgrade_that_fails_leaves_nothing_half_done(postgres):
    async with postgres.empty() as url, connected(url) as connection:
        await connection.execute("CREATE TABLE leases (x text)")

        with pytest.raises(StoreBusy):
            await _start(url)

        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert [row["tablename"] for row in rows] == ["leases"]


async def _start(url: str) -> None:
    async with open_postgres(url) as db:
        await db.time()


async def test_a_look_sees_one_moment(db):
    first, later = a_batch(), a_batch()
    await keep(db, first)
    async with db.look() as work:
        await work.batches.fetch(first.id)

        await keep(db, later)

        with pytest.raises(Unknown):
            await work.batches.fetch(later.id)
    assert await is_there(db, later)


async def test_a_look_writes_nothing(db):
    with pytest.raises(StoreBusy):
        async with db.look() as work:
            await work.batches.add(a_batch())


async def test_who_waits_too_long_for_another_writer_is_told_so(url, db, monkeypatch):
    async with connected(url) as other, other.transaction():
        await other.execute(f"SELECT pg_advisory_xact_lock({WRITING})")
        async with db._writer.connect() as writer:
            await writer.exec_driver_sql("SET lock_timeout = '10ms'")
            await writer.commit()

        with pytest.raises(StoreBusy):
            await keep(db, a_batch())

    batch = a_batch()
    await keep(db, batch)
    assert await is_there(db, batch)


async def test_who_is_cut_off_in_a_transaction_is_told_so_and_the_next_one_works(url, db):
    lost, kept = a_batch(), a_batch()
    with pytest.raises(StoreBusy):
        async with db.work() as work:
            await work.batches.add(lost)
            await cut_off(url)

    await keep(db, kept)

    assert await is_there(db, kept)
    assert not await is_there(db, lost)


async def test_connections_that_were_lost_while_nobody_used_them_are_not_noticed(url, db):
    batch = a_batch()
    await keep(db, batch)
    assert await is_there(db, batch)
    readers, writer = db._readers.pool, db._writer.pool

    await cut_off(url)
    while not all(map(_is_closed, (readers, writer))):
        await asyncio.sleep(0)

    assert await is_there(db, batch)
    await keep(db, a_batch())


def _is_closed(pool) -> bool:
    """Whether the one connection that lies in a pool has heard that it was ended."""
    (record,) = pool._pool._queue._queue
    return record.dbapi_connection.driver_connection.is_closed()


async def test_a_task_cancelled_at_any_moment_leaves_the_database_usable(db):
    for steps in range(60):
        task = asyncio.create_task(keep(db, a_batch()))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        batch = a_batch()
        await keep(db, batch)

        assert await is_there(db, batch)


async def test_what_the_database_cannot_keep_is_refused_as_wrong(db):
    for wrong in ({"name": "a\x00b"}, {"door": "d" * 100}):
        with pytest.raises(Invalid):
            await keep(db, a_batch(**wrong))
    with pytest.raises(Invalid):
        async with db.look() as work:
            await work.accounts.by_email("a\x00b")


async def test_texts_are_in_the_order_of_their_bytes_whatever_language_the_database_is_in(url):
    async with connected(url) as connection:
        rows = await connection.fetch(
            "SELECT table_name, column_name, collation_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type IN ('text', 'character varying')"
        )

    assert len(rows) > 100
    assert {row["collation_name"] for row in rows if row["table_name"] != "alembic_version"} == {"C"}


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://somebody:secret@127.0.0.1:1/ketway",
        "postgresql://somebody:sec/ret@127.0.0.1:1/ketway",
        "postgresql://somebody:secret@[/ketway",
    ],
)
async def test_a_database_that_is_not_there_is_refused_with_a_sentence_without_its_password(url):
    with pytest.raises(StoreBusy) as refusal:
        async with open_postgres(url):
            pass

    assert "sec" not in str(refusal.value)


async def test_a_bell_is_heard_by_every_process_and_again_after_its_connection_was_lost(url):
    ringing, hearing = SharedBell(url, LocalBell()), SharedBell(url, LocalBell())
    async with _attended(ringing, "one"), _attended(hearing, "two"):
        await _heard(ringing, hearing)

        await cut_off(url)
        before = hearing.strokes()
        await hearing.wait(before, 60)
        assert hearing.strokes() > before

        await _heard(ringing, hearing)


@asynccontextmanager
async def _attended(bell: SharedBell, server: str) -> AsyncIterator[None]:
    task = asyncio.create_task(bell.attend(server))
    await bell.wait(0, 60)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _heard(ringing: SharedBell, hearing: SharedBell) -> None:
    before = hearing.strokes()
    await ringing.ring()
    await hearing.wait(before, 60)
    assert hearing.strokes() > before


async def test_a_server_stands_as_long_as_it_lives(url, db):
    bell = SharedBell(url, LocalBell())
    request = _answered_by("one")
    async with _attended(bell, "one"), db.work() as work:
        assert await work.requests.is_served(request)
        assert not await work.requests.is_served(_answered_by("two"))

    async with connected(url) as connection:
        while await connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"):
            await asyncio.sleep(0)
    async with db.work() as work:
        assert not await work.requests.is_served(request)


def _answered_by(server: str) -> Request:
    return Request(
        id=RequestId(uuid4()),
        caller_id=AccountId(ACCOUNT),
        route="POST /",
        digest="",
        key=None,
        made=(),
        server=server,
        created_at=NOON,
        expires_at=NOON,
    )


async def test_a_request_that_another_server_answers_is_no_repetition_until_its_answer_is_lost(url, db):
    one, other = _requests(db, "one"), _requests(db, "two")
    first, again = _asked(), _asked()
    async with _attended(SharedBell(url, LocalBell()), "one"):
        async with db.work() as work:
            await one.remember(work, first, "made")
        async with db.look() as work:
            assert await other.repeated(work, again) is None

        await one.abandoned(first)

        async with db.look() as work:
            found = await other.repeated(work, again)
        assert found is not None
        assert found.made == ("made",)
        await other.answered(again)
        async with db.look() as work:
            assert await one.repeated(work, _asked()) is None


async def test_a_request_whose_server_died_is_repeated_at_any_other(url, db):
    one, other = _requests(db, "one"), _requests(db, "two")
    async with _attended(SharedBell(url, LocalBell()), "one"), db.work() as work:
        await one.remember(work, _asked(), "made")

    async with connected(url) as connection:
        while await connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"):
            await asyncio.sleep(0)
    async with db.work() as work:
        found = await other.repeated(work, _asked())

    assert found is not None
    assert found.made == ("made",)


def _requests(db: PostgresDatabase, server: str) -> Requests:
    return Requests(db=db, clock=MovableClock(), server=server)


def _asked() -> Asked:
    return Asked(id=RequestId(uuid4()), caller_id=ACCOUNT, route="POST /batches", digest="d")


async def test_the_clock_is_the_database_s(db):
    clock = ToldClock()

    async def tomorrow() -> datetime:
        return await db.time() + timedelta(days=1)

    await clock.ask(tomorrow)

    assert clock.now() - datetime.now(UTC) > timedelta(hours=23)
