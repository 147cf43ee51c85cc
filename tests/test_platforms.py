"""The catalogue as an operator writes it, and what a server says to a wrong one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from ketway import platforms
from ketway.api.scaleway import DOOR as SCALEWAY
from ketway.bootstrap import CannotStart, open_server
from ketway.domain.platforms import Platform
from ketway.domain.prices import Prices
from ketway.settings import Settings

URL = "http://127.0.0.1:1"
PLAIN = """
[[platform]]
name = "MINE"
engine = "noop"
max_qubits = 3
max_shots = 10
"""


def a_catalogue(folder: Path, *lines: str, plain: str = PLAIN) -> Path:
    path = folder / "catalogue.toml"
    path.write_text(plain + "\n".join(lines))
    return path


def settings(folder: Path, catalogue: Path, **changes) -> Settings:
    return Settings(data=folder / "data", catalogue=catalogue, **changes)


def test_prices_are_exact_and_nothing_costs_anything_unless_it_says_so(tmp_path):
    said = 'prices = { per_hour = "1.20", per_circuit = 0.1, per_shot = 0.000000001, currency = "CHF" }'

    (platform,) = platforms.read(a_catalogue(tmp_path, said))
    (free,) = platforms.read(a_catalogue(tmp_path))

    assert platform.prices == Prices(
        per_hour=Decimal("1.2"), per_circuit=Decimal("0.1"), per_shot=Decimal("1e-9"), currency="CHF"
    )
    assert free.prices == Prices()
    assert {platform.prices for platform in platforms.read()} == {Prices()}


def test_the_built_in_catalogue_is_whole():
    names = [platform.name for platform in platforms.read()]

    assert {"EMU_FREE", "EMU_SV", "EMU_TN", "EMU_MPS", "EMU_C", "EMU_FRESNEL", "FRESNEL"} <= set(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("colour = 3", "there is no field colour; there are name,"),
        ("id = 3", "there is no field id"),
        ('max_qubits_ = "3"', "max_qubits_"),
        ('capacity = "two"', "capacity"),
        ("shots_per_s = 0", "shots_per_s should be larger than 0"),
        ('shown = "pasqal"', "shown"),
        ("shown.pasqal = 3", "shown"),
        ("shown.pascal = {}", "shown.pascal is no surface; there are pasqal and scaleway"),
        ('shown.scaleway = {provider_name = "me"}', "shown.scaleway has no backend_name"),
        (
            'shown.scaleway = {provider_name = "a", backend_name = "b", type = "toy", technology = "c"}',
            "'toy' is not a valid",
        ),
        ('specs = "nowhere.json"', "nowhere.json"),
        ('settings.device = "nowhere.json"', "nowhere.json"),
        ("prices = 3", "prices should be a table"),
        (
            "prices.per_minute = 3",
            "prices.per_minute: is no price; there are per_hour, per_circuit, per_shot",
        ),
        ("prices.per_hour = -0.1", "prices.per_hour: should be an amount from 0 to 1,000,000"),
        ("prices.per_hour = nan", "prices.per_hour: should be an amount"),
        ('prices.per_hour = "Infinity"', "prices.per_hour: should be an amount"),
        ('prices.per_shot = "a lot"', "prices.per_shot: should be an amount"),
        ("prices.per_shot = true", "prices.per_shot: should be an amount"),
        ('prices.per_shot = "0.0000000001"', "prices.per_shot: has more than 9 decimals"),
        ('prices.currency = "Euro"', "prices.currency: should be three capital letters"),
    ],
)
async def test_a_wrong_entry_is_refused_at_the_start_with_the_platforms_name(tmp_path, line, said):
    path = a_catalogue(tmp_path, line)

    with pytest.raises(CannotStart) as refused:
        async with open_server(settings(tmp_path, path), URL):
            pass

    assert str(refused.value).startswith(f"The catalogue {path} cannot be used: platform MINE: ")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[platform]]\nname = "MINE"\nengine = "noop"', "platform MINE: max_qubits, max_shots missing"),
        ("[platform]\nname = 3", "[[platform]]"),
        ("platform = [3]", "should be a table"),
        ("= 3", "Invalid"),
    ],
)
async def test_what_is_no_catalogue_is_refused_at_the_start(tmp_path, text, said):
    path = a_catalogue(tmp_path, plain=text)

    with pytest.raises(CannotStart) as refused:
        async with open_server(settings(tmp_path, path), URL):
            pass

    assert said in str(refused.value)


async def test_a_missing_catalogue_is_named(tmp_path):
    with pytest.raises(CannotStart, match=r"nowhere\.toml"):
        async with open_server(settings(tmp_path, tmp_path / "nowhere.toml"), URL):
            pass


@pytest.mark.parametrize(("speed", "rate"), [(1.0, 5.0), (20.0, 100.0), (float("inf"), float("inf"))])
async def test_the_operator_says_how_fast_machines_go(tmp_path, speed, rate):
    path = a_catalogue(tmp_path, "shots_per_s = 5.0", "shown.pasqal = {}")

    async with open_server(settings(tmp_path, path, qpu_speed=speed), URL) as opened:
        assert opened.core.platforms.catalogue[0].shots_per_s == rate


QUANTANIUM, PIONEER = "EMU-QUANTANIUM-16C-128M", "EMU-PIONEER-16C-128M"


async def offered(folder: Path, **changes) -> dict[str, Platform]:
    """What the Scaleway surface lists, by name."""
    async with open_server(Settings(data=folder / "data", **changes), URL) as opened:
        return {offer.platform.name: offer.platform for offer in await opened.core.platforms.offers(SCALEWAY)}


async def test_a_platform_whose_engine_is_a_vendors_is_not_offered(tmp_path):
    names = await offered(tmp_path)

    assert "EMU-QSIM-16C-128M" in names
    assert not [name for name in names if "QUANTANIUM" in name or "PIONEER" in name or "CUDAQ" in name]


async def test_an_operator_says_which_engine_stands_in_and_the_description_says_so(tmp_path):
    found = await offered(tmp_path, engine_for={QUANTANIUM: "aer", "EMU-CUDAQ-H100": "qsim"})

    assert (found[QUANTANIUM].engine, found["EMU-CUDAQ-H100"].engine) == ("aer", "qsim")
    assert (
        "The operator of this server runs it on aer in place of the vendor's" in found[QUANTANIUM].description
    )
    assert PIONEER not in found


@pytest.mark.parametrize(
    ("engine_for", "said"),
    [
        ({"EMU-NOWHERE": "aer"}, f"cannot give platform EMU-NOWHERE an engine; .*{QUANTANIUM}, {PIONEER}"),
        ({"EMU-AER-16C-128M": "qsim"}, "cannot give platform EMU-AER-16C-128M an engine; it can where"),
        (
            {QUANTANIUM: "mimiq"},
            f"{QUANTANIUM} the engine mimiq, which ketway does not have; .* aer, qsim",
        ),
        (
            {QUANTANIUM: "emu-sv"},
            f"{QUANTANIUM} the engine emu-sv, which takes no circuits; choose from",
        ),
        ({QUANTANIUM: "noop"}, "takes no circuits"),
    ],
)
async def test_an_engine_that_cannot_stand_in_is_refused_at_the_start(tmp_path, engine_for, said):
    with pytest.raises(CannotStart, match=said):
        await offered(tmp_path, engine_for=engine_for)


def test_engines_that_stand_in_are_read_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("KETWAY_ENGINE_FOR", f'{{"{PIONEER}": "aer"}}')

    assert Settings(data=tmp_path).engine_for == {PIONEER: "aer"}


def test_a_state_on_qsim_fits_into_the_memory_of_its_platform():
    found = [platform for platform in platforms.read() if platform.engine == "qsim"]

    assert len(found) == 4
    assert all(2 * 8 * 2**platform.max_qubits <= platform.memory_bytes for platform in found)


def test_programs_find_simulators_of_circuits_by_every_name_they_had():
    shown = {
        platform.name: platform.shown[SCALEWAY]
        for platform in platforms.read()
        if platform.engine == "aer" and platform.name.startswith("EMU-AER-")
    }

    assert shown.keys() == {f"EMU-AER-{on}" for on in ("16C-128M", "2L4", "2L40S", "4L40S", "H100")}
    assert {alias for entry in shown.values() for alias in entry["aliases"]} == {
        f"aer_simulation_{on}"
        for on in (
            "pop_c16m128", "pop_c32m256", "pop_c64m512", "2l4", "2l40s", "4l40s", "8l40s", "h100", "2h100",
        )
    }  # fmt: skip
    assert all("hardware" not in entry for entry in shown.values())


def test_no_description_promises_a_graphics_card():
    for platform in platforms.read():
        if platform.engine == "aer":
            assert "on this server's processors" in platform.description
