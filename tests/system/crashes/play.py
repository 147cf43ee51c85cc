"""One round: users go on while a schedule is played; then the dust settles, and everything is looked at."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.system.crashes import invariants, schedule
from tests.system.crashes.database import Kept, in_a_file
from tests.system.crashes.hands import Hands
from tests.system.crashes.postgres import on_a_server
from tests.system.crashes.rig import Rig, a_rig
from tests.system.crashes.schedule import IN_A_FILE, ON_A_SERVER, Event, Kind
from tests.system.crashes.users import Users
from tests.system.processes import until

#: Jobs that are there before anything breaks.
_TO_BEGIN_WITH = 10
#: For everything to end once nothing is broken any more.
_SETTLE_S = 300.0
_SWEEP_S = 60.0
_SETTLING_S = 0.5


#: By name, what a play can be about, and what can happen there.
DATABASES: Mapping[str, tuple[Kept, Sequence[Kind]]] = {
    "sqlite": (in_a_file, IN_A_FILE),
    "postgresql": (on_a_server, ON_A_SERVER),
}


class Broken(AssertionError):
    """Something does not hold, or the play itself broke; how to see it again."""


def play(folder: Path, database: str, *, seed: int, events: int, jobs: int) -> str:
    """One round.

    Args:
        database: one of `DATABASES`.
        jobs: by each of the two surfaces, at least.
    Returns:
        What happened, in a line.
    Raises:
        Broken
    """
    kept, kinds = DATABASES[database]
    planned = schedule.drawn(seed, events, kinds)
    try:
        return f"{database}, seed {seed}: {_played(folder, kept, planned, seed, jobs)}"
    except Exception as error:
        told = "\n".join(f"  {event}" for event in planned)
        raise Broken(
            f"{type(error).__name__}: {error}\n\n"
            f"On {database}, seed {seed}, {events} events, {jobs} jobs by each surface; play it again with\n"
            f"  python -m tests.system.crashes.soak --on {database} --seed {seed}"
            f" --events {events} --jobs {jobs}\n"
            f"What everybody said: {folder}/log-*\nThe schedule:\n{told}"
        ) from error


def _played(folder: Path, kept: Kept, planned: Sequence[Event], seed: int, jobs: int) -> str:
    began = time.monotonic()
    with a_rig(folder, kept) as rig:
        if not all(disk.is_small for disk in rig.disks):
            warnings.warn("DISKS ARE NOT FILLED: a file system of its own needs root", stacklevel=2)
        if not rig.has_clock:
            warnings.warn("CLOCKS ARE NOT SET WRONG: apt-get install faketime", stacklevel=2)
        users = Users(rig.urls, rig.credentials, seed, jobs)
        users.begin()
        until(lambda: rig.are_ready() and len(users.acknowledged) > _TO_BEGIN_WITH, "work to be going on")
        Hands(rig).play(planned)
        _settle(rig, users)
        users.go_home()
        wrong = [*users.complaints, *invariants.of_the_running_server(users)]
        wrong += _stopped(rig)
        # What a crash leaves between a file and its row is seen to by the next start.
        rig.keep_servers_up()
        until(rig.are_ready, "the servers to be there again", _SWEEP_S)
        until(lambda: _is_swept(rig), "what was left over to be swept", _SWEEP_S)
        wrong += _stopped(rig)
        wrong += invariants.of_what_is_kept(rig.database.ask, rig.data)
        wrong += rig.database.stop()
        wrong += invariants.of_logs(rig.folder)
        left = rig.survivors()
        if left:
            wrong.append(f"processes are left over: {left}")
        ended = list(users.ended.values())
    assert not wrong, "\n".join(wrong)
    counted = ", ".join(f"{ended.count(status)} {status}" for status in invariants.FINAL)
    return (
        f"{len(planned)} events, {len(users.acknowledged)} jobs acknowledged ({counted}), "
        f"{time.monotonic() - began:.0f} s"
    )


def _is_swept(rig: Rig) -> bool:
    time.sleep(_SETTLING_S)
    return not [*invariants.of_blobs(rig.database.ask, rig.data)]


def _stopped(rig: Rig) -> Iterator[str]:
    codes = rig.stop()
    if any(codes):
        yield f"asked to stop, workers and servers ended with {codes}"


def _settle(rig: Rig, users: Users) -> None:
    """Nothing is broken any more: everything that was promised comes."""

    def is_over() -> bool:
        rig.keep_up()
        rig.note_family()
        time.sleep(_SETTLING_S)  # looking costs what those who are to settle need
        return (
            not users.are_submitting
            and set(users.acknowledged) <= set(users.ended)
            and rig.are_ready()
            and rig.database.is_ready()
            and not invariants.live_leases(rig.database.ask)
        )

    until(is_over, "every acknowledged job to end and every lease with it", _SETTLE_S)
