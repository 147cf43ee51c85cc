"""What a folder alone must be watched for: crashes, full disks, links signed elsewhere."""

from __future__ import annotations

import asyncio
import errno
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from ketway.domain.errors import BadToken, StoreBusy, Unknown
from ketway.keys.links import LinkSigner, fresh_key
from ketway.storage import disk
from ketway.storage.disk import DiskBlobs
from tests.builders import NOON

KEY = "results/ab/job-1/2"


def some_blobs(folder: Path, key: str | None = None) -> DiskBlobs:
    return DiskBlobs(folder / "blobs", LinkSigner(key or fresh_key()))


def query_of(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query))


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


async def test_a_link_is_a_path_of_this_server_that_names_its_blob(tmp_path):
    link = some_blobs(tmp_path).link(KEY, filename="job.json", until=NOON)

    assert urlsplit(link)[:3] == ("", "", f"/blobs/{KEY}")
    assert query_of(link)["name"] == "job.json"


async def test_a_link_holds_for_another_process_with_the_same_key(tmp_path):
    key = fresh_key()
    await some_blobs(tmp_path, key).put(KEY, b"body")

    query = query_of(some_blobs(tmp_path, key).link(KEY, filename="f", until=NOON))

    assert some_blobs(tmp_path, key).named(KEY, query, NOON) == "f"


async def test_a_link_signed_with_another_key_is_refused(tmp_path):
    mine, other = some_blobs(tmp_path), some_blobs(tmp_path)
    await mine.put(KEY, b"body")

    query = query_of(other.link(KEY, filename="f", until=NOON))

    with pytest.raises(BadToken):
        mine.named(KEY, query, NOON)


async def test_an_expired_link_is_refused_as_expired(tmp_path):
    blobs = some_blobs(tmp_path)
    await blobs.put(KEY, b"body")
    query = query_of(blobs.link(KEY, filename="f", until=NOON))

    with pytest.raises(BadToken) as refusal:
        blobs.named(KEY, query, NOON + timedelta(seconds=1))

    assert refusal.value.reason == "expired"


async def test_a_link_to_a_hostile_key_leads_nowhere_even_with_a_good_proof(tmp_path):
    (tmp_path / "secret").write_text("secret")
    blobs = some_blobs(tmp_path)
    query = query_of(blobs.link("../secret", filename="f", until=NOON))

    assert blobs.named("../secret", query, NOON) == "f"
    with pytest.raises(Unknown):
        await blobs.get("../secret")


async def test_nothing_but_the_blob_is_left_after_writing(tmp_path):
    blobs = some_blobs(tmp_path)

    await blobs.put(KEY, b"one")
    await blobs.put(KEY, b"two")

    files = [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert files == [tmp_path / "blobs" / KEY]


async def test_what_a_crash_left_half_written_is_never_read(tmp_path):
    blobs = some_blobs(tmp_path)
    await blobs.put(KEY, b"body")
    leftover = (tmp_path / "blobs" / KEY).with_name(".2.0123456789abcdef")
    leftover.write_bytes(b"half")

    assert await blobs.get(KEY) == b"body"
    with pytest.raises(Unknown):
        await blobs.get(f"results/ab/job-1/{leftover.name}")


async def test_a_crash_before_the_move_leaves_no_blob_and_the_next_try_works(tmp_path):
    blobs = some_blobs(tmp_path)
    folder = (tmp_path / "blobs" / KEY).parent
    folder.mkdir(parents=True)
    (folder / ".2.0123456789abcdef").write_bytes(b"half")

    assert not await blobs.mark(KEY)
    await blobs.put(KEY, b"whole")

    assert await blobs.get(KEY) == b"whole"


async def test_what_a_crash_left_half_written_is_gone_after_the_next_start(tmp_path):
    some_blobs(tmp_path)
    half_written = tmp_path / "blobs" / ".aside" / "0123456789abcdef"
    half_written.write_bytes(b"half")

    blobs = some_blobs(tmp_path)

    assert not half_written.exists()
    await blobs.put(KEY, b"whole")
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == [tmp_path / "blobs" / KEY]


async def test_what_was_put_is_there_for_the_next_process(tmp_path):
    await some_blobs(tmp_path).put(KEY, b"body")

    assert await some_blobs(tmp_path).get(KEY) == b"body"


async def test_a_full_disk_is_told_and_leaves_nothing_half(small_disk):
    blobs = some_blobs(small_disk)
    await blobs.put(KEY, b"old")

    with pytest.raises(StoreBusy):
        await blobs.put(KEY, bytes(2**21))

    assert await blobs.get(KEY) == b"old"
    files = [path for path in (small_disk / "blobs").rglob("*") if path.is_file()]
    assert files == [small_disk / "blobs" / KEY]


async def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    blobs = some_blobs(tmp_path)
    await blobs.put("file", b"body")

    with pytest.raises(StoreBusy):
        await blobs.put("file/beneath", b"body")


async def test_a_key_beneath_a_blob_is_unknown(tmp_path):
    blobs = some_blobs(tmp_path)
    await blobs.put("file", b"body")

    assert not await blobs.mark("file/beneath")
    with pytest.raises(Unknown):
        await blobs.get("file/beneath")


async def test_what_could_not_be_made_safe_is_not_there_for_the_next_who_adds_it(tmp_path, monkeypatch):
    blobs = some_blobs(tmp_path)

    def fail(*folders: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(disk, "_sync", fail)
        with pytest.raises(StoreBusy):
            await blobs.add(KEY, b"body")

    assert await blobs.add(KEY, b"body") is not None
    assert await blobs.get(KEY) == b"body"


async def test_servers_that_share_a_folder_add_each_text_once(tmp_path):
    here, there = some_blobs(tmp_path), some_blobs(tmp_path)
    for number in range(30):
        key = f"programs/{number}"
        marks = await asyncio.gather(*[each.add(key, b"body") for each in (here, there) * 2])

        assert sum(mark is not None for mark in marks) == 1


async def test_what_holds_the_lock_elsewhere_is_waited_for(tmp_path):
    here, there = some_blobs(tmp_path), some_blobs(tmp_path)
    with here._alone():
        adding = asyncio.ensure_future(there.add(KEY, b"body"))
        await asyncio.sleep(0.05)
        assert not adding.done()

    assert await adding is not None
