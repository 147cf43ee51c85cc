"""A machine's own pace: its shots go by at its rate, however soon they were computed."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    def steady(self) -> float:
        """Seconds that only ever go forward, from any origin."""

    async def sleep(self, seconds: float) -> None: ...


class HostClock:
    def steady(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """How long a job occupies its machine, its computation included.

    Args:
        began: steady seconds.
    """

    began: float
    seconds: float

    def left_s(self, now: float) -> float:
        return max(0.0, self.began + self.seconds - now)

    def progress(self, now: float) -> int:
        """Percent of the shots made by now, 0..99: the last one is made when the result is there."""
        return min(99, int(100 * (now - self.began) / self.seconds))
