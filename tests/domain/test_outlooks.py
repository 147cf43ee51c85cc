"""How many go before a job, and when it may start, beside what a whole queue that is played says of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketway.domain.accounts import ProjectId
from ketway.domain.batches import BatchId
from ketway.domain.jobs import JobId
from ketway.domain.outlooks import Outlook, Outlooks
from ketway.domain.platforms import PlatformId, platform_id
from ketway.domain.priorities import Priority
from ketway.domain.queues import NO_TIME, Bundle, Busy, Crew, Place, Queue, Span, span_of
from ketway.domain.scheduling import Candidate
from ketway.domain.shares import FairShare
from ketway.domain.simulation import Policy, TracedJob, play
from tests.builders import NOON

EMU, QPU = platform_id("EMU_TEST"), platform_id("QPU")
HALF_LIFE_S = 1000.0


def exactly(seconds: float) -> Span:
    return Span(low_s=seconds, middle_s=seconds, high_s=seconds)


def a_bundle(
    number: int = 1,
    *,
    seconds: float | Span = 1.0,
    count: int = 1,
    project: int = 1,
    priority: Priority = Priority.MEDIUM,
    platform: PlatformId = EMU,
    batch: int | None = None,
    **changes: Any,
) -> Bundle:
    """Sent as the `number`th."""
    head = Candidate(
        job_id=JobId(UUID(int=number)),
        batch_id=BatchId(UUID(int=number if batch is None else batch)),
        project_id=ProjectId(UUID(int=project)),
        platform_id=platform,
        priority=priority,
        created_at=NOON + timedelta(seconds=number),
        position=number,
    )
    span = seconds if isinstance(seconds, Span) else exactly(seconds)
    plain: dict[str, Any] = {"computes": span, "keeps": span}
    return Bundle(head=head, count=count, **plain | changes)


def a_queue(*bundles: Bundle, slots: int = 1, **changes: Any) -> Queue:
    plain: dict[str, Any] = {
        "places": [Place(id=EMU), Place(id=QPU, is_exclusive=True)],
        "crews": [Crew(platforms=frozenset({EMU, QPU}), slots=slots)],
        "bundles": bundles,
    }
    return Queue(**plain | changes)


def outlook(queue: Queue, bundle: Bundle, ahead: int = 0) -> Outlook | None:
    return Outlooks(queue).of(bundle, ahead)


def starts(found: Outlook | None) -> tuple[float, float, float]:
    assert found is not None
    assert found.start is not None
    return found.start.low_s, found.start.middle_s, found.start.high_s


def at(queue: Queue, bundle: Bundle, ahead: int = 0) -> tuple[int, float]:
    """Position and start, where all is known to the second."""
    found = outlook(queue, bundle, ahead)
    low, middle, high = starts(found)
    assert low == middle == high
    assert found is not None
    return found.position, middle


TRACES = st.lists(
    st.builds(
        TracedJob,
        project=st.sampled_from("abc"),
        submitted_s=st.just(0.0),
        duration_s=st.integers(1, 20).map(float),
        priority=st.sampled_from(Priority),
    ),
    min_size=1,
    max_size=15,
)
#: Every job of a trace is looked ahead for by itself.
FEWER = settings(deadline=None, max_examples=40)


def bundles_of(trace: Sequence[TracedJob]) -> list[Bundle]:
    return [
        a_bundle(number, seconds=job.duration_s, project="abc".index(job.project) + 1, priority=job.priority)
        for number, job in enumerate(trace, start=1)
    ]


def played(trace: Sequence[TracedJob], policy: Policy) -> list[tuple[int, float]]:
    """Position and start of each, in the order of the trace."""
    found = play(trace, policy)
    place = {id(each.job): number for number, each in enumerate(found, start=1)}
    return [(place[id(job)], each.started_s) for job in trace for each in found if each.job is job]


@FEWER
@given(TRACES, st.integers(1, 4))
def test_without_fair_share_it_is_what_the_played_queue_says(trace, slots):
    policy = Policy(fair_share=FairShare(is_on=False), slots=slots)
    bundles = bundles_of(trace)
    queue = a_queue(*bundles, slots=slots)

    assert [at(queue, each) for each in bundles] == played(trace, policy)


@FEWER
@given(TRACES)
def test_with_fair_share_it_is_what_the_played_queue_says(trace):
    policy = Policy(fair_share=FairShare(half_life_s=HALF_LIFE_S))
    bundles = bundles_of(trace)
    queue = a_queue(*bundles, half_life_s=HALF_LIFE_S)

    assert [at(queue, each) for each in bundles] == played(trace, policy)


@FEWER
@given(TRACES, st.data())
def test_it_makes_no_difference_who_asks_first(trace, data):
    bundles = bundles_of(trace)
    queue = a_queue(*bundles, slots=2, half_life_s=HALF_LIFE_S)
    together = Outlooks(queue)

    for each in data.draw(st.permutations(bundles)):
        assert together.of(each, 0) == outlook(queue, each)


@FEWER
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=5), st.data())
def test_jobs_of_one_request_are_as_so_many_requests(requests, data):
    together = [a_bundle(100 * n, seconds=s, count=c) for n, (s, c) in enumerate(requests, start=1)]
    apart = [
        a_bundle(100 * n + place, seconds=s)
        for n, (s, count) in enumerate(requests, start=1)
        for place in range(count)
    ]
    mine = data.draw(st.integers(0, len(apart) - 1))
    counts = [count for _, count in requests]
    which, ahead = next(
        (n, mine - sum(counts[:n])) for n in reversed(range(len(counts))) if sum(counts[:n]) <= mine
    )

    assert at(a_queue(*together, slots=2), together[which], ahead) == at(
        a_queue(*apart, slots=2), apart[mine]
    )


@pytest.mark.parametrize("slots", [1, 2, 8, 30])
def test_a_flood_is_played_in_few_steps_and_misses_by_little(slots):
    flood = a_bundle(1, seconds=2.0, count=1_000_000)
    mine = a_bundle(2, seconds=1.0)
    uneven = [
        Busy(platform_id=EMU, computes=exactly(each), keeps=exactly(each)) for each in range(min(slots, 9))
    ]
    queue = a_queue(flood, mine, slots=slots, busy=uneven)

    position, start = at(queue, mine)

    assert position == 1_000_001
    assert start == pytest.approx(2_000_000 / slots, rel=0.04)


def test_whoever_used_less_goes_before_the_flood_of_another():
    flood = a_bundle(1, seconds=2.0, count=10_000)
    mine = a_bundle(2, seconds=1.0, count=2, project=2)
    queue = a_queue(flood, mine, half_life_s=HALF_LIFE_S)

    assert at(queue, mine, 1) == (3, 3.0)


def test_what_runs_has_its_slot_until_it_ends():
    mine = a_bundle()
    busy = [
        Busy(platform_id=EMU, computes=exactly(each), keeps=exactly(each)) for each in (30.0, 10.0, 20.0, 5.0)
    ]

    # Three slots: the fourth was lent together with another, and runs behind the one that ends first.
    assert at(a_queue(mine, slots=3, busy=busy), mine) == (1, 15.0)
    assert at(a_queue(mine, slots=5, busy=busy), mine) == (1, 0.0)


def test_no_more_start_on_a_platform_than_it_takes():
    first, second = a_bundle(1, count=2, seconds=7.0), a_bundle(2)
    narrow = [Place(id=EMU, capacity=2)]

    assert at(a_queue(first, second, slots=9, places=narrow), second) == (3, 7.0)


def test_other_platforms_take_slots_but_no_position():
    other, mine = a_bundle(1, platform=QPU, seconds=9.0), a_bundle(2)

    assert at(a_queue(other, mine), mine) == (1, 9.0)


def test_workers_that_run_other_platforms_alone_are_of_no_use():
    other, first, mine = a_bundle(1, platform=QPU, seconds=9.0), a_bundle(2, seconds=3.0), a_bundle(3)
    crews = [Crew(platforms=frozenset({QPU}), slots=5), Crew(platforms=frozenset({EMU}), slots=1)]

    assert at(a_queue(other, first, mine, crews=crews), mine) == (2, 3.0)
    assert outlook(a_queue(other, mine, crews=crews[:1]), mine, 0) is None


def test_a_machine_is_its_batchs_until_that_has_ended():
    holder = a_bundle(1, platform=QPU, seconds=5.0, count=2)
    mine = a_bundle(2, platform=QPU, priority=Priority.CRITICAL)
    later = a_bundle(3, platform=QPU, seconds=5.0, batch=1)
    places = [Place(id=QPU, is_exclusive=True, holder=holder.head.batch_id)]

    assert at(a_queue(holder, mine, later, slots=4, places=places), mine) == (4, 15.0)


def test_an_open_batch_may_keep_its_machine_when_it_has_no_job_left():
    lingers = Span(low_s=0.0, middle_s=60.0, high_s=600.0)
    first = a_bundle(1, platform=QPU, seconds=5.0, lingers=lingers)
    mine = a_bundle(2, platform=QPU)

    assert starts(outlook(a_queue(first, mine), mine, 0)) == (5.0, 65.0, 605.0)
    idle = [Busy(platform_id=QPU, computes=None, keeps=lingers)]
    held = [Place(id=QPU, is_exclusive=True, holder=first.head.batch_id)]
    assert starts(outlook(a_queue(mine, places=held, busy=idle), mine, 0)) == (0.0, 60.0, 600.0)


def test_a_machine_at_its_pace_leaves_the_worker_free():
    paced = a_bundle(1, platform=QPU, computes=exactly(1.0), keeps=exactly(100.0))
    on_machine, beside = a_bundle(2, platform=QPU), a_bundle(3)
    queue = a_queue(paced, on_machine, beside)

    assert at(queue, beside) == (1, 1.0)
    assert at(queue, on_machine) == (2, 100.0)


def test_what_is_not_over_before_a_slot_waits_until_it_has_passed():
    places = [Place(id=EMU, slots=((-5.0, 10.0), (20.0, 50.0)))]
    first, second = a_bundle(1, seconds=6.0), a_bundle(2, seconds=6.0)
    queue = a_queue(first, second, places=places)

    assert [at(queue, each) for each in (first, second)] == [(1, 10.0), (2, 50.0)]


def test_the_range_is_wider_the_more_there_is_ahead():
    each = Span(low_s=1.0, middle_s=2.0, high_s=4.0)
    bundle = a_bundle(seconds=each, count=10)
    queue = a_queue(bundle)

    assert [starts(outlook(queue, bundle, ahead)) for ahead in (0, 1, 9)] == [
        (0.0, 0.0, 0.0),
        (1.0, 2.0, 4.0),
        (9.0, 18.0, 36.0),
    ]


def test_behind_what_was_never_measured_nobody_can_tell_when_but_the_position_stands():
    unknown, mine = a_bundle(1, seconds=span_of(None, 3600.0)), a_bundle(2)

    assert outlook(a_queue(unknown, mine), mine, 0) == Outlook(position=2, start=None)
    assert at(a_queue(unknown, mine, slots=2), mine) == (2, 0.0)


def test_what_nobody_runs_never_starts():
    assert outlook(a_queue(mine := a_bundle(), slots=0), mine, 0) is None


SPANS = (
    st.tuples(*[st.floats(0, 1e6)] * 3)
    .map(sorted)
    .map(lambda three: Span(low_s=three[0], middle_s=three[1], high_s=three[2]))
)


@given(SPANS, st.floats(0, 1e7), st.floats(0, 1e7))
def test_what_is_left_of_a_span_stays_in_order_and_is_never_negative(span, passed_s, limit_s):
    left = span.after(passed_s, limit_s)

    assert 0 <= left.low_s <= left.middle_s + 1e-6
    assert left.middle_s <= left.high_s + 1e-6


def test_what_runs_longer_than_expected_may_take_as_long_again_but_no_longer_than_its_limit():
    span = Span(low_s=1.0, middle_s=2.0, high_s=4.0)

    assert span.after(0.5, 100.0) == Span(low_s=0.5, middle_s=1.5, high_s=3.5)
    assert span.after(10.0, 100.0) == Span(low_s=0.0, middle_s=5.0, high_s=10.0)
    assert span.after(10.0, 12.0) == Span(low_s=0.0, middle_s=1.0, high_s=2.0)
    assert span + NO_TIME == span
