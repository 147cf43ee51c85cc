"""What a circuit of Cirq gave, as Cirq's records and as the forms of other clients."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketway.engines.circuit_documents import Document, Generation
from ketway.engines.circuit_results import (
    ZLIB,
    CircuitResult,
    Form,
    Registers,
    bits_of,
    enveloped,
    form_for,
    text_of,
)

#: By measurement key, bits of shape (shots, times measured, qubits).
Records = Mapping[str, NDArray[np.uint8]]


def result_text(
    result: CircuitResult, records: Records | None, document: Document, engine: str, version: str
) -> str:
    """
    Args:
        records: where the program is Cirq's own; None where it is OpenQASM.
    """
    form = form_for(document)
    if records is not None and form is Form.CIRQ:
        return enveloped(form, cirq_document(records), ZLIB)
    if records is not None and form is Form.BARE:
        return json.dumps(cirq_document(records))
    if document.generation is Generation.RUN:
        return json.dumps(cirq_document(bit_by_bit(result)))
    return text_of([result], document, engine, version)


def cirq_document(records: Records) -> dict[str, Any]:
    return {"params": None, "records": {key: record(bits) for key, bits in records.items()}}


def record(bits: NDArray[np.uint8]) -> dict[str, Any]:
    return {
        "packed_digits": np.packbits(bits).tobytes().hex(),
        "binary": True,
        "dtype": "uint8",
        "shape": list(bits.shape),
    }


def bit_by_bit(result: CircuitResult) -> Records:
    """One record a bit, highest first: clients of G1 and G2 read the records as one number."""
    bits = bits_of(result)
    names = [f"{name}_{index}" for name, size in result.registers for index in range(size)]
    return {name: bits[:, [place], np.newaxis] for place, name in reversed(list(enumerate(names)))}


def registers_of(records: Records) -> tuple[Registers, NDArray[np.uint8]]:
    """Cirq's records as Qiskit would have them: a register for each key, its first qubit bit 0.

    Returns:
        The registers, and the bits in their order: shape (shots, bits).
    """
    registers, columns = [], []
    for key, bits in records.items():
        times = bits.shape[1]
        for time in range(times):
            registers.append((key if times == 1 else f"{key}_{time}", bits.shape[2]))
            columns.append(bits[:, time, :])
    return tuple(registers), np.concatenate(columns, axis=1)


def counts_of(bits: NDArray[np.uint8]) -> dict[str, int]:
    """How often each outcome was, in plain binary, last bit leftmost.

    Args:
        bits: shape (shots, bits).
    """
    rows, counts = np.unique(bits[:, ::-1], axis=0, return_counts=True)
    words = (rows + ord("0")).astype(np.uint8)
    return {row.tobytes().decode(): int(count) for row, count in zip(words, counts, strict=True)}


def shots_of(bits: NDArray[np.uint8]) -> list[str]:
    """Each shot in hexadecimal, last bit leftmost."""
    packed = np.packbits(bits, axis=1, bitorder="little")[:, ::-1]
    return [hex(int.from_bytes(row.tobytes())) for row in np.ascontiguousarray(packed)]
