"""`qiskit-scaleway` of the newest generation, on an emulator of circuits."""

from __future__ import annotations

from collections.abc import Sequence
from math import sin
from typing import Any

from qiskit import QuantumCircuit, transpile
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from qiskit_scaleway import ScalewayProvider
from scaleway_qaas_client.v1alpha1 import QaaSClient

from tests.parity.clients.scaleway import circuits, exact
from tests.parity.clients.scaleway.stage import AER, NOBODY, SOON, play, refused, setting

SHOTS = 4000
SEED = 20260131
METHODS = ("automatic", "statevector", "density_matrix", "matrix_product_state")


def provider() -> ScalewayProvider:
    return ScalewayProvider(**setting().keys)


def aer() -> Any:
    return provider().get_backend(AER)


def answer(backend: Any, wanted: Any, **options: Any) -> Any:
    """The result of a run in a session of its own, which is ended."""
    session = backend.start_session(name="parity", max_duration="10m", max_idle_duration="5m")
    try:
        plain = {"shots": SHOTS, "seed_simulator": SEED}
        return backend.run(wanted, session_id=session, **plain | options).result(fetch_interval=SOON)
    finally:
        backend.delete_session(session)


def compared(made: Sequence[QuantumCircuit]) -> Any:
    backend = aer()
    return {
        circuit.name: {"counts": answer(backend, circuit).get_counts(), "exact": exact.chances(circuit)}
        for circuit in made
    }


def the_backends() -> Any:
    here = provider()
    return {
        "all": {each.name: type(each).__name__ for each in here.backends()},
        "operational": [each.name for each in here.backends(operational=True)],
        "large": [each.name for each in here.backends(min_num_qubits=1000)],
        "by an older name": here.get_backend("aer_simulation_pop_c16m128").name,
        "unknown": refused(here.get_backend, "EMU-NOBODY-1"),
        "qubits": aer().num_qubits,
        "circuits": aer().max_circuits,
    }


def circuits_at_once() -> Any:
    return compared([make() for make in circuits.STATIC])


def circuits_that_go_on() -> Any:
    return compared([make() for make in circuits.DYNAMIC])


def gates_of_its_own() -> Any:
    """As written; and in the backend's gates, which lack a measurement, so that comes after."""
    written = circuits.gates_of_its_own()
    translated = transpile(written.remove_final_measurements(inplace=False), aer(), optimization_level=3)
    translated.measure_all()
    translated.name = "translated"
    return compared([written, translated, circuits.by_a_matrix()])


def repeated() -> Any:
    """A loop of a fixed length, and one until a bit is seen."""
    turned = QuantumCircuit(1, 1)
    with turned.for_loop(range(3)):
        turned.ry(0.3, 0)
    turned.measure(0, 0)
    tried = QuantumCircuit(1, 1)
    tried.measure(0, 0)
    with tried.while_loop((tried.clbits[0], 0)):
        tried.h(0)
        tried.measure(0, 0)
    backend, one = aer(), sin(0.45) ** 2
    return {
        "turned": {"counts": answer(backend, turned).get_counts(), "exact": {"1": one, "0": 1 - one}},
        "tried": {"counts": answer(backend, tried).get_counts(), "exact": {"1": 1.0}},
    }


def several_in_a_job() -> Any:
    asked = [circuits.entangled(), circuits.third_of_three_bits(), circuits.two_registers()]

    return {"counts": answer(aer(), asked).get_counts(), "exact": list(map(exact.chances, asked))}


def memory() -> Any:
    circuit = circuits.two_registers()
    result = answer(aer(), circuit, memory=True, shots=500)
    return {"memory": result.get_memory(), "counts": result.get_counts()}


def a_large_result() -> Any:
    """More than an answer holds: the client follows a link."""
    backend, circuit = aer(), QuantumCircuit(18)
    circuit.h(range(18))
    circuit.measure_all()
    session = backend.start_session(name="large")
    job = backend.run(circuit, session_id=session, shots=300_000, memory=True, seed_simulator=SEED)
    words = job.result(fetch_interval=SOON).get_memory()
    (kept,) = QaaSClient(**setting().keys).list_job_results(job.job_id())
    backend.delete_session(session)
    return {
        "inline": kept.result,
        "linked": kept.url.startswith("http"),
        "shots": len(words),
        "ones": [sum(word[bit] == "1" for word in words) for bit in range(18)],
    }


def seeds() -> Any:
    backend, circuit = aer(), circuits.entangled()
    return [answer(backend, circuit, seed_simulator=seed).get_counts() for seed in (7, 7, 8)]


def noise() -> Any:
    """Each qubit and each bit is off in its own way."""
    model = NoiseModel()
    model.add_quantum_error(depolarizing_error(0.2, 1), ["x"], [0])
    model.add_readout_error(ReadoutError([[0.9, 0.1], [0.3, 0.7]]), [1])
    circuit = QuantumCircuit(2, 2)
    circuit.x([0, 1])
    circuit.measure([0, 1], [0, 1])
    right = {"0": 0.9, "1": 0.7}  # a depolarised qubit is flipped in half of the cases
    return {
        "counts": answer(aer(), circuit, noise_model=model).get_counts(),
        "exact": {
            second + first: (right["0"] if first == "1" else 0.1) * (right["1"] if second == "1" else 0.3)
            for first in "01"
            for second in "01"
        },
    }


def methods() -> Any:
    backend, circuit = aer(), circuits.entangled()
    return {
        "counts": {name: answer(backend, circuit, method=name).get_counts() for name in METHODS},
        "exact": exact.chances(circuit),
    }


def clifford_alone() -> Any:
    """What only that method refuses shows that it is the one that runs."""
    backend = aer()
    pair = QuantumCircuit(2)
    pair.h(0)
    pair.cx(0, 1)
    pair.measure_all()
    return {
        "counts": answer(backend, pair, method="stabilizer").get_counts(),
        "refused": refused(answer, backend, circuits.entangled(), method="stabilizer"),
    }


def sessions() -> Any:
    backend, circuit = aer(), circuits.third_of_three_bits()
    first = backend.start_session(name="one", deduplication_id="qiskit-parity")
    again = backend.start_session(name="two", deduplication_id="qiskit-parity")
    other = backend.start_session(name="three")
    backend.run(circuit, session_id=first, shots=10).result(fetch_interval=SOON)
    backend.stop_session(first)
    refusal = refused(backend.run, circuit, session_id=first, shots=10)
    fresh = backend.start_session(name="four", deduplication_id="qiskit-parity")
    for each in (first, other, fresh, fresh):
        backend.delete_session(each)
    return {
        "ids": [first, again, other, fresh],
        "stopped": refusal,
        "deleted": refused(backend.run, circuit, session_id=other, shots=10),
    }


def without_a_session() -> Any:
    """The client starts one, and leaves it to its limits."""
    job = aer().run(circuits.third_of_three_bits(), shots=10, session_max_idle_duration="1m")
    return {"counts": job.result(fetch_interval=SOON).get_counts(), "status": job.status().name}


def refusals() -> Any:
    backend = aer()
    blind = QuantumCircuit(1, 1)
    blind.x(0)
    crowd = QuantumCircuit(40, 40)
    crowd.h(range(40))
    crowd.measure(range(40), range(40))
    return {
        "no measurement": refused(answer, backend, blind),
        "too many qubits": refused(answer, backend, crowd),
        "too many shots": refused(answer, backend, circuits.entangled(), shots=1_000_001),
        "no shots": refused(answer, backend, circuits.entangled(), shots=0),
        "an unknown method": refused(answer, backend, circuits.entangled(), method="guess"),
        "a duration of no length": refused(backend.start_session, max_duration="soon"),
    }


def strangers() -> Any:
    keys = setting().keys
    stranger = ScalewayProvider(**keys | {"secret_key": NOBODY})
    elsewhere = ScalewayProvider(**keys | {"project_id": NOBODY}).get_backend(AER)
    return {
        "a wrong key": refused(stranger.backends),
        "a wrong project": refused(elsewhere.start_session),
    }


def nobody_works() -> Any:
    """The job waits; whoever waits for it can give up."""
    backend = ScalewayProvider(**setting().idle).get_backend(AER)
    job = backend.run(circuits.entangled(), shots=10)
    return {
        "operational": [each.name for each in ScalewayProvider(**setting().idle).backends(operational=True)],
        "status": job.status().name,
        "given up": refused(job.result, timeout=0.5, fetch_interval=SOON),
    }


if __name__ == "__main__":
    play(
        (
            the_backends,
            circuits_at_once,
            circuits_that_go_on,
            gates_of_its_own,
            repeated,
            several_in_a_job,
            memory,
            a_large_result,
            seeds,
            noise,
            methods,
            clifford_alone,
            sessions,
            without_a_session,
            refusals,
            strangers,
            nobody_works,
        )
    )
