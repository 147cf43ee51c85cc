"""Published clients, each in an environment of its own, doing all they can against a running ketway.

What they do is in `tests/parity/clients`; here is what they must have seen.
"""

from __future__ import annotations

import json
from collections import Counter
from math import sqrt
from typing import Any

import pytest

from tests.parity import environments, kept_sequences

#: The program that each version plays. `make test` runs EVERYDAY: the newest, and the one of old
#: whose routes differ most from its.
PROGRAMS = {
    "0.2.8": "early",
    "0.4.3": "early",
    "0.8.1": "complete",
    "0.12.1": "filtered",
    "0.12.7": "filtered",
    "0.20.8": "filtered",
    "0.22.0": "filtered",
    environments.NEWEST: "filtered",
}
EVERYDAY = ("0.8.1", environments.NEWEST)
NOBODY = "00000000-0000-4000-8000-000000000099"
#: (code: sentence) as these clients print it; 0.2.8 has no words of its own before it.
NO_BATCH, NO_JOB = "404: Batch not found.", "404: Job not found."


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def versions(least: str = "0", most: str = "1") -> pytest.MarkDecorator:
    """Those between two, both included."""
    chosen = [version for version in PROGRAMS if _number(least) <= _number(version) <= _number(most)]
    return pytest.mark.parametrize(
        "version",
        [pytest.param(version, marks=() if version in EVERYDAY else pytest.mark.older) for version in chosen],
    )


def near(count: int, chance: float, shots: int) -> bool:
    """Within five standard deviations."""
    return abs(count - shots * chance) <= 5 * sqrt(shots * chance * (1 - chance))


def results(batch: dict[str, Any]) -> list[Any]:
    return [job["result"] for job in batch["jobs"]]


def test_the_kept_sequences_are_those_of_the_engines():
    for name in kept_sequences.KEPT:
        assert kept_sequences.read(name) == kept_sequences.text(name), (
            f"{name}.json: python -m tests.parity.kept_sequences"
        )


def test_every_list_of_requirements_has_its_version_here():
    lists = (environments.ROOT / "requirements/parity").glob("[0-9]*.txt")

    assert {list.stem for list in lists} == PROGRAMS.keys() - {environments.NEWEST}


class TestLoggingIn:
    @versions()
    def test_a_wrong_password_says_so(self, audience, version):
        refusal = audience.scene(version, PROGRAMS[version], "a_wrong_password")

        assert "Wrong email or password" in refusal["text"]

    @versions()
    def test_a_login_of_ones_own_is_enough(self, audience, version):
        assert {"EMU_FREE", "EMU_SV", "EMU_MPS"} <= set(
            audience.scene(version, PROGRAMS[version], "an_own_login")
        )

    @versions("0.12.5")
    def test_without_a_login_the_specs_are_there_all_the_same(self, audience, version):
        anonymous = audience.scene(version, PROGRAMS[version], "without_a_login")

        assert anonymous == audience.scene(version, PROGRAMS[version], "devices")


class TestDevicesAndProjects:
    @versions()
    def test_devices_are_described_by_texts_that_say_their_names(self, audience, version):
        devices = audience.scene(version, PROGRAMS[version], "devices")

        assert {"EMU_FREE", "EMU_SV", "EMU_MPS", "EMU_TN", "FRESNEL"} <= devices.keys()
        names = [json.loads(specs)["name"] for specs in devices.values()]
        assert len(set(names)) == len(names)

    @versions("0.20")
    def test_the_own_projects_are_listed_and_can_be_switched_to(self, audience, version):
        projects = audience.scene(version, PROGRAMS[version], "projects")

        ours = audience.server.credentials.project_id
        assert (projects["all"], projects["switched"]) == ([ours], ours)
        assert projects["elsewhere"]["error"] == "ProjectNotFoundError"


class TestResults:
    @versions()
    def test_atoms_driven_by_an_area_of_pi_are_always_flipped(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "a_flip")

        for batch in seen.values():
            (job,) = batch["jobs"]
            assert (batch["status"], batch["complete"], batch["device_type"]) == ("DONE", True, "EMU_FREE")
            assert (job["status"], job["runs"], job["errors"]) == ("DONE", 50, None)
            assert job["result"] == {"1": 50}

    @versions("0.4")
    def test_the_full_result_has_every_shot(self, audience, version):
        (job,) = audience.scene(version, PROGRAMS[version], "a_flip")["read"]["jobs"]

        assert job["full_result"]["counter"] == {"1": 50}
        assert job["full_result"]["raw"] == ["1"] * 50

    @versions()
    def test_results_are_there_for_who_asks_to_fetch_them(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "a_flip_with_its_results")

        for batch in seen.values():
            assert results(batch) == [{"11": 20}, {"11": 30}]

    @versions()
    def test_three_blockaded_atoms_share_one_excitation(self, audience, version):
        job = audience.scene(version, PROGRAMS[version], "a_blockade")

        counts = Counter(job["result"])
        assert sum(counts.values()) == 600
        assert sum(counts[word] for word in ("001", "010", "100")) >= 585
        assert all(near(counts[word], 1 / 3, 600) for word in ("001", "010", "100"))

    @versions()
    def test_each_job_of_a_parametrised_sequence_has_its_own_values(self, audience, version):
        batch = audience.scene(version, PROGRAMS[version], "parameters")

        assert results(batch) == [{"1": 40}, {"0": 40}]
        assert batch["jobs"][0]["variables"]["phases"] == [0.0, 1.0]

    @versions("0.20")
    def test_devices_are_asked_for_by_their_newer_names(self, audience, version):
        batches = audience.scene(version, PROGRAMS[version], "device_types")

        assert [batch["device_type"] for batch in batches] == ["EMU_SV", "EMU_MPS", "EMU_FREE"]
        assert [results(batch) for batch in batches] == [[{"11": 10}]] * 3

    @versions("0.22")
    def test_a_job_may_bring_its_own_sequence(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "sequences_of_jobs")

        assert seen["both"] == [{"1": 10}, {"11": 10}]
        assert seen["same"] is True
        assert (seen["alone"], seen["sequence of the batch"]) == ([{"11": 10}], None)


class TestConfigurations:
    @versions()
    def test_noise_may_be_asked_for_and_is_read_back(self, audience, version):
        batch = audience.scene(version, PROGRAMS[version], "a_noisy_configuration")

        (counts,) = results(batch)
        assert batch["same"], batch["configuration"]
        assert sum(counts.values()) == 100
        assert counts["11"] > 50

    @versions()
    def test_the_tensor_network_emulator_of_old_takes_its_configuration(self, audience, version):
        batch = audience.scene(version, PROGRAMS[version], "a_tensor_network_configuration")

        assert batch["same"], batch["configuration"]
        assert batch["device_type"] == "EMU_TN"
        assert results(batch) == [{"11": 100}]


class TestBatches:
    @versions(most="0.4.9")
    def test_jobs_are_added_one_by_one(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "jobs_one_by_one")

        first, second = seen["added"]
        assert (first["status"], first["result"], second["runs"]) == ("DONE", {"1": 5}, 7)
        assert seen["complete"]["complete"] is True
        assert results(seen["complete"]) == [{"1": 5}, {"1": 7}]
        assert "409: The batch is closed" in seen["too late"]["text"]

    @versions(most="0.4.9")
    def test_what_the_first_clients_make_is_closed_from_the_start(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "a_job_too_many")

        assert seen["complete"] is True
        assert "409: The batch is closed" in seen["refusal"]["text"]

    @versions("0.5")
    def test_jobs_are_added_retried_and_the_batch_completed(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "an_open_batch")

        ours = seen["complete"]
        expected = [5, 6, 7, 5] + [8] * (_number(version) >= (0, 12))
        assert seen["begun"] is (_number(version) >= (0, 12)), "open from 0.12 on, complete before"
        assert ours["complete"] is True
        assert [job["runs"] for job in ours["jobs"]] == expected
        assert results(ours) == [{"1": runs} for runs in expected]
        assert seen["too late"]["error"] == "JobCreationError"
        assert "409: The batch is closed" in seen["too late"]["text"]
        assert seen["too late to retry"]["error"] == "JobRetryError"

    @versions("0.12")
    def test_a_batch_is_opened_and_completed_in_the_words_of_before(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "an_open_batch_in_old_words")

        assert seen == {"begun": False, "complete": True, "status": "DONE"}

    @versions()
    def test_a_batch_is_cancelled_once(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "a_cancelled_batch")

        assert (seen["complete"], seen["ended"]) == (True, ["CANCELED", "CANCELED"])
        assert (len(seen["jobs"]), seen["jobs"][-1]) == (150, "CANCELED")
        assert "409: The batch is already cancelled" in seen["again"]["text"]

    @versions("0.12.5")
    def test_batches_are_cancelled_together_and_each_that_cannot_be_says_why(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "cancelled_together")

        assert seen["cancelled"] == [seen["one"]]
        assert seen["errors"] == {
            seen["two"]: "The batch is already cancelled.",
            NOBODY: "Batch not found.",
        }

    @versions("0.5")
    def test_jobs_that_a_filter_finds_run_again_in_a_new_batch(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "a_rebatch")

        old, new = seen["old"], seen["new"]
        assert results(old) == [{"1": 10}, {"1": 20}, {"1": 30}]
        assert [[job["runs"] for job in batch["jobs"]] for batch in new.values()] == [
            [20, 30],
            [10],
            [10, 20, 30],
        ]
        assert results(new["all"]) == results(old)
        assert seen["parents"] == [old["id"]] * 3
        assert len({old["id"], *(batch["id"] for batch in new.values())}) == 4
        assert seen["none"]["error"] == "RebatchError"
        assert "422" in seen["none"]["text"]

    @versions("0.20")
    def test_tags_are_replaced_and_found(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "tags")

        tag = f"tag-{seen['id']}"
        assert (seen["begun"], seen["set"]) == (["before"], [[tag, "other"], [tag]])
        assert seen["found"] == [seen["id"]]
        assert seen["twice the same"]["error"] == "BatchSetTagsError"
        assert "unique" in seen["twice the same"]["text"]


class TestJobs:
    @versions()
    def test_a_waiting_job_is_cancelled_once(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "a_cancelled_job")

        assert (seen["cancelled"]["status"], seen["other"]) == ("CANCELED", "CANCELED")
        assert (seen["cancelled"]["result"], seen["cancelled"]["errors"]) == (None, None)
        assert "409: The job is already cancelled" in seen["again"]["text"]

    @versions("0.12")
    def test_waiting_jobs_are_cancelled_by_filter(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "cancelled_by_filter")

        assert [(job["id"], job["status"]) for job in seen["by id"]] == [(seen["last"], "CANCELED")]
        assert seen["by runs"] == [[77, "CANCELED"]] * 3
        assert seen["again"] == {seen["last"]: "The job is already cancelled."}
        assert NO_BATCH in seen["no such batch"]["text"]


class TestLists:
    @versions("0.12.5")
    def test_batches_and_jobs_are_found_by_every_filter_together(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "lists")

        assert (seen["total"], seen["batches"]) == (1, [seen["id"]])
        assert seen["jobs of the first"] == [10, 20, 30]
        assert seen["otherwise"] == [0] * 5
        assert [page[:2] for page in seen["pages"]] == [[2, 0], [2, 1]]
        assert sorted(runs for page in seen["pages"] for runs in page[2]) == [20, 30]
        assert seen["jobs otherwise"] == [0] * 3
        assert seen["result of a listed job"] in ({"1": 20}, {"1": 30})

    @versions("0.12.5")
    def test_pages_add_up(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "pages")

        assert seen["totals"] == [5, 5, 5]
        assert seen["found"] == seen["ids"][::-1]

    @versions("0.12")
    def test_a_batch_of_more_jobs_than_a_page_has_is_read_whole(self, audience, version):
        assert audience.scene(version, PROGRAMS[version], "more_jobs_than_a_page_has") == [*range(1, 121)]


class TestRefusals:
    @versions()
    @pytest.mark.parametrize(
        ("what", "error", "text"),
        [
            ("no such batch", "BatchFetchingError", NO_BATCH),
            ("no such job", "JobFetchingError", NO_JOB),
            ("no such batch to cancel", "BatchCancellingError", NO_BATCH),
            ("no such job to cancel", "JobCancellingError", NO_JOB),
            ("no sequence", "BatchCreationError", "sequence_builder"),
            ("no runs", "BatchCreationError", "runs"),
            ("a variable missing", "BatchCreationError", "phases"),
            ("no such device", "BatchCreationError", "not offered here"),
        ],
    )
    def test_the_client_says_what_is_wrong(self, audience, version, what, error, text):
        refusal = audience.scene(version, PROGRAMS[version], "refusals")[what]

        # The first clients had one error for everything.
        assert refusal["error"] == ("HTTPError" if version == "0.2.8" else error)
        assert text in refusal["text"]


class TestWorkloads:
    @versions("0.3")
    def test_a_workload_ends_in_error_with_a_sentence(self, audience, version):
        seen = audience.scene(version, PROGRAMS[version], "a_workload")

        assert seen["made"] == seen["read"]
        assert (seen["read"]["status"], seen["read"]["result"]) == ("ERROR", None)
        assert (seen["read"]["backend"], seen["read"]["workload_type"]) == ("pyqtorch", "qadence_circuit")
        assert seen["read"]["config"] == {"depth": 3}
        (sentence,) = seen["read"]["errors"]
        assert sentence.endswith(".")
        assert seen["cancelled"]["error"] == "WorkloadCancellingError"
        assert "409" in seen["cancelled"]["text"]
        assert seen["no such workload"]["error"] == "WorkloadFetchingError"
        assert "404: Workload not found." in seen["no such workload"]["text"]
