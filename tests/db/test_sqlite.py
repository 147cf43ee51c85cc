"""What SQLite alone must be watched for: shared commits, full disks, crashes, cancelled tasks."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event

from ketway.db import SqliteDatabase, open_database
from ketway.domain.batches import Batch
from ketway.domain.errors import StoreBusy
from ketway.services.ports import Database
from tests.builders import a_batch
from tests.db.steps import furnish, is_there, keep

BULKY = "x" * 100_000


async def kept_of(db: Database, batches: list[Batch]) -> list[Batch]:
    return [batch for batch in batches if await is_there(db, batch)]


@asynccontextmanager
async def a_database_of(pages: int, path: Path) -> AsyncIterator[SqliteDatabase]:
    """One that may grow by so many pages of 4 KiB, and no more."""
    async with open_database(path) as whole:
        await furnish(whole)
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=ON")
        (now,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={now + pages}")

    writer, reader = (engine.connect().execution_options(isolation_level="AUTOCOMMIT") for _ in range(2))
    database = SqliteDatabase(writer, reader)
    try:
        yield database
    finally:
        await database.close()
        engine.dispose()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with a megabyte in all."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    made = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if not made or made.returncode != 0:
        pytest.skip("a file system of its own needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


async def test_transactions_at_once_share_commits(tmp_path):
    path = tmp_path / "ketway.db"
    async with open_database(path) as db:
        await furnish(db)
        other = sqlite3.connect(path)
        (before,) = other.execute("PRAGMA data_version").fetchone()
        versions = {before}

        async def keep_and_look() -> None:
            await keep(db, a_batch())
            versions.add(other.execute("PRAGMA data_version").fetchone()[0])

        await asyncio.gather(*[keep_and_look() for _ in range(100)])

        # A transaction that had a commit of its own would have a version of its own.
        assert max(versions) - before <= 10
        assert other.execute("SELECT count(*) FROM batches").fetchone() == (100,)
        other.close()


async def test_acknowledged_work_is_seen_by_another_process_s_connection_at_once(tmp_path):
    path = tmp_path / "ketway.db"
    async with open_database(path) as db:
        await furnish(db)
        other = sqlite3.connect(path)

        for number in range(5):
            await keep(db, a_batch())

            assert other.execute("SELECT count(*) FROM batches").fetchone() == (number + 1,)
        other.close()


async def test_acknowledged_work_survives_a_crash(tmp_path):
    batches = [a_batch() for _ in range(10)]
    async with open_database(tmp_path / "ketway.db") as db:
        await furnish(db)
        await asyncio.gather(*[keep(db, batch) for batch in batches])
        crashed = tmp_path / "crashed"
        crashed.mkdir()

        # What lies on the disk at this moment is all that a crash would leave.
        for file in tmp_path.glob("ketway.db*"):
            shutil.copy(file, crashed)

    async with open_database(crashed / "ketway.db") as db:
        assert await kept_of(db, batches) == batches


async def test_a_transaction_that_was_not_over_is_gone_after_a_crash(tmp_path):
    batch, crashed = a_batch(), tmp_path / "crashed"
    crashed.mkdir()
    async with open_database(tmp_path / "ketway.db") as db:
        await furnish(db)
        async with db.work() as work:
            await work.batches.add(batch)
            for file in tmp_path.glob("ketway.db*"):
                shutil.copy(file, crashed)

    async with open_database(crashed / "ketway.db") as db:
        assert not await is_there(db, batch)


async def test_a_look_writes_nothing(tmp_path):
    async with open_database(tmp_path / "ketway.db") as db:
        await furnish(db)

        with pytest.raises(StoreBusy):
            async with db.look() as work:
                await work.batches.add(a_batch())


async def test_reopening_finds_everything(tmp_path):
    batch = a_batch()
    async with open_database(tmp_path / "ketway.db") as db:
        await furnish(db)
        await keep(db, batch)

    async with open_database(tmp_path / "ketway.db") as db, db.look() as work:
        assert await work.batches.fetch(batch.id) == batch


async def test_a_full_database_keeps_nothing_half_and_says_so(tmp_path):
    small, big = a_batch(), a_batch(configuration=BULKY)
    async with a_database_of(10, tmp_path / "ketway.db") as db:
        with pytest.raises(StoreBusy):
            async with db.work() as work:
                await work.batches.add(small)
                await work.batches.add(big)

        assert await kept_of(db, [small, big]) == []


async def test_a_full_database_still_takes_what_fits(tmp_path):
    big, small = a_batch(configuration=BULKY), a_batch()
    async with a_database_of(10, tmp_path / "ketway.db") as db:
        with pytest.raises(StoreBusy):
            await keep(db, big)

        await keep(db, small)

        assert await kept_of(db, [small, big]) == [small]


async def test_in_a_full_database_what_was_acknowledged_and_only_that_is_kept(tmp_path):
    batches = [a_batch(configuration=BULKY if number % 4 == 2 else None) for number in range(12)]
    async with a_database_of(20, tmp_path / "ketway.db") as db:
        ended = await asyncio.gather(*[keep(db, batch) for batch in batches], return_exceptions=True)

        acknowledged = [batch for batch, end in zip(batches, ended, strict=True) if end is None]
        assert await kept_of(db, batches) == acknowledged
        assert {type(end) for end in ended if end is not None} == {StoreBusy}


async def test_on_a_full_disk_what_was_acknowledged_and_only_that_is_kept(small_disk):
    batches = [a_batch(configuration=BULKY) for _ in range(20)]
    acknowledged = []
    async with open_database(small_disk / "ketway.db") as db:
        await furnish(db)
        for batch in batches:
            try:
                await keep(db, batch)
            except StoreBusy:
                continue
            acknowledged.append(batch)

        assert 0 < len(acknowledged) < len(batches)
        assert await kept_of(db, batches) == acknowledged


async def test_on_a_full_disk_many_at_once_are_kept_or_told(small_disk):
    batches = [a_batch(configuration=BULKY) for _ in range(20)]
    async with open_database(small_disk / "ketway.db") as db:
        await furnish(db)

        ended = await asyncio.gather(*[keep(db, batch) for batch in batches], return_exceptions=True)

        acknowledged = [batch for batch, end in zip(batches, ended, strict=True) if end is None]
        assert {type(end) for end in ended if end is not None} == {StoreBusy}
        assert await kept_of(db, batches) == acknowledged


async def test_a_disk_that_was_full_is_written_again_once_there_is_room(small_disk):
    filler, batch = small_disk / "filler", a_batch(configuration=BULKY)
    async with open_database(small_disk / "ketway.db") as db:
        await furnish(db)
        free = shutil.disk_usage(small_disk).free
        filler.write_bytes(bytes(free - 4096))
        with pytest.raises(StoreBusy):
            await keep(db, batch)
        filler.unlink()

        await keep(db, batch)

        assert await is_there(db, batch)


async def test_a_task_cancelled_at_any_moment_leaves_the_database_usable(tmp_path):
    async with open_database(tmp_path / "ketway.db") as db:
        await furnish(db)
        for steps in list(range(60)) * 3:
            task = asyncio.create_task(keep(db, a_batch()))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

            batch = a_batch()
            await keep(db, batch)

            assert await is_there(db, batch)


async def test_a_task_cancelled_while_another_process_writes_leaves_the_database_usable(tmp_path):
    path, batch = tmp_path / "ketway.db", a_batch()
    async with open_database(path) as db:
        await furnish(db)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        task = asyncio.create_task(keep(db, a_batch()))
        while not db._writer._executor._threads or not db._writer._executor._work_queue.empty():
            await asyncio.sleep(0)

        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        other.execute("ROLLBACK")
        other.close()

        await keep(db, batch)
        assert await is_there(db, batch)


async def test_a_failed_transaction_does_not_keep_others_from_writing(tmp_path):
    path = tmp_path / "ketway.db"
    async with open_database(path) as db:
        await furnish(db)
        with pytest.raises(ZeroDivisionError):
            async with db.work() as work:
                await work.batches.add(a_batch())
                raise ZeroDivisionError

        other = sqlite3.connect(path, isolation_level=None, timeout=0)
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()


async def test_what_was_kept_when_the_database_closes_is_there_after_a_cancelled_task(tmp_path):
    batch, entered = a_batch(), asyncio.Event()
    async with open_database(tmp_path / "ketway.db") as db:
        await furnish(db)

        async def hang() -> None:
            async with db.work():
                entered.set()
                await asyncio.Event().wait()

        hanging, keeping = asyncio.create_task(hang()), asyncio.create_task(keep(db, batch))
        await entered.wait()
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
        await keeping

    async with open_database(tmp_path / "ketway.db") as db:
        assert await is_there(db, batch)


@pytest.mark.parametrize(
    "content", [b"this is no database, whatever its name " * 100, b"SQLite format 3\x00"]
)
async def test_a_file_that_is_no_database_is_refused_with_a_sentence(tmp_path, content):
    path = tmp_path / "ketway.db"
    path.write_bytes(content)

    with pytest.raises(StoreBusy):
        async with open_database(path):
            pass

    assert path.read_bytes() == content


async def test_a_folder_that_is_not_there_is_refused_with_a_sentence(tmp_path):
    with pytest.raises(StoreBusy):
        async with open_database(tmp_path / "nowhere" / "ketway.db"):
            pass


async def test_one_who_is_cut_off_while_beginning_leaves_the_others_alone(tmp_path):
    async with open_database(tmp_path / "ketway.db") as db:
        await furnish(db)
        for turns in range(6):
            cut_off, kept = a_batch(), a_batch()
            doing = asyncio.ensure_future(keep(db, cut_off))
            for _ in range(turns):
                await asyncio.sleep(0)
            doing.cancel()

            await keep(db, kept)

            await asyncio.gather(doing, return_exceptions=True)
            assert await is_there(db, kept)
