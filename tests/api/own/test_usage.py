"""Prices of platforms, and what projects used, over ketway's own interface."""

from __future__ import annotations

import pytest

from ketway.services.drafts import NewBatch, NewJob
from tests.api.own.conftest import a_client
from tests.api.own.test_chores import said
from tests.builders import DOOR, a_platform

NAME = a_platform().name
PRICES = f"/platforms/{a_platform().id}/prices"
FREE = {"per_hour": "0", "per_circuit": "0", "per_shot": "0", "currency": "EUR"}


async def run(world, minutes=0.0) -> None:
    """One job of ten shots on the platform as it is offered now."""
    platform = (await world.core.platforms.named(DOOR, NAME)).platform
    new = NewBatch(
        project_id=world.project_id,
        platform=platform,
        door=DOOR,
        program="a program",
        jobs=(NewJob(shots=10),),
        is_open=True,
    )
    batch = await world.core.batches.create(world.owner, new)
    await world.run_all()
    world.clock.move(minutes=minutes)
    await world.core.batches.close(world.owner, batch.id)


async def usage(client, world, **query):
    return await client.get(f"/projects/{world.project_id}/usage", params=query)


async def test_platforms_are_listed_with_what_they_cost(world, program):
    (platform,) = said(await program.get("/platforms"))["platforms"]

    assert platform == {
        "id": str(a_platform().id),
        "name": NAME,
        "engine": "noop",
        "doors": [DOOR],
        "is_served": True,
        "is_down": False,
        "why": "",
        "prices": FREE,
    }


async def test_platforms_are_nothing_for_strangers(anonymous):
    assert said(await anonymous.get("/platforms"), 401)["error"] == "BadToken"


async def test_prices_are_set_whole_and_forgotten(operator):
    changed = said(await operator.put(PRICES, json={"per_hour": "1.20", "per_shot": 1e-9}))
    again = said(await operator.put(PRICES, json={"per_circuit": 3, "currency": "CHF"}))
    forgotten = said(await operator.delete(PRICES))

    assert changed["prices"] == FREE | {"per_hour": "1.2", "per_shot": "0.000000001"}
    assert again["prices"] == FREE | {"per_circuit": "3", "currency": "CHF"}
    assert forgotten["prices"] == FREE


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"per_hour": "-1"}, "BadField"),
        ({"per_hour": "NaN"}, "BadField"),
        ({"per_hour": "0.1234567891"}, "BadField"),
        ({"currency": "euro"}, "BadField"),
        ({"per_minute": "1"}, "Malformed"),
        ({"per_hour": None}, "Malformed"),
    ],
    ids=str,
)
async def test_prices_that_cannot_be_are_refused_and_change_nothing(operator, body, error):
    assert said(await operator.put(PRICES, json=body), 422)["error"] == error

    (platform,) = said(await operator.get("/platforms"))["platforms"]
    assert platform["prices"] == FREE


async def test_what_a_project_used_is_told_to_its_members_and_operators(world, operator, program):
    prices = {"per_hour": "1.20", "per_circuit": "0.5", "per_shot": "0.001"}
    said(await operator.put(PRICES, json=prices))
    await run(world, minutes=30)

    found = said(await usage(program, world))

    assert found == {
        "from": "2026-01-01",
        "until": "2026-01-15",
        "usage": [
            {
                "day": "2026-01-15",
                "platform_id": str(a_platform().id),
                "platform": NAME,
                "done": 1,
                "failed": 0,
                "cancelled": 0,
                "circuits": 1,
                "shots": 10,
                "computed_s": 0.0,
                "held_s": 1800.0,
                "prices": prices | {"per_hour": "1.2", "currency": "EUR"},
                "cost": "1.11",
            }
        ],
        "costs": {"EUR": "1.11"},
    }
    assert said(await usage(operator, world)) == found


async def test_a_new_price_begins_a_new_line_and_leaves_the_old_one(world, operator):
    for prices in ({"per_shot": "1"}, {"per_shot": "2"}, {"per_circuit": "4", "currency": "CHF"}):
        said(await operator.put(PRICES, json=prices))
        await run(world)

    found = said(await usage(operator, world))

    assert sorted(line["cost"] for line in found["usage"]) == ["10", "20", "4"]
    assert found["costs"] == {"CHF": "4", "EUR": "30"}


async def test_a_foreign_project_s_usage_is_unknown(world):
    _, secret = await world.another_project()
    async with a_client(world, secret) as stranger:
        assert said(await usage(stranger, world), 404)["error"] == "Unknown"


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ({"from": "2026-01-15", "until": "2026-01-15"}, 1),
        ({"from": "2026-01-01", "until": "2026-01-14"}, 0),
        ({"from": "2026-01-16", "until": "2026-12-31"}, 0),
        ({"from": ""}, 1),
    ],
)
async def test_usage_is_of_the_days_that_are_asked_about(world, program, query, lines):
    await run(world)

    assert len(said(await usage(program, world, **query))["usage"]) == lines


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"until": "2026-02-30"},
        {"from": "2026-01-16"},
        {"from": "2024-01-01"},
        {"until": "9" * 5000},
    ],
    ids=str,
)
async def test_days_that_cannot_be_are_refused(world, program, query):
    assert said(await usage(program, world, **query), 422)["error"] == "BadField"
