"""Passwords by argon2, a few at a time: each costs 19 MiB and some 20 ms."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_LANES = 2


class Argon2Hasher:
    """The `Hasher` port with OWASP's profile (19 MiB, two passes, one lane)."""

    def __init__(self, *, memory_kib: int = 19 * 1024, passes: int = 2) -> None:
        self._argon2 = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(_LANES, thread_name_prefix="ketway-passwords")

    async def hash(self, password: str) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._argon2.hash, password)

    async def verify(self, password: str, hashed: str | None) -> bool:
        loop = asyncio.get_running_loop()
        good = await loop.run_in_executor(self._threads, self._verify, hashed, password)
        return good and hashed is not None

    @cached_property
    def _nobody(self) -> str:
        return self._argon2.hash("nobody has this password")

    def _verify(self, hashed: str | None, password: str) -> bool:
        try:
            return self._argon2.verify(hashed or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
