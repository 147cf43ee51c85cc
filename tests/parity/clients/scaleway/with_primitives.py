"""The sampler and the estimator of `qiskit-scaleway`, in a session of their own."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp, Statevector
from qiskit_scaleway import ScalewayProvider
from qiskit_scaleway.primitives import Estimator, Sampler

from tests.parity.clients.scaleway import circuits, exact
from tests.parity.clients.scaleway.stage import AER, play, refused, setting

SHOTS = 4000
SEED = 11
PRECISION = 0.02
OBSERVABLES = ("ZII", "IZI", "IIZ", "XIZ", "ZZY")


def in_a_session(use: Callable[[Any, str], Any]) -> Any:
    backend = ScalewayProvider(**setting().keys).get_backend(AER)
    session = backend.start_session(name="primitives")
    try:
        return use(backend, session)
    finally:
        backend.delete_session(session)


def unmeasured() -> QuantumCircuit:
    return circuits.entangled().remove_final_measurements(inplace=False)


def turned(angle: Parameter) -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.ry(angle, 1)
    circuit.cx(1, 0)
    circuit.rx(0.4, 0)
    return circuit


def sampled() -> Any:
    """Two registers by name, and a register that `measure_all` names."""
    named, plain = circuits.two_registers(), unmeasured()
    plain.measure_all()

    def use(backend: Any, session: str) -> Any:
        sampler = Sampler(backend, session, {"seed_simulator": SEED})
        first, second = sampler.run([named, plain], shots=SHOTS).result()
        return {
            "narrow": first.data.narrow.get_counts(),
            "wide": first.data.wide.get_counts(),
            "joined": first.join_data(["narrow", "wide"]).get_counts(),
            "exact": exact.chances(named),
            "plain": {"counts": second.data.meas.get_counts(), "exact": exact.chances(plain)},
        }

    return in_a_session(use)


def sampled_by_parameter() -> Any:
    """One circuit and an array of values: as many circuits in one job."""
    circuit, values = turned(Parameter("angle")), [0.2, 1.0, 2.5]
    circuit.measure_all()

    def use(backend: Any, session: str) -> Any:
        sampler = Sampler(backend, session, {"seed_simulator": SEED})
        (result,) = sampler.run([(circuit, values)], shots=SHOTS).result()
        return [
            {
                "counts": result.data.meas.get_counts(index),
                "exact": exact.chances(circuit.assign_parameters([value])),
            }
            for index, value in enumerate(values)
        ]

    return in_a_session(use)


def estimated() -> Any:
    circuit = unmeasured()
    truth = Statevector(circuit)

    def use(backend: Any, session: str) -> Any:
        estimator = Estimator(backend, session, {"seed_simulator": SEED})
        (result,) = estimator.run([(circuit, list(OBSERVABLES))], precision=PRECISION).result()
        return {
            "values": result.data.evs,
            "deviations": result.data.stds,
            "exact": [truth.expectation_value(SparsePauliOp(name)).real for name in OBSERVABLES],
        }

    return in_a_session(use)


def estimated_sum() -> Any:
    """A Hamiltonian of terms that do not commute."""
    circuit = unmeasured()
    energy = SparsePauliOp(["ZZI", "IXX", "YIY", "III"], [0.5, -0.7, 0.3, 0.25])

    def use(backend: Any, session: str) -> Any:
        estimator = Estimator(backend, session, {"seed_simulator": SEED})
        (result,) = estimator.run([(circuit, energy)], precision=PRECISION).result()
        return {"value": result.data.evs, "exact": Statevector(circuit).expectation_value(energy).real}

    return in_a_session(use)


def gradient() -> Any:
    """By the parameter-shift rule: the difference of two expectations, half a turn apart."""
    circuit = turned(Parameter("angle"))
    angle, energy = 0.8, SparsePauliOp(["IZ", "ZI"], [1.0, 0.5])

    def exactly(value: float) -> float:
        state = Statevector(circuit.assign_parameters([value]))
        return float(state.expectation_value(energy).real)

    def use(backend: Any, session: str) -> Any:
        estimator = Estimator(backend, session, {"seed_simulator": SEED})
        asked = [(circuit, energy, [angle + shift]) for shift in (pi / 2, -pi / 2)]
        up, down = (result.data.evs for result in estimator.run(asked, precision=PRECISION).result())
        return {
            "slope": (up - down) / 2,
            "exact": (exactly(angle + pi / 2) - exactly(angle - pi / 2)) / 2,
        }

    return in_a_session(use)


def without_a_session() -> Any:
    backend = ScalewayProvider(**setting().keys).get_backend(AER)
    return [refused(primitive, backend, "")["text"] for primitive in (Sampler, Estimator)]


if __name__ == "__main__":
    play((sampled, sampled_by_parameter, estimated, estimated_sum, gradient, without_a_session))
