"""Measurements and noise of Cirq's JSON, rebuilt one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import cirq
import numpy as np

from ketway.domain.errors import ProgramRefused
from ketway.engines.cirq_values import (
    MAX_WIDTH,
    Values,
    flag,
    key_of,
    listed,
    matrix_of,
    number,
    whole,
    width_of,
)

MAX_CHANNEL_QUBITS = 3
MAX_TERMS = 4**MAX_CHANNEL_QUBITS
MAX_READOUT_QUBITS = 3

Maker = Callable[[Mapping[str, Any], Values], cirq.Gate]


def measurement(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    mask = listed(found.get("invert_mask") or [], "invert_mask", MAX_WIDTH)
    shape = listed(found.get("qid_shape") or [], "qid_shape", MAX_WIDTH)
    if any(level != 2 for level in shape):
        raise ProgramRefused("only qubits run here, nothing with more than two levels")
    return cirq.MeasurementGate(
        num_qubits=width_of(found),
        key=key_of(found["key"]),
        invert_mask=tuple(flag(one, "invert_mask") for one in mask),
        confusion_map=confusion_of(found.get("confusion_map") or []),
    )


def confusion_of(said: Any) -> dict[tuple[int, ...], np.ndarray[Any, Any]]:
    """For each group of measured qubits, the odds of what is read: one row for each true value."""
    confusion = {}
    for entry in listed(said, "confusion_map", MAX_WIDTH):
        places, rows = listed(entry, "an entry of confusion_map", 2)
        where = [whole(place, "a place", 0, MAX_WIDTH) for place in listed(places, "places", MAX_WIDTH)]
        odds = matrix_of(rows, MAX_READOUT_QUBITS).real
        if len(odds) != 2 ** len(where) or (odds < 0).any() or not np.allclose(odds.sum(axis=1), 1):
            raise ProgramRefused("each row of a confusion matrix should be odds that sum to 1")
        confusion[tuple(where)] = odds
    return confusion


def depolarizing(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    width = whole(found.get("n_qubits", 1), "n_qubits", 1, MAX_CHANNEL_QUBITS)
    return cirq.DepolarizingChannel(number(found["p"], values), width)


def asymmetric(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    said = found["error_probabilities"]
    if not isinstance(said, dict) or len(said) > MAX_TERMS:
        raise ProgramRefused(f"error_probabilities should be an object of at most {MAX_TERMS} entries")
    if any(len(word) > MAX_CHANNEL_QUBITS for word in said):
        raise ProgramRefused(f"a channel acts on at most {MAX_CHANNEL_QUBITS} qubits")
    odds = {word: number(chance, values) for word, chance in said.items()}
    return cirq.AsymmetricDepolarizingChannel(error_probabilities=odds)


def reset(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    if found.get("dimension", 2) != 2:
        raise ProgramRefused("only qubits run here, nothing with more than two levels")
    return cirq.ResetChannel()


def kraus(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    operators = listed(found["_kraus_ops"], "Kraus operators", MAX_TERMS)
    return cirq.KrausChannel(
        [matrix_of(operator, MAX_CHANNEL_QUBITS) for operator in operators],
        key=channel_key(found),
        validate=True,
    )


def mixed_unitaries(found: Mapping[str, Any], values: Values) -> cirq.Gate:
    mixture = []
    for entry in listed(found["_mixture"], "a mixture", MAX_TERMS):
        chance, operator = listed(entry, "an entry of a mixture", 2)
        mixture.append((number(chance, values), matrix_of(operator, MAX_CHANNEL_QUBITS)))
    if any(chance < 0 for chance, _ in mixture):
        raise ProgramRefused("a probability lies between 0 and 1")
    return cirq.MixedUnitaryChannel(mixture, key=channel_key(found), validate=True)


def channel_key(found: Mapping[str, Any]) -> cirq.MeasurementKey | None:
    key = found.get("_key")
    return None if key is None else key_of(key)


#: By `cirq_type`: what makes it, and the fields it may have.
CHANNELS: dict[str, tuple[Maker, tuple[str, ...]]] = {
    "MeasurementGate": (measurement, ("num_qubits", "key", "invert_mask", "qid_shape", "confusion_map")),
    "DepolarizingChannel": (depolarizing, ("p", "n_qubits")),
    "AsymmetricDepolarizingChannel": (asymmetric, ("error_probabilities",)),
    "ResetChannel": (reset, ("dimension",)),
    "KrausChannel": (kraus, ("_kraus_ops", "_key")),
    "MixedUnitaryChannel": (mixed_unitaries, ("_mixture", "_key")),
}
