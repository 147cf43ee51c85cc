"""Whether counts may have been drawn from chances that are known."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

#: Standard deviations that a count may be off: a fair one is further off once in 500 million times.
SIGMAS = 6.0
#: A chance below this is rounding: the word must never have come.
NEVER = 1e-9


def assert_drawn_from(counts: Mapping[str, int], chances: Mapping[str, float]) -> None:
    """
    Raises:
        AssertionError: a word came too often or too rarely, or never may; says which.
    """
    shots = sum(counts.values())
    assert shots > 0
    assert abs(sum(chances.values()) - 1) < 1e-6, chances
    for word in counts.keys() | chances.keys():
        chance = chances.get(word, 0.0)
        count = counts.get(word, 0)
        assert chance > NEVER or count == 0, f"{word} came {count} times and never may: {counts}"
        bound = SIGMAS * sqrt(shots * max(chance * (1 - chance), 0.0))
        assert abs(count - shots * chance) <= bound, (
            f"{word} came {count} times in {shots}, {shots * chance:.0f} give or take {bound:.0f} expected"
        )


def distance(counts: Mapping[str, int], chances: Mapping[str, float]) -> float:
    """How much of the counts is elsewhere than expected: 0 to 1 (total variation)."""
    shots = sum(counts.values())
    words = counts.keys() | chances.keys()
    return sum(abs(counts.get(word, 0) / shots - chances.get(word, 0.0)) for word in words) / 2
