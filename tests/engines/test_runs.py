"""How many shots a job makes, on every device: what the request says against what the configuration says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulser.backend import BitStrings

from ketway.domain.errors import ProgramRefused, ShotsOverLimit
from ketway.engines import emu_mps, emu_sv, pulser_qutip
from ketway.engines.pulser_config import bitstrings
from ketway.engines.pulser_engine import PulserEngine
from tests.engines.machines import PLATFORMS, a_task_on, corners, device_of, on_traps
from tests.engines.sequences import a_configuration, two_blockaded

BY_NAME: dict[str, PulserEngine] = {
    engine.name: engine for engine in (pulser_qutip.ENGINE, emu_sv.ENGINE, emu_mps.ENGINE)
}
DEVICES = [
    name for name, platform in PLATFORMS.items() if platform.specs is not None and platform.engine in BY_NAME
]
MACHINES = [name for name in DEVICES if "FRESNEL" in name]
FREE = [name for name in DEVICES if name not in MACHINES]


def sampled(name: str, runs: int | None, configuration: dict[str, Any] | None = None) -> list[int]:
    """Shots of each observable that samples."""
    sequence = on_traps(*corners(), device=device_of(name)) if name in MACHINES else two_blockaded()
    text = None if configuration is None else json.dumps(configuration)
    task = a_task_on(name, sequence, shots=runs, configuration=text)
    _, config = BY_NAME[PLATFORMS[name].engine].prepare(task)
    return [number for _, number in bitstrings(config)]


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize(("runs", "made"), [(None, 100), (1, 1), (250, 250)])
def test_without_a_configuration_runs_are_the_shots(name: str, runs: int | None, made: int) -> None:
    assert sampled(name, runs) == [made]


@pytest.mark.parametrize("name", FREE)
@pytest.mark.parametrize(("runs", "made"), [(None, 300), (1, 300), (2, 2), (250, 250)])
def test_runs_above_one_go_before_the_configurations_number(name: str, runs: int | None, made: int) -> None:
    assert sampled(name, runs, a_configuration() | {"default_num_shots": 300}) == [made]


@pytest.mark.parametrize("name", FREE)
def test_a_configuration_that_does_not_say_means_a_thousand(name: str) -> None:
    configuration = a_configuration()
    del configuration["default_num_shots"]

    assert sampled(name, None, configuration) == [1_000]


@pytest.mark.parametrize("name", FREE)
def test_an_observable_keeps_a_number_of_its_own(name: str) -> None:
    configuration = a_configuration(BitStrings(num_shots=40), BitStrings(tag_suffix="more"))

    assert sampled(name, 7, configuration) == [40, 7]


@pytest.mark.parametrize("name", DEVICES)
def test_there_is_a_least_and_a_most(name: str) -> None:
    most = PLATFORMS[name].max_shots

    assert sampled(name, most) == [most]
    with pytest.raises(ShotsOverLimit):
        sampled(name, most + 1)
    for too_few in (0, -3):
        with pytest.raises(ProgramRefused, match="at least 1"):
            sampled(name, too_few)


def test_only_the_machine_itself_must_be_told() -> None:
    assert [name for name in DEVICES if PLATFORMS[name].needs_shots] == ["FRESNEL"]
