"""Applications and processes with the official SDK, and with a program that runs what is behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from scaleway.qaas import v1alpha1 as qaas
from scaleway_core.api import ScalewayException

from ketway.cli.own import OwnClient, as_operator
from tests.parity.audience import ScalewayAudience
from tests.parity.scaleway_sdk import an_sdk
from tests.system.processes import Server, a_server

APPLICATION = """
[[platform]]
name = "EMU-MINE"
engine = "noop"
max_qubits = 3
max_shots = 10
shown.scaleway = { provider_name = "me", backend_name = "noop", type = "simulator", technology = "photonic" }

[[application]]
name = "vqe-h2"
type = "vqe"
platforms = ["EMU-MINE"]
input_template = '{"distance": 0.74}'
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("processes")
    catalogue = folder / "catalogue.toml"
    catalogue.write_text(APPLICATION)
    with a_server(
        folder / "data", workers=0, catalogue=str(catalogue), process_kinds='["vqe-h2"]'
    ) as running:
        yield running


@pytest.fixture(scope="module")
def sdk(server: Server) -> qaas.QaasV1Alpha1API:
    return an_sdk(server)


@pytest.fixture(scope="module")
def low_level(server: Server) -> ScalewayAudience:
    return ScalewayAudience(server, server)


@pytest.fixture(scope="module")
def runner(server: Server) -> OwnClient:
    return as_operator(server.credentials)


def a_process(sdk: qaas.QaasV1Alpha1API) -> qaas.Process:
    (application,) = sdk.list_applications_all()
    return sdk.create_process(
        platform_id=application.compatible_platform_ids[0],
        application_id=application.id,
        name="mine",
        input=application.input_template,
        tags=["a"],
    )


def test_a_process_is_made_run_read_and_deleted(sdk, runner):
    made = a_process(sdk)
    (waiting,) = runner.told("GET", "/processes", params={"status": "queued", "limit": 1})["processes"]
    path = f"/processes/{waiting['id']}"
    runner.told("POST", f"{path}/start")
    runner.told("POST", f"{path}/progress", json={"progress": 40, "message": "half of it"})
    running = sdk.get_process(process_id=made.id)
    for energy in (-1.0, -1.1):
        runner.told("POST", f"{path}/results", json={"result": {"energy": energy}})
    runner.told("POST", f"{path}/done")

    done = sdk.wait_for_process(process_id=made.id)
    results = sdk.list_process_results_all(process_id=made.id)
    changed = sdk.update_process(process_id=made.id, name="other")

    assert (made.status, made.input, made.tags) == (
        qaas.ProcessStatus.STARTING,
        '{"distance": 0.74}',
        ["a"],
    )
    assert waiting["configuration"] == {"distance": 0.74}
    assert (running.status, running.progress, running.progress_message) == (
        qaas.ProcessStatus.RUNNING,
        40,
        "half of it",
    )
    assert (done.status, done.progress, done.attached_session_ids) == (
        qaas.ProcessStatus.COMPLETED,
        100,
        [],
    )
    assert [json.loads(found.result)["energy"] for found in results] == [-1.1, -1.0]
    assert sdk.list_process_results(process_id=made.id, page_size=1).process_results == results[:1]
    assert changed.name == "other"
    assert [listed.id for listed in sdk.list_processes_all()] == [made.id]
    sdk.delete_process(process_id=made.id)
    with pytest.raises(ScalewayException):
        sdk.get_process(process_id=made.id)


def test_a_process_is_cancelled(sdk):
    made = a_process(sdk)

    cancelled = sdk.cancel_process(process_id=made.id)

    assert cancelled.status == qaas.ProcessStatus.CANCELLED
    assert sdk.wait_for_process(process_id=made.id).finished_at is not None


def test_what_is_filtered_is_found_by_what_it_is(sdk):
    (application,) = sdk.list_applications_all(application_type=qaas.ApplicationType.VQE)

    assert sdk.get_application(application_id=application.id) == application
    assert application.type_ == qaas.ApplicationType.VQE
    assert sdk.list_applications(name="another").total_count == 0
    assert sdk.list_processes(application_id=application.id, tags=["nothing"]).total_count == 0


def test_the_client_below_the_others_makes_one_and_ends_it(low_level):
    seen = low_level.scene("scaleway-312", "processes", "life")

    assert (seen["application"]["name"], seen["application"]["type"]) == ("vqe-h2", "vqe")
    assert (seen["made"]["status"], seen["made"]["name"]) == ("starting", "low level")
    assert json.loads(seen["made"]["input"]) == {"distance": 1.5}
    assert (seen["read"], seen["listed"], seen["results"]) == ("starting", True, [])
    assert seen["cancelled"] == "cancelled"
    assert "404" in seen["deleted"]["text"]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("an unknown application", "application"),
        ("an unknown platform", "platform"),
        ("no json", "input"),
    ],
)
def test_a_process_that_cannot_be_made_is_refused_with_the_reason(low_level, what, said):
    text = low_level.scene("scaleway-312", "processes", "refusals")[what]["text"]

    assert text.startswith("error 4")
    assert said in text
