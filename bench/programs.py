"""What is run: a Bell circuit as a client sends it, and a sequence that takes about a second."""

from __future__ import annotations

import json
from math import pi

import pulser
from pulser.devices import MockDevice
from pulser.pulse import Pulse

_BELL = """OPENQASM 3.0;
include "stdgates.inc";
bit[2] c;
qubit[2] q;
h q[0];
cx q[0], q[1];
c[0] = measure q[0];
c[1] = measure q[1];
"""


def bell_document() -> str:
    """A model payload of the newest generation, not compressed."""
    program = {"serialization_format": 3, "compression_format": 1, "serialization": _BELL}
    return json.dumps({"programs": [program], "client": {"user_agent": "ketway-bench"}})


def bell_parameters() -> str:
    return json.dumps({"shots": 100, "options": {}})


def one_second_sequence(atoms: int = 12, duration_ns: int = 6000, detuning: float = 0.0) -> str:
    """Atoms on a line under one pulse; `detuning` in rad/us."""
    register = pulser.Register({f"q{n}": (n * 7.0, 0.0) for n in range(atoms)})
    sequence = pulser.Sequence(register, MockDevice)
    sequence.declare_channel("drive", "rydberg_global")
    sequence.add(Pulse.ConstantPulse(duration_ns, 2 * pi, detuning, 0.0), "drive")
    sequence.measure("ground-rydberg")
    return sequence.to_abstract_repr()
