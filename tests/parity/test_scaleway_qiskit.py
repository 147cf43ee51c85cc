"""`qiskit-scaleway` 0.3.13, unchanged, against a running ketway: what a user of Qiskit reads."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.parity.chances import assert_drawn_from

AER = "EMU-AER-16C-128M"


@pytest.fixture
def saw(scaleway):
    def scene(name: str) -> Any:
        return scaleway.scene("scaleway-312", "with_qiskit", name)

    return scene


def assert_each_as_computed(seen: dict[str, Any]) -> None:
    for answered in seen.values():
        assert_drawn_from(answered["counts"], answered["exact"])


class TestBackends:
    def test_the_emulator_of_circuits_is_found_by_both_of_its_names(self, saw):
        seen = saw("the_backends")

        assert seen["all"][AER] == "AerBackend"
        assert AER in seen["operational"]
        assert seen["by an older name"] == AER
        assert (seen["qubits"] > 20, seen["circuits"] > 1) == (True, True)

    def test_filters_leave_out_what_does_not_match(self, saw):
        seen = saw("the_backends")

        assert seen["large"] == []
        assert seen["unknown"]["text"] == "No backend matches the criteria"


class TestResults:
    def test_bits_and_registers_are_in_the_order_of_qiskit(self, saw):
        seen = saw("circuits_at_once")

        assert_each_as_computed(seen)
        assert seen["third of three bits"]["counts"].keys() == {"100"}
        assert seen["beside a register"]["counts"].keys() == {"10 00"}

    def test_circuits_go_on_after_a_measurement_and_by_its_outcome(self, saw):
        assert_each_as_computed(saw("circuits_that_go_on"))

    def test_gates_may_be_the_users_own_and_circuits_translated_first(self, saw):
        assert_each_as_computed(saw("gates_of_its_own"))

    def test_loops_are_run(self, saw):
        assert_each_as_computed(saw("repeated"))

    def test_each_circuit_of_a_job_has_its_counts_in_order(self, saw):
        seen = saw("several_in_a_job")

        for counts, chances in zip(seen["counts"], seen["exact"], strict=True):
            assert_drawn_from(counts, chances)

    def test_memory_has_every_shot(self, saw):
        seen = saw("memory")

        assert len(seen["memory"]) == 500
        assert Counter(seen["memory"]) == seen["counts"]

    def test_a_result_too_large_for_an_answer_is_behind_a_link(self, saw):
        seen = saw("a_large_result")

        assert (seen["inline"], seen["linked"], seen["shots"]) == ("", True, 300_000)
        for ones in seen["ones"]:
            assert_drawn_from({"1": ones, "0": 300_000 - ones}, {"0": 0.5, "1": 0.5})


class TestOptions:
    def test_a_seed_repeats_the_counts_and_another_does_not(self, saw):
        first, again, other = saw("seeds")

        assert first == again != other

    def test_noise_of_the_users_own_is_applied(self, saw):
        seen = saw("noise")

        assert_drawn_from(seen["counts"], seen["exact"])

    def test_every_method_answers_alike(self, saw):
        seen = saw("methods")

        for counts in seen["counts"].values():
            assert_drawn_from(counts, seen["exact"])

    def test_the_method_asked_for_is_the_one_that_runs(self, saw):
        seen = saw("clifford_alone")

        assert_drawn_from(seen["counts"], {"00": 0.5, "11": 0.5})
        assert "stabilizer" in seen["refused"]["text"]


class TestSessions:
    def test_a_deduplicated_session_is_shared_until_it_is_stopped(self, saw):
        first, again, other, fresh = saw("sessions")["ids"]

        assert first == again
        assert len({first, other, fresh}) == 3

    def test_a_session_that_has_ended_takes_no_job_and_says_so(self, saw):
        seen = saw("sessions")

        assert "is stopped and takes no more jobs" in seen["stopped"]["text"]
        assert "Session not found" in seen["deleted"]["text"]

    def test_without_a_session_the_client_starts_one(self, saw):
        assert saw("without_a_session") == {"counts": {"100": 10}, "status": "DONE"}


class TestRefusals:
    @pytest.mark.parametrize(
        ("what", "sentence"),
        [
            ("no measurement", "has no measurement, so nothing to count; measure its qubits"),
            ("too many qubits", "40 qubits, at most 26 on this platform"),
            ("too many shots", "1000001 shots asked, at most 1000000 allowed"),
            ("no shots", "shots must be a whole number from 1"),
            ("an unknown method", "Option method cannot be 'guess'"),
            ("a duration of no length", "max_duration: must be seconds followed by s"),
        ],
    )
    def test_the_reason_is_what_the_user_reads(self, saw, what, sentence):
        assert sentence in saw("refusals")[what]["text"]

    def test_a_wrong_key_and_a_wrong_project_are_told_apart(self, saw):
        seen = saw("strangers")

        assert "401" in seen["a wrong key"]["text"]
        assert "403" in seen["a wrong project"]["text"]
        assert "has no right to write in project" in seen["a wrong project"]["text"]

    def test_where_nobody_works_the_job_waits_and_one_can_give_up(self, saw):
        seen = saw("nobody_works")

        assert seen["status"] == "QUEUED"
        assert seen["given up"]["error"] == "JobTimeoutError"
