"""`cirq-scaleway` of the newest generation, on an emulator of circuits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import sin
from threading import Thread
from time import monotonic, sleep
from typing import Any

import cirq
from cirq_scaleway import ScalewayQuantumService
from scaleway_qaas_client.v1alpha1 import QaaSClient

from tests.parity.clients.scaleway import cirq_circuits
from tests.parity.clients.scaleway.stage import AER, NOBODY, play, refused, setting

SHOTS = 3000
PATIENCE_S = 60.0


@contextmanager
def device(name: str = AER) -> Iterator[Any]:
    with ScalewayQuantumService(**setting().keys).device(name).create_session(name="cirq") as session:
        yield session


def devices() -> Any:
    service = ScalewayQuantumService(**setting().keys)
    found = service.device(AER)
    return {
        "names": [each.name for each in service.devices()],
        "operational": [each.name for each in service.devices(operational=True)],
        "large": [each.name for each in service.devices(min_num_qubits=1000)],
        "unknown": service.device("EMU-NOBODY-1"),
        "found": [found.name, found.num_qubits, found.availability, found.version],
    }


def ran(make: Callable[[], cirq.Circuit], keys: list[str]) -> Any:
    circuit = make()
    with device() as session:
        result = session.run(circuit, repetitions=SHOTS)
    return {
        "repetitions": result.repetitions,
        "keys": cirq_circuits.words(result),
        "counts": cirq_circuits.joint(result, keys),
        "exact": cirq_circuits.exact(circuit, keys),
    }


def keys() -> Any:
    return ran(cirq_circuits.asymmetric, ["two", "one"])


def names() -> Any:
    return ran(cirq_circuits.by_name, ["all"])


def grid() -> Any:
    return ran(cirq_circuits.on_a_grid, ["k0", "k1", "k2"])


def classical_controls() -> Any:
    with device() as session:
        result = session.run(cirq_circuits.controlled(), repetitions=SHOTS)
    one = sin(0.55) ** 2
    return {
        "counts": cirq_circuits.joint(result, ["first", "second", "third"]),
        "exact": {"1 1 1": one, "0 1 0": 1 - one},
    }


def sweep() -> Any:
    """Of one point: after the first this client has lost the circuit."""
    with device() as session:
        (result,) = session.run_sweep(cirq_circuits.turned(), {"angle": 1.2}, repetitions=SHOTS)
    resolved = cirq.resolve_parameters(cirq_circuits.turned(), {"angle": 1.2})
    return {"counts": cirq_circuits.words(result)["z"], "exact": cirq_circuits.exact(resolved, ["z"])}


def batch() -> Any:
    circuits = [cirq.resolve_parameters(cirq_circuits.turned(), {"angle": angle}) for angle in (0.4, 2.0)]
    with device() as session:
        results = session.run_batch(circuits, repetitions=[SHOTS, 500])
    return [
        {"counts": cirq_circuits.words(result)["z"], "exact": cirq_circuits.exact(circuit, ["z"])}
        for circuit, (result,) in zip(circuits, results, strict=True)
    ]


def odd_keys() -> Any:
    """Keys that OpenQASM has to rename, and the one that Cirq makes of the qubits' names."""
    first, second = cirq.LineQubit.range(2)
    circuit = cirq.Circuit(
        cirq.X(first), cirq.measure(first, key="k-1"), cirq.measure(second, key="a b"), cirq.X(second)
    )
    circuit.append(cirq.measure(second, first))
    with device() as session:
        return cirq_circuits.words(session.run(circuit, repetitions=10))


def lives() -> Any:
    session = (
        ScalewayQuantumService(**setting().keys)
        .device(AER)
        .create_session(name="lives", deduplication_id="cirq-parity", max_idle_duration=60)
    )
    before = session.status
    session.start()
    running = session.id
    session.stop()
    low = QaaSClient(**setting().keys)
    ended = _until(lambda: low.get_session(running), "stopped")
    session.delete()
    return {"before": before, "stopped": ended, "deleted": refused(low.get_session, running)}


def refusals() -> Any:
    qubits = cirq.LineQubit.range(40)
    unmeasured = cirq.Circuit(cirq.X(qubits[0]))
    crowd = cirq.Circuit(cirq.H.on_each(*qubits), cirq.measure(*qubits, key="all"))
    one = cirq.Circuit(cirq.measure(qubits[0], key="one"))
    with device() as session:
        return {
            "no measurement": refused(session.run, unmeasured, repetitions=10),
            "too many qubits": refused(session.run, crowd, repetitions=10),
            "too many shots": refused(session.run, one, repetitions=1_000_001),
        }


def cancelled() -> Any:
    """This client takes a cancelled job for one that still waits, and looks again for hours."""
    idle = setting().idle
    low = QaaSClient(**idle)
    session = ScalewayQuantumService(**idle).device(AER).create_session(name="cirq").start()
    Thread(target=session.run, args=(cirq_circuits.asymmetric(),), daemon=True).start()
    job = _first_job(low, session.id)
    low.cancel_job(job)
    return low.get_job(job).status


def strangers() -> Any:
    keys = setting().keys
    stranger = ScalewayQuantumService(**keys | {"secret_key": NOBODY})
    elsewhere = ScalewayQuantumService(**keys | {"project_id": NOBODY}).device(AER).create_session()
    return {"a wrong key": refused(stranger.devices), "a wrong project": refused(elsewhere.start)}


def _first_job(low: QaaSClient, session: str) -> str:
    deadline = monotonic() + PATIENCE_S
    while not (jobs := low.list_jobs(session)):
        assert monotonic() < deadline
        sleep(0.1)
    return str(jobs[0].id)


def _until(look: Callable[[], Any], status: str) -> str:
    deadline = monotonic() + PATIENCE_S
    while (found := look().status) != status and monotonic() < deadline:
        sleep(0.1)
    return str(found)


if __name__ == "__main__":
    play(
        (
            devices,
            keys,
            names,
            grid,
            classical_controls,
            sweep,
            batch,
            odd_keys,
            lives,
            refusals,
            cancelled,
            strangers,
        )
    )
