"""What an engine is given and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Task:
    """One job, ready to compute: everything an engine may know.

    Args:
        program: the text as the user sent it.
        shots: repetitions asked for; None lets the configuration or the engine's default decide.
        parameters: JSON values. For a sequence: value of each variable, and `qubits` for a mappable
            register. For circuits: `options`, the user's run options.
        configuration: the user's emulator configuration, JSON text as sent, or None for defaults.
        seed: 0 <= seed < 2**32; where the user gave none, every draw derives from it.
        max_shots, max_qubits: the platform's limits.
        settings: what the platform's catalogue entry adds for its engine (JSON values).
    """

    program: str
    shots: int | None
    seed: int
    max_shots: int
    max_qubits: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    configuration: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What an engine knows of a task that it would take.

    Args:
        qubits: size of the register, or of the largest circuit.
    """

    qubits: int


@dataclass(frozen=True, kw_only=True)
class Computed:
    """One finished computation.

    Args:
        document: UTF-8 JSON text, byte for byte what the user's client downloads.
        counts: one mapping per circuit (a sequence has one): bitstring to number of shots.
        shots: how many repetitions were really made, per circuit.
        metadata: small JSON object; holds at least `engine`, `version`, `seed`, `seconds`, `qubits`.
    """

    document: str
    counts: Sequence[Mapping[str, int]]
    shots: int
    metadata: Mapping[str, Any]
