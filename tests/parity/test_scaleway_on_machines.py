"""Machines of gates through Scaleway's clients for Qiskit, PennyLane and Cirq, against a running ketway.

They err, as their descriptions say; another order of bits would be further off than their noise.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.parity.chances import distance

#: What noise moves elsewhere: less than a tenth as measured; 1 if bits were read in another order.
NOISE = 0.25
MACHINES = ("garnet", "sirius", "emerald", "ibex", "ibex_emulated")


@pytest.fixture
def saw(scaleway):
    def scene(name: str) -> Any:
        return scaleway.scene("scaleway-312", "on_machines", name)

    return scene


def assert_near(answered: dict[str, Any]) -> None:
    assert sum(answered["counts"].values()) == 1000
    assert distance(answered["counts"], answered["exact"]) < NOISE, answered


def test_each_machine_has_its_class_and_its_gates(saw):
    machines = saw("the_machines")

    assert machines["QPU-IBEX-12PQ"] == {"class": "AqtBackend", "gates": ["measure", "r", "rxx", "rz"]}
    assert machines["QPU-GARNET-20PQ"] == {"class": "IqmBackend", "gates": ["cz", "id", "measure", "r"]}
    assert "move" in machines["QPU-SIRIUS-24PQ"]["gates"]


@pytest.mark.parametrize("machine", MACHINES)
def test_circuits_run_as_written_and_in_the_machines_gates(saw, machine):
    written, other = saw(machine)

    assert_near(written)
    assert_near(other)


def test_every_shot_is_told(saw):
    seen = saw("memory")

    assert len(seen["memory"]) == 100
    assert Counter(seen["memory"]) == seen["counts"]


def test_a_job_may_hold_several_circuits(saw):
    seen = saw("several_in_a_job")

    for counts, exact in zip(seen["counts"], seen["exact"], strict=True):
        assert_near({"counts": counts, "exact": exact})


def test_a_machine_serves_one_session_after_another(saw):
    seen = saw("one_after_another")

    for counts in seen.values():
        assert sum(counts.values()) == 50
        assert counts["100"] > 40


@pytest.mark.parametrize("kind", ["iqm", "aqt"])
def test_pennylane_reads_them_in_the_order_of_its_wires(saw, kind):
    assert_near(saw(f"pennylane_on_{kind}"))


def test_cirq_reads_them_by_its_keys(saw):
    for answered in saw("cirq_on_machines"):
        assert_near(answered)


@pytest.mark.parametrize(
    ("what", "sentence"),
    [("too many qubits", "13 qubits"), ("too many shots", "2001 shots asked, at most 2000 allowed")],
)
def test_what_a_machine_cannot_do_is_told(saw, what, sentence):
    assert sentence in saw("refusals")[what]["text"]
