"""The demo's circuit: a Bell pair, through the published Scaleway SDK, on Aer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from importlib import metadata

import qiskit
from qio.core import ClientData, QuantumComputationModel, QuantumProgram, QuantumProgramResult
from scaleway import Client
from scaleway.qaas.v1alpha1 import JobCircuit, JobStatus, QaasV1Alpha1API

import ketway
from ketway.cli.demo_shown import Shown
from ketway.credentials_file import Credentials

SHOTS = 1000
PLATFORM = "EMU-AER-16C-128M"
_LOOK_AGAIN_S = 0.1
_WAITS = (JobStatus.WAITING, JobStatus.RUNNING)


def connect(credentials: Credentials) -> QaasV1Alpha1API:
    """The client, given another address and nothing else."""
    return QaasV1Alpha1API(
        Client(
            access_key=credentials.access_key,
            secret_key=credentials.secret_key,
            default_project_id=credentials.project_id,
            api_url=credentials.url,
        )
    )


def bell() -> qiskit.QuantumCircuit:
    circuit = qiskit.QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return circuit


def payload(*circuits: qiskit.QuantumCircuit) -> str:
    """The document in which today's clients send circuits."""
    model = QuantumComputationModel(
        programs=[QuantumProgram.from_qiskit_circuit(circuit) for circuit in circuits],
        client=ClientData(user_agent=f"ketway-demo/{ketway.__version__}"),
    )
    return str(model.to_json_str())


def _run(credentials: Credentials, tell: Callable[[str], None]) -> dict[str, int]:
    api = connect(credentials)
    (platform,) = api.list_platforms(name=PLATFORM).platforms
    session = api.create_session(platform_id=platform.id, name="demo")
    model = api.create_model(payload=payload(bell()))
    job = api.create_job(
        name="bell",
        session_id=session.id,
        circuit=JobCircuit(),
        model_id=model.id,
        parameters=json.dumps({"shots": SHOTS, "options": {}}),
    )
    while (job := api.get_job(job_id=job.id)).status in _WAITS:
        tell(str(job.status))
        time.sleep(_LOOK_AGAIN_S)
    if job.status != JobStatus.COMPLETED:
        raise RuntimeError(f"{job.status}: {job.progress_message}")
    (result,) = api.list_job_results(job_id=job.id).job_results
    api.terminate_session(session_id=session.id)
    counts = QuantumProgramResult.from_json_str(result.result or "").to_qiskit_result().get_counts()
    return dict(counts)


SHOWN = Shown(
    title=f"A Bell pair on {PLATFORM}",
    client=f"scaleway {metadata.version('scaleway')} with qio {metadata.version('qio')}",
    run=_run,
)
