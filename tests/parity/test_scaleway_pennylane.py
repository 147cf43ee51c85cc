"""`pennylane-scaleway` 0.3.4, unchanged, against a running ketway: what a user of PennyLane reads."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import pytest

from tests.parity.chances import SIGMAS, assert_drawn_from


@pytest.fixture
def saw(scaleway):
    def scene(name: str) -> Any:
        return scaleway.scene("scaleway-312", "with_pennylane", name)

    return scene


def assert_shares(found: Sequence[float], exact: Sequence[float], shots: int) -> None:
    for share, chance in zip(found, exact, strict=True):
        assert abs(share - chance) <= SIGMAS * sqrt(chance * (1 - chance) / shots)


class TestResults:
    def test_the_first_wire_is_the_first_digit(self, saw):
        seen = saw("counts")

        assert_drawn_from(seen["counts"], seen["exact"])

    def test_wires_may_be_counted_in_another_order(self, saw):
        seen = saw("some_wires")

        assert_drawn_from(seen["counts"], seen["exact"])

    def test_probabilities_are_those_of_the_circuit(self, saw):
        seen = saw("probabilities")

        for found, exact in zip(seen["found"], seen["exact"], strict=True):
            assert_shares(found, exact, seen["shots"])

    def test_expectations_and_variances_are_those_of_the_circuit(self, saw):
        seen = saw("expectations")

        for found, exact in zip(seen["found"], seen["exact"], strict=True):
            assert abs(found - exact) <= SIGMAS * seen["deviation"]

    def test_samples_are_rows_of_bits(self, saw):
        assert saw("samples") == {"shape": [50, 2], "different": [[0, 1]]}

    def test_a_circuit_runs_for_each_of_many_values(self, saw):
        seen = saw("several_tapes")

        assert_shares(seen["ones"], seen["exact"], seen["shots"])


def test_a_gradient_is_that_of_the_circuit_and_a_step_along_it_goes_downhill(saw):
    seen = saw("gradient_step")

    for slope, exact in zip(seen["slope"], seen["exact"], strict=True):
        assert abs(slope - exact) <= SIGMAS * seen["deviation"]
    assert seen["after"] < seen["before"]


def test_each_device_has_a_session_unless_it_names_one(saw):
    first, other, same = saw("lives")["ids"]

    assert first == same != other


class TestRefusals:
    @pytest.mark.parametrize(
        ("what", "sentence"),
        [
            ("an unknown platform", "Platform 'EMU-NOBODY-1' not found"),
            ("a wrong key", "401"),
            ("a wrong project", "has no right to write in project"),
            ("too many qubits", "Job failed: 40 qubits, at most 26 on this platform"),
        ],
    )
    def test_the_reason_is_what_the_user_reads(self, saw, what, sentence):
        assert sentence in saw("refusals")[what]["text"]
