"""The primitives of `qiskit-scaleway` 0.3.13 against a running ketway."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parity.chances import SIGMAS, assert_drawn_from

#: Standard deviation of one expectation of one word, as the program asks for it.
PRECISION = 0.02


@pytest.fixture
def saw(scaleway):
    def scene(name: str) -> Any:
        return scaleway.scene("scaleway-312", "with_primitives", name)

    return scene


def near(value: float, exact: float, weight: float = 1.0) -> bool:
    """
    Args:
        weight: by how much more the value spreads than one expectation.
    """
    return abs(value - exact) <= SIGMAS * PRECISION * weight


def only(chances: dict[str, float], register: int) -> dict[str, float]:
    """Chances of the words of one register."""
    alone: dict[str, float] = {}
    for word, chance in chances.items():
        part = word.split()[register]
        alone[part] = alone.get(part, 0) + chance
    return alone


def test_the_sampler_has_each_register_by_its_name(saw):
    seen = saw("sampled")

    assert_drawn_from(seen["narrow"], only(seen["exact"], 1))
    assert_drawn_from(seen["wide"], only(seen["exact"], 0))
    assert_drawn_from(seen["joined"], {word.replace(" ", ""): p for word, p in seen["exact"].items()})


def test_the_sampler_reads_what_measure_all_measured(saw):
    seen = saw("sampled")["plain"]

    assert_drawn_from(seen["counts"], seen["exact"])


def test_the_sampler_runs_one_circuit_with_many_values(saw):
    for answered in saw("sampled_by_parameter"):
        assert_drawn_from(answered["counts"], answered["exact"])


def test_the_estimator_estimates_each_observable_within_its_precision(saw):
    seen = saw("estimated")

    for value, deviation, exact in zip(seen["values"], seen["deviations"], seen["exact"], strict=True):
        assert near(value, exact)
        assert deviation <= PRECISION * 1.01


def test_the_estimator_adds_terms_that_do_not_commute(saw):
    seen = saw("estimated_sum")

    assert near(seen["value"], seen["exact"], weight=1.5)


def test_a_gradient_is_that_of_the_circuit(saw):
    seen = saw("gradient")

    assert near(seen["slope"], seen["exact"], weight=1.5)


def test_primitives_want_a_session(saw):
    assert saw("without_a_session") == ["session_id must be not None"] * 2
