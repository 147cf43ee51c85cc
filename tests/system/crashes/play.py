"""One round: users go on while a schedule is played; then the dust settles, and everything is looked at."""

from __future__ import annotations

import signal
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.system.crashes import invariants, schedule
from tests.system.crashes.line import Line
from tests.system.crashes.rig import Rig, a_rig, send
from tests.system.crashes.schedule import Event, Kind
from tests.system.crashes.users import Users
from tests.system.processes import until

_LOOK_AGAIN_S = 0.1
#: Jobs that are there before anything breaks.
_TO_BEGIN_WITH = 10
#: For everything to end once nothing is broken any more.
_SETTLE_S = 300.0
_SWEEP_S = 60.0
_SETTLING_S = 0.5


class Broken(AssertionError):
    """Something does not hold; how to see it again."""


def play(folder: Path, *, seed: int, events: int, jobs: int) -> str:
    """One round.

    Args:
        jobs: by each of the two surfaces, at least.
    Returns:
        What happened, in a line.
    Raises:
        Broken
    """
    planned = schedule.drawn(seed, events)
    try:
        return _played(folder, planned, seed, jobs)
    except AssertionError as error:
        told = "\n".join(f"  {event}" for event in planned)
        raise Broken(
            f"{error}\n\nSeed {seed}, {events} events, {jobs} jobs by each surface; play it again with\n"
            f"  python -m tests.system.crashes.soak --seed {seed} --events {events} --jobs {jobs}\n"
            f"What everybody said: {folder}/log-*\nThe schedule:\n{told}"
        ) from error


def _played(folder: Path, planned: Sequence[Event], seed: int, jobs: int) -> str:
    began = time.monotonic()
    with a_rig(folder) as rig:
        if not rig.has_disk:
            warnings.warn("DISKS ARE NOT FILLED: a file system of its own needs root", stacklevel=2)
        if not rig.has_clock:
            warnings.warn("CLOCKS ARE NOT SET WRONG: apt-get install faketime", stacklevel=2)
        users = Users(rig.url, rig.credentials, seed, jobs)
        users.begin()
        until(lambda: rig.are_ready() and len(users.acknowledged) > _TO_BEGIN_WITH, "work to be going on")
        _Hands(rig).play(planned)
        _settle(rig, users)
        users.go_home()
        wrong = [*users.complaints, *invariants.of_the_running_server(users)]
        wrong += _stopped(rig)
        # What a crash leaves between a file and its row is seen to by the next start.
        rig.keep_the_server_up()
        until(rig.are_ready, "the server to be there again", _SWEEP_S)
        until(lambda: _is_swept(rig), "what was left over to be swept", _SWEEP_S)
        wrong += _stopped(rig)
        left = rig.survivors()
        if left:
            wrong.append(f"processes are left over: {left}")
        wrong += invariants.of_the_folder(rig.data)
        ended = list(users.ended.values())
    assert not wrong, "\n".join(wrong)
    counted = ", ".join(f"{ended.count(status)} {status}" for status in invariants.FINAL)
    return (
        f"seed {seed}: {len(planned)} events, {len(users.acknowledged)} jobs acknowledged ({counted}), "
        f"{time.monotonic() - began:.0f} s"
    )


def _is_swept(rig: Rig) -> bool:
    time.sleep(_SETTLING_S)
    return not [*invariants.of_blobs(rig.data)]


def _stopped(rig: Rig) -> Iterator[str]:
    codes = rig.stop()
    if any(codes):
        yield f"asked to stop, workers and server ended with {codes}"


def _settle(rig: Rig, users: Users) -> None:
    """Nothing is broken any more: everything that was promised comes."""

    def is_over() -> bool:
        rig.keep_up()
        rig.note_family()
        time.sleep(_SETTLING_S)  # looking costs what those who are to settle need
        return (
            not users.are_submitting
            and set(users.acknowledged) <= set(users.ended)
            and not invariants.live_leases(rig.data)
            and rig.are_ready()
        )

    until(is_over, "every acknowledged job to end and every lease with it", _SETTLE_S)


def _wake(paused: Sequence[int]) -> None:
    for pid in paused:
        send(pid, signal.SIGCONT)


class _Hands:
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
        self._rig.set_clock(0)

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
        rig = self._rig
        match event.kind:
            case Kind.KILL_CHILD | Kind.KILL_LOCAL_WORKER | Kind.KILL_FAR_WORKER | Kind.KILL_SERVER:
                for pid in self._chosen(event):
                    send(pid, signal.SIGKILL)
            case Kind.PAUSE_CHILD | Kind.PAUSE_LOCAL_WORKER | Kind.PAUSE_FAR_WORKER | Kind.PAUSE_SERVER:
                paused = self._chosen(event)
                for pid in paused:
                    send(pid, signal.SIGSTOP)
                return lambda: _wake(paused)
            case Kind.CUT_LINE | Kind.LOSE_ANSWERS:
                rig.line.become(Line.State.CUT if event.kind is Kind.CUT_LINE else Line.State.DEAF)
                return lambda: rig.line.become(Line.State.WHOLE)
            case Kind.FILL_DISK if rig.has_disk:
                rig.fill_disk()
                return rig.free_disk
            case Kind.JUMP_CLOCK:
                rig.set_clock(event.offset_s)
        return None

    def _chosen(self, event: Event) -> list[int]:
        """One of those that are meant; none where there is none."""
        rig = self._rig
        found = {
            Kind.KILL_CHILD: rig.computing,
            Kind.PAUSE_CHILD: rig.computing,
            Kind.KILL_LOCAL_WORKER: rig.local_worker,
            Kind.PAUSE_LOCAL_WORKER: rig.local_worker,
            Kind.KILL_FAR_WORKER: rig.far_workers,
            Kind.PAUSE_FAR_WORKER: rig.far_workers,
            Kind.KILL_SERVER: rig.server,
            Kind.PAUSE_SERVER: rig.server,
        }[event.kind]()
        return [found[int(event.whom * len(found))]] if found else []
