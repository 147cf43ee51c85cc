"""What is run: a Bell circuit as a client sends it, and a sequence that takes about a second."""

from __future__ import annotations

import json
from math import pi

import pulser
from pulser.devices import MockDevice
from pulser.pulse import Pulse

from bench import bell


def bell_document() -> str:
    """A model payload of the newest generation, not compressed."""
    program = {"serialization_format": 3, "compression_format": 1, "serialization": bell.TEXT}
    return json.dumps({"programs": [program], "client": {"user_agent": "ketway-bench"}})


def bell_parameters() -> str:
    return json.dumps({"shots": 100, "options": {}})


def one_second_sequence(atoms: int = 12, duration_ns: int = 6000, detuning: float = 0.0) -> str:
    """Atoms on a line under one pulse; `detuning` in rad/us."""
    sequence = _on_a_line(atoms)
    sequence.add(Pulse.ConstantPulse(duration_ns, 2 * pi, detuning, 0.0), "drive")
    sequence.measure("ground-rydberg")
    return sequence.to_abstract_repr()


def parametrised_sequence(atoms: int, duration_ns: int = 3500) -> str:
    """The same under a pulse that takes `amplitude` and `detuning`, both in rad/us."""
    sequence = _on_a_line(atoms)
    amplitude = sequence.declare_variable("amplitude", dtype=float)
    detuning = sequence.declare_variable("detuning", dtype=float)
    sequence.add(Pulse.ConstantPulse(duration_ns, amplitude, detuning, 0.0), "drive")
    sequence.measure("ground-rydberg")
    return sequence.to_abstract_repr()


def _on_a_line(atoms: int) -> pulser.Sequence:
    register = pulser.Register({f"q{n}": (n * 7.0, 0.0) for n in range(atoms)})
    sequence = pulser.Sequence(register, MockDevice)
    sequence.declare_channel("drive", "rydberg_global")
    return sequence
