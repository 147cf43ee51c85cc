"""`cirq-scaleway` 0.1.16, unchanged, against a running ketway: what a user of Cirq reads."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parity.chances import assert_drawn_from

AER = "EMU-AER-16C-128M"


@pytest.fixture
def saw(scaleway):
    def scene(name: str) -> Any:
        return scaleway.scene("scaleway-312", "with_cirq", name)

    return scene


def test_devices_are_listed_and_filtered(saw):
    seen = saw("devices")

    assert AER in seen["names"]
    assert AER in seen["operational"]
    assert (seen["large"], seen["unknown"]) == ([], None)
    name, qubits, availability, version = seen["found"]
    assert (name, availability) == (AER, "available")
    assert qubits > 20
    assert version


class TestResults:
    def test_each_key_has_its_own_bits_the_first_qubit_first(self, saw):
        seen = saw("keys")

        assert seen["repetitions"] == 3000
        assert seen["keys"].keys() == {"one", "two"}
        assert_drawn_from(seen["counts"], seen["exact"])

    @pytest.mark.parametrize("qubits", ["names", "grid"])
    def test_qubits_may_have_names_or_places(self, saw, qubits):
        seen = saw(qubits)

        assert_drawn_from(seen["counts"], seen["exact"])

    def test_keys_may_be_any_text(self, saw):
        assert saw("odd_keys") == {"k-1": {"1": 10}, "a b": {"0": 10}, "q(1),q(0)": {"11": 10}}

    def test_gates_may_depend_on_what_was_measured(self, saw):
        seen = saw("classical_controls")

        assert_drawn_from(seen["counts"], seen["exact"])

    def test_a_parameter_is_given_its_value(self, saw):
        seen = saw("sweep")

        assert_drawn_from(seen["counts"], seen["exact"])

    def test_each_circuit_of_a_batch_has_its_repetitions(self, saw):
        seen = saw("batch")

        assert [sum(answered["counts"].values()) for answered in seen] == [3000, 500]
        for answered in seen:
            assert_drawn_from(answered["counts"], answered["exact"])


def test_a_session_starts_stops_and_is_deleted(saw):
    seen = saw("lives")

    assert (seen["before"], seen["stopped"]) == ("unknown_status", "stopped")
    assert "Session not found" in seen["deleted"]["text"]


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("no measurement", "has no measurement, so nothing to count; measure its qubits"),
        ("too many qubits", "40 qubits, at most 26 on this platform"),
        ("too many shots", "1000001 shots asked, at most 1000000 allowed"),
    ],
)
def test_the_reason_of_a_failure_is_what_the_user_reads(saw, what, sentence):
    assert f"Job failed: {sentence}" in saw("refusals")[what]["text"].replace("The circuit ", "")


def test_a_job_may_be_cancelled_although_this_client_does_not_notice(saw):
    assert saw("cancelled") == "cancelled"


def test_a_wrong_key_and_a_wrong_project_are_told_apart(saw):
    seen = saw("strangers")

    assert "401" in seen["a wrong key"]["text"]
    assert "403" in seen["a wrong project"]["text"]
