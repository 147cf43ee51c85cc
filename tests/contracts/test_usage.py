"""What the store of usage promises."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ketway.domain.errors import Stale
from ketway.domain.platforms import platform_id
from ketway.domain.prices import FREE
from ketway.domain.usage import Tally, Usage
from tests.builders import COSTLY, PROJECT
from tests.contracts.rows import ELSEWHERE

MONDAY = date(2026, 1, 12)
USAGE = Usage(
    done=1,
    failed=2,
    cancelled=3,
    circuits=4,
    shots=2**40,
    computed=timedelta(seconds=5.000001),
    held=timedelta(days=6),
)


def a_tally(**changes: Any) -> Tally:
    plain: dict[str, Any] = {
        "project_id": PROJECT,
        "platform_id": platform_id("EMU_TEST"),
        "day": MONDAY,
        "prices": COSTLY,
        "usage": USAGE,
    }
    return Tally(**plain | changes)


async def keep(db, *tallies: Tally) -> None:
    async with db.work() as work:
        for tally in tallies:
            await work.usage.add(tally)


async def kept(db, first=date.min, last=date.max, project=PROJECT):
    async with db.look() as work:
        return await work.usage.of(project, first, last)


async def test_what_is_used_adds_up(db):
    await keep(db, a_tally(), a_tally(usage=Usage(shots=1)))
    await keep(db, a_tally(usage=Usage(held=timedelta(microseconds=1))))

    assert await kept(db) == [a_tally(usage=USAGE + Usage(shots=1, held=timedelta(microseconds=1)))]


async def test_two_who_use_at_the_same_time_are_both_counted(db):
    await asyncio.gather(*[keep(db, a_tally(usage=Usage(done=1))) for _ in range(20)])

    assert await kept(db) == [a_tally(usage=Usage(done=20))]


async def test_days_platforms_prices_and_projects_are_kept_apart(db):
    other = platform_id("OTHER")
    apart = [
        a_tally(),
        a_tally(prices=replace(COSTLY, currency="CHF")),
        a_tally(prices=FREE),
        a_tally(platform_id=other),
        a_tally(day=MONDAY + timedelta(days=1)),
    ]
    await keep(db, *apart, a_tally(project_id=ELSEWHERE))

    found = await kept(db)

    assert [tally.day for tally in found] == [MONDAY] * 4 + [MONDAY + timedelta(days=1)]
    assert found[:4] == sorted(found[:4], key=lambda tally: str(tally.platform_id))
    assert {repr(tally) for tally in found} == {repr(tally) for tally in apart}
    assert await kept(db, project=ELSEWHERE) == [a_tally(project_id=ELSEWHERE)]


async def test_a_period_has_its_first_and_its_last_day(db):
    days = [MONDAY + timedelta(days=number) for number in range(5)]
    await keep(db, *[a_tally(day=day) for day in days])

    assert [tally.day for tally in await kept(db, days[1], days[3])] == days[1:4]
    assert await kept(db, days[3], days[1]) == []


async def test_what_was_used_since_a_day_is_summed_by_price(db):
    other = platform_id("OTHER")
    tallies = [a_tally(), a_tally(platform_id=other), a_tally(prices=FREE, usage=Usage(done=1))]
    await keep(db, *tallies, a_tally(day=MONDAY - timedelta(days=1)), a_tally(project_id=ELSEWHERE))

    async with db.look() as work:
        assert await work.usage.since(PROJECT, MONDAY) == {COSTLY: USAGE + USAGE, FREE: Usage(done=1)}
        assert await work.usage.since(PROJECT, MONDAY + timedelta(days=1)) == {}


async def test_nobody_s_usage_is_not_kept(db):
    with pytest.raises(Stale):
        await keep(db, a_tally(project_id=platform_id("no project")))


async def test_usage_of_a_transaction_that_fails_is_not_kept(db):
    with pytest.raises(RuntimeError):
        async with db.work() as work:
            await work.usage.add(a_tally())
            raise RuntimeError

    assert await kept(db) == []
