"""The official `scaleway` SDK: how tests make one, and run circuits with documents and results by `qio`."""

from __future__ import annotations

import json
from typing import Any

import requests
from qio.core import (
    BackendData,
    ClientData,
    QuantumComputationModel,
    QuantumComputationParameters,
    QuantumProgram,
    QuantumProgramResult,
)
from qiskit import QuantumCircuit
from scaleway import Client
from scaleway.qaas import v1alpha1 as qaas
from scaleway_core.api import ScalewayException

from tests.system.processes import Server

PLATFORM = "EMU-AER-16C-128M"
NOBODY = "00000000-0000-4000-8000-000000000099"
SHOTS = 2000
DONE = qaas.JobStatus.COMPLETED


def an_sdk(server: Server, **changes: str) -> qaas.QaasV1Alpha1API:
    known = {
        "access_key": server.credentials.access_key,
        "secret_key": server.credentials.secret_key,
        "default_project_id": server.credentials.project_id,
        "api_url": server.url,
    }
    return qaas.QaasV1Alpha1API(Client(**known | changes))


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def first_of_three_flipped() -> QuantumCircuit:
    """Always 001, read with the last classical bit first."""
    circuit = QuantumCircuit(3, 3)
    circuit.x(0)
    circuit.measure(range(3), range(3))
    return circuit


def a_document(*circuits: QuantumCircuit) -> str:
    return QuantumComputationModel(
        programs=[QuantumProgram.from_qiskit_circuit(circuit) for circuit in circuits],
        client=ClientData(user_agent="qiskit-scaleway/0.3.13"),
        backend=BackendData(name=PLATFORM, version="1", options={}),
    ).to_json_str()


def the_parameters(shots: int = SHOTS) -> str:
    return QuantumComputationParameters(shots=shots).to_json_str()


def submit(sdk: qaas.QaasV1Alpha1API, session: qaas.Session, document: str, **changes: Any) -> qaas.Job:
    """A job on a model, as the vendor's plugins make it."""
    model = sdk.create_model(payload=document)
    plain = {"name": "job", "circuit": qaas.JobCircuit(), "parameters": the_parameters()}
    return sdk.create_job(session_id=session.id, model_id=model.id, **plain | changes)


def run(sdk: qaas.QaasV1Alpha1API, session: qaas.Session, *circuits: QuantumCircuit) -> qaas.Job:
    ended = sdk.wait_for_job(job_id=submit(sdk, session, a_document(*circuits)).id)
    assert ended.status == DONE, ended
    return ended


def the_counts(sdk: qaas.QaasV1Alpha1API, job: qaas.Job) -> list[dict[str, int]]:
    """Counts of each circuit, as qio decodes the one result of a job."""
    (result,) = sdk.list_job_results_all(job_id=job.id)
    counts = QuantumProgramResult.from_json_str(content_of(result)).to_qiskit_result().get_counts()
    return counts if isinstance(counts, list) else [counts]


def content_of(result: qaas.JobResult) -> str:
    """As the vendor's plugins read it: in the answer, or behind its link."""
    if result.result:
        return result.result
    assert result.url is not None
    answer = requests.get(result.url, timeout=30)
    answer.raise_for_status()
    return answer.text


def the_platform(sdk: qaas.QaasV1Alpha1API) -> qaas.Platform:
    (found,) = sdk.list_platforms_all(name=PLATFORM)
    return found


def the_error(error: ScalewayException) -> Any:
    return json.loads(error.response.content)
