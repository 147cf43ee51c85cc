"""Circuits of Cirq with every gate that is taken, and the documents that carry them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import cirq
import numpy as np
from cirq.circuits.qasm_output import QasmUGate
from qio.core import BackendData, ClientData, QuantumComputationModel, QuantumProgram

from tests.engines.circuits import CIRQ

Q = cirq.LineQubit.range(6)
MATRIX = cirq.testing.random_unitary(2, random_state=1)
WIDE_MATRIX = cirq.testing.random_unitary(8, random_state=2)

GATES: tuple[cirq.Gate, ...] = (
    cirq.X, cirq.Y, cirq.Z, cirq.H, cirq.S, cirq.T,
    *(gate**0.3 for gate in (cirq.X, cirq.Y, cirq.Z, cirq.H, cirq.CX, cirq.CZ, cirq.SWAP, cirq.ISWAP)),
    *(gate**0.3 for gate in (cirq.XX, cirq.YY, cirq.ZZ, cirq.CCX, cirq.CCZ)),
    cirq.CYPowGate(exponent=0.3, global_shift=0.2), cirq.CCYPowGate(exponent=0.3),
    cirq.XPowGate(exponent=0.3, global_shift=0.2), cirq.X**1_000_000.25, cirq.CX, cirq.CZ, cirq.CCX,
    cirq.rx(0.4), cirq.ry(0.4), cirq.rz(0.4), cirq.ms(0.3), cirq.CSWAP, cirq.SQRT_ISWAP_INV,
    cirq.PhasedXPowGate(phase_exponent=0.2, exponent=0.3, global_shift=0.1),
    cirq.PhasedXZGate(x_exponent=0.1, z_exponent=0.2, axis_phase_exponent=0.3),
    cirq.PhasedISwapPowGate(phase_exponent=0.2, exponent=0.3),
    cirq.FSimGate(0.1, 0.2), cirq.PhasedFSimGate(0.1, 0.2, 0.3, 0.4, 0.5), QasmUGate(0.1, 0.2, 0.3),
    cirq.IdentityGate(2), cirq.MatrixGate(MATRIX), cirq.MatrixGate(WIDE_MATRIX),
    cirq.DiagonalGate([0.1, 0.2, 0.3, 0.5]), cirq.DiagonalGate(np.arange(16) / 10),
    cirq.TwoQubitDiagonalGate([0.1, 0.2, 0.3, 0.5]), cirq.ThreeQubitDiagonalGate(np.arange(8) / 10),
    cirq.GlobalPhaseGate(1j), cirq.ControlledGate(cirq.GlobalPhaseGate(1j)),
    cirq.ControlledGate(cirq.GlobalPhaseGate(1j), num_controls=4),
    cirq.ControlledGate(cirq.X**0.3, control_values=[1, 0]),
    cirq.ControlledGate(cirq.X, num_controls=5),
    cirq.ControlledGate(cirq.ISwapPowGate(exponent=0.3, global_shift=0.2)),
    cirq.ControlledGate(cirq.PhasedISwapPowGate(phase_exponent=0.1, exponent=0.3), control_values=[0, 1]),
    cirq.ControlledGate(cirq.X, control_values=[(0, 1), 1, 1, 1, 0]),
    cirq.ControlledGate(cirq.X, control_values=cirq.SumOfProducts([(0, 1), (1, 0)])),
    cirq.ControlledGate(cirq.QuantumFourierTransformGate(3)),
    cirq.ParallelGate(cirq.Y**0.3, 4), cirq.WaitGate(cirq.Duration(nanos=3)),
    cirq.QubitPermutationGate([2, 0, 1]), cirq.QubitPermutationGate([2, 0, 1, 4, 3]),
    cirq.QuantumFourierTransformGate(3), cirq.QuantumFourierTransformGate(5, without_reverse=True),
    cirq.PhaseGradientGate(num_qubits=3, exponent=0.2), cirq.PhaseGradientGate(num_qubits=5, exponent=0.2),
    cirq.SingleQubitCliffordGate.H, cirq.SingleQubitCliffordGate.X_nsqrt,
    cirq.PauliInteractionGate(cirq.X, True, cirq.Z, False),
    cirq.PauliStringPhasorGate(cirq.DensePauliString("XZYX"), exponent_neg=0.2, exponent_pos=0.1),
    cirq.DensePauliString("XYZX"),
)  # fmt: skip

CHANNELS: tuple[cirq.Gate, ...] = (
    cirq.bit_flip(0.3),
    cirq.phase_flip(0.3),
    cirq.depolarize(0.3),
    cirq.depolarize(0.3, 2),
    cirq.asymmetric_depolarize(0.1, 0.2, 0.3),
    cirq.asymmetric_depolarize(error_probabilities={"XIY": 0.3, "III": 0.7}),
    cirq.amplitude_damp(0.3),
    cirq.generalized_amplitude_damp(0.3, 0.4),
    cirq.phase_damp(0.3),
    cirq.ResetChannel(),
    cirq.KrausChannel([np.sqrt(0.3) * np.kron(MATRIX, np.eye(2)), np.sqrt(0.7) * np.eye(4)]),
    cirq.MixedUnitaryChannel([(0.2, WIDE_MATRIX), (0.8, np.eye(8))]),
    cirq.RandomGateChannel(sub_gate=cirq.CX, probability=0.3),
)


def prepared() -> list[cirq.Operation]:
    """Six qubits, each turned otherwise and all of them entangled: no symmetry hides a mistake."""
    turned = [(cirq.X ** (0.13 * (place + 1)))(qubit) for place, qubit in enumerate(Q)]
    phased = [(cirq.T ** (place + 1))(qubit) for place, qubit in enumerate(Q)]
    linked = [cirq.CX(Q[place], Q[place + 1]) ** 0.7 for place in range(5)]
    return [*turned, *phased, *linked]


def around(gate: cirq.Gate) -> cirq.Circuit:
    """A gate on some of the qubits, in no order, before everything is turned once more."""
    places = (3, 1, 4, 0, 5, 2)[: cirq.num_qubits(gate)]
    after = [(cirq.Y ** (0.17 * (place + 1)))(qubit) for place, qubit in enumerate(Q)]
    return cirq.Circuit(prepared(), gate.on(*(Q[place] for place in places)), after)


def asymmetric() -> cirq.Circuit:
    """q0 is 1; q1 and q2 are equal by halves; q3 is 1 once in seven."""
    return cirq.Circuit(
        cirq.X(Q[0]),
        cirq.H(Q[1]),
        cirq.CX(Q[1], Q[2]),
        cirq.X(Q[3]) ** 0.25,
        cirq.measure(Q[0], Q[2], key="z"),
        cirq.measure(Q[1], key="a b"),
        cirq.measure(Q[3], key="last"),
    )


def a_cirq_document(
    circuit: cirq.Circuit, *, user_agent: str | None = CIRQ, options: Mapping[str, Any] | None = None
) -> str:
    """G3, written by the clients' own library."""
    return QuantumComputationModel(
        programs=[QuantumProgram.from_cirq_circuit(circuit)],
        client=None if user_agent is None else ClientData(user_agent=user_agent),
        backend=BackendData(name="EMU-QSIM-TEST", version="1", options=dict(options or {})),
    ).to_json_str()


def an_old_cirq_document(circuit: cirq.Circuit, *, format_key: str = "serialization_type") -> str:
    """G1, or G2 with another key."""
    run = {
        "options": {"shots": 50},
        "circuits": [{format_key: 5, "circuit_serialization": cirq.to_json(circuit)}],
    }
    client = {"user_agent": "cirq-scaleway/0.1.3"}
    backend = {"name": "EMU-QSIM-TEST", "version": "1", "options": {}}
    return json.dumps({"run": run, "client": client, "backend": backend})


def a_qubit(x: int = 0) -> dict[str, Any]:
    return {"cirq_type": "LineQubit", "x": x}


def an_operation(gate: Any, n_qubits: int = 1) -> dict[str, Any]:
    qubits = [a_qubit(x) for x in range(n_qubits)]
    return {"cirq_type": "GateOperation", "gate": gate, "qubits": qubits}


def an_x(**changes: Any) -> dict[str, Any]:
    return {"cirq_type": "XPowGate", "exponent": 1.0, "global_shift": 0.0} | changes


def a_measurement(**changes: Any) -> dict[str, Any]:
    return {"cirq_type": "MeasurementGate", "num_qubits": 1, "key": "z", "invert_mask": []} | changes


def moments(*operations: Any) -> list[Any]:
    return [{"cirq_type": "Moment", "operations": [operation]} for operation in operations]


def a_text(*operations: Any) -> str:
    """Cirq's JSON as nobody's library would write it, with a measurement at the end."""
    measured = an_operation(a_measurement())
    return json.dumps({"cirq_type": "Circuit", "moments": moments(*operations, measured)})


def repeated(circuit: Any, **changes: Any) -> dict[str, Any]:
    return {
        "cirq_type": "CircuitOperation",
        "circuit": circuit,
        "repetitions": 1,
        "qubit_map": [],
        "measurement_key_map": {},
        "param_resolver": {"cirq_type": "ParamResolver", "param_dict": []},
        "repetition_ids": None,
        "parent_path": [],
    } | changes


def frozen(*operations: Any) -> dict[str, Any]:
    return {"cirq_type": "FrozenCircuit", "moments": moments(*operations)}


def shared(*parts: Any) -> str:
    """The form of Cirq 1.3: circuits that are used by their numbers, from 1, the last one whole."""
    contexts = [
        {"cirq_type": "_SerializedContext", "key": key, "obj": part}
        for key, part in enumerate(parts, start=1)
    ]
    used = repeated({"cirq_type": "_SerializedKey", "key": len(parts)})
    whole = json.loads(a_text(used))
    return json.dumps({"cirq_type": "_ContextualSerialization", "object_dag": [*contexts, whole]})
