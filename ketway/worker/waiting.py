"""Those that wait for a slot of the worker, in turn.

Of several with the same work one computes, and the others draw from what its child kept: they wait for
that one, unless the child has said that it keeps nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from cachetools import LRUCache

from ketway.worker.held import Held

#: How many wait for one that computes the same; whoever comes then takes a free slot, and computes it
#: beside.
MOST_BEHIND = 128
#: Works that are known to leave nothing.
_REMEMBERED = 1024


class Waiting:
    """
    Args:
        working: those that have a slot; it changes as they come and go.
    """

    def __init__(self, working: Collection[Held]) -> None:
        self._working = working
        self._in_turn: dict[str, Held] = {}
        self._unkept: LRUCache[str, bool] = LRUCache(_REMEMBERED)

    def add(self, held: Held) -> None:
        self._in_turn[held.lease.id] = held

    def next(self) -> Held | None:
        """The first that need wait no longer; it does not wait here any more."""
        held = next(self.ready(), None)
        if held is not None:
            del self._in_turn[held.lease.id]
            held.is_beside = held.work in self._awaited()
        return held

    def ready(self) -> Iterator[Held]:
        """Those that wait for nothing but a slot."""
        awaited = self._awaited()
        behind: Counter[str | None] = Counter()
        for held in self._in_turn.values():
            behind[held.work] += 1
            if held.work not in awaited or behind[held.work] > MOST_BEHIND:
                yield held

    def hear(self, held: Held, is_kept: bool) -> None:
        """Its child says whether what it computes is kept for others."""
        if not is_kept and held.work is not None:
            self._unkept[held.work] = True

    def drop(self, held: Held) -> bool:
        """Whether it waited."""
        return self._in_turn.pop(held.lease.id, None) is not None

    def all(self) -> list[Held]:
        return list(self._in_turn.values())

    def _awaited(self) -> set[str]:
        """Works that are being computed, or drawn from, by one whom others are to wait for."""
        return {
            held.work
            for held in self._working
            if held.work is not None and held.work not in self._unkept and not held.is_beside
        }
