from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from ketway.domain.platforms import platform_id
from ketway.domain.prices import Prices
from tests.api.scaleway.clients import AER, NOBODY
from tests.api.scaleway.worlds import a_client, an_aer
from tests.builders import a_platform
from tests.worlds import World, a_world


async def names(api: httpx.AsyncClient, **query) -> list[str]:
    answer = await api.get("/platforms", params=query)
    assert answer.status_code == 200, answer.text
    return [platform["name"] for platform in answer.json()["platforms"]]


async def test_a_platform_has_every_field_that_clients_read(api: httpx.AsyncClient):
    platform = (await api.get(f"/platforms/{AER}")).json()

    assert platform == {
        "id": AER,
        "version": "1",
        "name": "EMU-AER",
        "provider_name": "scaleway",
        "backend_name": "aer",
        "type": "simulator",
        "technology": "general_purpose",
        "max_qubit_count": 10,
        "max_shot_count": 1000,
        "max_circuit_count": 300,
        "availability": "available",
        "metadata": "",
        "price_per_hour": {"currency_code": "EUR", "units": 0, "nanos": 0},
        "price_per_shot": {"currency_code": "EUR", "units": 0, "nanos": 0},
        "price_per_circuit": {"currency_code": "EUR", "units": 0, "nanos": 0},
        "description": "",
        "documentation_url": "https://qiskit.github.io/qiskit-aer/",
        "is_bookable": False,
    }


async def test_a_price_is_money_to_the_billionth(tmp_path):
    charged = Prices(per_hour=Decimal("1000000"), per_shot=Decimal("12.000000007"), currency="CHF")
    async with (
        a_world(tmp_path, catalogue=[an_aer(prices=charged)]) as world,
        a_client(world.core, world.credentials.secret_key) as api,
    ):
        platform = (await api.get(f"/platforms/{AER}")).json()

    assert platform["price_per_hour"] == {"currency_code": "CHF", "units": 1_000_000, "nanos": 0}
    assert platform["price_per_shot"] == {"currency_code": "CHF", "units": 12, "nanos": 7}
    assert platform["price_per_circuit"] == {"currency_code": "CHF", "units": 0, "nanos": 0}


async def test_the_platforms_of_this_door_are_listed_by_name(api: httpx.AsyncClient):
    assert await names(api) == ["EMU-AER", "QPU-IBEX"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"provider_name": "aqt"}, ["QPU-IBEX"]),
        ({"providerName": "aqt", "name": "QPU-IBEX"}, ["QPU-IBEX"]),
        ({"provider_name": "AQT"}, []),
        ({"backend_name": "aer"}, ["EMU-AER"]),
        ({"name": "EMU"}, []),
        ({"name": "aer_old", "backend_name": "aer"}, ["EMU-AER"]),
        ({"platform_type": "qpu"}, ["QPU-IBEX"]),
        ({"platform_type": "unknown_type"}, ["EMU-AER", "QPU-IBEX"]),
        ({"platform_technology": "photonic"}, []),
        ({"order_by": "name_desc"}, ["QPU-IBEX", "EMU-AER"]),
        ({"orderBy": "provider_name_asc"}, ["QPU-IBEX", "EMU-AER"]),
        ({"page_size": 1, "page": 2}, ["QPU-IBEX"]),
        ({"page": 3}, []),
        ({"pageSize": 5000}, ["EMU-AER", "QPU-IBEX"]),
    ],
)
async def test_platforms_are_filtered_exactly_and_sorted(api: httpx.AsyncClient, query, found):
    assert await names(api, **query) == found


async def test_a_filter_on_a_kind_that_does_not_exist_is_refused(api: httpx.AsyncClient):
    answer = await api.get("/platforms", params={"platform_type": "abacus"})

    assert answer.status_code == 400
    assert answer.json()["details"][0].items() >= {
        ("argument_name", "platform_type"),
        ("reason", "constraint"),
    }


@pytest.mark.parametrize("id", [NOBODY, "nonsense", str(a_platform().id)])
async def test_an_unknown_platform_is_not_found(api: httpx.AsyncClient, id):
    answer = await api.get(f"/platforms/{id}")

    assert answer.status_code == 404
    assert answer.json().items() >= {
        ("type", "not_found"),
        ("resource", "qaas_platform"),
        ("resource_id", id),
    }


async def test_a_platform_whose_workers_are_long_gone_is_short(world: World):
    elsewhere = replace(world.core, platforms=replace(world.core.platforms, engines_here=()))
    async with a_client(elsewhere, world.credentials.secret_key) as api:
        before = (await api.get(f"/platforms/{AER}")).json()["availability"]
        world.clock.move(minutes=10)
        after = (await api.get(f"/platforms/{AER}")).json()["availability"]

    assert (before, after) == ("available", "shortage")


async def test_a_platform_that_its_operator_holds_is_in_maintenance(api: httpx.AsyncClient, world: World):
    held = platform_id("EMU-AER")
    await world.core.platforms.set_down(world.operator, [held], True)
    during = (await api.get(f"/platforms/{AER}")).json()["availability"]
    await world.core.platforms.set_down(world.operator, [held], False)
    after = (await api.get(f"/platforms/{AER}")).json()["availability"]

    assert (during, after) == ("maintenance", "available")
