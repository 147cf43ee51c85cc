"""What each parameter and each field must not be, and the reason that is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Wrong = Sequence[tuple[Any, str]]


def _each(reason: str, *sent: Any) -> Wrong:
    return [(each, reason) for each in sent]


_NO_ID = _each("format", "7", "EMU-AER")
_NO_NUMBER = [
    *_each("format", "ten", "1.5", "1_0", "٣", "-", "1e3"),
    *_each("constraint", "-1", "-99999999999999999999999999"),
]

#: Those left out may be any text.
PARAMETERS: Mapping[str, Wrong] = {
    "page": _NO_NUMBER,
    "page_size": _NO_NUMBER,
    "order_by": _each("constraint", "nonsense", "created_at"),
    "project_id": _NO_ID,
    "session_id": _NO_ID,
    "platform_id": _NO_ID,
    "platform_type": _each("constraint", "abacus", "QPU", "unknown_technology"),
    "platform_technology": _each("constraint", "steam"),
}
FREE = {"name", "provider_name", "backend_name", "tags"}

_NO_TEXT = _each("format", 7, True, [], {})
_NO_WORD = [*_NO_TEXT, *_each("constraint", "x" * 256)]
_NO_SECONDS = [
    *_each("format", "Nones", "1h", "900", "s", "", "1.0000000001s", "٣s", "1 s", "900s ", True, [], {}),
    *_each("constraint", "0s", "-5s", 0, -1, -0.5),
]
_NO_UUID = [*_NO_TEXT, *_each("format", "7", "")]

_SLOT = {"started_at": "2026-02-01T10:00:00+01:00", "finished_at": "2026-02-01T11:00:00.5Z"}

FIELDS: Mapping[str, Wrong] = {
    "project_id": _NO_UUID,
    "platform_id": [*_NO_UUID, *_each("constraint", "00000000-0000-0000-0000-000000000063")],
    "session_id": _NO_UUID,
    "model_id": _NO_UUID,
    "name": _NO_WORD,
    "deduplication_id": _NO_WORD,
    "max_duration": _NO_SECONDS,
    "max_idle_duration": _NO_SECONDS,
    "tags": [
        *_each("format", "a", 7, {}, [7], [["a"]]),
        *_each("constraint", ["x" * 256], ["a"] * 101),
        *_each("required", [None]),
    ],
    "parameters": [
        *_each("format", 7, True, "{", "nonsense", "[]", "7", '"x"', '{"a": NaN}', [1]),
        *_each("constraint", "x" * (2**20 + 1)),
    ],
    "booking_demand": [
        *_each("format", 7, "x", [], _SLOT | {"started_at": "soon"}, _SLOT | {"finished_at": 7}),
        *_each("format", _SLOT | {"started_at": "2026-02-01T10:00:00"}, _SLOT | {"description": 7}),
        *_each("required", _SLOT | {"started_at": None}, {"finished_at": _SLOT["finished_at"]}),
        *_each("constraint", _SLOT | {"time_zone": "Nowhere/City"}, _SLOT | {"description": "x" * 2001}),
        *_each("constraint", _SLOT, _SLOT | {"started_at": "0001-01-01T00:00:00+10:00"}),
    ],
    "description": [*_NO_TEXT, *_each("constraint", "x" * 2001), *_each("format", "bell \a")],
    "circuit": _each("format", 7, "x", [], {"qiskit_circuit": 7}, {"percevalCircuit": True}),
    "payload": _each("format", 7, True),
}
