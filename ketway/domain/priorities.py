"""Who is served before whom."""

from __future__ import annotations

from enum import Enum


class Priority(Enum):
    """Served in this order."""

    CRITICAL = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3
    FREE = 4
