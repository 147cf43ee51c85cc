"""Who goes next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.batches import BatchId
from ketway.domain.jobs import JobId
from ketway.domain.platforms import platform_id
from ketway.domain.priorities import Priority
from ketway.domain.scheduling import Candidate, choose, rank
from tests.builders import NOON, PROJECT


def a_candidate(**changes) -> Candidate:
    plain: dict[str, Any] = {
        "job_id": JobId(uuid4()),
        "batch_id": BatchId(uuid4()),
        "project_id": PROJECT,
        "platform_id": platform_id("EMU_TEST"),
        "priority": Priority.MEDIUM,
        "created_at": NOON,
        "position": 1,
    }
    return Candidate(**plain | changes)


CANDIDATES = st.builds(
    a_candidate,
    job_id=st.uuids(),
    priority=st.sampled_from(Priority),
    created_at=st.integers(0, 5).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    position=st.integers(1, 3),
    holds=st.booleans(),
)


def test_nobody_waits_and_nobody_goes():
    assert choose([]) is None


def test_a_holder_goes_before_the_highest_class():
    holder = a_candidate(holds=True, priority=Priority.FREE, created_at=NOON + timedelta(hours=1))

    assert choose([a_candidate(priority=Priority.CRITICAL), holder]) is holder


def test_a_higher_class_goes_before_age():
    urgent = a_candidate(priority=Priority.HIGH, created_at=NOON + timedelta(hours=1))

    assert choose([a_candidate(), urgent, a_candidate(priority=Priority.FREE)]) is urgent


def test_the_classes_go_in_their_order():
    waiting = [a_candidate(priority=priority) for priority in reversed(Priority)]

    served = sorted(waiting, key=rank)

    assert [candidate.priority.name for candidate in served] == ["CRITICAL", "HIGH", "MEDIUM", "LOW", "FREE"]


def test_the_older_goes_first():
    older = a_candidate(created_at=NOON - timedelta(microseconds=1), position=9)

    assert choose([a_candidate(), older]) is older


def test_within_a_batch_creation_order_decides():
    first = a_candidate(position=1)

    assert choose([replace(first, position=2, job_id=JobId(uuid4())), first]) is first


@given(st.lists(CANDIDATES, min_size=1, unique_by=lambda candidate: candidate.job_id), st.randoms())
def test_the_choice_does_not_depend_on_the_order_of_asking(candidates, random):
    shuffled = random.sample(candidates, len(candidates))

    assert choose(candidates) == choose(shuffled)


@given(st.lists(CANDIDATES, min_size=1))
def test_nobody_goes_before_the_chosen_one(candidates):
    chosen = choose(candidates)

    assert chosen is not None
    assert chosen in candidates
    assert all(rank(chosen) <= rank(candidate) for candidate in candidates)


def test_whose_slot_it_is_goes_before_whoever_holds_another_platform():
    booked = a_candidate(is_booked=True, priority=Priority.FREE)

    assert choose([a_candidate(holds=True, priority=Priority.CRITICAL), booked]) is booked
