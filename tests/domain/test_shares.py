"""Fair share: what was used fades, and weighs."""

from __future__ import annotations

from datetime import timedelta
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.platforms import platform_id
from ketway.domain.shares import Running, Share, standing
from tests.builders import NOON, PROJECT

DAY_S = 86_400.0
YEARS_S = 20 * 365 * DAY_S
SECONDS = st.floats(0, 1e9)
HALF_LIVES = st.floats(1, YEARS_S)


def a_share(used_s=0.0, as_of=NOON) -> Share:
    return Share(project_id=PROJECT, platform_id=platform_id("QPU"), used_s=used_s, as_of=as_of)


def after(seconds):
    return NOON + timedelta(seconds=seconds)


def test_after_a_half_life_half_of_it_counts():
    assert a_share(100.0).at(after(DAY_S), DAY_S) == 50.0
    assert a_share(100.0).at(after(2 * DAY_S), DAY_S) == 25.0


def test_what_is_used_now_counts_in_full_beside_what_is_left():
    share = a_share(100.0).add(7.0, after(DAY_S), DAY_S)

    assert (share.used_s, share.as_of) == (57.0, after(DAY_S))


def test_a_clock_that_is_set_back_brings_nothing_back_and_stops_nothing():
    ahead = a_share(100.0, after(YEARS_S))

    assert ahead.at(NOON, DAY_S) == 100.0
    assert ahead.add(1.0, NOON, DAY_S).at(after(DAY_S), DAY_S) == 50.5


@given(SECONDS, HALF_LIVES, st.lists(st.floats(0, YEARS_S), max_size=20))
def test_it_fades_the_same_whatever_the_moments_it_is_looked_at(used_s, half_life_s, moments):
    share = a_share(used_s)
    end = after(max(moments, default=0.0))
    for moment in sorted(moments):
        share = share.add(0.0, after(moment), half_life_s)

    assert share.at(end, half_life_s) == pytest.approx(
        a_share(used_s).at(end, half_life_s), rel=1e-6, abs=1e-6
    )


@given(st.lists(st.tuples(st.floats(0, YEARS_S), SECONDS), min_size=1, max_size=20), HALF_LIVES)
def test_it_is_never_more_than_was_used_and_never_less_than_nothing(uses, half_life_s):
    share = a_share()
    for moment, seconds in sorted(uses):
        share = share.add(seconds, after(moment), half_life_s)

    assert isfinite(share.used_s)
    assert 0 <= share.used_s <= sum(seconds for _, seconds in uses) * (1 + 1e-9)


@given(SECONDS, SECONDS, st.integers(0, 1000), st.floats(0.001, 1e6))
def test_whoever_has_twice_the_weight_stands_as_if_they_had_used_half(used_s, runs_s, number, weight):
    runs = Running(number=number, seconds=runs_s)

    assert standing(used_s, runs, 2 * weight) == pytest.approx(standing(used_s, runs, weight) / 2)


def test_what_runs_counts_from_its_first_moment():
    assert standing(5.0, Running(number=1), 1.0) > standing(5.0, Running(), 1.0)
    assert standing(5.0, Running(number=1, seconds=10.0), 1.0) > standing(5.0, Running(number=1), 1.0)
