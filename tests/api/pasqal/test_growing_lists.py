"""Lists that grow while a client pages through them, as clients do: from `end` to `end` until `total`.

Upward by time, or by creation order within a batch, what is new comes last: whatever was there at
the first page is visited exactly once. Downward what is new comes first and pushes what was already
seen on to the next page: nothing that was there at the first page is missed, but some of it may
be visited again, and what is new only if it came before the page it belongs to.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.pasqal.clients import a_batch, an_open_batch, data
from tests.api.pasqal.worlds import CORE, a_client, a_token, an_emulator
from tests.fakes import a_memory_world
from tests.worlds import World

BATCHES, JOBS = f"{CORE}/v1/batches", f"{CORE}/v2/jobs"
USUAL = settings(deadline=None, derandomize=True, max_examples=20)

#: How many rows come at the beginning, then before each next page; then none.
ARRIVALS = st.lists(st.integers(0, 4), min_size=1, max_size=6)
LIMITS = st.integers(1, 5)

Grow = Callable[[int], Awaitable[None]]


async def visited(
    api: httpx.AsyncClient, path: str, grow: Grow, arrivals: list[int], **query: str | int
) -> list[str]:
    """Ids in the order in which a client comes by them."""
    found: list[str] = []
    offset, left = 0, list(arrivals)
    for _ in range(200):
        answer = await api.get(path, params=query | {"offset": offset})
        found += [row["id"] for row in data(answer)]
        block = answer.json()["pagination"]
        assert (block["start"], block["end"]) == (offset, offset + len(answer.json()["data"]))
        if block["end"] >= block["total"]:
            return found
        assert block["end"] > offset
        offset = block["end"]
        await grow(left.pop(0) if left else 0)
    raise AssertionError("the client pages for ever")


async def all_ids(api: httpx.AsyncClient, path: str, **query: str) -> set[str]:
    """At most a hundred."""
    return {row["id"] for row in data(await api.get(path, params=query))}


def batches_arrive(api: httpx.AsyncClient, world: World) -> Grow:
    async def grow(number: int) -> None:
        for _ in range(number):
            world.clock.move(microseconds=1)
            await a_batch(api, world)

    return grow


def jobs_arrive(api: httpx.AsyncClient, world: World, batch: str) -> Grow:
    async def grow(number: int) -> None:
        world.clock.move(microseconds=1)
        if number:
            data(await api.post(f"{CORE}/v2/batches/{batch}/jobs", json=[{"runs": 1}] * number))

    return grow


def must_have_come_once(found: list[str], there: set[str]) -> None:
    counts = Counter(found)
    assert {id: counts[id] for id in there} == dict.fromkeys(there, 1)


@USUAL
@given(ARRIVALS, LIMITS, st.sampled_from([BATCHES, JOBS]))
def test_upward_by_time_whatever_was_there_is_visited_once(arrivals, limit, path):
    async def page() -> None:
        async with (
            a_memory_world(catalogue=[an_emulator()]) as world,
            a_client(world, await a_token(world)) as api,
        ):
            grow = batches_arrive(api, world)
            await grow(arrivals[0])
            there = await all_ids(api, path)

            found = await visited(
                api, path, grow, arrivals[1:], limit=limit, order_by="created_at", order_by_direction="ASC"
            )

            must_have_come_once(found, there)
            assert len(found) == len(set(found))

    asyncio.run(page())


@USUAL
@given(ARRIVALS, LIMITS, st.sampled_from(["creation_order", "created_at"]))
def test_upward_in_one_batch_whatever_was_there_is_visited_once(arrivals, limit, order):
    async def page() -> None:
        async with (
            a_memory_world(catalogue=[an_emulator()]) as world,
            a_client(world, await a_token(world)) as api,
        ):
            batch = (await an_open_batch(api, world))["id"]
            grow = jobs_arrive(api, world, batch)
            await grow(arrivals[0])
            there = await all_ids(api, JOBS, batch_id=batch)

            asked = {"batch_id": batch, "order_by": order, "order_by_direction": "ASC"}
            found = await visited(api, JOBS, grow, arrivals[1:], limit=limit, **asked)

            must_have_come_once(found, there)
            assert len(found) == len(set(found))

    asyncio.run(page())


@USUAL
@given(ARRIVALS, LIMITS, st.sampled_from([BATCHES, JOBS]))
def test_downward_nothing_that_was_there_is_missed(arrivals, limit, path):
    async def page() -> None:
        async with (
            a_memory_world(catalogue=[an_emulator()]) as world,
            a_client(world, await a_token(world)) as api,
        ):
            grow = batches_arrive(api, world)
            await grow(arrivals[0])
            there = await all_ids(api, path)

            found = await visited(api, path, grow, arrivals[1:], limit=limit)

            assert there <= set(found)

    asyncio.run(page())


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_a_real_database_pages_as_well(world, api, direction):
    grow = batches_arrive(api, world)
    await grow(5)
    there = await all_ids(api, JOBS)

    found = await visited(api, JOBS, grow, [1, 2, 0, 3], limit=2, order_by_direction=direction)

    assert there <= set(found)
    if direction == "ASC":
        must_have_come_once(found, there)


@USUAL
@given(st.integers(0, 6) | st.integers(0, 2**31), st.integers(1, 100), st.sampled_from([BATCHES, JOBS]))
def test_every_page_either_advances_or_ends_the_loop(offset, limit, path):
    async def page() -> None:
        async with (
            a_memory_world(catalogue=[an_emulator()]) as world,
            a_client(world, await a_token(world)) as api,
        ):
            await batches_arrive(api, world)(3)

            answer = await api.get(path, params={"offset": offset, "limit": limit})

            block = answer.json()["pagination"]
            assert len(data(answer)) == max(0, min(3 - offset, limit))
            assert block["end"] >= block["total"] or block["end"] > block["start"]

    asyncio.run(page())
