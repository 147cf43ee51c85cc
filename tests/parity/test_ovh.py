"""Pulser through OVH: a token from elsewhere, no project, and few routes."""

from __future__ import annotations

from typing import Any

import pytest
from pasqal_cloud import OVHConnection, RemoteEmuFreeBackend, RemoteSVBackend
from pasqal_cloud.endpoints import Endpoints
from pasqal_cloud.errors import BatchCreationError, BatchFetchingError
from pulser.backend.remote import BatchStatus

from tests.engines.sequences import one_atom_flipped, parametrised, two_blockaded
from tests.system.processes import Client, Server

pytestmark = pytest.mark.filterwarnings("ignore:SDK version:DeprecationWarning")

NOBODY = "00000000-0000-4000-8000-000000000099"


@pytest.fixture(scope="module")
def ours(server: Server) -> Client:
    """Who looks at the same things through the ordinary routes."""
    return Client(server).login()


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    """A secret key: its project is the one that these clients cannot name."""
    return server.credentials.secret_key


@pytest.fixture
def connection(server: Server, token: str, monkeypatch: pytest.MonkeyPatch) -> OVHConnection:
    return connected(server, token, monkeypatch)


def connected(server: Server, token: str, monkeypatch: pytest.MonkeyPatch) -> OVHConnection:
    monkeypatch.setenv("PASQAL_PULSER_ACCESS_TOKEN", token)
    return OVHConnection(endpoints=Endpoints(core=server.url + "/core-fast", account=server.url + "/account"))


def test_devices_are_those_that_everybody_sees(connection, ours):
    devices = connection.fetch_available_devices()

    assert {"EMU_FREE", "EMU_SV", "EMU_MPS"} <= devices.keys()
    assert devices.keys() == ours.ask("GET", "/api/v1/devices/specs").json()["data"].keys()


def test_a_sequence_runs_and_is_read(connection, ours, server):
    remote = RemoteEmuFreeBackend(one_atom_flipped(), connection=connection).run(
        job_params=[{"runs": 50}], wait=True
    )

    (result,) = remote.results
    assert result.final_bitstrings == {"1": 50}
    assert remote.get_batch_status() is BatchStatus.DONE
    kept = ours.ask("GET", f"/api/v2/batches/{remote.batch_id}").json()["data"]
    assert kept["project_id"] == server.credentials.project_id
    jobs = ours.ask("GET", "/api/v2/jobs", batch_id=remote.batch_id, origin="OVH").json()
    assert [job["origin"] for job in jobs["data"]] == ["OVH"]


def test_jobs_have_values_of_their_own(connection):
    jobs: list[Any] = [
        {"runs": 20, "variables": {"area": area, "phases": [0, 0]}} for area in (0.0, 3.14159265)
    ]

    remote = RemoteSVBackend(parametrised(), connection=connection).run(job_params=jobs, wait=True)

    assert [dict(result.final_bitstrings) for result in remote.results] == [{"0": 20}, {"1": 20}]


def test_a_job_may_be_waited_for_by_itself(connection):
    client = connection.cloud_client
    made = client.create_batch(
        two_blockaded().to_abstract_repr(), [{"runs": 10}], device_type="EMU_FREE", wait=True
    )
    (job,) = client.get_batch(made.id).ordered_jobs

    assert client.get_job_status(job.id).value == "DONE"
    assert sum(job.result.values()) == 10


def test_refusals_say_why(connection):
    with pytest.raises(BatchFetchingError, match="404: Batch not found"):
        connection.cloud_client.get_batch(NOBODY)
    with pytest.raises(BatchCreationError, match="sequence_builder"):
        connection.cloud_client.create_batch("this is none", [{"runs": 1}], device_type="EMU_FREE")


def test_a_token_of_nobody_is_refused(server, monkeypatch):
    connection = connected(server, "nobody", monkeypatch)

    with pytest.raises(BatchFetchingError, match="401"):
        connection.cloud_client.get_batch(NOBODY)
