"""The rules of a queue, seen over whole histories of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.priorities import Priority
from ketway.domain.shares import FairShare
from ketway.domain.simulation import Played, Policy, TracedJob, play

OFF = FairShare(is_on=False)


def a_traced(project="a", submitted_s=0.0, duration_s=1.0, **changes) -> TracedJob:
    return TracedJob(project=project, submitted_s=submitted_s, duration_s=duration_s, **changes)


TRACES = st.lists(
    st.builds(
        TracedJob,
        project=st.sampled_from("abc"),
        submitted_s=st.integers(0, 50).map(float),
        duration_s=st.integers(0, 20).map(float),
        priority=st.sampled_from(Priority),
        batch=st.sampled_from([None, None, "x", "y"]),
    ),
    max_size=40,
)
POLICIES = st.builds(
    Policy,
    fair_share=st.builds(FairShare, half_life_s=st.floats(0.1, 1e6), is_on=st.booleans()),
    weights=st.dictionaries(st.sampled_from("abc"), st.floats(0.01, 100)),
    slots=st.integers(1, 3),
    is_exclusive=st.booleans(),
)


def starts(played: list[Played]) -> list[tuple[str, float]]:
    return [(each.job.project, each.started_s) for each in played]


@given(TRACES, POLICIES)
def test_every_job_starts_once_and_never_before_it_is_sent(trace, policy):
    played = play(trace, policy)

    assert Counter(each.job for each in played) == Counter(trace)
    assert all(each.waited_s >= 0 for each in played)


@given(TRACES, POLICIES)
def test_no_more_run_side_by_side_than_there_are_slots(trace, policy):
    played = play(trace, policy)

    for each in played:
        beside = [
            other
            for other in played
            if other.started_s <= each.started_s < other.started_s + other.job.duration_s
        ]
        assert len(beside) <= (1 if policy.is_exclusive else policy.slots)


@given(TRACES, POLICIES)
def test_no_lower_class_starts_while_a_higher_one_waits(trace, policy):
    played = play(trace, replace(policy, is_exclusive=False))

    for place, each in enumerate(played):
        for later in played[place + 1 :]:
            waits = later.job.submitted_s <= each.started_s
            assert not (waits and later.job.priority.value < each.job.priority.value)


@given(TRACES, POLICIES)
def test_a_machine_never_runs_two_batches_in_turns(trace, policy):
    whole = [replace(job, submitted_s=0.0, batch=job.batch or "z") for job in trace]

    order = [each.job.batch for each in play(whole, replace(policy, is_exclusive=True))]

    changes = [batch for place, batch in enumerate(order) if place == 0 or order[place - 1] != batch]
    assert len(changes) == len(set(order))


@given(TRACES, POLICIES)
def test_the_same_trace_plays_the_same(trace, policy):
    assert play(trace, policy) == play(trace, policy)


@given(TRACES, st.integers(1, 3))
def test_without_fair_share_it_is_class_and_then_age(trace, slots):
    played = play(trace, Policy(fair_share=OFF, slots=slots))

    for place, each in enumerate(played):
        for later in played[place + 1 :]:
            if later.job.priority is each.job.priority:
                assert each.job.submitted_s <= later.job.submitted_s


@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("half_life_s", [600.0, 86_400.0])
def test_a_project_of_weight_two_has_twice_the_seconds_while_both_have_enough_to_do(slots, half_life_s):
    trace = [a_traced(project, duration_s=3.0) for project in "ab" for _ in range(900)]
    policy = Policy(fair_share=FairShare(half_life_s=half_life_s), weights={"b": 2.0}, slots=slots)

    first = play(trace, policy)[:900]

    seconds = Counter(each.job.project for each in first)
    assert seconds["b"] / seconds["a"] == pytest.approx(2.0, rel=0.05)


def test_those_of_one_weight_have_the_same_seconds_however_long_their_jobs_are():
    trace = [a_traced("short", duration_s=1.0)] * 2000 + [a_traced("long", duration_s=50.0)] * 40

    until = [each for each in play(trace, Policy()) if each.started_s < 1000]

    seconds = Counter[str]()
    for each in until:
        seconds[each.job.project] += int(each.job.duration_s)
    assert seconds["short"] == pytest.approx(seconds["long"], abs=60)


def test_ten_jobs_behind_a_flood_do_not_wait_for_it():
    flood = [a_traced("flood", duration_s=2.0)] * 1000
    trace = [*flood, *[a_traced("ten", submitted_s=1.0, duration_s=2.0)] * 10]

    def longest(fair_share: FairShare) -> float:
        played = play(trace, Policy(fair_share=fair_share))
        return max(each.waited_s for each in played if each.job.project == "ten")

    assert longest(OFF) > 1990
    assert longest(FairShare()) < 45


def test_nobody_waits_for_ever_behind_those_who_keep_sending():
    steady = [a_traced(f"p{n % 5}", submitted_s=n * 1.0, duration_s=2.0) for n in range(2000)]
    heavy = [a_traced("heavy", duration_s=1000.0), a_traced("heavy", submitted_s=1000.0)]

    played = play([*heavy, *steady], Policy(fair_share=FairShare(half_life_s=100.0)))

    (second,) = [each for each in played if each.job == heavy[1]]
    assert second.waited_s < 1500


def test_use_that_runs_counts_before_it_has_ended():
    long = [a_traced("long", duration_s=1000.0)] * 10
    short = [a_traced("short", submitted_s=float(n), duration_s=10.0) for n in range(20)]

    played = play([*long, *short], Policy(slots=2))

    assert starts(list(played))[:2] == [("long", 0.0), ("short", 0.0)]
    assert all(project == "short" for project, at in starts(list(played))[1:] if at < 200)
