"""`cirq-scaleway` of the newest generation, on an emulator of circuits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import sin
from threading import Thread
from time import monotonic, sleep
from typing import Any

import cirq
import sympy
from cirq_scaleway import ScalewayQuantumService
from scaleway_qaas_client.v1alpha1 import QaaSClient

from tests.parity.clients.scaleway.stage import AER, NOBODY, play, refused, setting

SHOTS = 3000
PATIENCE_S = 60.0
ANGLE = sympy.Symbol("angle")


@contextmanager
def device(name: str = AER) -> Iterator[Any]:
    with ScalewayQuantumService(**setting().keys).device(name).create_session(name="cirq") as session:
        yield session


def entangling(qubits: list[Any]) -> Iterator[Any]:
    """Every word of three bits has a chance of its own."""
    first, second, third = qubits
    yield [cirq.ry(0.7).on(first), cirq.ry(1.9).on(second)]
    yield cirq.CNOT(first, third)
    yield [cirq.rz(0.5).on(third), cirq.ry(0.8).on(third)]
    yield cirq.ry(1.1).on(first).controlled_by(second)


def asymmetric() -> cirq.Circuit:
    """Keys of one and two qubits, their qubits in another order than the line's."""
    qubits = cirq.LineQubit.range(3)
    return cirq.Circuit(
        entangling(qubits), cirq.measure(qubits[2], qubits[0], key="two"), cirq.measure(qubits[1], key="one")
    )


def by_name() -> cirq.Circuit:
    """Qubits are sorted by their names, not by when they come."""
    late, early, middle = cirq.NamedQubit("z"), cirq.NamedQubit("a"), cirq.NamedQubit("m")
    return cirq.Circuit(entangling([late, early, middle]), cirq.measure(late, middle, early, key="all"))


def on_a_grid() -> cirq.Circuit:
    qubits = [cirq.GridQubit(1, 0), cirq.GridQubit(0, 1), cirq.GridQubit(0, 0)]
    return cirq.Circuit(
        entangling(qubits), [cirq.measure(qubit, key=f"k{n}") for n, qubit in enumerate(qubits)]
    )


def controlled() -> cirq.Circuit:
    """By the outcomes of other qubits, one of them turned round before it is kept."""
    first, second, third = cirq.LineQubit.range(3)
    return cirq.Circuit(
        cirq.ry(1.1).on(first),
        cirq.measure(first, key="first"),
        cirq.measure(second, key="second", invert_mask=(True,)),
        cirq.X(third).with_classical_controls("first", "second"),
        cirq.measure(third, key="third"),
    )


def turned() -> cirq.Circuit:
    qubits = cirq.LineQubit.range(2)
    return cirq.Circuit(
        cirq.ry(ANGLE).on(qubits[1]), cirq.CNOT(*reversed(qubits)), cirq.measure(*qubits, key="z")
    )


def words(result: Any) -> dict[str, dict[str, int]]:
    """Counts by key; the first qubit of a key first."""
    return {
        key: dict(Counter("".join(str(int(bit)) for bit in row) for row in rows))
        for key, rows in result.measurements.items()
    }


def joint(result: Any, keys: list[str]) -> dict[str, int]:
    """Counts of all keys together."""
    rows = zip(*(result.measurements[key] for key in keys), strict=True)
    return dict(Counter(" ".join("".join(str(int(bit)) for bit in part) for part in row) for row in rows))


def exact(circuit: cirq.Circuit, keys: list[str]) -> dict[str, float]:
    """By Cirq itself: the chance of each word of all keys together."""
    state = cirq.drop_terminal_measurements(circuit)
    order = sorted(circuit.all_qubits())
    amplitudes = cirq.Simulator().simulate(state, qubit_order=order).final_state_vector
    measured = {
        cirq.measurement_key_name(operation): [order.index(qubit) for qubit in operation.qubits]
        for operation in circuit.all_operations()
        if cirq.is_measurement(operation)
    }
    chances: dict[str, float] = defaultdict(float)
    for index, amplitude in enumerate(amplitudes):
        bits = f"{index:0{len(order)}b}"
        word = " ".join("".join(bits[place] for place in measured[key]) for key in keys)
        chances[word] += float(abs(amplitude) ** 2)
    total = sum(chances.values())  # single precision
    return {word: chance / total for word, chance in chances.items()}


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
        "keys": words(result),
        "counts": joint(result, keys),
        "exact": exact(circuit, keys),
    }


def keys() -> Any:
    return ran(asymmetric, ["two", "one"])


def names() -> Any:
    return ran(by_name, ["all"])


def grid() -> Any:
    return ran(on_a_grid, ["k0", "k1", "k2"])


def classical_controls() -> Any:
    with device() as session:
        result = session.run(controlled(), repetitions=SHOTS)
    one = sin(0.55) ** 2
    return {
        "counts": joint(result, ["first", "second", "third"]),
        "exact": {"1 1 1": one, "0 1 0": 1 - one},
    }


def sweep() -> Any:
    """Of one point: after the first this client has lost the circuit."""
    with device() as session:
        (result,) = session.run_sweep(turned(), {"angle": 1.2}, repetitions=SHOTS)
    resolved = cirq.resolve_parameters(turned(), {"angle": 1.2})
    return {"counts": words(result)["z"], "exact": exact(resolved, ["z"])}


def batch() -> Any:
    circuits = [cirq.resolve_parameters(turned(), {"angle": angle}) for angle in (0.4, 2.0)]
    with device() as session:
        results = session.run_batch(circuits, repetitions=[SHOTS, 500])
    return [
        {"counts": words(result)["z"], "exact": exact(circuit, ["z"])}
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
        return words(session.run(circuit, repetitions=10))


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
    Thread(target=session.run, args=(asymmetric(),), daemon=True).start()
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
