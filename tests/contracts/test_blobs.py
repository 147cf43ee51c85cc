"""What every blob store promises."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from ketway.domain.errors import BadToken, Unknown
from ketway.keys.links import LinkSigner, fresh_key
from ketway.storage.disk import DiskBlobs
from tests.builders import NOON
from tests.fakes import MemoryBlobs

KEY = "results/ab/0a1b-2c/1"
HOSTILE = [
    "../../etc/passwd",
    "/etc/passwd",
    "results/../../etc/passwd",
    "results//1",
    "results/1/",
    "",
    ".",
    "..",
    "./1",
    "a\\..\\b",
    "results/\x00",
    "results/1\n",
    "Results/1",
    "results/.hidden",
    "~/1",
    "résultats/1",
]


@pytest.fixture(params=["memory", "disk"])
def blobs(request, tmp_path: Path):
    signer = LinkSigner(fresh_key())
    return MemoryBlobs(signer) if request.param == "memory" else DiskBlobs(tmp_path / "blobs", signer)


def opened(link: str) -> tuple[str, dict[str, str]]:
    """The key and the query of a link, as the web application reads them."""
    parts = urlsplit(link)
    return unquote(parts.path).removeprefix("/blobs/"), dict(parse_qsl(parts.query))


@pytest.mark.parametrize("body", [b"", b"\x00\xff" * 1000, "ünï".encode()])
async def test_what_was_put_is_got_byte_for_byte(blobs, body):
    await blobs.put(KEY, body)

    assert await blobs.get(KEY) == body
    assert await blobs.mark(KEY)


async def test_what_was_never_put_is_unknown(blobs):
    assert not await blobs.mark(KEY)
    with pytest.raises(Unknown):
        await blobs.get(KEY)


async def test_a_key_may_be_written_again(blobs):
    await blobs.put(KEY, b"a long first body")

    await blobs.put(KEY, b"second")

    assert await blobs.get(KEY) == b"second"


async def test_what_was_deleted_is_gone_and_its_neighbours_stay(blobs):
    await blobs.put("a/1", b"one")
    await blobs.put("a/2", b"two")

    await blobs.delete("a/1")

    assert not await blobs.mark("a/1")
    assert await blobs.get("a/2") == b"two"


async def test_keys_are_listed_below_a_prefix_page_by_page(blobs):
    keys = [f"results/{folder}/{name}" for folder in ("00", "a-b", "a") for name in ("1", "2", "x-1")]
    for key in [*keys, "results-of-others/1", "programs/1"]:
        await blobs.put(key, b"")

    found: list[str] = []
    while page := await blobs.list("results", after=found[-1] if found else "", most=2):
        assert len(page) <= 2
        found += page

    assert len(found) == len(keys)
    assert set(found) == set(keys)
    assert found == list(await blobs.list("results", after="", most=100))
    assert await blobs.list("results/a", after="", most=100) == [key for key in found if "/a/" in key]


async def test_where_nothing_was_put_nothing_is_listed(blobs):
    assert await blobs.list("results", after="", most=10) == []


async def test_deleting_nothing_does_nothing(blobs):
    await blobs.delete(KEY)

    assert not await blobs.mark(KEY)


async def test_what_is_added_is_written_once_and_has_another_mark_each_time(blobs):
    marks = [await blobs.add(KEY, b"one")]
    for _ in range(3):
        assert await blobs.add(KEY, b"two") is None
        marks.append(await blobs.mark(KEY))

    assert None not in marks
    assert len(set(marks)) == 4
    assert await blobs.get(KEY) == b"one"


async def test_what_was_added_again_meanwhile_is_not_deleted(blobs):
    first = await blobs.add(KEY, b"one")
    await blobs.add(KEY, b"one")
    await blobs.delete(KEY, mark=first)
    second = await blobs.mark(KEY)
    assert await blobs.get(KEY) == b"one"

    await blobs.delete(KEY, mark=second)
    assert await blobs.mark(KEY) is None
    await blobs.delete(KEY, mark=second)


async def test_of_those_who_add_at_once_one_writes(blobs):
    for number in range(30):
        added = await asyncio.gather(*[blobs.add(f"a/{number}", b"one") for _ in range(5)])

        assert sum(mark is not None for mark in added) == 1


async def test_what_one_takes_back_stays_for_those_who_added_it_too(blobs):
    async def take_back() -> bool:
        mark = await blobs.add(KEY, b"one")
        if mark is not None:
            await blobs.delete(KEY, mark=mark)
        return False

    async def keep() -> bool:
        await blobs.add(KEY, b"one")
        return True

    for _ in range(50):
        await asyncio.gather(*[each() for each in (take_back, keep, take_back, keep)])
        assert await blobs.get(KEY) == b"one"
        await blobs.delete(KEY)


async def test_the_beginning_of_a_key_is_no_blob(blobs):
    await blobs.put("a/b/1", b"one")

    assert not await blobs.mark("a/b")
    with pytest.raises(Unknown):
        await blobs.get("a/b")


async def test_two_writers_of_one_key_leave_one_whole_body(blobs):
    bodies = [bytes([number]) * 200_000 for number in range(8)]

    await asyncio.gather(*[blobs.put(KEY, body) for body in bodies])

    assert await blobs.get(KEY) in bodies


async def test_a_reader_beside_a_writer_sees_one_whole_body(blobs):
    old, new = b"o" * 200_000, b"n" * 300_000
    await blobs.put(KEY, old)

    _, *read = await asyncio.gather(blobs.put(KEY, new), *[blobs.get(KEY) for _ in range(8)])

    assert set(read) <= {old, new}


async def test_many_new_keys_of_one_folder_are_written_at_once(blobs):
    keys = [f"deep/er/{number}" for number in range(20)]

    await asyncio.gather(*[blobs.put(key, key.encode()) for key in keys])

    assert [await blobs.get(key) for key in keys] == [key.encode() for key in keys]


@pytest.mark.parametrize("key", HOSTILE)
async def test_keys_that_are_not_ours_lead_nowhere(blobs, key):
    with pytest.raises(Unknown):
        await blobs.put(key, b"x")
    with pytest.raises(Unknown):
        await blobs.get(key)
    with pytest.raises(Unknown):
        await blobs.delete(key)


async def test_a_link_fetches_its_blob_under_its_name(blobs):
    await blobs.put(KEY, b"body")

    link = blobs.link(KEY, filename="a job's result.json", until=NOON)

    key, query = opened(link)
    assert link.startswith("/")
    assert blobs.named(key, query, NOON) == "a job's result.json"
    assert await blobs.get(key) == b"body"


async def test_a_link_fetches_nothing_else(blobs):
    await blobs.put(KEY, b"body")
    await blobs.put("other", b"secret")
    _, query = opened(blobs.link(KEY, filename="f", until=NOON))

    for key, changed in (
        ("other", query),
        (KEY, query | {"name": "g"}),
        (KEY, query | {"until": str(int(query["until"]) + 1)}),
        (KEY, query | {"until": "soon"}),
        (KEY, query | {"proof": "0" * 64}),
        (KEY, query | {"proof": ""}),
        (KEY, {}),
    ):
        with pytest.raises(BadToken):
            blobs.named(key, changed, NOON)


async def test_a_link_expires(blobs):
    await blobs.put(KEY, b"body")
    key, query = opened(blobs.link(KEY, filename="f", until=NOON))

    with pytest.raises(BadToken):
        blobs.named(key, query, NOON + timedelta(seconds=1))


async def test_a_link_to_what_was_deleted_leads_to_nothing(blobs):
    await blobs.put(KEY, b"body")
    key, query = opened(blobs.link(KEY, filename="f", until=NOON))
    await blobs.delete(KEY)

    assert blobs.named(key, query, NOON) == "f"
    with pytest.raises(Unknown):
        await blobs.get(key)
