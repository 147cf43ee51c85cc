"""Who breaks things as a schedule says, and mends them when their time is over."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from tests.system.crashes.disk import Disk
from tests.system.crashes.line import Line
from tests.system.crashes.process import send
from tests.system.crashes.rig import Rig
from tests.system.crashes.schedule import Event, Kind

_LOOK_AGAIN_S = 0.1

_STATES = {
    Kind.CUT_LINE: Line.State.CUT,
    Kind.STILL_LINE: Line.State.STILL,
    Kind.LOSE_ANSWERS: Line.State.DEAF,
    Kind.CUT_DATABASE_LINE: Line.State.CUT,
    Kind.STILL_DATABASE_LINE: Line.State.STILL,
    Kind.LOSE_DATABASE_ANSWERS: Line.State.DEAF,
}

T = TypeVar("T")


class Hands:
    """Does what a schedule says, and undoes it when its time is over."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._undo: list[tuple[float, Callable[[], None]]] = []

    def play(self, planned: Sequence[Event]) -> None:
        for event in planned:
            self._let_pass(event.after_s)
            self._rig.note_family()
            undo = self._do(event)
            if undo is not None:
                self._undo.append((time.monotonic() + event.lasts_s, undo))
        while self._undo:
            self._let_pass(_LOOK_AGAIN_S)
        for clock in self._rig.clocks:
            clock.set(0)

    def _let_pass(self, seconds: float) -> None:
        until_when = time.monotonic() + seconds
        while True:
            self._rig.keep_up()
            now = time.monotonic()
            for entry in [entry for entry in self._undo if entry[0] <= now]:
                self._undo.remove(entry)
                entry[1]()
            if now >= until_when:
                return
            time.sleep(_LOOK_AGAIN_S)

    def _do(self, event: Event) -> Callable[[], None] | None:
        """What undoes it, where there is something to undo."""
        rig, whom = self._rig, event.whom
        match event.kind:
            case Kind.JUMP_CLOCK:
                for clock in _one(rig.clocks, whom):
                    clock.set(event.offset_s)
            case Kind.CUT_LINE | Kind.STILL_LINE | Kind.LOSE_ANSWERS:
                return _spoilt(_one(rig.lines, whom), _STATES[event.kind])
            case Kind.CUT_DATABASE_LINE | Kind.STILL_DATABASE_LINE | Kind.LOSE_DATABASE_ANSWERS:
                return _spoilt(_one(rig.database.lines, whom), _STATES[event.kind])
            case Kind.FILL_DISK:
                return _filled(rig.disk)
            case Kind.FILL_DATABASE_DISK:
                return _filled(rig.database.disk)
            case _:
                return self._signalled(event)
        return None

    def _signalled(self, event: Event) -> Callable[[], None] | None:
        number, whom = self._meant(event)
        _send(whom, number)
        return partial(_send, whom, signal.SIGCONT) if number is signal.SIGSTOP else None

    def _meant(self, event: Event) -> tuple[signal.Signals, Sequence[int]]:
        """Which signal is for whom; for nobody where there is none."""
        rig, database = self._rig, self._rig.database
        kill, pause = signal.SIGKILL, signal.SIGSTOP
        match event.kind:
            case Kind.KILL_DATABASE:
                return kill, [*database.first(), *database.others()]
            case Kind.PAUSE_DATABASE:
                return pause, [*database.first(), *database.others()]
            case Kind.KILL_FIRST_OF_DATABASE:
                return kill, database.first()
            case Kind.QUIT_DATABASE:
                return signal.SIGQUIT, database.first()
        number, found = {
            Kind.KILL_CHILD: (kill, rig.computing),
            Kind.PAUSE_CHILD: (pause, rig.computing),
            Kind.KILL_LOCAL_WORKER: (kill, rig.local_worker),
            Kind.PAUSE_LOCAL_WORKER: (pause, rig.local_worker),
            Kind.KILL_FAR_WORKER: (kill, rig.far_workers),
            Kind.PAUSE_FAR_WORKER: (pause, rig.far_workers),
            Kind.KILL_SERVER: (kill, rig.servers),
            Kind.PAUSE_SERVER: (pause, rig.servers),
            Kind.KILL_ONE_OF_DATABASE: (kill, database.others),
            Kind.PAUSE_ONE_OF_DATABASE: (pause, database.others),
        }[event.kind]
        return number, _one(found(), event.whom)


def _one(found: Sequence[T], whom: float) -> Sequence[T]:
    """One of them; none where there is none."""
    return [found[int(whom * len(found))]] if found else []


def _spoilt(lines: Sequence[Line], state: Line.State) -> Callable[[], None]:
    _become(lines, state)
    return partial(_become, lines, Line.State.WHOLE)


def _become(lines: Sequence[Line], state: Line.State) -> None:
    for line in lines:
        line.become(state)


def _filled(disk: Disk | None) -> Callable[[], None] | None:
    if disk is None or not disk.is_small:
        return None
    disk.fill()
    return disk.free


def _send(whom: Sequence[int], number: signal.Signals) -> None:
    for pid in whom:
        send(pid, number)
