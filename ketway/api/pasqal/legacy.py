"""Configurations as clients before `backend_configuration` send them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def configuration_of(device_type: str, legacy: Mapping[str, Any]) -> str | None:
    return None
