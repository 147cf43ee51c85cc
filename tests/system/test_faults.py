"""Failure rehearsed on a real server: what it says at its start, and what its clients meet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bench.programs import bell_document, bell_parameters
from tests.system.processes import PATIENCE_S, Client, Server, a_server, until
from tests.system.test_hostile_jobs import AER, Stranger

FAULTS = """
[[cut]]
paths = ["/core-fast/api/v1/devices"]
first = 1

[[cut]]
methods = ["POST"]
paths = ["/qaas/v1alpha1/models"]
first = 1
carried_out = true

[[failure]]
text = "The laser lost its lock."
tag = "doomed"

[[late]]
seconds = 1.5
tag = "late"

[[wait]]
platform = "EMU-AER-16C-128M"
after_start_s = 0.2
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("faults")
    file = folder / "faults.toml"
    file.write_text(FAULTS)
    with a_server(folder / "data", lease_s=30.0, faults=str(file)) as server:
        yield server


def test_a_connection_is_cut_without_an_answer(server):
    client = Client(server).login()

    with pytest.raises(httpx.RemoteProtocolError, match="disconnected without sending a response"):
        client.ask("GET", "/api/v1/devices")

    assert client.ask("GET", "/api/v1/devices").status_code == 200


def test_a_connection_is_cut_after_the_request_was_carried_out(server):
    stranger = Stranger(server)
    model = {"project_id": stranger.project, "payload": bell_document()}

    with pytest.raises(httpx.RemoteProtocolError, match="disconnected without sending a response"):
        stranger.post("/models", **model)

    (made,) = stranger.get("/models")["models"]
    assert stranger.post("/models", **model)["id"] == made["id"]


def test_jobs_fail_with_the_words_and_results_come_late(server):
    stranger = Stranger(server)

    doomed, late = _ended(stranger, "doomed"), _ended(stranger, "late")

    assert doomed["status"] == "error"
    assert "The laser lost its lock." in doomed["progress_message"]
    assert late["status"] == "completed"
    assert float(late["job_duration"].removesuffix("s")) >= 1.5


def test_whoever_asks_how_the_server_is_hears_what_goes_wrong_on_purpose(server):
    said = httpx.get(f"{server.url}/healthz", trust_env=False).json()

    assert said["status"] == "alive"
    assert 'jobs tagged "doomed" fail: The laser lost its lock.' in said["faults"]
    assert len(said["faults"]) == FAULTS.count("[[")


@pytest.mark.parametrize("command", [("serve", "--workers=0"), ("api",)])
def test_a_server_says_loudly_at_its_start_that_faults_are_on(tmp_path, command):
    file = tmp_path / "faults.toml"
    file.write_text('[[error]]\nstatus = 503\nshare = 0.2\nsurfaces = ["pasqal"]\n')
    words = (*command, f"--data={tmp_path / 'data'}", "--port=0", f"--faults={file}")
    process = subprocess.Popen(
        [sys.executable, "-m", "ketway", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ,
    )
    assert process.stdout is not None

    said = [next(process.stdout).strip() for _ in range(10)]
    process.terminate()

    assert process.wait(PATIENCE_S) == 0
    warning = said.index(f"FAULTS ARE ON, as {file} says; this goes wrong on purpose:")
    assert said[warning + 1] == "- requests by pasqal are answered 503, in 20% of cases"


def test_a_server_without_faults_says_nothing_of_any(tmp_path):
    with a_server(tmp_path / "data", workers=0) as plain:
        assert "faults" not in httpx.get(f"{plain.url}/healthz", trust_env=False).json()


def _ended(stranger: Stranger, tag: str) -> Any:
    (platform,) = stranger.get(f"/platforms?name={AER}")["platforms"]
    session = stranger.post("/sessions", project_id=stranger.project, platform_id=platform["id"])
    model = stranger.post("/models", project_id=stranger.project, payload=bell_document())
    job = stranger.post(
        "/jobs",
        name="rehearsed",
        tags=[tag],
        session_id=session["id"],
        model_id=model["id"],
        parameters=bell_parameters(),
    )

    def final() -> Any:
        known = stranger.get(f"/jobs/{job['id']}")
        return known if known["status"] in ("completed", "error", "cancelled") else None

    return until(final, "the job to end")
