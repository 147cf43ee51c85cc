"""`qiskit-scaleway` 0.1.17 and 0.2.12: documents of their own, and one session that all share by default."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_scaleway import ScalewayProvider
from qiskit_scaleway.primitives import Estimator, Sampler

from tests.parity.clients.scaleway import circuits, exact
from tests.parity.clients.scaleway.stage import AER, NOBODY, QSIM, SOON, play, refused, setting

SHOTS = 4000
SEED = 17
PRECISION = 0.02
IS_FIRST = metadata.version("qiskit-scaleway").startswith("0.1.")


def keys() -> dict[str, str]:
    return setting().first_keys if IS_FIRST else setting().keys


def aer(**changes: str) -> Any:
    return ScalewayProvider(**keys() | changes).get_backend(AER)


def answer(backend: Any, wanted: Any, **options: Any) -> Any:
    session = backend.start_session(name="parity", deduplication_id="older-parity")
    plain = {"shots": SHOTS, "seed_simulator": SEED, "memory": False}
    return backend.run(wanted, session_id=session, **plain | options).result(fetch_interval=SOON)


def the_backends() -> Any:
    here = ScalewayProvider(**keys())
    return {
        "all": [each.name for each in here.backends()],
        "operational": [each.name for each in here.backends(operational=True)],
        "large": [each.name for each in here.backends(min_num_qubits=1000)],
        "unknown": refused(here.get_backend, "EMU-NOBODY-1"),
    }


def each_circuit() -> Any:
    backend = aer()
    made = [make() for make in (*circuits.STATIC, *circuits.DYNAMIC, circuits.gates_of_its_own)]
    return {
        circuit.name: {"counts": answer(backend, circuit).get_counts(), "exact": exact.chances(circuit)}
        for circuit in made
    }


def several_in_a_job() -> Any:
    asked = [circuits.entangled(), circuits.third_of_three_bits(), circuits.two_registers()]
    return {"counts": answer(aer(), asked).get_counts(), "exact": list(map(exact.chances, asked))}


def memory() -> Any:
    result = answer(aer(), circuits.two_registers(), memory=True, shots=300)
    return {"memory": result.get_memory(), "counts": result.get_counts()}


def seeds() -> Any:
    backend, circuit = aer(), circuits.entangled()
    return [answer(backend, circuit, seed_simulator=seed).get_counts() for seed in (7, 7, 8)]


def methods() -> Any:
    backend, circuit = aer(), circuits.entangled()
    names = ("statevector", "density_matrix", "matrix_product_state")
    return {
        "counts": [answer(backend, circuit, method=name).get_counts() for name in names],
        "exact": exact.chances(circuit),
    }


def primitives() -> Any:
    """Those of the first generation use the session that all share."""
    backend, circuit = aer(), circuits.two_registers()
    session = () if IS_FIRST else (backend.start_session(),)
    (sampled,) = (
        Sampler(backend, *session, options={"seed_simulator": SEED}).run([circuit], shots=SHOTS).result()
    )
    bare = circuits.entangled().remove_final_measurements(inplace=False)
    observables = ["ZII", "IIZ", "XIZ"]
    estimator = Estimator(backend, *session, options={"seed_simulator": SEED})
    (estimated,) = estimator.run([(bare, observables)], precision=PRECISION).result()
    truth = Statevector(bare)
    return {
        "wide": sampled.data.wide.get_counts(),
        "exact": exact.chances(circuit),
        "values": estimated.data.evs,
        "true": [truth.expectation_value(SparsePauliOp(name)).real for name in observables],
        "precision": PRECISION,
    }


def on_qsim() -> Any:
    """These clients make words of what qsim counts without the zeros that they begin with."""
    backend = ScalewayProvider(**keys()).get_backend(QSIM)
    session = backend.start_session(name="parity")
    return [
        {
            "counts": backend.run(circuit, session_id=session, shots=SHOTS)
            .result(fetch_interval=SOON)
            .results[0]
            .data.counts,
            "exact": exact.chances(circuit),
        }
        for circuit in (circuits.entangled(), circuits.crossed(), circuits.wide())
    ]


def sessions() -> Any:
    """Who names no session shares the one that this client's constant names, from whichever place."""
    first, second = aer().start_session(), aer().start_session()
    named = aer().start_session(deduplication_id="older-named")
    backend = aer()
    backend.stop_session(named)
    ended = refused(backend.run, circuits.entangled(), session_id=named, shots=10)
    backend.delete_session(named)
    deleted = refused(backend.run, circuits.entangled(), session_id=named, shots=10)
    return {"ids": [first, second, named], "ended": ended, "deleted": deleted}


def without_a_session() -> Any:
    return aer().run(circuits.third_of_three_bits(), shots=10).result(fetch_interval=SOON).get_counts()


def refusals() -> Any:
    crowd = QuantumCircuit(40, 40)
    crowd.h(range(40))
    crowd.measure(range(40), range(40))
    return {
        "too many qubits": refused(answer, aer(), crowd),
        "a wrong key": refused(aer, secret_key=NOBODY),
        "a wrong project": refused(aer(project_id=NOBODY).start_session),
    }


if __name__ == "__main__":
    play(
        (
            the_backends,
            each_circuit,
            several_in_a_job,
            memory,
            seeds,
            methods,
            primitives,
            on_qsim,
            sessions,
            without_a_session,
            refusals,
        )
    )
