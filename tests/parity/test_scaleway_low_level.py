"""`scaleway-qaas-client` 0.1.24, the client below the others, unchanged: each of its calls."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parity.chances import assert_drawn_from

AER = "EMU-AER-16C-128M"
SHOTS = 2000


@pytest.fixture
def saw(scaleway):
    def scene(name: str) -> Any:
        return scaleway.scene("scaleway-312", "low_level", name)

    return scene


class TestPlatforms:
    def test_every_platform_is_on_the_first_page_in_the_order_of_names(self, saw):
        names = saw("platforms")["names"]

        assert AER in names
        assert names == sorted(names)

    def test_filters_are_exact(self, saw):
        seen = saw("platforms")

        assert AER in seen["by backend"]
        assert all(name.startswith("EMU-AER-") for name in seen["by backend"])
        assert AER in seen["by provider"]
        assert AER in seen["by kind"]
        assert AER not in seen["machines"]
        assert seen["by both"] == seen["of another case"] == []

    def test_a_platform_says_what_it_is(self, saw):
        seen = saw("platforms")["one"]

        assert seen["name"] == AER
        assert (seen["type"], seen["technology"]) == ("simulator", "general_purpose")
        assert seen["availability"] == "available"
        assert "ketway" in seen["description"]
        assert "Platform not found" in saw("platforms")["unknown"]["text"]


class TestSessions:
    def test_a_session_starts_by_itself_and_is_listed(self, saw):
        seen = saw("sessions")

        assert seen["started"]["status"] in ("starting", "running")
        assert (seen["started"]["max_duration"], seen["started"]["max_idle_duration"]) == ("5400s", "61s")
        assert "terminated_at" not in seen["running"]
        assert seen["running"]["started_at"]
        assert (seen["listed"], seen["nowhere"]) == ([True, True], [])

    def test_whoever_made_a_session_may_do_all_with_it(self, saw):
        assert saw("sessions")["access"] == ["full"]

    def test_a_session_may_be_terminated_twice_and_is_stopped(self, saw):
        seen = saw("sessions")

        assert set(seen["terminated"]) <= {"stopping", "stopped"}
        assert seen["stopped"]["terminated_at"]
        assert "404" in seen["deleted"]["text"]
        assert "404" in seen["no access"]["text"]

    def test_a_deduplicated_session_keeps_what_the_first_call_said(self, saw):
        seen = saw("deduplication")

        first, same, fresh = seen["ids"]
        assert first == same != fresh
        assert seen["kept"] == ["first", "1200s"]
        assert seen["said"] == "low-parity"


class TestJobs:
    def test_a_program_comes_by_model_by_session_or_by_itself(self, saw):
        seen = saw("jobs")

        assert seen["counts"].keys() == {"by model", "by session", "by itself", "plainly"}
        for counts in seen["counts"].values():
            assert sum(counts.values()) == SHOTS
            assert_drawn_from(counts, seen["exact"])

    def test_a_job_says_when_it_ran_and_echoes_its_parameters(self, saw):
        seen = saw("jobs")

        assert "started_at" not in seen["first"] or seen["first"]["status"] != "waiting"
        for job in seen["final"]:
            assert job["status"] == "completed"
            assert job["created_at"] <= job["started_at"] <= job["updated_at"]
            assert job["job_duration"].endswith("s")
            assert job["parameters"] is not None
        assert seen["final"][3]["parameters"] == '{"shots": 2000}'

    def test_jobs_are_listed_newest_first_and_counted_by_their_session(self, saw):
        seen = saw("jobs")

        assert seen["listed"] == ["plainly", "by itself", "by session", "by model"]
        assert (seen["session"]["waiting_job_count"], seen["session"]["finished_job_count"]) == (0, 4)

    def test_a_result_has_either_text_or_a_link(self, saw):
        result = saw("jobs")["result"]

        assert result["job_id"] == saw("jobs")["final"][0]["id"]
        assert (bool(result["result"]), result["url"]) == (True, "")

    def test_jobs_go_with_their_session(self, saw):
        assert "Job not found" in saw("jobs")["deleted"]["text"]

    def test_waiting_jobs_are_cancelled_alone_or_with_their_session(self, saw):
        seen = saw("cancelled")

        assert (seen["alone"], seen["again"]) == ("cancelled", "cancelled")
        assert (seen["other"], seen["waiting"]) == ("waiting", 1)
        assert (seen["with its session"], seen["results"]) == ("cancelled", [])


def test_a_model_is_kept_byte_for_byte_and_has_an_id_of_its_own(saw):
    seen = saw("models")

    first, second = seen["ids"]
    assert first != second
    assert seen["same"] and seen["listed"]
    assert seen["read"] == first
    assert "Model not found" in seen["unknown"]["text"]


def test_calls_for_bookings_that_nobody_made_are_answered(saw):
    seen = saw("bookings")

    assert seen["of a platform"] == seen["everybody's"] == []  # this one cannot be booked
    assert isinstance(seen["mine"], list)
    assert "404" in seen["unknown"]["text"]


def test_calls_for_processes_that_nobody_made_are_answered(saw):
    seen = saw("applications")

    assert (seen["named"], seen["processes of it"], seen["delete"]) == ([], [], None)
    for what in ("unknown", "process", "results", "cancel", "create"):
        assert "404" in seen[what]["text"], what


@pytest.mark.parametrize(
    ("what", "code", "sentence"),
    [
        ("an unknown session", "404", "Session not found"),
        ("an unknown model", "404", "Model not found"),
        ("an unknown job", "404", "Job not found"),
        ("an unknown job cancelled", "404", "Job not found"),
        ("an unknown session ended", "404", "Session not found"),
        ("no results", "404", "Job not found"),
        ("an unknown platform", "400", "list them"),
        ("nothing to run", "400", "send a circuit or a model_id, or give the session a model"),
        ("a duration of no length", "400", "must be seconds followed by s"),
        ("a negative duration", "400", "max_idle_duration: must be"),
        ("no json", "400", "parameters"),
    ],
)
def test_a_refusal_says_what_to_do(saw, what, code, sentence):
    text = saw("refusals")[what]["text"]

    assert text.startswith(f"error {code}: ")
    assert sentence in text


def test_a_document_that_is_none_fails_with_the_reason(saw):
    status, reason = saw("refusals")["unreadable"]

    assert status == "error"
    assert "not JSON" in reason
