"""Sequences for a computer, on the device that plays one, with the newest client."""

from __future__ import annotations

from typing import Any

import pytest
from pasqal_cloud import PasqalCloudConnection
from pasqal_cloud.errors import BatchCreationError
from pulser.backend import QPUBackend

from tests.engines.sequences import one_atom_flipped
from tests.parity.clients.pairs import two_on
from tests.parity.test_pasqal_client import where, who
from tests.system.processes import Server

pytestmark = pytest.mark.filterwarnings("ignore:SDK version:DeprecationWarning")


@pytest.fixture(scope="module")
def connection(server: Server) -> PasqalCloudConnection:
    return PasqalCloudConnection(**who(server), **where(server))


@pytest.fixture(scope="module")
def pair(connection: PasqalCloudConnection) -> Any:
    return two_on(connection.fetch_available_devices()["FRESNEL"])


def test_a_sequence_for_the_computer_runs_on_what_plays_it(connection, pair):
    remote = QPUBackend(pair, connection).run([{"runs": 200}], wait=True)

    (result,) = remote.results
    assert connection.cloud_client.get_batch(remote.batch_id).device_type == "FRESNEL"
    assert result.atom_order == ("a", "b")
    assert sum(result.final_bitstrings.values()) == 200
    assert result.final_bitstrings["11"] > 100


def test_an_open_batch_takes_run_after_run(connection, pair):
    backend = QPUBackend(pair, connection)

    with backend.open_batch():
        ran = [backend.run([{"runs": runs}]) for runs in (10, 20)]

    for remote in ran:
        connection.cloud_client.get_job(remote.job_ids[0], wait=True)
    assert len({remote.batch_id for remote in ran}) == 1
    assert [sum(remote.results[0].final_bitstrings.values()) for remote in ran] == [10, 20]


def test_a_computer_must_be_told_the_runs(connection, pair):
    with pytest.raises(BatchCreationError, match=r"(?s)422.*runs"):
        connection.submit(pair, job_params=[{}])


def test_a_computer_takes_no_more_runs_than_it_says(connection, pair):
    most = pair.device.max_runs

    with pytest.raises(BatchCreationError, match=rf"(?s)422.*{most}"):
        connection.submit(pair, job_params=[{"runs": most + 1}])


def test_what_does_not_fit_the_computer_is_refused(connection):
    with pytest.raises(BatchCreationError, match="422"):
        connection.cloud_client.create_batch(
            one_atom_flipped().to_abstract_repr(), [{"runs": 1}], device_type="FRESNEL"
        )


def test_the_emulator_of_the_computer_runs_the_same_sequence(connection, pair):
    client = connection.cloud_client

    made = client.create_batch(pair.to_abstract_repr(), [{"runs": 200}], device_type="EMU_FRESNEL", wait=True)

    (job,) = client.get_batch(made.id).ordered_jobs
    assert (job.status, sum(job.result.values())) == ("DONE", 200)
    assert job.result["11"] > 100
