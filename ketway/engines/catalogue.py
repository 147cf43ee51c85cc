"""Which engines there are and which are installed; imports none of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module, metadata
from typing import cast

from ketway.engines.engine import Engine


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Where an engine lives.

    Args:
        module: has a module-level `ENGINE`.
        distributions: what must be installed, the emulator's own first.
        extra: the `pip install ketway[...]` that brings it.
        takes_circuits: it runs circuits of gates from anybody, so that it can stand in for another.
        is_keeper: it is a `Keeper`.
    """

    module: str
    distributions: tuple[str, ...]
    extra: str
    takes_circuits: bool = False
    is_keeper: bool = False


ENTRIES: dict[str, Entry] = {
    "pulser-qutip": Entry(
        module="ketway.engines.pulser_qutip",
        distributions=("pulser-simulation",),
        extra="pasqal",
        is_keeper=True,
    ),
    "emu-sv": Entry(
        module="ketway.engines.emu_sv", distributions=("emu-sv", "torch"), extra="pasqal", is_keeper=True
    ),
    "emu-mps": Entry(
        module="ketway.engines.emu_mps", distributions=("emu-mps", "torch"), extra="pasqal", is_keeper=True
    ),
    "pulser-by-size": Entry(
        module="ketway.engines.pulser_by_size",
        distributions=("pulser-core", "pulser-simulation", "emu-sv", "emu-mps", "torch"),
        extra="pasqal",
        is_keeper=True,
    ),
    "aer": Entry(
        module="ketway.engines.aer",
        distributions=("qiskit-aer", "qiskit", "qiskit-qasm3-import"),
        extra="circuits",
        takes_circuits=True,
        is_keeper=True,
    ),
    "gate-machine": Entry(
        module="ketway.engines.gate_machine",
        distributions=("qiskit-aer", "qiskit", "qiskit-qasm3-import"),
        extra="circuits",
    ),
    "qsim": Entry(
        module="ketway.engines.qsim",
        # Qiskit reads OpenQASM for it, and Aer says which gates there are.
        distributions=("qsimcirq", "cirq-core", "qiskit", "qiskit-aer", "qiskit-qasm3-import"),
        extra="circuits",
        takes_circuits=True,
        is_keeper=True,
    ),
    "perceval": Entry(
        module="ketway.engines.photonic",
        distributions=("perceval-quandela", "exqalibur"),
        extra="photonic",
    ),
    "noop": Entry(module="ketway.engines.noop", distributions=(), extra="none"),
}


def version(name: str) -> str | None:
    """The installed version of an engine, or None where a distribution is missing.

    Reads package metadata only: no engine is imported.
    """
    found = ""
    for distribution in reversed(ENTRIES[name].distributions):
        try:
            found = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            return None
    return found or metadata.version("ketway")


def installed() -> dict[str, str]:
    """Engine name to version, for every engine whose distributions are all here."""
    return {name: found for name in ENTRIES if (found := version(name)) is not None}


def load(name: str) -> Engine:
    """Import an engine; slow (seconds) and large (hundreds of MB) the first time."""
    return cast(Engine, import_module(ENTRIES[name].module).ENGINE)
