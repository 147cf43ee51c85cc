"""Final states that were computed, kept for the next job that asks for the same.

A child computes for one project, so nothing that is kept here is seen by another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cachetools import LRUCache

from ketway.engines.engine import Heard, unheard

T = TypeVar("T")

#: Of one engine in one child; less than what a child may grow by before it is replaced.
MAX_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Weighed(Generic[T]):
    """Something computed, and how many bytes it takes."""

    value: T
    size: int


class Kept(Generic[T]):
    """The last computations of an engine; the least recently used go first."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._kept: LRUCache[str, Weighed[T]] = LRUCache(max_bytes, getsizeof=lambda one: one.size)

    def find(self, key: str, compute: Callable[[], Weighed[T]], on_kept: Heard = unheard) -> tuple[T, bool]:
        """What was computed under a key, and whether that was before.

        Args:
            on_kept: as a `Keeper`'s.
        """
        on_kept(True)
        found = self._kept.get(key)
        if found is not None:
            return found.value, True
        computed = compute()
        if computed.size <= self._kept.maxsize:
            self._kept[key] = computed
        else:
            on_kept(False)
        return computed.value, False


def key_of(*parts: Any) -> str:
    """The same for the same JSON values, and for no others."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def told(is_kept: bool | None) -> dict[str, bool]:
    """For the metadata of a result.

    Args:
        is_kept: whether nothing was computed for it; None where nothing can be kept.
    """
    return {} if is_kept is None else {"resampled": is_kept}
