"""qsim through Scaleway's clients, against a running ketway: everybody's bits in the order of their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parity.chances import SIGMAS, assert_drawn_from

QSIM = "EMU-QSIM-16C-128M"
NEWEST, FIRST, SECOND = "scaleway-312", "scaleway-g1", "scaleway-g2"

every = pytest.mark.parametrize("generation", [NEWEST, FIRST, pytest.param(SECOND, marks=pytest.mark.older)])


@pytest.fixture
def saw(scaleway):
    def scene(name: str) -> Any:
        return scaleway.scene(NEWEST, "on_qsim", name)

    return scene


class TestQiskit:
    def test_bits_and_registers_are_in_the_order_of_qiskit(self, saw):
        seen = saw("each_circuit")

        assert len(seen) == 7
        for answered in seen.values():
            assert_drawn_from(answered["counts"], answered["exact"])

    @pytest.mark.parametrize(
        ("what", "sentence"),
        [
            ("no measurement", "has no measurement, so nothing to count; measure its qubits"),
            ("too many qubits", "28 qubits, at most 27 on this platform"),
            ("too many shots", "1000001 shots asked, at most 1000000 allowed"),
        ],
    )
    def test_the_reason_of_a_failure_is_what_the_user_reads(self, saw, what, sentence):
        assert sentence in saw("refusals")[what]["text"]


def test_pennylane_reads_the_first_wire_first(saw):
    seen = saw("pennylane")

    assert_drawn_from(seen["counts"], seen["exact"])
    found, exact = seen["value"]
    assert abs(found - exact) <= SIGMAS * seen["deviation"]


class TestCirq:
    @every
    def test_devices_are_there(self, scaleway, generation):
        assert QSIM in scaleway.scene(generation, "cirq_on_qsim", "devices")

    @every
    def test_each_key_has_its_own_bits_the_first_qubit_first(self, scaleway, generation):
        for answered in scaleway.scene(generation, "cirq_on_qsim", "results"):
            assert_drawn_from(answered["counts"], answered["exact"])

    @every
    def test_a_parameter_is_given_its_value(self, scaleway, generation):
        seen = scaleway.scene(generation, "cirq_on_qsim", "sweep")

        assert_drawn_from(seen["counts"], seen["exact"])

    def test_what_cannot_be_counted_is_told(self, scaleway):
        refusal = scaleway.scene(NEWEST, "cirq_on_qsim", "unmeasured")

        assert "has no measurement, so nothing to count" in refusal["text"]
