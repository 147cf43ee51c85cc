"""Estimates from what was measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.estimates import ANY_SIZE, MOST_RUNS, Record, Run, estimate, expected
from ketway.domain.platforms import platform_id
from tests.builders import a_platform

EMU = platform_id("EMU")
SECONDS = st.floats(min_value=0, max_value=1e6)
RUNS = st.lists(st.tuples(st.integers(1, 30), SECONDS), max_size=30)


def record(qubits: int, *seconds: float, memory_bytes: int | None = None) -> Record:
    size = None if qubits == ANY_SIZE else qubits
    runs = [Run(qubits=size, seconds=each, memory_bytes=memory_bytes) for each in seconds]
    return Record(platform_id=EMU, qubits=qubits).add(runs)


def records(runs: list[tuple[int, float]]) -> list[Record]:
    return [
        *[record(size, *[each for own, each in runs if own == size]) for size in {own for own, _ in runs}],
        record(ANY_SIZE, *[each for _, each in runs]),
    ]


def test_nothing_measured_is_no_estimate():
    assert estimate([], 4) is None
    assert estimate([], None) is None
    assert estimate(records([(4, 1.0), (4, 2.0)]), 5) is None


def test_runs_of_the_same_size_give_their_median_and_the_range_of_eight_in_ten():
    found = estimate([record(4, *range(1, 12), memory_bytes=7), record(9, 500.0)], 4)

    assert found is not None
    assert (found.seconds, found.low_s, found.high_s) == (6.0, 2.0, 10.0)
    assert (found.memory_bytes, found.runs, found.is_extrapolated) == (7, 11, False)


def test_the_next_after_one_run_may_take_half_of_it_or_twice():
    found = estimate([record(4, 3.0)], 4)

    assert found is not None
    assert (found.seconds, found.low_s, found.high_s, found.memory_bytes) == (3.0, 1.5, 6.0, None)


def test_the_range_narrows_as_more_runs_agree():
    widths = []
    for number in (1, 2, 5, 9, 10):
        found = estimate([record(4, *[3.0] * number)], 4)
        assert found is not None
        widths.append(found.high_s - found.low_s)

    assert widths == sorted(widths, reverse=True)
    assert widths[-1] == 0


def test_a_job_of_unknown_size_may_be_as_any_that_came_lately():
    found = estimate(records([(2, 1.0)] * 5 + [(20, 1000.0)] * 5), None)

    assert found is not None
    assert (found.low_s, found.high_s, found.runs) == (1.0, 1000.0, 10)


def test_a_size_never_run_lies_on_the_line_that_others_draw_and_says_so():
    doubling = [record(size, 2.0**size, memory_bytes=1) for size in range(2, 10)]

    found = estimate(doubling, 12)

    assert found is not None
    assert found.seconds == pytest.approx(2.0**12, rel=1e-6)
    assert found.low_s < found.seconds < found.high_s
    assert found.is_extrapolated
    assert found.memory_bytes is None


def test_the_further_a_size_lies_from_what_was_measured_the_wider_is_its_range():
    doubling = [record(size, *[2.0**size] * 5) for size in range(2, 6)]

    inside, near, far = (estimate(doubling, size) for size in (4, 6, 12))

    assert inside is not None
    assert near is not None
    assert far is not None
    assert inside.high_s / inside.low_s < near.high_s / near.low_s < far.high_s / far.low_s


def test_a_record_holds_the_latest_runs():
    full = record(4, *range(MOST_RUNS))

    assert [run.seconds for run in full.add([Run(qubits=4, seconds=0.5)]).runs] == [*range(1, MOST_RUNS), 0.5]


def test_a_machine_is_kept_for_its_shots_however_soon_they_are_computed():
    paced = a_platform(shots_per_s=10.0)
    known = [record(4, *[0.1] * 10)]

    found = expected(known, paced, 4, 100)

    assert found is not None
    assert (found.low_s, found.seconds, found.high_s) == (10.0, 10.0, 10.0)
    assert expected(known, paced, 4, None) is None
    assert expected([], paced, 4, 100) is None


@given(RUNS, st.integers(1, 200) | st.none())
def test_the_estimate_lies_in_its_range_and_is_finite(runs, qubits):
    found = estimate(records(runs), qubits)

    if found is not None:
        assert 0 <= found.low_s <= found.seconds * (1 + 1e-9)
        assert found.seconds <= found.high_s * (1 + 1e-9)
        assert found.high_s < float("inf")
