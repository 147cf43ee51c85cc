"""One round of the crash suite on each database: whatever is killed, paused, cut off or filled, nothing
is lost, doubled or left over. `make soak` plays others."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.system.crashes import schedule
from tests.system.crashes.play import DATABASES, play
from tests.system.crashes.schedule import Kind

SEED = 5
#: By each of the two surfaces.
JOBS = 100


@pytest.mark.parametrize("database", DATABASES)
def test_nothing_is_lost_doubled_or_left_over_whatever_breaks(tmp_path, database):
    _, kinds = DATABASES[database]

    print(play(tmp_path, database, seed=SEED, events=2 * len(kinds), jobs=JOBS))


@pytest.mark.parametrize("database", DATABASES)
def test_a_seed_always_draws_the_same_and_every_kind_as_often(database):
    _, kinds = DATABASES[database]
    events = 2 * len(kinds)
    planned = schedule.drawn(SEED, events, kinds)

    assert planned == schedule.drawn(SEED, events, kinds)
    assert planned != schedule.drawn(SEED + 1, events, kinds)
    assert set(Counter(event.kind for event in planned).values()) == {2}
    assert {event.kind for event in planned} == set(kinds)


def test_every_kind_happens_on_one_database_at_least():
    assert {kind for _, kinds in DATABASES.values() for kind in kinds} == set(Kind)
