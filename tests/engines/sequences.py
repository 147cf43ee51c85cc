"""Small sequences whose outcome is known, as the text a client sends, and tasks that run them."""

from __future__ import annotations

import json
from math import pi, sqrt
from typing import Any

import pulser
from pulser.backend import BitStrings, EmulationConfig
from pulser.devices import MockDevice
from pulser.pulse import Pulse
from pulser.register.register_layout import RegisterLayout

from ketway.domain.tasks import Task

NEAR = 5.0  #: um; blockaded: interaction far above the drive
FAR = 100.0  #: um


def a_sequence(
    *coordinates: tuple[float, float],
    area: float = pi,
    duration: int = 200,
    detuning: float = 0.0,
    channel: str = "rydberg_global",
    basis: str | None = "ground-rydberg",
    device: Any = MockDevice,
) -> pulser.Sequence[Any]:
    """One square pulse on every atom; `area` in rad, `duration` in ns, `detuning` in rad/us."""
    atoms = coordinates or ((0.0, 0.0),)
    sequence = pulser.Sequence(pulser.Register({f"q{n}": at for n, at in enumerate(atoms)}), device)
    sequence.declare_channel("drive", channel, **({"initial_target": "q0"} if "local" in channel else {}))
    sequence.add(Pulse.ConstantPulse(duration, area / duration * 1e3, detuning, 0.0), "drive")
    if basis is not None:
        sequence.measure(basis)
    return sequence


def one_atom_flipped() -> pulser.Sequence[Any]:
    """Always 1."""
    return a_sequence((0.0, 0.0))


def two_blockaded() -> pulser.Sequence[Any]:
    """Half 01, half 10, never 11: the pair is driven sqrt(2) times faster, and only once."""
    return a_sequence((0.0, 0.0), (NEAR, 0.0), area=pi / sqrt(2), duration=400)


def three_in_a_row() -> pulser.Sequence[Any]:
    return a_sequence((0.0, 0.0), (7.0, 0.0), (14.0, 0.0), area=2.0, duration=300, detuning=2.0)


def parametrised() -> pulser.Sequence[Any]:
    """Takes `area` (rad) and `phases` (two, in rad); flips for an area of pi."""
    sequence = pulser.Sequence(pulser.Register({"q0": (0.0, 0.0)}), MockDevice)
    sequence.declare_channel("drive", "rydberg_global")
    area = sequence.declare_variable("area", dtype=float)
    phases = sequence.declare_variable("phases", size=2, dtype=float)
    sequence.add(Pulse.ConstantPulse(200, area * 5.0, 0.0, phases[0]), "drive")
    sequence.add(Pulse.ConstantPulse(100, 0.0, 0.0, phases[1]), "drive")
    sequence.measure("ground-rydberg")
    return sequence


def mappable() -> pulser.Sequence[Any]:
    """Three qubits to be put on a line of six traps, far apart; all flipped."""
    layout = RegisterLayout([(n * FAR, 0.0) for n in range(6)])
    sequence = pulser.Sequence(layout.make_mappable_register(3), MockDevice)
    sequence.declare_channel("drive", "rydberg_global")
    sequence.add(Pulse.ConstantPulse(200, pi * 5, 0.0, 0.0), "drive")
    sequence.measure("ground-rydberg")
    return sequence


def a_task(sequence: pulser.Sequence[Any] | str | None = None, **changes: Any) -> Task:
    program = one_atom_flipped() if sequence is None else sequence
    text = program if isinstance(program, str) else program.to_abstract_repr()
    plain: dict[str, Any] = {
        "program": text,
        "shots": 100,
        "seed": 1,
        "max_shots": 100_000,
        "max_qubits": 12,
    }
    return Task(**plain | changes)


def a_configuration(*observables: Any, **changes: Any) -> dict[str, Any]:
    """The abstract representation of a plain EmulationConfig, as a JSON value to alter."""
    config = EmulationConfig(
        observables=observables or (BitStrings(evaluation_times=[1.0]),),
        **{
            key: changes.pop(key)
            for key in ("noise_model", "n_trajectories", "initial_state")
            if key in changes
        },
    )
    document: dict[str, Any] = json.loads(config.to_abstract_repr())
    return document | changes
