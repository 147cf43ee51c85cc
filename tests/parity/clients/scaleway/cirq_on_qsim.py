"""`cirq-scaleway` of every generation on qsim, to which it sends circuits in Cirq's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import metadata
from typing import Any

import cirq
from cirq_scaleway import ScalewayQuantumService

from tests.parity.clients.scaleway import cirq_circuits
from tests.parity.clients.scaleway.stage import QSIM, play, refused, setting

SHOTS = 3000
IS_FIRST = metadata.version("cirq-scaleway") == "0.1.3"


def service() -> Any:
    return ScalewayQuantumService(**(setting().first_keys if IS_FIRST else setting().keys))


@contextmanager
def device() -> Iterator[Any]:
    """A session of one's own; those of older generations are shared by default."""
    with service().device(QSIM).create_session(name="cirq", deduplication_id=None) as session:
        yield session


def ran(make: Callable[[], cirq.Circuit], keys: list[str]) -> Any:
    circuit = make()
    with device() as session:
        result = session.run(circuit, repetitions=SHOTS)
    return {"counts": cirq_circuits.joint(result, keys), "exact": cirq_circuits.exact(circuit, keys)}


def devices() -> Any:
    return [each.name for each in service().devices()]


def results() -> Any:
    return [
        ran(cirq_circuits.asymmetric, ["two", "one"]),
        ran(cirq_circuits.by_name, ["all"]),
        ran(cirq_circuits.on_a_grid, ["k0", "k1", "k2"]),
    ]


def sweep() -> Any:
    with device() as session:
        (result,) = session.run_sweep(cirq_circuits.turned(), {"angle": 1.2}, repetitions=SHOTS)
    resolved = cirq.resolve_parameters(cirq_circuits.turned(), {"angle": 1.2})
    return {"counts": cirq_circuits.words(result)["z"], "exact": cirq_circuits.exact(resolved, ["z"])}


def unmeasured() -> Any:
    with device() as session:
        return refused(session.run, cirq.Circuit(cirq.X(cirq.LineQubit(0))), repetitions=10)


if __name__ == "__main__":
    play((devices, results, sweep, unmeasured))
