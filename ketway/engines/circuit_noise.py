"""Noise models that strangers send, checked and rebuilt piece by piece.

Aer has a reader of its own for this form; it is deprecated and trusts what it reads (operators of
any size, Kraus operators that keep no probability).
Source of the form: qiskit_aer.noise.NoiseModel.to_dict, and the arrays of `qio`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Gate, Instruction, QuantumCircuit, Reset
from qiskit.circuit.library import PauliGate, UnitaryGate, get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError
from qiskit_aer.noise import NoiseModel, QuantumError, ReadoutError

from ketway.domain.errors import ProgramRefused

MAX_ERRORS = 10_000
MAX_TERMS = 4_096  #: of one error: a depolarising one on n qubits has 4**n
MAX_QUBITS = 3  #: that one error acts on
MAX_QUBIT = 10_000
TOLERANCE = 1e-6

Matrix = NDArray[np.complex128]


def noise_of(model: Mapping[str, Any]) -> NoiseModel:
    """Aer's dictionary form made into a model.

    Args:
        model: JSON; complex numbers as `__complex__` objects or [real, imaginary] pairs, arrays as
            `__ndarray__` objects or lists.
    Raises:
        ProgramRefused: probabilities that are none, operators of a wrong size or that are not physical.
    """
    noise = NoiseModel()
    for position, error in enumerate(listed(model.get("errors", []), "its errors", MAX_ERRORS)):
        try:
            add(noise, error)
        except ProgramRefused as refusal:
            raise ProgramRefused(f"Noise model, error {position}: {refusal}.", "configuration") from refusal
        except (QiskitError, ValueError, TypeError, LookupError, AttributeError, OverflowError) as error_:
            why = " ".join(str(error_).split())[:300]
            raise ProgramRefused(f"Noise model, error {position}: {why}", "configuration") from error_
    return noise


def add(noise: NoiseModel, error: Any) -> None:
    if not isinstance(error, dict):
        raise ProgramRefused("it should be a JSON object")
    places = listed(error.get("gate_qubits") or [], "gate_qubits", MAX_ERRORS)
    where = [qubits_of(qubits) for qubits in places]
    if error.get("type") == "qerror":
        operations = listed(error.get("operations"), "operations", MAX_ERRORS)
        if not all(isinstance(name, str) and len(name) < 100 for name in operations):
            raise ProgramRefused("operations should be names")
        quantum = quantum_error(error)
        if not where:
            noise.add_all_qubit_quantum_error(quantum, operations, warnings=False)
        for qubits in where:
            noise.add_quantum_error(quantum, operations, qubits, warnings=False)
    elif error.get("type") == "roerror":
        readout = ReadoutError(assignment(error.get("probabilities")))
        if not where:
            noise.add_all_qubit_readout_error(readout, warnings=False)
        for qubits in where:
            noise.add_readout_error(readout, qubits, warnings=False)
    else:
        raise ProgramRefused("its type should be `qerror` or `roerror`")


def quantum_error(error: Mapping[str, Any]) -> QuantumError:
    terms = listed(error.get("instructions"), "instructions", MAX_TERMS)
    odds = distribution(error.get("probabilities"), MAX_TERMS)
    if len(terms) != len(odds):
        raise ProgramRefused(f"{len(terms)} instructions have {len(odds)} probabilities")
    return QuantumError([(term_of(term), chance) for term, chance in zip(terms, odds, strict=True)])


def term_of(term: Any) -> QuantumCircuit:
    steps = [step_of(step) for step in listed(term, "a term", MAX_TERMS)]
    if not steps:
        raise ProgramRefused("a term should hold an instruction; `id` does nothing")
    circuit = QuantumCircuit(1 + max(max(qubits) for _, qubits in steps))
    for operation, qubits in steps:
        circuit.append(operation, qubits)
    return circuit


def step_of(step: Any) -> tuple[Instruction, list[int]]:
    if not isinstance(step, dict) or not isinstance(step.get("name"), str):
        raise ProgramRefused("every instruction of a term should have a name")
    qubits = qubits_of(step.get("qubits"))
    if len(set(qubits)) != len(qubits) or max(qubits) >= MAX_QUBITS:
        raise ProgramRefused(f"an error acts on at most {MAX_QUBITS} different qubits, numbered from 0")
    operation = operation_of(step["name"], step.get("params") or [], len(qubits))
    if operation.num_qubits != len(qubits):
        raise ProgramRefused(f"{step['name'][:40]} acts on {operation.num_qubits} qubits, not {len(qubits)}")
    return operation, qubits


def operation_of(name: str, params: Any, n_qubits: int) -> Instruction:
    size = 2**n_qubits
    if name == "reset":
        return Reset()
    if name == "unitary":
        return UnitaryGate(matrix_of(listed(params, "params", 1)[0], size))  # refuses what is not unitary
    if name == "kraus":
        return kraus_of(params, size, n_qubits)
    if name == "pauli":
        word = listed(params, "params", 1)[0]
        if not isinstance(word, str) or set(word) - set("IXYZ") or len(word) != n_qubits:
            raise ProgramRefused("a Pauli word should have one of I, X, Y, Z for each qubit")
        return PauliGate(word)
    known = parameterless().get(name)
    if known is None:
        raise ProgramRefused(f"instruction {name[:40]!r} is not known in a noise model")
    return known


def kraus_of(params: Any, size: int, n_qubits: int) -> Instruction:
    operators = [matrix_of(one, size) for one in listed(params, "Kraus operators", 4**MAX_QUBITS)]
    kept = sum((one.conj().T @ one for one in operators), np.zeros((size, size), complex))
    if not np.allclose(kept, np.eye(size), atol=TOLERANCE):
        raise ProgramRefused("Kraus operators K should sum to the identity as K†K")
    return Instruction("kraus", n_qubits, 0, operators)


@lru_cache(maxsize=1)
def parameterless() -> dict[str, Gate]:
    mapping = get_standard_gate_name_mapping()
    return {name: gate for name, gate in mapping.items() if isinstance(gate, Gate) and not gate.params}


def matrix_of(value: Any, size: int) -> Matrix:
    """A complex matrix of shape (size, size)."""
    rows = listed(elements(value), "a matrix", size)
    cells = [[number(cell) for cell in listed(elements(row), "a row", size)] for row in rows]
    if len(cells) != size or any(len(row) != size for row in cells):
        raise ProgramRefused(f"a matrix should have {size} rows of {size} numbers for its qubits")
    return np.array(cells, dtype=complex)


def assignment(value: Any) -> list[list[float]]:
    """Of a readout error: for each true outcome the odds of what is read."""
    most = 2**MAX_QUBITS
    rows = [distribution(row, most) for row in listed(elements(value), "probabilities", most)]
    if len(rows) not in (2, 4, 8) or any(len(row) != len(rows) for row in rows):
        raise ProgramRefused("readout probabilities should be a square matrix of 2, 4 or 8 rows")
    return rows


def distribution(value: Any, most: int) -> list[float]:
    odds = [number(one).real for one in listed(elements(value), "probabilities", most)]
    if any(not -TOLERANCE <= one <= 1 + TOLERANCE for one in odds):
        raise ProgramRefused("a probability lies between 0 and 1")
    if abs(sum(odds) - 1) > TOLERANCE:
        raise ProgramRefused(f"probabilities should sum to 1, these sum to {sum(odds):.6g}")
    odds = [min(max(one, 0.0), 1.0) for one in odds]
    total = sum(odds)
    return [one / total for one in odds]


def elements(value: Any) -> Any:
    return value.get("data") if isinstance(value, dict) and value.get("__ndarray__") else value


def number(value: Any) -> complex:
    if isinstance(value, dict) and value.get("__complex__"):
        value = [value.get("real"), value.get("imag")]
    parts = value if isinstance(value, list) else [value, 0.0]
    if len(parts) != 2 or not all(type(part) in (int, float) and isfinite(part) for part in parts):
        raise ProgramRefused("a matrix or a probability holds something that is not a finite number")
    return complex(*parts)


def qubits_of(value: Any) -> list[int]:
    qubits = listed(value, "qubits", MAX_QUBITS)
    if not qubits or not all(type(qubit) is int and 0 <= qubit < MAX_QUBIT for qubit in qubits):
        raise ProgramRefused("qubits should be numbers from 0")
    return qubits


def listed(value: Any, what: str, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise ProgramRefused(f"{what} should be a list")
    if len(value) > most:
        raise ProgramRefused(f"{what} has {len(value)} entries, at most {most} allowed")
    return value
