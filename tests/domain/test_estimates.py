"""Estimates from what was measured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.estimates import Run, estimate

SECONDS = st.floats(min_value=0, max_value=1e6)
RUNS = st.lists(st.builds(Run, qubits=st.integers(1, 30), seconds=SECONDS), max_size=30)


def runs(qubits: int, *seconds: float, memory_bytes: int | None = None) -> list[Run]:
    return [Run(qubits=qubits, seconds=each, memory_bytes=memory_bytes) for each in seconds]


def test_nothing_measured_is_no_estimate():
    assert estimate([], 4) is None
    assert estimate(runs(4, 1.0, 2.0), 5) is None


def test_runs_of_the_same_size_give_their_median_and_the_range_of_eight_in_ten():
    found = estimate(runs(4, *range(1, 12), memory_bytes=7) + runs(9, 500.0), 4)

    assert found is not None
    assert (found.seconds, found.low_s, found.high_s) == (6.0, 2.0, 10.0)
    assert (found.memory_bytes, found.runs, found.is_extrapolated) == (7, 11, False)


def test_one_run_is_its_own_range():
    found = estimate(runs(4, 3.0), 4)

    assert found is not None
    assert (found.seconds, found.low_s, found.high_s, found.memory_bytes) == (3.0, 3.0, 3.0, None)


def test_a_size_never_run_lies_on_the_line_that_others_draw_and_says_so():
    doubling = [run for size in range(2, 10) for run in runs(size, 2.0**size, memory_bytes=1)]

    found = estimate(doubling, 12)

    assert found is not None
    assert found.seconds == pytest.approx(2.0**12, rel=1e-6)
    assert found.is_extrapolated
    assert found.memory_bytes is None


@given(RUNS, st.integers(1, 200))
def test_the_estimate_lies_in_its_range_and_is_finite(history, qubits):
    found = estimate(history, qubits)

    if found is not None:
        assert 0 <= found.low_s <= found.seconds * (1 + 1e-9)
        assert found.seconds <= found.high_s * (1 + 1e-9)
        assert found.high_s < float("inf")
