"""What happens to whom, and when: drawn from a seed, so that it can be played again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random


class Kind(Enum):
    KILL_CHILD = "kill a child"
    KILL_LOCAL_WORKER = "kill the worker beside the server"
    KILL_FAR_WORKER = "kill a worker elsewhere"
    KILL_SERVER = "kill the server"
    PAUSE_CHILD = "pause a child"
    PAUSE_LOCAL_WORKER = "pause the worker beside the server"
    PAUSE_FAR_WORKER = "pause a worker elsewhere"
    PAUSE_SERVER = "pause the server"
    CUT_LINE = "cut the line of the workers elsewhere"
    LOSE_ANSWERS = "lose what the server answers to the workers elsewhere"
    FILL_DISK = "fill the disk"
    JUMP_CLOCK = "set the server's clock"


#: A lease of the suite's server runs out in between.
_SHORTEST_S, _LONGEST_S = 0.2, 5.0
#: Of events, one after another.
_MAX_GAP_S = 2.0
_FARTHEST_S = 3600


@dataclass(frozen=True, kw_only=True)
class Event:
    """
    Args:
        after_s: since the one before.
        lasts_s: until it is undone, where there is something to undo.
        whom: in [0, 1), to choose one among several.
        offset_s: of a clock that is set, from the true time.
    """

    after_s: float
    kind: Kind
    lasts_s: float
    whom: float
    offset_s: int

    def __str__(self) -> str:
        return (
            f"after {self.after_s:.2f} s {self.kind.value} "
            f"(whom {self.whom:.2f}, for {self.lasts_s:.2f} s, offset {self.offset_s:+d} s)"
        )


def drawn(seed: int, number: int, kinds: Sequence[Kind] = tuple(Kind)) -> list[Event]:
    """So many events; every kind comes about as often as every other, in any order."""
    chance = Random(seed)
    chosen: list[Kind] = []
    while len(chosen) < number:
        chosen += chance.sample(kinds, len(kinds))
    return [
        Event(
            after_s=chance.uniform(0, _MAX_GAP_S),
            kind=kind,
            lasts_s=chance.uniform(_SHORTEST_S, _LONGEST_S),
            whom=chance.random(),
            offset_s=chance.choice([0, chance.randint(-_FARTHEST_S, _FARTHEST_S)]),
        )
        for kind in chosen[:number]
    ]
