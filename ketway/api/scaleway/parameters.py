"""The `parameters` texts of sessions and jobs: JSON that a client wrote for an engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ketway.api import bodies
from ketway.domain.errors import BadField, Malformed

_FIELD = ("parameters",)
_MAX_SHOTS_KEPT = 2**31 - 1
#: Clients may encode a document twice, and one more time.
_MAX_ENCODINGS = 3


def read(text: str | None) -> Mapping[str, Any]:
    """The object that the text holds; empty for none.

    Raises:
        BadField: not JSON, or JSON of something else than an object.
    """
    value: Any = text or None
    try:
        for _ in range(_MAX_ENCODINGS):
            if isinstance(value, str):
                value = bodies.parse(value)
    except Malformed as error:
        raise BadField(_FIELD, f"must hold JSON: {error}", "format") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadField(_FIELD, "must hold a JSON object", "format")
    return value


def configuration(text: str | None) -> str | None:
    """The emulator configuration in a session's parameters.

    Raises:
        BadField
    """
    found = read(text).get("backend_configuration") or None
    if isinstance(found, dict):
        return json.dumps(found)
    if not isinstance(found, str | None):
        raise BadField(_FIELD, "backend_configuration must be a JSON object, or the text of one", "format")
    return found


def of_job(text: str | None) -> tuple[int | None, Mapping[str, Any]]:
    """Shots, and what the engine is told: `options` for circuits, the variables for a sequence.

    More shots than the platform runs are no error here: the job fails with the reason.

    Raises:
        BadField
    """
    found = read(text)
    if "runs" in found or "variables" in found:
        return _shots(found, "runs"), _object(found, "variables")
    options = _object(found, "options")
    return _shots(found, "shots"), {"options": options} if options else {}


def _shots(found: Mapping[str, Any], key: str) -> int | None:
    shots = found.get(key)
    if shots is None:
        return None
    if isinstance(shots, float) and shots.is_integer():
        shots = int(shots)
    if isinstance(shots, bool) or not isinstance(shots, int) or not 1 <= shots <= _MAX_SHOTS_KEPT:
        raise BadField(_FIELD, f"{key} must be a whole number from 1 to {_MAX_SHOTS_KEPT}", "constraint")
    return shots


def _object(found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = found.get(key) or {}
    if not isinstance(value, dict):
        raise BadField(_FIELD, f"{key} must be an object", "format")
    return value
