"""Two older generations of Scaleway's clients, unchanged, against a running ketway."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.parity.chances import SIGMAS, assert_drawn_from

AER = "EMU-AER-16C-128M"
#: `make test` runs the first, which differs most from the newest.
FIRST, SECOND = "scaleway-g1", "scaleway-g2"

both = pytest.mark.parametrize("generation", [FIRST, pytest.param(SECOND, marks=pytest.mark.older)])


@pytest.fixture
def saw(scaleway, generation):
    def scene(name: str) -> Any:
        return scaleway.scene(generation, "older_qiskit", name)

    return scene


@both
class TestQiskit:
    def test_the_emulator_of_circuits_is_among_the_backends(self, saw):
        seen = saw("the_backends")

        assert AER in seen["all"]
        assert AER in seen["operational"]
        assert seen["large"] == []
        assert "No backend matches" in seen["unknown"]["text"]

    def test_each_circuit_answers_as_computed(self, saw):
        seen = saw("each_circuit")

        assert len(seen) == 10
        for answered in seen.values():
            assert_drawn_from(answered["counts"], answered["exact"])

    def test_each_circuit_of_a_job_has_its_counts_in_order(self, saw):
        seen = saw("several_in_a_job")

        for counts, chances in zip(seen["counts"], seen["exact"], strict=True):
            assert_drawn_from(counts, chances)

    def test_memory_has_every_shot(self, saw):
        seen = saw("memory")

        assert len(seen["memory"]) == 300
        assert Counter(seen["memory"]) == seen["counts"]

    def test_a_seed_repeats_the_counts_and_another_does_not(self, saw):
        first, again, other = saw("seeds")

        assert first == again != other

    def test_every_method_answers_alike(self, saw):
        seen = saw("methods")

        for counts in seen["counts"]:
            assert_drawn_from(counts, seen["exact"])

    def test_the_primitives_sample_and_estimate(self, saw):
        seen = saw("primitives")

        wide: dict[str, float] = {}
        for word, chance in seen["exact"].items():
            wide[word.split()[0]] = wide.get(word.split()[0], 0) + chance
        assert_drawn_from(seen["wide"], wide)
        for value, true in zip(seen["values"], seen["true"], strict=True):
            assert abs(value - true) <= SIGMAS * seen["precision"]

    def test_qsim_counts_in_the_order_of_qiskit(self, saw):
        for answered in saw("on_qsim"):
            exact = {hex(int(word, 2)): chance for word, chance in answered["exact"].items()}
            assert_drawn_from(answered["counts"], exact)

    def test_whoever_names_no_session_shares_one(self, saw):
        first, second, named = saw("sessions")["ids"]

        assert first == second != named
        assert saw("without_a_session") == {"100": 10}

    def test_a_session_that_has_ended_takes_no_job(self, saw):
        seen = saw("sessions")

        assert "412" in seen["ended"]["text"]
        assert "404" in seen["deleted"]["text"]

    @pytest.mark.parametrize(
        ("what", "sentence"),
        [
            ("too many qubits", "Job error"),  # all that these clients tell
            ("a wrong key", "401"),
            ("a wrong project", "403"),
        ],
    )
    def test_refusals_come_as_errors(self, saw, what, sentence):
        assert sentence in saw("refusals")[what]["text"]
