"""An emulator that stands for a machine: the machine's limits and noise, whatever a user sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pulser.backend.abc import Backend

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Task
from ketway.engines.pulser_program import Sequence, build_text, refused, unpack

TRAJECTORIES = 40  #: where the catalogue does not say


@dataclass(frozen=True)
class Machine:
    """
    Args:
        device: abstract representation of its Pulser device.
        name: of that device.
        takes: names of the devices whose sequences it runs; its own is among them.
        trajectories: most draws of its noise in one job.
    """

    device: str
    name: str
    takes: tuple[str, ...]
    trajectories: int


def machine_of(settings: Mapping[str, Any]) -> Machine | None:
    """The machine that a platform's `settings` make of the emulator: `device`, `takes`, `trajectories`."""
    if "device" not in settings:
        return None
    device = settings["device"]
    name = str(json.loads(device)["name"])
    takes = (name, *settings.get("takes", ()))
    return Machine(device, name, takes, int(settings.get("trajectories", TRAJECTORIES)))


def build_on(machine: Machine, task: Task) -> Sequence:
    """The task's sequence on the machine's own device, whatever device was written into it.

    Raises:
        ProgramRefused: made for another device, or beyond what this one can do.
    """
    text = with_device(unpack(task.program).sequence, machine)
    built = build_text(task, text, f"{machine.name} cannot run this sequence")
    must_fit_a_machine(built)
    return built


def must_fit_a_machine(sequence: Sequence) -> None:
    """
    Raises:
        ProgramRefused: not what a QPU with the sequence's device could be given.
    """
    with refused("program", f"{sequence.device.name} cannot run this sequence"):
        Backend.validate_sequence(sequence, mimic_qpu=True)


@lru_cache(maxsize=8)
def with_device(text: str, machine: Machine) -> str:
    """A sequence whose device is the machine's: what somebody wrote there lifts no limit."""
    document = json.loads(text)
    if not isinstance(document, dict) or "device" not in document:
        return text  # no sequence; whoever parses it says so
    device = document["device"]
    named = device.get("name") if isinstance(device, dict) else device
    if named not in machine.takes:
        raise ProgramRefused(
            f"The sequence was made for the device {str(named)[:80]}; this platform runs those made for "
            f"{' or '.join(machine.takes)}. Fetch the device from this server and write the sequence with "
            "it, or take it over with Sequence.with_new_device(device, strict=True)."
        )
    return json.dumps(document | {"device": json.loads(machine.device)})


def configuration_on(machine: Machine, shots: int) -> dict[str, Any]:
    """What the machine decides of a configuration: its own noise, and pulses as its optics shape them."""
    return {
        "prefer_device_noise_model": True,
        "with_modulation": True,
        "n_trajectories": min(machine.trajectories, shots),
    }
