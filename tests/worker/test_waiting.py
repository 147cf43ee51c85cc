"""Who goes next in a worker, and who waits for one that computes the same."""

from __future__ import annotations

from collections import Counter
from itertools import count
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ketway import protocol
from ketway.worker.held import Held
from ketway.worker.waiting import MOST_BEHIND, Waiting
from ketway.worker.works import works_of

COMMON = protocol.Common(
    project_id="p",
    engine="keeper",
    memory_bytes=1,
    program="a program",
    configuration=None,
    settings={"one": 1},
    max_shots=10,
    max_qubits=10,
)
_NUMBERS = count()


def a_lease(**changes) -> protocol.Lease:
    plain: dict[str, Any] = {
        "id": str(next(_NUMBERS)),
        "secret": "s",
        "job_id": "j",
        "attempt": 1,
        "common": 0,
        "shots": 1,
        "seed": 1,
        "parameters": {},
        "time_limit_s": 60.0,
    }
    return protocol.Lease(**plain | changes)


def a_held(work: str | None = None) -> Held:
    return Held(a_lease(), COMMON, work)


def a_line(*works: str | None) -> tuple[Waiting, set[Held]]:
    working: set[Held] = set()
    waiting = Waiting(working)
    for work in works:
        waiting.add(a_held(work))
    return waiting, working


def begun(waiting: Waiting, working: set[Held]) -> Held | None:
    held = waiting.next()
    if held is not None:
        working.add(held)
    return held


def test_one_of_a_work_computes_and_the_others_wait_for_it():
    waiting, working = a_line("a", "a", "a")

    first = begun(waiting, working)
    assert first is not None
    assert begun(waiting, working) is None
    working.remove(first)

    assert begun(waiting, working) is not None
    assert begun(waiting, working) is None


def test_other_works_pass_those_that_wait_for_theirs():
    waiting, working = a_line("a", "a", "b", None, None)

    assert [held and held.work for held in (begun(waiting, working) for _ in range(5))] == [
        "a",
        "b",
        None,
        None,
        None,
    ]
    assert [held.work for held in waiting.all()] == ["a"]


def test_where_nothing_is_kept_nobody_waits_now_or_later():
    waiting, working = a_line("a", "a")
    first = begun(waiting, working)
    assert first is not None

    waiting.hear(first, is_kept=True)
    assert begun(waiting, working) is None
    waiting.hear(first, is_kept=False)
    assert begun(waiting, working) is not None

    working.clear()
    waiting.add(a_held("a"))
    waiting.add(a_held("a"))
    assert None not in [begun(waiting, working) for _ in range(2)]


def test_a_no_is_final():
    waiting, working = a_line("a", "a")
    first = begun(waiting, working)
    assert first is not None

    waiting.hear(first, is_kept=False)
    waiting.hear(first, is_kept=True)

    assert begun(waiting, working) is not None


def test_those_beyond_many_that_wait_are_computed_beside_and_nobody_waits_for_them():
    waiting, working = a_line(*["a"] * (MOST_BEHIND + 3))
    first = begun(waiting, working)
    assert first is not None

    beside = [begun(waiting, working) for _ in range(3)]
    assert [held is not None and held.is_beside for held in beside] == [True, True, False]
    working.remove(first)

    second = begun(waiting, working)
    assert second is not None
    assert not second.is_beside
    assert begun(waiting, working) is None


@given(
    arrivals=st.lists(st.lists(st.sampled_from([None, "a", "b", "noisy"]), max_size=5), max_size=30),
    slots=st.integers(1, 4),
    seed=st.integers(0, 1000),
)
def test_every_one_has_its_turn_and_no_slot_is_idle_without_need(arrivals, slots, seed):
    waiting, working = a_line()
    chance, came, left = Random(seed), 0, 0

    while arrivals or waiting.all() or working:
        for work in arrivals.pop() if arrivals else []:
            waiting.add(a_held(work))
            came += 1
        while len(working) < slots and begun(waiting, working):
            for held in working:
                waiting.hear(held, held.work != "noisy")
        if not working:
            assert not waiting.all()
            continue
        running = Counter(held.work for held in working)
        assert max(running["a"], running["b"]) <= 1
        if len(working) < slots:
            assert {held.work for held in waiting.all()} <= set(running) & {"a", "b"}
        in_order = sorted(working, key=lambda held: int(held.lease.id))
        for held in chance.sample(in_order, chance.randint(0 if arrivals else 1, len(in_order))):
            working.remove(held)
            left += 1

    assert left == came


def test_a_work_is_the_same_whatever_the_shots_and_the_seed():
    other = protocol.Common(**{name: getattr(COMMON, name) for name in COMMON.__struct_fields__})
    other.program = "another"
    plain = protocol.Common(**{name: getattr(COMMON, name) for name in COMMON.__struct_fields__})
    plain.engine = "forgetful"
    leases = [
        a_lease(),
        a_lease(shots=2, seed=3, time_limit_s=1.0),
        a_lease(parameters={"x": 1}),
        a_lease(common=1),
        a_lease(common=2),
    ]

    first, second, swept, elsewhere, forgotten = works_of(
        protocol.Claimed(leases=leases, common=[COMMON, other, plain]), keepers=["keeper"]
    )

    assert first == second
    assert len({first, swept, elsewhere}) == 3
    assert forgotten is None
