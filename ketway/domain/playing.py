"""A queue played forth from now: who starts when, if nothing new comes."""

from __future__ import annotations

import sys
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from itertools import count
from math import exp2, inf
from typing import Any

from ketway.domain.accounts import ProjectId
from ketway.domain.batches import BatchId
from ketway.domain.platforms import PlatformId
from ketway.domain.queues import Bundle, Busy, Case, Place, Queue
from ketway.domain.scheduling import line_of, rank

#: So many jobs for each slot are played one by one; then ever more of them at once, and moments that lie
#: as close together as one: what that misses is a part of so many of the time that has passed.
_ONE_BY_ONE = 32
_MOST_ONE_BY_ONE = 1_000
#: Beyond, nobody could tell.
_MOST_STEPS = 5_000


@dataclass(frozen=True, kw_only=True)
class Started:
    """
    Args:
        number: of its platform, from 1, in the order in which they start.
        is_known: everything that it waited for was measured.
    """

    at_s: float
    number: int
    is_known: bool


@dataclass(frozen=True, kw_only=True)
class _Stride:
    """Jobs of one bundle that start in `width` slots, one after another in each."""

    first: int  #: its place in the bundle, from 0
    number: int  #: how many
    width: int
    each_s: float
    started: Started

    def of(self, ahead: int) -> Started:
        behind = ahead - self.first
        return replace(
            self.started,
            at_s=self.started.at_s + behind // self.width * self.each_s,
            number=self.started.number + behind,
        )


@dataclass(eq=False, kw_only=True)
class _Line:
    """Bundles that wait one behind the other."""

    bundles: deque[Bundle] = field(default_factory=deque)
    taken: int = 0  #: of the first bundle
    key: tuple[Any, ...] | None = None  #: of its head's rank; None once nothing is left


@dataclass(eq=False, kw_only=True)
class _Room:
    """A platform as it is at one moment."""

    place: Place
    lines: list[_Line] = field(default_factory=list)
    ranked: list[tuple[tuple[Any, ...], int, _Line]] = field(default_factory=list)  #: a heap
    running: int = 0
    holder: BatchId | None = None

    def left(self) -> int:
        """How many more jobs it takes."""
        capacity = 1 if self.place.is_exclusive else self.place.capacity
        return sys.maxsize if capacity is None else capacity - self.running

    def free_s(self, now_s: float) -> float:
        """For how long it is nobody's; not above 0 while a slot is on."""
        begins = next((begins_s for begins_s, ends_s in self.place.slots if ends_s > now_s), inf)
        return begins - now_s

    def held(self) -> list[_Line]:
        """Lines of the batch that has it for itself."""
        return [line for line in self.lines if line.bundles[0].head.batch_id == self.holder]

    def first(self, now_s: float, case: Case) -> _Line | None:
        """Of which a job goes next, if there is one that may start."""
        if not self.lines or self.left() <= 0:
            return None
        if self.holder is None and not self.place.slots:
            while self.ranked[0][0] is not self.ranked[0][2].key:
                heappop(self.ranked)
            return self.ranked[0][2]
        free_s = self.free_s(now_s)
        waiting = self.lines if self.holder is None else self.held()
        fitting = [line for line in waiting if 0 < free_s >= line.bundles[0].keeps.of(case)]
        return min(fitting, key=lambda line: line.key or (), default=None)


class Play:
    def __init__(self, queue: Queue, case: Case) -> None:
        self._case, self._half_life_s = case, queue.half_life_s
        self._now_s, self._steps, self._is_known, self._numbers = 0.0, 0, True, count()
        self._strides: dict[Bundle, list[_Stride]] = defaultdict(list)
        self._started: dict[PlatformId, int] = defaultdict(int)
        self._used: dict[tuple[ProjectId, PlatformId], float] = {}
        self._rooms = {place.id: _Room(place=place, holder=place.holder) for place in queue.places}
        self._free = [crew.slots for crew in queue.crews]
        self._one_by_one = min(_ONE_BY_ONE * max(sum(self._free), 1), _MOST_ONE_BY_ONE)
        self._crews = [
            [self._rooms[id] for id in sorted(crew.platforms, key=str) if id in self._rooms]
            for crew in queue.crews
        ]
        #: What becomes free: slots of a crew, places of a room; or only a moment to look at.
        self._events: list[tuple[float, int, int | None, _Room | None, int]] = []
        for room in self._rooms.values():
            for _, ends_s in room.place.slots:
                self._then(ends_s, None, None)
        for each in queue.busy:
            self._occupy(each)
        self._line_up(queue.bundles)

    def started(self, bundle: Bundle, ahead: int) -> Started | None:
        """How the job of a bundle starts that has so many of the bundle ahead; None where it does not."""
        while True:
            strides = self._strides[bundle]
            if strides and ahead < strides[-1].first + strides[-1].number:
                return next(each for each in reversed(strides) if each.first <= ahead).of(ahead)
            if self._steps >= _MOST_STEPS or not self._step():
                return None

    def _step(self) -> bool:
        """Start something, or let time pass; says whether there was anything to do."""
        self._steps += 1
        if (found := self._next()) is not None:
            self._start(*found)
        elif self._events:
            self._pass()
        else:
            return False
        return True

    def _line_up(self, bundles: Sequence[Bundle]) -> None:
        lines: dict[Any, _Line] = {}
        for bundle in bundles:
            room = self._rooms.get(bundle.head.platform_id)
            if room is None:
                continue
            key = bundle.head.batch_id if room.place.is_exclusive else line_of(bundle.head)
            if key not in lines:
                room.lines.append(line := _Line())
                lines[key] = line
            lines[key].bundles.append(bundle)
            self._used[bundle.head.project_id, bundle.head.platform_id] = bundle.head.used
        for room in self._rooms.values():
            for line in room.lines:
                self._rank(room, line)

    def _occupy(self, busy: Busy) -> None:
        """Where more run than there are slots, several were lent together and run one after another."""
        room = self._rooms.get(busy.platform_id)
        if room is None:
            return
        self._is_known = self._is_known and busy.keeps.is_known
        room.running += 1
        began_s = 0.0 if busy.computes is None else self._take_slot(room, busy.computes.of(self._case))
        self._then(began_s + busy.keeps.of(self._case), None, room)

    def _take_slot(self, room: _Room, seconds: float) -> float:
        """A slot that is free, or else the one that is first to be; says when."""
        crews = [number for number, rooms in enumerate(self._crews) if room in rooms]
        free = max(crews, key=lambda number: self._free[number], default=None)
        ends = [event for event in self._events if event[2] in crews]
        if free is None or (self._free[free] <= 0 and not ends):
            return 0.0
        if self._free[free] > 0:
            self._free[free] -= 1
            self._then(seconds, free, None)
            return 0.0
        first = min(ends, key=lambda event: event[:2])
        self._events.remove(first)
        heapify(self._events)
        self._then(first[0] + seconds, first[2], None)
        return first[0]

    def _next(self) -> tuple[int, _Room, _Line] | None:
        """Who goes next, and with whom."""
        for crew, free in enumerate(self._free):
            if free <= 0:
                continue
            found = [
                (line.key, number, room, line)
                for number, room in enumerate(self._crews[crew])
                if (line := room.first(self._now_s, self._case)) is not None
            ]
            if found:
                _, _, room, line = min(found, key=lambda each: each[:2])
                return crew, room, line
        return None

    def _start(self, crew: int, room: _Room, line: _Line) -> None:
        """The first of a line, and where many have gone before, those behind it: as many one after another
        as is little beside them, in every slot that is free."""
        bundle = line.bundles[0]
        left, keeps_s = bundle.count - line.taken, bundle.keeps.of(self._case)
        depth = self._depth()
        if depth * keeps_s > room.free_s(self._now_s):
            depth = 1
        width = 1 if depth == 1 else min(self._free[crew], room.left(), max(left // depth, 1))
        depth = min(depth, left)
        self._note(bundle, line.taken, width, depth)
        self._free[crew] -= width
        room.running += width
        self._use(bundle, width * depth * keeps_s)
        if room.place.is_exclusive:
            room.holder = bundle.head.batch_id
        is_last = self._take(room, line, width * depth)
        lingers_s = bundle.lingers.of(self._case) if is_last else 0.0
        # A machine that keeps its pace has computed long before.
        computed_s = (depth - 1) * keeps_s + bundle.computes.of(self._case)
        self._then(self._now_s + computed_s, crew, None, width)
        self._then(self._now_s + depth * keeps_s + lingers_s, None, room, width)

    def _depth(self) -> int:
        return 1 + sum(self._started.values()) // self._one_by_one

    def _note(self, bundle: Bundle, first: int, width: int, depth: int) -> None:
        platform = bundle.head.platform_id
        started = Started(
            at_s=self._now_s,
            number=self._started[platform] + 1,
            # What has not waited for anything starts now, whatever is known.
            is_known=self._is_known or not self._now_s,
        )
        each_s = bundle.keeps.of(self._case)
        self._strides[bundle].append(
            _Stride(first=first, number=width * depth, width=width, each_s=each_s, started=started)
        )
        self._started[platform] += width * depth
        self._is_known = self._is_known and bundle.keeps.is_known

    def _take(self, room: _Room, line: _Line, number: int) -> bool:
        """Out of a line; says whether nothing is left in it."""
        project = line.bundles[0].head.project_id
        line.taken += number
        if line.taken >= line.bundles[0].count:
            line.taken = 0
            line.bundles.popleft()
        if not line.bundles:
            room.lines.remove(line)
            line.key = None
        for other in room.lines:
            if other is line or other.bundles[0].head.project_id == project:
                self._rank(room, other)
        return not line.bundles

    def _use(self, bundle: Bundle, seconds: float) -> None:
        """What is used later counts for more than what was used before has by then faded to."""
        if self._half_life_s is None:
            return
        grown = exp2(min((self._now_s + seconds) / self._half_life_s, 1000.0))
        self._used[bundle.head.project_id, bundle.head.platform_id] += seconds * grown / bundle.weight

    def _rank(self, room: _Room, line: _Line) -> None:
        head = line.bundles[0].head
        holds = head.batch_id == room.holder
        used = self._used[head.project_id, room.place.id] if self._half_life_s is not None else 0.0
        line.key = rank(replace(head, holds=holds, used=used))
        heappush(room.ranked, (line.key, next(self._numbers), line))

    def _pass(self) -> None:
        """To the next moment at which something becomes free."""
        first_s = max(self._now_s, self._events[0][0])
        last_s = first_s if self._depth() == 1 else first_s * (1 + 1 / _ONE_BY_ONE)
        while self._events and self._events[0][0] <= last_s:
            at_s, _, crew, room, number = heappop(self._events)
            self._now_s = max(self._now_s, at_s)
            if crew is not None:
                self._free[crew] += number
            if room is not None:
                room.running -= number
                if room.holder is not None and not room.running and not room.held():
                    room.holder = None

    def _then(self, at_s: float, crew: int | None, room: _Room | None, number: int = 1) -> None:
        heappush(self._events, (at_s, next(self._numbers), crew, room, number))
