"""`pasqal-cloud` and Pulser's remote backends, as their users call them, against a running ketway."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import pulser
import pytest
from pasqal_cloud import PasqalCloudConnection
from pasqal_cloud.backends import RemoteEmuFreeBackend, RemoteMPSBackend, RemoteSVBackend
from pasqal_cloud.batch import Batch
from pasqal_cloud.device import DeviceTypeName
from pasqal_cloud.endpoints import Endpoints, TokenProviderConf
from pasqal_cloud.errors import (
    BatchCancellingError,
    BatchCreationError,
    BatchFetchingError,
    BatchSetTagsError,
    JobCancellingError,
    JobCreationError,
    JobFetchingError,
    ProjectNotFoundError,
)
from pasqal_cloud.pasqal_cloud_client import PasqalCloudClient
from pasqal_cloud.utils.constants import BatchStatus, JobStatus
from pasqal_cloud.utils.filters import BatchFilters, CancelJobFilters, JobFilters, PaginationParams
from pulser.backend import BitStrings, EmulationConfig, Occupation, QPUBackend
from pulser.backend.remote import BatchStatus as PulserBatchStatus

from tests.engines.machines import corners, device_of, on_traps
from tests.engines.sequences import (
    FAR,
    a_sequence,
    mappable,
    one_atom_flipped,
    parametrised,
    three_in_a_row,
    two_blockaded,
)
from tests.system.processes import Server, until

# The client says so itself once its version is out of its maintenance window.
pytestmark = pytest.mark.filterwarnings("ignore:SDK version:DeprecationWarning")

NOBODY = "00000000-0000-4000-8000-000000000099"
BACKENDS = [RemoteEmuFreeBackend, RemoteSVBackend, RemoteMPSBackend]
FREE = DeviceTypeName.EMU_FREE


@pytest.fixture(scope="module")
def client(server: Server) -> PasqalCloudClient:
    return PasqalCloudClient(**who(server), **where(server))


@pytest.fixture(scope="module")
def connection(server: Server) -> PasqalCloudConnection:
    return PasqalCloudConnection(**who(server), **where(server))


def who(server: Server) -> dict[str, str]:
    known = server.credentials
    return {"username": known.username, "password": known.password, "project_id": known.project_id}


def where(server: Server, path: str = "/oauth/token", grant: str | None = None) -> dict[str, Any]:
    return {
        "endpoints": Endpoints(core=server.url + "/core-fast", account=server.url + "/account"),
        "auth_config": TokenProviderConf(
            token_endpoint=server.url + path,
            public_client_id="local",
            audience=server.url + "/account/api/v1",
            realm="pcs-users",
            grant_type=grant or "http://auth0.com/oauth/grant-type/password-realm",
        ),
    }


def flip() -> str:
    return one_atom_flipped().to_abstract_repr()


def an_open_batch(client: PasqalCloudClient, **changes: Any) -> Batch:
    plain: dict[str, Any] = {"jobs": [], "open": True, "device_type": FREE}
    return client.create_batch(flip(), **plain | changes)


def ended(client: PasqalCloudClient, batch_id: str) -> Batch:
    """The batch once none of its jobs waits or runs."""

    def final() -> Batch | None:
        batch = client.get_batch(batch_id)
        waiting = any(job.status in ("PENDING", "RUNNING") for job in batch.ordered_jobs)
        return None if waiting else batch

    return until(final, f"the jobs of batch {batch_id} to end")


def results_of(connection: PasqalCloudConnection, remote: Any) -> Any:
    ended(connection.cloud_client, remote.batch_id)
    return remote.results


def near(count: int, chance: float, shots: int) -> bool:
    """Within five standard deviations."""
    return abs(count - shots * chance) <= 5 * sqrt(shots * chance * (1 - chance))


class TestLoggingIn:
    @pytest.mark.parametrize(
        ("path", "grant"),
        [
            ("/oauth/token", None),
            ("/oauth/token", "password"),
            ("/realms/pasqal-cloud/protocol/openid-connect/token", "password"),
        ],
    )
    def test_a_password_is_enough_at_every_address_that_clients_know(self, server, path, grant):
        client = PasqalCloudClient(**who(server), **where(server, path, grant))

        assert client.user_token()
        assert client.get_batches(pagination_params=PaginationParams(limit=1)).offset == 0

    def test_a_wrong_password_says_so(self, server):
        with pytest.raises(BaseException, match="Wrong email or password"):
            PasqalCloudClient(**who(server) | {"password": "wrong"}, **where(server))

    def test_without_a_login_the_specs_are_there_all_the_same(self, server, client):
        anonymous = PasqalCloudClient(endpoints=where(server)["endpoints"])

        assert anonymous.get_device_specs_dict() == client.get_device_specs_dict()


class TestDevicesAndProjects:
    def test_the_devices_are_read_by_pulser(self, connection):
        devices = connection.fetch_available_devices()

        free = {"EMU_FREE", "EMU_SV", "EMU_MPS", "EMU_TN", "EMU_C"}
        assert devices.keys() == free | {"EMU_FRESNEL", "FRESNEL"}
        for name, device in devices.items():
            assert device.name == name
            assert isinstance(device, pulser.devices.VirtualDevice) == (name in free)

    def test_a_machine_runs_what_pulser_sends_it(self, connection):
        device = connection.fetch_available_devices()["FRESNEL"]
        sequence = on_traps(*corners(), device=device)

        remote = QPUBackend(sequence, connection).run([{"runs": 50}])

        (result,) = results_of(connection, remote)
        counts = result.final_bitstrings
        assert sum(counts.values()) == 50
        assert counts["11"] > 25

    def test_a_machine_needs_to_be_told_how_many_runs(self, client):
        machine = device_of("FRESNEL")
        text = on_traps(*corners(), device=machine).to_abstract_repr()

        with pytest.raises(BaseException, match=r"from 1 to 2000"):
            client.create_batch(text, [{}])
        with pytest.raises(BaseException, match=r"2001 shots asked, at most 2000"):
            client.create_batch(text, [{"runs": 2001}])
        with pytest.raises(BaseException, match=r"takes no configuration"):
            client.create_batch(text, [{"runs": 5}], backend_configuration="{}")

    def test_a_sequence_made_for_a_device_of_ours_runs_where_its_name_says(self, connection, client):
        device = connection.fetch_available_devices()["EMU_SV"]
        sequence = one_atom_flipped().with_new_device(device)

        batch = client.create_batch(sequence.to_abstract_repr(), [{"runs": 20}])

        assert batch.device_type == "EMU_SV"
        (job,) = ended(client, batch.id).ordered_jobs
        assert job.result == {"1": 20}

    def test_the_own_projects_are_listed_and_can_be_switched_to(self, client, server):
        ours = server.credentials.project_id

        assert [project.id for project in client.get_all_projects()] == [ours]
        assert client.switch_to_project(ours) == ours
        with pytest.raises(ProjectNotFoundError):
            client.switch_to_project(NOBODY)


class TestPulserBackends:
    @pytest.mark.parametrize("backend", BACKENDS)
    def test_atoms_driven_by_an_area_of_pi_are_always_flipped(self, connection, backend):
        far_apart = a_sequence((0.0, 0.0), (FAR, 0.0))

        remote = backend(far_apart, connection=connection).run(job_params=[{"runs": 200}])

        (result,) = results_of(connection, remote)
        assert result.final_bitstrings == {"11": 200}
        assert remote.get_batch_status() is PulserBatchStatus.DONE

    @pytest.mark.parametrize("backend", [RemoteEmuFreeBackend, RemoteSVBackend])
    def test_one_atom_is_enough_where_the_emulator_takes_one(self, connection, backend):
        remote = backend(one_atom_flipped(), connection=connection).run(job_params=[{"runs": 200}])

        (result,) = results_of(connection, remote)
        assert result.final_bitstrings == {"1": 200}

    def test_the_tensor_network_emulator_says_that_one_atom_is_too_few(self, connection):
        with pytest.raises(BatchCreationError, match="at least 2 atoms"):
            RemoteMPSBackend(one_atom_flipped(), connection=connection).run()

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_a_blockaded_pair_shares_one_excitation(self, connection, backend):
        remote = backend(two_blockaded(), connection=connection).run(job_params=[{"runs": 1000}])

        (result,) = results_of(connection, remote)
        counts = result.final_bitstrings
        assert sum(counts.values()) == 1000
        assert counts.get("11", 0) <= 10
        assert near(counts["01"], 0.5, 1000)

    def test_without_runs_the_configuration_says_how_many(self, connection):
        config = EmulationConfig(observables=[BitStrings()], default_num_shots=77)

        remote = RemoteEmuFreeBackend(one_atom_flipped(), connection=connection, config=config).run()

        (result,) = results_of(connection, remote)
        assert result.final_bitstrings == {"1": 77}

    def test_what_the_configuration_observes_comes_back_under_the_observable(self, connection):
        occupation = Occupation(evaluation_times=[0.5, 1.0])
        config = EmulationConfig(observables=[BitStrings(), occupation])

        remote = RemoteSVBackend(one_atom_flipped(), connection=connection, config=config).run()

        (result,) = results_of(connection, remote)
        half, whole = [float(value[0]) for value in result.occupation]
        assert result.get_result_times(occupation) == [0.5, 1.0]
        assert half == pytest.approx(0.5, abs=0.02)
        assert whole == pytest.approx(1.0, abs=0.001)

    def test_three_engines_agree_on_what_three_atoms_do(self, connection):
        runs = 2000
        remotes = [
            backend(three_in_a_row(), connection=connection).run(job_params=[{"runs": runs}])
            for backend in BACKENDS
        ]

        counts = [results_of(connection, remote)[0].final_bitstrings for remote in remotes]

        for other in counts[1:]:
            for word in counts[0].keys() | other.keys():
                one, two = counts[0].get(word, 0), other.get(word, 0)
                assert abs(one - two) <= 5 * sqrt(one + two) + 5, (word, counts)

    def test_each_job_of_a_parametrised_sequence_has_its_own_values(self, connection):
        jobs = [
            {"runs": 400, "variables": {"area": area, "phases": [0.0, 1.0]}} for area in (pi, 2 * pi, pi / 2)
        ]

        remote = RemoteEmuFreeBackend(parametrised(), connection=connection).run(job_params=jobs)

        flipped, back, half = [result.final_bitstrings for result in results_of(connection, remote)]
        # A pulse made of samples turns an atom almost all the way.
        assert min(flipped["1"], back["0"]) >= 390
        assert near(half["1"], 0.5, 400)

    def test_a_mappable_register_is_mapped_job_by_job(self, connection):
        jobs = [
            {"runs": 50, "variables": {"qubits": {"q0": 0, "q1": 3}}},
            {"runs": 50, "variables": {"qubits": {"q0": 5, "q1": 0, "q2": 2}}},
        ]

        remote = RemoteEmuFreeBackend(mappable(), connection=connection).run(job_params=jobs)

        two, three = results_of(connection, remote)
        assert two.final_bitstrings == {"11": 50}
        assert three.final_bitstrings == {"111": 50}
        assert two.atom_order == ("q0", "q1")

    def test_an_open_batch_takes_run_after_run_and_is_closed_on_leaving(self, connection):
        backend = RemoteEmuFreeBackend(parametrised(), connection=connection)

        with backend.open_batch():
            first = backend.run(job_params=[{"runs": 10, "variables": {"area": pi, "phases": [0, 0]}}])
            (one,) = results_of(connection, first)
            second = backend.run(job_params=[{"runs": 20, "variables": {"area": 0.0, "phases": [0, 0]}}])

        (two,) = results_of(connection, second)
        assert first.batch_id == second.batch_id
        assert first.job_ids != second.job_ids
        assert (one.final_bitstrings, two.final_bitstrings) == ({"1": 10}, {"0": 20})
        assert connection.cloud_client.get_batch(first.batch_id).open is False
        assert first.get_batch_status() is PulserBatchStatus.DONE

    def test_who_waits_is_answered_when_all_is_done(self, connection):
        remote = RemoteEmuFreeBackend(one_atom_flipped(), connection=connection).run(wait=True)

        assert remote.get_batch_status() is PulserBatchStatus.DONE
        assert len(remote.get_available_results()) == 1

    def test_a_configuration_that_its_emulator_does_not_know_is_refused_with_a_reason(self, connection):
        config = EmulationConfig(observables=[BitStrings()], no_such_setting=5)

        with pytest.raises(BatchCreationError, match="no_such_setting"):
            RemoteSVBackend(one_atom_flipped(), connection=connection, config=config).run()


class TestBatches:
    def test_a_batch_is_made_awaited_and_read(self, client):
        made = client.create_batch(flip(), [{"runs": 30}], device_type=FREE, wait=True, tags=["parity"])

        read = client.get_batch(made.id)
        (job,) = read.ordered_jobs
        assert (made.status, read.status) == ("DONE", "DONE")
        assert read.sequence_builder == flip()
        assert read.tags == ["parity"]
        assert (job.status, job.runs, job.errors) == ("DONE", 30, None)
        assert job.full_result["raw"] == ["1"] * 30
        assert client.get_batch_status(made.id) is BatchStatus.DONE

    def test_a_job_may_bring_its_own_sequence(self, client):
        own = two_blockaded().to_abstract_repr()
        jobs = [{"runs": 10}, {"runs": 10, "serialized_sequence": own}]

        made = client.create_batch(flip(), jobs, device_type=FREE)

        first, second = ended(client, made.id).ordered_jobs
        assert (first.sequence, second.sequence) == (None, own)
        assert first.result == {"1": 10}
        assert all(len(word) == 2 for word in second.result)

    def test_a_batch_may_have_no_sequence_of_its_own(self, client):
        made = client.create_batch(None, [{"runs": 10, "serialized_sequence": flip()}], device_type=FREE)

        batch = ended(client, made.id)
        assert batch.sequence_builder is None
        assert batch.ordered_jobs[0].result == {"1": 10}

    def test_jobs_are_added_retried_and_the_batch_closed(self, client):
        batch = an_open_batch(client)

        batch.add_jobs([{"runs": 5}])
        batch.retry(batch.ordered_jobs[0])
        client.add_jobs(batch.id, [{"runs": 7}])
        batch.close()

        done = ended(client, batch.id)
        assert batch.open is False
        assert [job.result for job in done.ordered_jobs] == [{"1": 5}, {"1": 5}, {"1": 7}]
        until(lambda: client.get_batch_status(batch.id) is BatchStatus.DONE, "the batch to be done")

    def test_closing_twice_is_no_fault(self, client):
        batch = an_open_batch(client)

        client.close_batch(batch.id)

        assert client.close_batch(batch.id).open is False

    def test_a_closed_batch_takes_no_more_jobs(self, client):
        batch = client.close_batch(an_open_batch(client).id)

        with pytest.raises(JobCreationError, match="409: The batch is closed"):
            client.add_jobs(batch.id, [{"runs": 5}])

    def test_a_batch_is_cancelled_once(self, client):
        batch = an_open_batch(client)

        cancelled = client.cancel_batch(batch.id)

        assert cancelled.open is False
        assert client.get_batch_status(batch.id) is BatchStatus.CANCELED
        with pytest.raises(BatchCancellingError, match="409: The batch is already cancelled"):
            client.cancel_batch(batch.id)

    def test_batches_are_cancelled_together_and_each_that_cannot_be_says_why(self, client):
        one, two = an_open_batch(client), an_open_batch(client)
        two.cancel()

        answer = client.cancel_batches([one.id, two.id, NOBODY])

        assert [batch.id for batch in answer.batches] == [one.id]
        assert {str(id): why for id, why in answer.errors.items()} == {
            two.id: "The batch is already cancelled.",
            NOBODY: "Batch not found.",
        }

    def test_tags_are_replaced_and_found(self, client):
        batch = an_open_batch(client, tags=["before"])
        tag = f"tag-{batch.id}"

        batch.set_tags([tag, "other"])

        assert client.set_batch_tags(batch.id, [tag]).tags == [tag]
        found = client.get_batches(BatchFilters(tag=tag))
        assert [row.id for row in found.results] == [batch.id]
        with pytest.raises(BatchSetTagsError, match="unique"):
            client.set_batch_tags(batch.id, ["a", "a"])
        batch.cancel()

    def test_batches_are_found_by_every_filter_together(self, client, server):
        batch = an_open_batch(client, tags=["filtered"])
        every = {
            "id": batch.id,
            "project_id": server.credentials.project_id,
            "user_id": batch.user_id,
            "device_type": "EMU_FREE",
            "status": [BatchStatus.PENDING, BatchStatus.RUNNING],
            "open": True,
            "start_date": batch.created_at,
            "end_date": batch.created_at,
            "tag": "filtered",
        }

        found = client.get_batches(BatchFilters(**every))

        assert (found.total, [row.id for row in found.results]) == (1, [batch.id])
        for name, other in (("status", BatchStatus.ERROR), ("open", False), ("device_type", "EMU_SV")):
            assert client.get_batches(BatchFilters(**every | {name: other})).total == 0
        assert found.results[0].sequence_builder == flip()
        batch.cancel()

    def test_pages_of_batches_add_up(self, client):
        tag = "paged"
        made = [an_open_batch(client, tags=[tag]) for _ in range(5)]

        pages = [
            client.get_batches(BatchFilters(tag=tag), PaginationParams(offset=offset, limit=2))
            for offset in (0, 2, 4)
        ]

        assert [page.total for page in pages] == [5, 5, 5]
        found = [batch.id for page in pages for batch in page.results]
        assert sorted(found) == sorted(batch.id for batch in made)
        client.cancel_batches([batch.id for batch in made])

    def test_a_batch_that_is_not_there_is_not_found(self, client):
        for call in (client.get_batch, client.get_batch_status):
            with pytest.raises(BatchFetchingError, match="404: Batch not found"):
                call(NOBODY)

    @pytest.mark.parametrize(
        ("sequence", "jobs", "device", "reason"),
        [
            ("this is no sequence", [{"runs": 1}], FREE, "sequence_builder"),
            (None, [{"runs": 1, "variables": {"a": 1}}], FREE, "variables"),
            (None, [{"runs": 0}], FREE, "runs"),
            (None, [{"runs": 100_001}], FREE, "100000"),
            (None, [{"runs": 1}], "FRESNEL_CAN1", "not offered here"),
            (None, [{}], "FRESNEL", "runs"),
            (None, [{"runs": 1}], "FRESNEL", "FRESNEL"),
        ],
    )
    def test_a_batch_that_cannot_run_is_refused_with_a_reason(self, client, sequence, jobs, device, reason):
        with pytest.raises(BatchCreationError, match=f"(?s)Batch creation failed: 422: .*{reason}"):
            client.create_batch(sequence or flip(), jobs, device_type=device)

    def test_a_missing_variable_is_refused_with_its_name(self, client):
        with pytest.raises(BatchCreationError, match=r"(?s)422: .*phases"):
            client.create_batch(
                parametrised().to_abstract_repr(),
                [{"runs": 1, "variables": {"area": 1.0}}],
                device_type=FREE,
            )


class TestJobs:
    def test_a_job_is_awaited_and_read(self, client):
        batch = client.create_batch(flip(), [{"runs": 12}], device_type=FREE)
        id = batch.ordered_jobs[0].id

        job = client.get_job(id, wait=True)

        assert client.get_job_status(id) is JobStatus.DONE
        assert (job.status, job.result) == ("DONE", {"1": 12})
        assert job.start_timestamp and job.end_timestamp

    def test_what_has_ended_cannot_be_cancelled(self, client):
        batch = client.create_batch(flip(), [{"runs": 1}], device_type=FREE)
        (job,) = ended(client, batch.id).ordered_jobs

        with pytest.raises(JobCancellingError, match="409: The job is already done"):
            client.cancel_job(job.id)
        answer = client.cancel_jobs(batch.id, CancelJobFilters(id=job.id))
        assert {str(id): why for id, why in answer.errors.items()} == {job.id: "The job is already done."}

    def test_waiting_jobs_are_cancelled_one_by_one_and_by_filter(self, client):
        many = [{"runs": 1}] * 300 + [{"runs": 77}] * 3
        batch = client.create_batch(three_in_a_row().to_abstract_repr(), many, device_type=FREE)
        last = batch.ordered_jobs[-1]

        cancelled = client.cancel_job(last.id)
        answer = client.cancel_jobs(batch.id, CancelJobFilters(min_runs=77, max_runs=77))

        assert cancelled.id == last.id
        assert {job.runs for job in answer.jobs} <= {77}
        client.cancel_batch(batch.id)
        done = ended(client, batch.id)
        assert {job.status for job in done.ordered_jobs} <= {"DONE", "CANCELED"}
        assert done.ordered_jobs[-1].status == "CANCELED"
        assert done.ordered_jobs[-1].result is None

    def test_jobs_are_found_by_every_filter_together(self, client, server):
        batch = client.create_batch(flip(), [{"runs": runs} for runs in (10, 20, 30)], device_type=FREE)
        jobs = ended(client, batch.id).ordered_jobs
        every = {
            "batch_id": batch.id,
            "project_id": server.credentials.project_id,
            "user_id": batch.user_id,
            "id": [job.id for job in jobs],
            "status": [JobStatus.DONE, JobStatus.ERROR],
            "min_runs": 15,
            "max_runs": 30,
            "errors": False,
            "start_date": batch.created_at,
        }

        found = client.get_jobs(JobFilters(**every), PaginationParams(limit=1))

        assert (found.total, len(found.results)) == (2, 1)
        assert client.get_jobs(JobFilters(**every | {"status": JobStatus.CANCELED})).total == 0
        assert found.results[0].sequence is None

    def test_a_job_that_is_not_there_is_not_found(self, client):
        for call in (client.get_job, client.get_job_status):
            with pytest.raises(JobFetchingError, match="404: Job not found"):
                call(NOBODY)
