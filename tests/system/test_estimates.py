"""What jobs took is known to those that come after them, a restart later, too."""

from __future__ import annotations

from typing import Any

from bench.programs import one_second_sequence
from tests.system.processes import Client, a_server, until

SEQUENCE = one_second_sequence()


def rehearsed(client: Client) -> Any:
    """The estimate for the same program, which is not sent."""
    body = {
        "project_id": client.credentials.project_id,
        "sequence_builder": SEQUENCE,
        "device_type": "EMU_FREE",
        "jobs": [{"runs": 100}],
    }
    answer = client.ask("POST", "/api/v1/batches", body, dry_run="true").raise_for_status().json()
    return answer["data"]["jobs"][0]["estimate"]


def test_a_job_that_ran_is_the_estimate_of_the_next_also_after_a_restart(tmp_path):
    with a_server(tmp_path / "data", workers=1) as server:
        client = Client(server).login()
        assert rehearsed(client) is None
        job = client.ended(client.submit(SEQUENCE)["jobs"][0]["id"])
        assert job["status"] == "DONE"

        first = until(lambda: rehearsed(client), "an estimate")

        server.stop()
    with a_server(tmp_path / "data", workers=0) as server:
        client = Client(server).login()
        again = rehearsed(client)
        shown = [client.job(each["id"]) for each in client.submit(SEQUENCE, number=2)["jobs"]]

    assert again == first
    assert first["runs_measured"] == 1
    assert 0 < first["seconds_low"] < first["seconds"] < first["seconds_high"]
    assert first["memory_bytes"] > 2**20
    assert [job["estimate"]["runs_measured"] for job in shown] == [1, 1]
