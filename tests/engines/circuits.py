"""Small circuits whose outcome is known, as the documents that clients send, and tasks that run them."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from qio.core import (
    BackendData,
    ClientData,
    QuantumComputationModel,
    QuantumNoiseModel,
    QuantumProgram,
    QuantumProgramResult,
)
from qiskit import QuantumCircuit, qasm3
from qiskit_aer.noise import NoiseModel

from ketway.domain.tasks import Computed, Task

QISKIT = "qiskit-scaleway/0.3.13 (Linux; CPython/3.12.1) qiskit/2.6.2"
CIRQ = "cirq-scaleway/0.1.16"
HEAD_2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'
HEAD_3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
BELL = HEAD_3 + "qubit[2] q;\nbit[2] c;\nh q[0];\ncx q[0], q[1];\nc = measure q;\n"


def a_task(program: str = BELL, **changes: Any) -> Task:
    given: dict[str, Any] = {"shots": 1000, "seed": 7, "max_shots": 100_000, "max_qubits": 20}
    return Task(program=program, **(given | changes))


def ghz(n_qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(n_qubits, n_qubits)
    circuit.h(0)
    for qubit in range(n_qubits - 1):
        circuit.cx(qubit, qubit + 1)
    circuit.measure(range(n_qubits), range(n_qubits))
    return circuit


def a_document(
    *circuits: QuantumCircuit,
    user_agent: str | None = QISKIT,
    options: Mapping[str, Any] | None = None,
    noise: NoiseModel | None = None,
) -> str:
    """G3, written by the clients' own library."""
    model = QuantumComputationModel(
        programs=[QuantumProgram.from_qiskit_circuit(circuit) for circuit in circuits or [ghz(2)]],
        noise_model=None if noise is None else QuantumNoiseModel.from_qiskit_aer_noise_model(noise),
        client=None if user_agent is None else ClientData(user_agent=user_agent),
        backend=BackendData(name="EMU-AER-TEST", version=2, options=dict(options or {})),
    )
    return model.to_json_str()


def a_document_with(noise: Mapping[str, Any], *circuits: QuantumCircuit) -> str:
    """G3 with a noise model that nobody's library would write."""
    document = json.loads(a_document(*circuits))
    document["noise_model"] = {
        "serialization_format": 1,
        "compression_format": 1,
        "serialization": json.dumps(noise),
    }
    return json.dumps(document)


def an_old_document(*circuits: QuantumCircuit, format_key: str = "serialization_type", **options: Any) -> str:
    """G1, or G2 with another key."""
    return json.dumps(
        {
            "client": {"user_agent": "qiskit-scaleway/0.1.17"},
            "backend": {"name": "aer_simulation", "version": "2", "options": {}},
            "run": {
                "options": {"shots": 50, "memory": False, "seed_simulator": None} | options,
                "circuits": [
                    {format_key: 3, "circuit_serialization": qasm3.dumps(circuit)} for circuit in circuits
                ],
            },
        }
    )


def packed(text: str) -> str:
    return base64.b64encode(zlib.compress(text.encode())).decode()


def opened(computed: Computed) -> Any:
    """The answer inside its envelope, as JSON."""
    envelope = json.loads(computed.document)
    text = envelope["serialization"]
    if envelope["compression_format"] == 2:
        text = zlib.decompress(base64.b64decode(text)).decode()
    return json.loads(text)


def read_by_qiskit(computed: Computed) -> Any:
    return QuantumProgramResult.from_json_str(computed.document).to_qiskit_result()


def read_by_cirq(computed: Computed) -> Any:
    return QuantumProgramResult.from_json_str(computed.document).to_cirq_result()
