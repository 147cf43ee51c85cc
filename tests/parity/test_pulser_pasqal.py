"""`pulser-pasqal` 0.22, with the Pulser of its time, against a running ketway."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

pytestmark = pytest.mark.older

FLIPPED = {"status": "DONE", "counts": [{"11": 100}], "atoms": [["q0", "q1"]]}


@pytest.fixture
def saw(audience):
    def scene(name: str) -> Any:
        return audience.scene("0.22.0", "pulser_backends", name)

    return scene


def test_a_wrong_password_says_so(saw):
    assert "401: Wrong email or password" in saw("a_wrong_password")["text"]


def test_the_devices_are_read_by_a_pulser_of_before(saw):
    devices = saw("devices")

    assert {"EMU_FREE", "EMU_SV", "EMU_MPS", "EMU_TN", "FRESNEL"} <= devices.keys()
    assert len(set(devices.values())) == len(devices)


@pytest.mark.parametrize("backend", ["EmuFreeBackendV2", "EmuSVBackend", "EmuMPSBackend"])
def test_atoms_driven_by_an_area_of_pi_are_always_flipped(saw, backend):
    seen = saw("emulators")[backend]

    assert seen == {"status": "DONE", "counts": [{"11": 200}], "atoms": [["q0", "q1"]]}


def test_without_runs_the_configuration_says_how_many(saw):
    assert saw("as_they_come")["counts"] == [{"11": 1000}]


def test_three_blockaded_atoms_share_one_excitation(saw):
    (counts,) = saw("a_blockade")["counts"]

    assert sum(counts.values()) == 1000
    assert sum(Counter(counts)[word] for word in ("001", "010", "100")) >= 980


def test_what_the_configuration_observes_comes_back_under_the_observable(saw):
    seen = saw("an_observable")

    assert seen["times"] == [0.5, 1.0]
    assert seen["occupation"] == pytest.approx([0.5, 1.0], abs=0.02)


def test_the_free_emulator_of_before_runs_with_and_without_noise(saw):
    seen = saw("the_free_emulator_of_before")

    assert seen["as it comes"] == FLIPPED
    (counts,) = seen["configured"]["counts"]
    assert sum(counts.values()) == 100
    assert counts["11"] > 50


def test_the_tensor_networks_of_before_run_as_they_come_and_configured(saw):
    seen = saw("the_tensor_networks_of_before")

    assert seen == {"as it comes": FLIPPED, "configured": FLIPPED}


def test_an_open_batch_takes_run_after_run_and_is_closed_on_leaving(saw):
    seen = saw("an_open_batch")

    assert seen == {"batches": 1, "jobs": 2, "counts": [[{"1": 50}], [{"0": 50}]], "open": False}


def test_a_sequence_for_the_computer_runs_on_what_plays_it(saw):
    seen = saw("a_computer")

    assert (seen["status"], seen["device_type"], seen["atoms"]) == ("DONE", "FRESNEL", [["a", "b"]])
    (counts,) = seen["counts"]
    assert sum(counts.values()) == 200
    assert counts["11"] > 100
    assert seen["without runs"]["error"] == "BatchCreationError"
    assert "runs" in seen["without runs"]["text"]
    # The client's own: it compares the name in the sequence with those that we describe.
    assert seen["elsewhere"]["error"] == "ValueError"


def test_what_an_emulator_does_not_take_is_refused_with_a_reason(saw):
    seen = saw("refusals")

    assert seen["a setting"]["error"] == seen["one atom"]["error"] == "BatchCreationError"
    assert "no_such_setting" in seen["a setting"]["text"]
    assert "at least 2 atoms" in seen["one atom"]["text"]
