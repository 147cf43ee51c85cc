"""Passwords by argon2, a few at a time: each costs 19 MiB and some 20 ms."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_LANES = 2


class Argon2Hasher:
    """The `Hasher` port with OWASP's profile (19 MiB, two passes, one lane)."""

    def __init__(self, *, memory_kib: int = 19 * 1024, passes: int = 2) -> None:
        self._argon2 = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._threads = ThreadPoolExecutor(_LANES, thread_name_prefix="ketway-passwords")
        self._nobody = self._argon2.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._argon2.hash, password)

    async def verify(self, password: str, hashed: str | None) -> bool:
        loop = asyncio.get_running_loop()
        good = await loop.run_in_executor(self._threads, self._verify, hashed or self._nobody, password)
        return good and hashed is not None

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._argon2.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
