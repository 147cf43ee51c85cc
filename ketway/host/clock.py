"""The machine's clock, and one that is set by another machine's."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def steady(self) -> float:
        return time.monotonic()


class ToldClock:
    """The time of day as another machine tells it, which this machine's steady clock carries on."""

    def __init__(self) -> None:
        self._told, self._at = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        return self._told + timedelta(seconds=time.monotonic() - self._at)

    def steady(self) -> float:
        return time.monotonic()

    async def ask(self, tell: Callable[[], Awaitable[datetime]]) -> None:
        """Set it by what it is told; an answer is as old as half of the time that it took."""
        asked = time.monotonic()
        told = await tell()
        self._told, self._at = told, (asked + time.monotonic()) / 2
