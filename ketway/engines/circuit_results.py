"""What a circuit simulator found, in the form that the caller's client reads.

Source: contracts/scaleway.md, section 4.3. `qio` writes these too, but reads hexadecimal counts
wrongly where there are more bits than qubits; keys here are plain binary wherever it may read.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketway.domain.errors import ProgramRefused
from ketway.engines.circuit_documents import Document, Generation

Registers = tuple[tuple[str, int], ...]  #: name and size, in declaration order; sizes sum to all bits


class Form(Enum):
    """The value is `qio`'s code of the serialization, None where there is no envelope."""

    CIRQ = 1
    QISKIT = 2
    CUDAQ = 3
    BARE = None

    @property
    def takes_several(self) -> bool:
        return self in (Form.QISKIT, Form.BARE)


NO_COMPRESSION, ZLIB = 1, 2


@dataclass(frozen=True, kw_only=True)
class CircuitResult:
    """What one circuit gave.

    Args:
        counts: plain binary, as long as all registers, last bit leftmost.
        shots_read: one hexadecimal value a shot, or None where nobody asked.
        keys: measurement names that a register's name could not hold, by register.
    """

    name: str
    registers: Registers
    qubit_registers: Registers
    n_qubits: int
    shots: int
    counts: Mapping[str, int]
    shots_read: Sequence[str] | None
    seed: int
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def slots(self) -> int:
        return sum(size for _, size in self.registers)


def form_for(document: Document) -> Form:
    """Converting from one form to another loses the order of bits: each client gets its own."""
    if document.generation is not Generation.PROGRAMS:
        return Form.BARE
    if document.user_agent is None:
        return Form.CUDAQ
    return Form.CIRQ if document.user_agent.startswith("cirq-scaleway") else Form.QISKIT


def check_form(document: Document) -> None:
    if len(document.circuits) > 1 and not form_for(document).takes_several:
        raise ProgramRefused(
            f"{len(document.circuits)} circuits in one job, but this client reads one; send one job each."
        )


def text_of(results: Sequence[CircuitResult], document: Document, backend: str, version: str) -> str:
    """The document that the client downloads, JSON text.

    Args:
        results: one a circuit, in order; only one unless `check_form` passes.
        backend, version: what the client shows as the backend's.
    """
    form = form_for(document)
    if form is Form.CIRQ:
        return enveloped(form, cirq_result(results[0]), ZLIB)
    if form is Form.CUDAQ:
        # Its decompressor may expect gzip, so there is nothing to decompress.
        return enveloped(form, cudaq_sample(results[0]), NO_COMPRESSION)
    # Aer's own hexadecimal is what clients of G1 and G2 were seen to read.
    written = hexadecimal if document.generation is Generation.RUN else binary
    found = qiskit_result(results, document.backend_name or backend, version, written)
    return json.dumps(found) if form is Form.BARE else enveloped(form, found, ZLIB)


def enveloped(form: Form, found: Any, compression: int) -> str:
    text = json.dumps(found)
    if compression == ZLIB:
        text = base64.b64encode(zlib.compress(text.encode())).decode()
    return json.dumps(
        {"compression_format": compression, "serialization_format": form.value, "serialization": text}
    )


def binary(bits: str) -> str:
    return bits


def hexadecimal(bits: str) -> str:
    return hex(int(bits, 2))


def qiskit_result(
    results: Sequence[CircuitResult], backend: str, version: str, written: Callable[[str], str]
) -> dict[str, Any]:
    return {
        "backend_name": backend,
        "backend_version": version,
        "job_id": "",
        "qobj_id": "",
        "success": True,
        "status": "COMPLETED",
        "header": {},
        "metadata": {},
        "results": [experiment(result, written) for result in results],
    }


def experiment(result: CircuitResult, written: Callable[[str], str]) -> dict[str, Any]:
    data: dict[str, Any] = {"counts": {written(bits): count for bits, count in result.counts.items()}}
    if result.shots_read is not None:
        data["memory"] = list(result.shots_read)
    return {
        "shots": result.shots,
        "success": True,
        "status": "DONE",
        "meas_level": 2,
        "seed_simulator": result.seed,
        "data": data,
        "header": {
            "name": result.name,
            "creg_sizes": [list(register) for register in result.registers],
            "memory_slots": result.slots,
            "n_qubits": result.n_qubits,
            "qreg_sizes": [list(register) for register in result.qubit_registers],
            "global_phase": 0.0,
            "metadata": {},
        },
    }


def cirq_result(result: CircuitResult) -> dict[str, Any]:
    """Register `m_<key>` becomes record `<key>`, bit 0 its first column."""
    bits = bits_of(result)
    records, start = {}, 0
    for name, size in result.registers:
        columns = bits[:, start : start + size]
        records[result.keys.get(name, name.removeprefix("m_"))] = {
            "packed_digits": np.packbits(columns).tobytes().hex(),
            "binary": True,
            "dtype": "uint8",
            "shape": [result.shots, 1, size],
        }
        start += size
    return {"params": None, "records": records}


def bits_of(result: CircuitResult) -> NDArray[np.uint8]:
    """Shape (shots, slots), bit 0 first; shots in the order they were made."""
    if result.shots_read is None:
        raise ValueError("records need every shot")
    n_bytes = (result.slots + 7) // 8
    packed = b"".join(int(shot, 16).to_bytes(n_bytes, "little") for shot in result.shots_read)
    rows = np.frombuffer(packed, np.uint8).reshape(result.shots, n_bytes)
    return np.unpackbits(rows, axis=1, bitorder="little")[:, : result.slots]


def cudaq_sample(result: CircuitResult) -> list[int]:
    """Register after register: name, then (value, bits, shots) of each outcome.

    Bit 0 is leftmost, as CUDA-Q prints: it writes the value back as text, highest bit first.
    """
    flat = register_sample("__global__", {bits[::-1]: count for bits, count in result.counts.items()})
    if len(result.registers) > 1:
        start = 0
        for name, size in result.registers:
            inside: dict[str, int] = {}
            for bits, count in result.counts.items():
                part = bits[::-1][start : start + size]
                inside[part] = inside.get(part, 0) + count
            flat += register_sample(name, inside)
            start += size
    return flat


def register_sample(name: str, counts: Mapping[str, int]) -> list[int]:
    flat = [len(name), *map(ord, name), len(counts)]
    for bits, count in counts.items():
        flat += [int(bits, 2), len(bits), count]
    return flat
