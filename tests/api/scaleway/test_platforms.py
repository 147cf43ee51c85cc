from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import httpx
import pytest

from ketway import platforms
from ketway.api.scaleway import translate
from ketway.api.scaleway.translate import DOOR
from ketway.domain.platforms import platform_id
from ketway.domain.prices import Prices
from tests.api.scaleway.clients import AER, NOBODY
from tests.api.scaleway.worlds import SHOWN, a_client, an_aer
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


@pytest.mark.parametrize(
    ("specs", "written", "told"),
    [
        ('{"name": "ATOMS", "max_atom_num": 3}', {}, '{"specs":{"name":"ATOMS","max_atom_num":3}}'),
        ('{"name": "ATOMS"}', {"metadata": '{"a": 1}'}, '{"a": 1}'),
        (None, {}, ""),
    ],
)
async def test_a_device_is_described_by_its_specs_unless_the_catalogue_has_other_words(
    tmp_path, specs, written, told
):
    shown = {name: value for name, value in SHOWN.items() if name != "metadata"} | written
    async with (
        a_world(tmp_path, catalogue=[an_aer(specs=specs, shown={DOOR: shown})]) as world,
        a_client(world.core, world.credentials.secret_key) as api,
    ):
        assert (await api.get(f"/platforms/{AER}")).json()["metadata"] == told


def test_the_atoms_of_the_built_in_catalogue_are_shown_under_the_names_that_clients_know():
    known = [platform for platform in platforms.read() if DOOR in platform.shown]
    shown = [translate.platform(platform) for platform in known]

    atoms = {one.name: one for one in shown if one.technology == "neutral_atom"}

    assert {name: one.type.value for name, one in atoms.items()} == {
        "QPU-FRESNEL-100PQ": "qpu",
        "EMU-FRESNEL-100PQ": "simulator",
        "EMU-MPS-PASQAL": "simulator",
    }
    assert {one.provider_name for one in atoms.values()} == {"pasqal"}
    for one in atoms.values():
        device = json.loads(one.metadata)["specs"]
        assert (device["max_atom_num"], device["max_runs"]) == (one.max_qubit_count, one.max_shot_count)
