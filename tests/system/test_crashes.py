"""One round of the crash suite: whatever is killed, paused, cut off or filled, nothing is lost, doubled
or left over. `make soak` plays others."""

from __future__ import annotations

from collections import Counter

from tests.system.crashes import schedule
from tests.system.crashes.play import play
from tests.system.crashes.schedule import Kind

SEED = 5
EVENTS = 2 * len(Kind)
#: By each of the two surfaces.
JOBS = 100


def test_nothing_is_lost_doubled_or_left_over_whatever_breaks(tmp_path):
    print(play(tmp_path, seed=SEED, events=EVENTS, jobs=JOBS))


def test_a_seed_always_draws_the_same_and_every_kind_as_often():
    planned = schedule.drawn(SEED, EVENTS)

    assert planned == schedule.drawn(SEED, EVENTS)
    assert planned != schedule.drawn(SEED + 1, EVENTS)
    assert set(Counter(event.kind for event in planned).values()) == {2}
    assert {event.kind for event in planned} == set(Kind)
