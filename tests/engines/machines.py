"""Sequences for the machine that ketway emulates, and tasks for it as the catalogue would set them up."""

from __future__ import annotations

import warnings
from math import pi
from typing import Any

import pulser
from pulser.json.abstract_repr.deserializer import deserialize_device
from pulser.pulse import Pulse

from ketway import platforms
from ketway.domain.platforms import Platform
from ketway.domain.tasks import Task
from tests.engines.sequences import a_task

PLATFORMS: dict[str, Platform] = {platform.name: platform for platform in platforms.read()}


def device_of(name: str) -> Any:
    """The device as a client reads it from its specs."""
    specs = PLATFORMS[name].specs
    assert specs is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return deserialize_device(specs)


def on_traps(*traps: int, device: Any = None, area: float = pi, duration: int = 400) -> pulser.Sequence[Any]:
    """One square pulse on atoms in these traps of the triangular layout, 5 um apart."""
    machine = device_of("FRESNEL") if device is None else device
    layout = device_of("FRESNEL").pre_calibrated_layouts[0]
    sequence = pulser.Sequence(layout.define_register(*traps), machine)
    sequence.declare_channel("drive", "rydberg_global")
    sequence.add(Pulse.ConstantPulse(duration, area / duration * 1e3, 0.0, 0.0), "drive")
    sequence.measure("ground-rydberg")
    return sequence


def by_distance() -> list[tuple[int, int]]:
    """Pairs of traps of the triangular layout, the nearest first."""
    places = device_of("FRESNEL").pre_calibrated_layouts[0].traps_dict
    pairs = [(one, other) for one in places for other in places if one < other]
    return sorted(pairs, key=lambda pair: float(sum((places[pair[0]] - places[pair[1]]) ** 2)))


def neighbours() -> tuple[int, int]:
    return by_distance()[0]


def corners() -> tuple[int, int]:
    return by_distance()[-1]


def a_task_on(name: str, sequence: pulser.Sequence[Any] | str, **changes: Any) -> Task:
    platform = PLATFORMS[name]
    plain = {
        "max_shots": platform.max_shots,
        "max_qubits": platform.max_qubits,
        "settings": platform.settings,
    }
    return a_task(sequence, **plain | changes)
