"""Two atoms on a device as it describes itself."""

from __future__ import annotations

from itertools import combinations
from math import dist, pi
from typing import Any

import pulser
from pulser.register.special_layouts import TriangularLatticeLayout


def two_on(device: Any) -> Any:
    """Two atoms as far apart as its traps are, both flipped."""
    layouts = list(device.calibrated_register_layouts.values())
    layout = layouts[0] if layouts else TriangularLatticeLayout(61, 5.0)
    places = {n: tuple(at) for n, at in layout.traps_dict.items()}
    one, two = max(combinations(places, 2), key=lambda pair: dist(places[pair[0]], places[pair[1]]))
    made = pulser.Sequence(layout.define_register(one, two, qubit_ids=["a", "b"]), device)
    made.declare_channel("drive", "rydberg_global")
    made.add(a_flip(made.declared_channels["drive"]), "drive")
    made.measure("ground-rydberg")
    return made


def a_flip(channel: Any) -> Any:
    """An area of pi at half the channel's power, in whole periods of its clock."""
    about = 1000 * pi / ((channel.max_amp or 10.0) / 2)
    duration = channel.clock_period * round(about / channel.clock_period)
    return pulser.Pulse.ConstantPulse(duration, 1000 * pi / duration, 0.0, 0.0)
