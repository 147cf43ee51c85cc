"""Applications as an operator writes them down, and what a server says to wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from ketway import platforms
from ketway.bootstrap import CannotStart, open_server
from ketway.domain.applications import Application
from ketway.platforms.applications import read_applications
from ketway.settings import Settings

URL = "http://127.0.0.1:1"
PLATFORM = """
[[platform]]
name = "EMU-MINE"
engine = "noop"
max_qubits = 3
max_shots = 10
shown.scaleway = { provider_name = "me", backend_name = "noop", type = "simulator", technology = "photonic" }

[[platform]]
name = "HIDDEN"
engine = "noop"
max_qubits = 3
max_shots = 10
shown.pasqal = {}
"""
PLAIN = {
    "name": '"vqe-h2"',
    "type": '"vqe"',
    "platforms": '["EMU-MINE"]',
    "input_template": """'{"distance": 0.74}'""",
}


def a_catalogue(folder: Path, *applications: dict[str, str]) -> Path:
    path = folder / "catalogue.toml"
    tables = ["\n".join(f"{name} = {value}" for name, value in each.items()) for each in applications]
    path.write_text(PLATFORM + "".join(f"\n[[application]]\n{table}\n" for table in tables))
    return path


def settings(folder: Path, catalogue: Path) -> Settings:
    return Settings(data=folder / "data", catalogue=catalogue)


async def test_an_application_is_offered_as_it_is_written(tmp_path):
    path = a_catalogue(tmp_path, PLAIN)
    known = Application(
        name="vqe-h2", type="vqe", platforms=("EMU-MINE",), input_template='{"distance": 0.74}'
    )

    assert read_applications(["EMU-MINE"], path) == [known]
    async with open_server(settings(tmp_path, path), URL) as opened:
        assert opened.core.processes.application(known.id) == known


def test_none_is_built_in():
    assert read_applications([platform.name for platform in platforms.read()]) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "3"}, "there is no field colour; there are name, type, platforms, input_template"),
        ({"type": None}, "type missing"),
        ({"type": '"qaoa"'}, "'qaoa' is not a valid ApplicationType"),
        ({"platforms": "[]"}, "name and platforms should not be empty"),
        ({"name": '""'}, "name and platforms should not be empty"),
        ({"platforms": '"EMU-MINE"'}, "platforms"),
        ({"platforms": '["EMU-MINE", "NOTHING"]'}, "this catalogue has no platform NOTHING"),
        ({"platforms": '["HIDDEN"]'}, "shown.scaleway is missing on HIDDEN"),
        ({"input_template": '"[]"'}, "input_template should be the text of a JSON object"),
        ({"input_template": '"{"'}, "input_template should be the text of a JSON object"),
        ({"input_template": "{}"}, "input_template"),
    ],
    ids=str,
)
async def test_a_wrong_application_is_refused_at_the_start_with_its_name(tmp_path, changes, said):
    fields = {name: value for name, value in (PLAIN | changes).items() if value is not None}
    path = a_catalogue(tmp_path, fields)

    with pytest.raises(CannotStart) as refused:
        async with open_server(settings(tmp_path, path), URL):
            pass

    assert str(refused.value).startswith(f"The catalogue {path} cannot be used: application ")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("application = 3", "[[application]]"),
        ("application = [3]", "each entry of `application` should be a table"),
    ],
)
async def test_what_is_no_application_is_refused_at_the_start(tmp_path, text, said):
    path = tmp_path / "catalogue.toml"
    path.write_text(text + PLATFORM)

    with pytest.raises(CannotStart) as refused:
        async with open_server(settings(tmp_path, path), URL):
            pass

    assert said in str(refused.value)


async def test_two_of_one_name_are_refused(tmp_path):
    path = a_catalogue(tmp_path, PLAIN, PLAIN)

    with pytest.raises(CannotStart, match="application vqe-h2: there are 2 of this name"):
        async with open_server(settings(tmp_path, path), URL):
            pass
