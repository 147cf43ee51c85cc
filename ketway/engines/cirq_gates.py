"""Gates of Cirq's JSON, rebuilt one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cirq
import numpy as np
from cirq.circuits.qasm_output import QasmUGate

from ketway.domain.errors import ProgramRefused
from ketway.engines.cirq_channels import CHANNELS, MAX_CHANNEL_QUBITS, Maker
from ketway.engines.cirq_values import (
    MAX_WIDTH,
    Values,
    complex_of,
    fields_of,
    flag,
    key_of,
    kind_of,
    listed,
    matrix_of,
    number,
    shown,
    whole,
    width_of,
)

MAX_MATRIX_QUBITS = 6

TURN = ("exponent", "global_shift")
#: Gates that a few numbers describe.
NUMBERS: dict[str, tuple[Callable[..., cirq.Gate], tuple[str, ...]]] = {
    **{
        gate.__name__: (gate, TURN)
        for gate in (
            cirq.XPowGate, cirq.YPowGate, cirq.ZPowGate, cirq.HPowGate,
            cirq.CXPowGate, cirq.CYPowGate, cirq.CZPowGate, cirq.SwapPowGate, cirq.ISwapPowGate,
            cirq.XXPowGate, cirq.YYPowGate, cirq.ZZPowGate,
            cirq.CCXPowGate, cirq.CCYPowGate, cirq.CCZPowGate,
        )
    },
    "CNotPowGate": (cirq.CXPowGate, TURN),
    "CCNotPowGate": (cirq.CCXPowGate, TURN),
    "Rx": (cirq.Rx, ("rads",)),
    "Ry": (cirq.Ry, ("rads",)),
    "Rz": (cirq.Rz, ("rads",)),
    "cirq.MSGate": (cirq.MSGate, ("rads",)),
    "PhasedXPowGate": (cirq.PhasedXPowGate, ("phase_exponent", *TURN)),
    "PhasedXZGate": (cirq.PhasedXZGate, ("axis_phase_exponent", "x_exponent", "z_exponent")),
    "PhasedISwapPowGate": (cirq.PhasedISwapPowGate, ("phase_exponent", *TURN)),
    "FSimGate": (cirq.FSimGate, ("theta", "phi")),
    "PhasedFSimGate": (cirq.PhasedFSimGate, ("theta", "zeta", "chi", "gamma", "phi")),
    "QasmUGate": (QasmUGate, ("theta", "phi", "lmda")),
    "CSwapGate": (cirq.CSwapGate, ()),
    "BitFlipChannel": (cirq.BitFlipChannel, ("p",)),
    "PhaseFlipChannel": (cirq.PhaseFlipChannel, ("p",)),
    "AmplitudeDampingChannel": (cirq.AmplitudeDampingChannel, ("gamma",)),
    "GeneralizedAmplitudeDampingChannel": (cirq.GeneralizedAmplitudeDampingChannel, ("p", "gamma")),
    "PhaseDampingChannel": (cirq.PhaseDampingChannel, ("gamma",)),
}  # fmt: skip
PAULIS = {"_PauliX": cirq.X, "_PauliY": cirq.Y, "_PauliZ": cirq.Z}


def gate_of(said: Any, values: Values) -> cirq.Gate:
    """
    Args:
        values: of the circuit's parameters, by name.
    Raises:
        ProgramRefused, ValueError: not a gate that is taken here, or one that is not physical.
    """
    kind = kind_of(said)
    if kind in PAULIS:
        return pauli_of(said)
    if kind in NUMBERS:
        make, names = NUMBERS[kind]
        found = fields_of(said, names)
        return make(**{name: number(value, values) for name, value in found.items()})
    if kind in OTHERS:
        make, names = OTHERS[kind]
        try:
            return make(fields_of(said, names), values)
        except KeyError as missing:
            raise ProgramRefused(f"{shown(kind)} has no `{missing.args[0]}`") from missing
    raise ProgramRefused(f"gate {shown(kind)} is not taken here; write it with simpler gates")


def pauli_of(said: Any) -> cirq.Pauli:
    kind = kind_of(said)
    if kind not in PAULIS:
        raise ProgramRefused("a Pauli matrix should be X, Y or Z")
    found = fields_of(said, TURN)
    if found.get("exponent", 1) != 1 or found.get("global_shift", 0) != 0:
        raise ProgramRefused("a Pauli matrix has no exponent")
    return PAULIS[kind]


def identity(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    return cirq.IdentityGate(width_of(found))


def wait(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    """Nothing happens meanwhile: what goes wrong with time is said by channels."""
    shape = found.get("qid_shape")
    return cirq.IdentityGate(width_of(found) if shape is None else len(listed(shape, "qid_shape", MAX_WIDTH)))


def matrix(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    if any(level != 2 for level in listed(found.get("qid_shape", []), "qid_shape", MAX_MATRIX_QUBITS)):
        raise ProgramRefused("only qubits run here, nothing with more than two levels")
    return cirq.MatrixGate(matrix_of(found["matrix"], MAX_MATRIX_QUBITS))


def diagonal(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    angles = listed(found["diag_angles_radians"], "diag_angles_radians", 2**MAX_MATRIX_QUBITS)
    return cirq.DiagonalGate([number(angle, values) for angle in angles])


def two_diagonal(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    return exactly(diagonal(found, values), 2)


def three_diagonal(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    return exactly(diagonal(found, values), 3)


def exactly(gate: cirq.Gate, n_qubits: int) -> cirq.Gate:
    if gate.num_qubits() != n_qubits:
        raise ProgramRefused(f"{2**n_qubits} angles are needed for {n_qubits} qubits")
    return gate


def global_phase(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    return cirq.GlobalPhaseGate(complex_of(found["coefficient"]))


def controlled(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    shape = found.get("control_qid_shape")
    controls = None if shape is None else listed(shape, "control_qid_shape", MAX_WIDTH)
    if controls is not None and any(level != 2 for level in controls):
        raise ProgramRefused("only qubits run here, nothing with more than two levels")
    chosen = control_values_of(found.get("control_values"))
    count = len(controls) if controls is not None else None
    return cirq.ControlledGate(
        unitary_of(found["sub_gate"], values), num_controls=count, control_values=chosen
    )


def unitary_of(said: Any, values: Values) -> cirq.Gate:
    gate = gate_of(said, values)
    if not cirq.has_unitary(gate):
        raise ProgramRefused("only a unitary gate can be controlled, copied or left to chance")
    return gate


def control_values_of(said: Any) -> cirq.ops.AbstractControlValues | None:
    """For which values of its control qubits a gate acts."""
    if said is None:
        return None
    rows = said if isinstance(said, list) else said.get("data") if isinstance(said, dict) else None
    values = [
        [whole(value, "a control value", 0, 1) for value in listed(row, "control values", MAX_WIDTH)]
        for row in listed(
            [[row] if type(row) is int else row for row in listed(rows, "control_values", MAX_WIDTH)],
            "control_values",
            MAX_WIDTH,
        )
    ]
    if kind_of(said) == "SumOfProducts":
        return cirq.SumOfProducts(values)
    return cirq.ProductOfSums(values)


def parallel(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    gate = unitary_of(found["sub_gate"], values)
    return cirq.ParallelGate(gate, whole(found["num_copies"], "num_copies", 1, MAX_WIDTH))


def permutation(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    places = listed(found["permutation"], "permutation", MAX_WIDTH)
    return cirq.QubitPermutationGate([whole(place, "a place", 0, MAX_WIDTH) for place in places])


def fourier(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    without = flag(found.get("without_reverse", False), "without_reverse")
    return cirq.QuantumFourierTransformGate(width_of(found), without_reverse=without)


def phase_gradient(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    return cirq.PhaseGradientGate(
        num_qubits=width_of(found), exponent=number(found.get("exponent", 1), values)
    )


def one_qubit_clifford(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    rs, xs, zs = (table(found[name], width) for name, width in (("rs", None), ("xs", 1), ("zs", 1)))
    made = cirq.CliffordTableau(1, rs=rs, xs=xs, zs=zs)
    if found.get("n", 1) != 1 or not made._validate():
        raise ProgramRefused("this is not a Clifford gate on one qubit")
    return cirq.SingleQubitCliffordGate.from_clifford_tableau(made)


def table(value: Any, width: int | None) -> np.ndarray[Any, Any]:
    rows = listed(value, "a Clifford gate's table", 2)
    if width is None:
        return np.array([flag(row, "a sign") for row in rows])
    return np.array([[flag(cell, "a table's cell") for cell in listed(row, "a row", width)] for row in rows])


def pauli_interaction(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    return cirq.PauliInteractionGate(
        pauli_of(found["pauli0"]),
        flag(found["invert0"], "invert0"),
        pauli_of(found["pauli1"]),
        flag(found["invert1"], "invert1"),
        exponent=number(found.get("exponent", 1), values),
    )


def dense_paulis(found: Mapping[str, Any], values: Values) -> cirq.DensePauliString:
    mask = [whole(one, "a Pauli", 0, 3) for one in listed(found["pauli_mask"], "pauli_mask", MAX_WIDTH)]
    return cirq.DensePauliString(mask, coefficient=complex_of(found.get("coefficient", 1)))


def dense_paulis_of(said: Any) -> cirq.DensePauliString:
    if kind_of(said) != "DensePauliString":
        raise ProgramRefused("a DensePauliString is needed here")
    return dense_paulis(fields_of(said, ("pauli_mask", "coefficient"), ("pauli_mask",)), {})


def pauli_phasor(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    return cirq.PauliStringPhasorGate(
        dense_paulis_of(found["dense_pauli_string"]),
        exponent_neg=number(found.get("exponent_neg", 1), values),
        exponent_pos=number(found.get("exponent_pos", 0), values),
    )


def pauli_measurement(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    return cirq.PauliMeasurementGate(dense_paulis_of(found["observable"]), key=key_of(found["key"]))


def random_gate(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    gate = unitary_of(found["sub_gate"], values)
    if gate.num_qubits() > MAX_CHANNEL_QUBITS:
        raise ProgramRefused(f"a channel acts on at most {MAX_CHANNEL_QUBITS} qubits")
    return cirq.RandomGateChannel(sub_gate=gate, probability=number(found["probability"], values))


#: By `cirq_type`: what makes it, and the fields it may have.
OTHERS: dict[str, tuple[Maker, tuple[str, ...]]] = {
    **CHANNELS,
    "IdentityGate": (identity, ("num_qubits", "qid_shape")),
    "WaitGate": (wait, ("duration", "num_qubits", "qid_shape")),
    "MatrixGate": (matrix, ("matrix", "qid_shape")),
    "SingleQubitMatrixGate": (matrix, ("matrix", "qid_shape")),
    "TwoQubitMatrixGate": (matrix, ("matrix", "qid_shape")),
    "DiagonalGate": (diagonal, ("diag_angles_radians",)),
    "TwoQubitDiagonalGate": (two_diagonal, ("diag_angles_radians",)),
    "ThreeQubitDiagonalGate": (three_diagonal, ("diag_angles_radians",)),
    "GlobalPhaseGate": (global_phase, ("coefficient",)),
    "ControlledGate": (controlled, ("control_values", "control_qid_shape", "sub_gate")),
    "ParallelGate": (parallel, ("sub_gate", "num_copies")),
    "QubitPermutationGate": (permutation, ("permutation",)),
    "QuantumFourierTransformGate": (fourier, ("num_qubits", "without_reverse")),
    "PhaseGradientGate": (phase_gradient, ("num_qubits", "exponent")),
    "SingleQubitCliffordGate": (one_qubit_clifford, ("n", "rs", "xs", "zs")),
    "PauliInteractionGate": (pauli_interaction, ("pauli0", "invert0", "pauli1", "invert1", "exponent")),
    "DensePauliString": (dense_paulis, ("pauli_mask", "coefficient")),
    "PauliStringPhasorGate": (pauli_phasor, ("dense_pauli_string", "exponent_neg", "exponent_pos")),
    "PauliMeasurementGate": (pauli_measurement, ("observable", "key")),
    "RandomGateChannel": (random_gate, ("sub_gate", "probability")),
}
