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
    JUMP_CLOCK = "set a server's clock"
    KILL_DATABASE = "kill the database, all of it"
    KILL_FIRST_OF_DATABASE = "kill the database's first process"
    QUIT_DATABASE = "have the database drop everything"
    KILL_ONE_OF_DATABASE = "kill a process of the database"
    PAUSE_DATABASE = "pause the database, all of it"
    PAUSE_ONE_OF_DATABASE = "pause a process of the database"
    CUT_DATABASE_LINE = "cut the line of a server to the database"
    LOSE_DATABASE_ANSWERS = "lose what the database answers to a server"
    FILL_DATABASE_DISK = "fill the database's disk"
    STILL_LINE = "let nothing through between a server and the workers elsewhere"
    STILL_DATABASE_LINE = "let nothing through between a server and the database"


#: What a seed draws depends on which there are, and in which order.
IN_A_FILE = (
    Kind.KILL_CHILD,
    Kind.KILL_LOCAL_WORKER,
    Kind.KILL_FAR_WORKER,
    Kind.KILL_SERVER,
    Kind.PAUSE_CHILD,
    Kind.PAUSE_LOCAL_WORKER,
    Kind.PAUSE_FAR_WORKER,
    Kind.PAUSE_SERVER,
    Kind.CUT_LINE,
    Kind.LOSE_ANSWERS,
    Kind.FILL_DISK,
    Kind.JUMP_CLOCK,
    Kind.STILL_LINE,
)
ON_A_SERVER = tuple(Kind)


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


def drawn(seed: int, number: int, kinds: Sequence[Kind]) -> list[Event]:
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
