"""`pulser-scaleway` 0.1.10, unchanged, against a running ketway: what a user of Pulser reads.

What it reads is compared with the same sequence run in Pulser itself.
"""

from __future__ import annotations

import warnings
from typing import Any

import pulser
import pytest
from pulser.backend import Occupation, StateResult
from pulser_simulation import QutipBackendV2, QutipConfig

from tests.parity.chances import assert_drawn_from

RUNS = 2000
DONE = {"status": "completed", "why": ""}


@pytest.fixture
def saw(scaleway):
    def scene(name: str) -> Any:
        return scaleway.scene("scaleway-312", "with_pulser", name)

    return scene


def in_pulser(text: str) -> Any:
    """The final state of a sequence and the mean of each atom."""
    end = [StateResult(evaluation_times=[1.0]), Occupation(evaluation_times=[1.0])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sequence = pulser.Sequence.from_abstract_repr(text)
        return QutipBackendV2(sequence, config=QutipConfig(observables=end)).run()


def chances(text: str) -> dict[str, float]:
    state = in_pulser(text).final_state
    return dict(state.bitstring_probabilities(one_state="r", cutoff=1e-12))


def assert_as_in_pulser(seen: dict[str, Any]) -> None:
    assert_drawn_from(seen["counts"], chances(seen["sequence"]))


def test_the_devices_have_the_names_of_their_platforms(saw):
    assert saw("devices") == {
        "EMU-FRESNEL-100PQ": ["EMU-FRESNEL-100PQ", "Device", 60, 2000],
        "EMU-MPS-PASQAL": ["EMU-MPS-PASQAL", "VirtualDevice", 60, 100_000],
        "QPU-FRESNEL-100PQ": ["QPU-FRESNEL-100PQ", "Device", 12, 2000],
    }


class TestTheEmulator:
    def test_a_sequence_is_counted_as_in_pulser_the_first_atom_first(self, saw):
        seen = saw("a_job_on_the_emulator")

        assert seen["atoms"] == ["far", "one", "two"]
        assert sum(seen["counts"].values()) == RUNS
        # Had the register been turned round, these two would have changed places.
        assert seen["counts"]["101"] > 5 * seen["counts"].get("011", 0)
        assert_as_in_pulser(seen)

    def test_the_model_is_the_jobs_and_the_session_ends_when_all_is_done(self, saw):
        seen = saw("a_job_on_the_emulator")

        (job,) = seen["jobs"]
        assert job == DONE | {"id": job["id"], "parameters": {"runs": RUNS}, "model": True}
        assert seen["batch"] == "DONE"
        assert seen["session"] == {
            "status": "stopped",
            "model": False,
            "limits": ["43200s", "600s"],
            "terminated": True,
        }

    def test_atoms_need_no_layout(self, saw):
        assert_as_in_pulser(saw("without_a_layout"))

    def test_a_number_of_runs_is_assumed(self, saw):
        assert saw("without_runs") == 100

    def test_each_job_has_its_own_values_and_the_newest_comes_first(self, saw):
        seen = saw("two_values_of_a_variable")

        assert [job["parameters"] for job in seen["jobs"]] == [
            {"runs": 1800, "variables": {"t": 200}},
            {"runs": 1000, "variables": {"t": 1000}},
        ]
        assert [sum(one["counts"].values()) for one in seen["newest first"]] == [1000, 1800]
        for one in seen["newest first"]:
            assert_as_in_pulser(one)

    def test_a_register_is_mapped_by_the_job(self, saw):
        seen = saw("a_register_to_be_mapped")

        assert seen["atoms"] == ["q0", "q1", "q2"]
        assert_as_in_pulser(seen)

    def test_what_a_configuration_observes_comes_back_as_results_of_pulser(self, saw):
        seen = saw("observables")

        assert (seen["times"], seen["atoms"]) == ([0.5, 1.0], ["far", "one", "two"])
        assert seen["occupation"] == pytest.approx(list(in_pulser(seen["sequence"]).occupation[-1]), abs=1e-3)
        assert_as_in_pulser(seen)

    def test_a_result_too_large_for_an_answer_is_behind_a_link(self, saw):
        seen = saw("a_large_result")

        assert (seen["inline"], seen["linked"], seen["times"], seen["runs"]) == ("", True, 81, RUNS)
        for ones in seen["ones"]:
            assert_drawn_from({"1": ones, "0": RUNS - ones}, {"0": 0.5, "1": 0.5})

    def test_noise_is_there_for_those_who_ask(self, saw):
        counts = saw("with_the_device_s_noise")

        assert counts["0"] + counts["1"] == RUNS
        assert 0.02 < counts["0"] / RUNS < 0.15

    def test_a_session_with_limits_of_its_own_stays_open_until_it_is_closed(self, saw):
        seen = saw("an_open_session")

        assert seen["open"]["limits"] == ["1200s", "120s"]
        assert (seen["open"]["status"], seen["closed"]["status"]) == ("running", "stopped")

    def test_the_vendor_s_own_example_is_taken(self, saw):
        seen = saw("the_vendor_s_own_example")

        assert seen == {"waiting": ["waiting", "waiting"], "given up": "ERROR", "available": {}}


def test_the_emulator_of_tensors_answers_as_pulser_does(saw):
    seen = saw("tensors")

    assert seen["counts"].keys() == {"10"}
    assert_as_in_pulser(seen)


class TestTheMachine:
    def test_it_runs_the_jobs_of_a_session_on_the_session_s_model(self, saw):
        seen = saw("the_machine")

        assert [(job["parameters"], job["model"]) for job in seen["jobs"]] == [
            ({"runs": 300}, False),
            ({"runs": 20}, False),
        ]
        assert (seen["session"]["status"], seen["session"]["model"], seen["batch"]) == (
            "stopped",
            True,
            "DONE",
        )

    def test_it_counts_what_its_atoms_do_but_for_its_noise(self, saw):
        few, many = saw("the_machine")["newest first"]
        ideal = chances(saw("a_job_on_the_emulator")["sequence"])

        assert (sum(few.values()), sum(many.values())) == (20, 300)
        apart = sum(abs(many.get(word, 0) / 300 - chance) for word, chance in ideal.items()) / 2
        assert apart < 0.25


class TestWhatCannotRun:
    @pytest.mark.parametrize(
        ("what", "why"),
        [
            ("too many runs", "5000 shots asked, at most 2000 allowed"),
            ("too many atoms", "20 atoms, at most 12 on this platform."),
            ("a configuration", "takes no configuration"),
        ],
    )
    def test_ends_with_the_reason(self, saw, what, why):
        seen = saw("what_cannot_run")[what]

        (job,) = seen["jobs"]
        assert (seen["batch"], job["status"]) == ("ERROR", "error")
        assert why in job["why"]

    def test_the_machine_must_be_told_how_many_runs(self, saw):
        assert "number of shots is missing" in saw("what_cannot_run")["no runs"]["text"]

    def test_a_device_that_is_no_platform_is_refused_by_the_client(self, saw):
        assert "no platform available with name ELSEWHERE" in saw("what_cannot_run")["elsewhere"]["text"]

    def test_a_wrong_key_opens_nothing(self, saw):
        assert "denied_authentication" in saw("strangers")["text"]
