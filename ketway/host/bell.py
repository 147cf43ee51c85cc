"""A bell heard inside one process."""

from __future__ import annotations

import asyncio
import contextlib


class LocalBell:
    def __init__(self) -> None:
        self._strokes = 0
        self._rung = asyncio.Event()
        self._silent = False

    def silence(self) -> None:
        self._silent = True
        self._rung.set()

    def is_silent(self) -> bool:
        return self._silent

    async def ring(self) -> None:
        self._strokes += 1
        self._rung.set()
        self._rung = asyncio.Event()

    def strokes(self) -> int:
        return self._strokes

    async def wait(self, after: int, timeout_s: float) -> None:
        if self._strokes > after or self._silent:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), timeout_s)
