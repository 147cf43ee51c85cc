"""`scaleway-qaas-client`, the client below the others: each of its calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import httpx
from qio.core import (
    BackendData,
    ClientData,
    QuantumComputationModel,
    QuantumComputationParameters,
    QuantumProgram,
    QuantumProgramResult,
)
from qiskit import QuantumCircuit
from scaleway_qaas_client.v1alpha1 import QaaSClient

from tests.parity.clients.scaleway import circuits, exact
from tests.parity.clients.scaleway.stage import AER, NOBODY, play, refused, setting

SHOTS = 2000
PATIENCE_S = 60.0


def client() -> QaaSClient:
    return QaaSClient(**setting().keys)


def idle() -> QaaSClient:
    """Of the server where nobody works: what waits there goes on waiting."""
    return QaaSClient(**setting().idle)


def platform(low: QaaSClient) -> Any:
    (found,) = low.list_platforms(name=AER)
    return found


def a_session(low: QaaSClient, **changes: Any) -> Any:
    plain = {"max_duration": "10m", "max_idle_duration": "5m"}
    return low.create_session(platform(low).id, **plain | changes)


def document(*programs: QuantumCircuit) -> str:
    model = QuantumComputationModel(
        programs=[QuantumProgram.from_qiskit_circuit(program) for program in programs],
        client=ClientData(user_agent="qiskit-scaleway/0.3.13"),
        backend=BackendData(name=AER, version="1", options={}),
    )
    return str(model.to_json_str())


def parameters(shots: int = SHOTS) -> str:
    return str(QuantumComputationParameters(shots=shots).to_json_str())


def until(look: Callable[[], Any], *statuses: str) -> Any:
    deadline = monotonic() + PATIENCE_S
    while (found := look()).status not in statuses:
        assert monotonic() < deadline, f"{found.status}, not one of {statuses}"
        sleep(0.1)
    return found


def ended(low: QaaSClient, job: Any) -> Any:
    return until(lambda: low.get_job(job.id), "completed", "error", "cancelled")


def counts(low: QaaSClient, job: Any) -> Any:
    (result,) = low.list_job_results(job.id)
    return QuantumProgramResult.from_json_str(result.result).to_qiskit_result().get_counts()


def platforms() -> Any:
    low = client()
    everything = low.list_platforms()
    one = low.get_platform(platform(low).id)

    def names(**asked: str) -> list[str]:
        return [found.name for found in low.list_platforms(**asked)]

    return {
        "names": [found.name for found in everything],
        "by backend": names(backend_name="aer"),
        "by provider": names(provider_name="scaleway"),
        "by both": names(provider_name="pasqal", backend_name="aer"),
        "by kind": names(platform_type="SIMULATOR", platform_technology="GENERAL_PURPOSE"),
        "machines": names(platform_type="QPU"),
        "of another case": names(name=AER.lower()),
        "one": one.to_dict(),
        "unknown": refused(low.get_platform, NOBODY),
    }


def sessions() -> Any:
    low = client()
    started = a_session(low, name="low level", max_duration="90m", max_idle_duration=61)
    running = until(lambda: low.get_session(started.id), "running")
    listed = low.list_sessions(platform_id=platform(low).id), low.list_sessions()
    nowhere = low.list_sessions(platform_id=NOBODY)
    access = low.list_session_acls(started.id)
    once, twice = low.terminate_session(started.id), low.terminate_session(started.id)
    stopped = until(lambda: low.get_session(started.id), "stopped")
    for _ in range(2):  # the second is refused, which this client does not tell
        low.delete_session(started.id)
    return {
        "started": started.to_dict(),
        "running": running.to_dict(),
        "listed": [started.id in [found.id for found in each] for each in listed],
        "nowhere": nowhere,
        "access": [str(one) for one in access],
        "terminated": [once.status, twice.status],
        "stopped": stopped.to_dict(),
        "deleted": refused(low.get_session, started.id),
        "no access": refused(low.list_session_acls, started.id),
    }


def deduplication() -> Any:
    low = client()
    first = a_session(low, deduplication_id="low-parity", name="first", max_duration="20m")
    same = a_session(low, deduplication_id="low-parity", name="second", max_duration="30m")
    low.terminate_session(first.id)
    until(lambda: low.get_session(first.id), "stopped")
    fresh = a_session(low, deduplication_id="low-parity")
    low.delete_session(first.id)
    low.delete_session(fresh.id)
    return {
        "ids": [first.id, same.id, fresh.id],
        "kept": [same.name, same.max_duration],
        "said": same.deduplication_id,
    }


def jobs() -> Any:
    """On a model, on the session's model, and with the circuit in the job itself."""
    low, circuit = client(), circuits.entangled()
    model = low.create_model(document(circuit))
    session = a_session(low, model_id=model.id)
    asked = [
        low.create_job(session.id, model_id=model.id, parameters=parameters(), name="by model"),
        low.create_job(session.id, parameters=parameters(), name="by session"),
        low.create_job(session.id, payload=document(circuit), parameters=parameters(), name="by itself"),
        low.create_job(session.id, model_id=model.id, parameters={"shots": SHOTS}, name="plainly"),
    ]
    final = [ended(low, job) for job in asked]
    seen = {
        "first": asked[0].to_dict(),
        "counts": {job.name: counts(low, job) for job in final},
        "exact": exact.chances(circuit),
        "final": [job.to_dict() for job in final],
        "listed": [job.name for job in low.list_jobs(session.id)],
        "session": low.get_session(session.id).to_dict(),
        "result": low.list_job_results(final[0].id)[0].to_dict(),
    }
    low.delete_session(session.id)
    return seen | {"deleted": refused(low.get_job, asked[0].id)}


def models() -> Any:
    low, text = client(), document(circuits.entangled())
    made, again = low.create_model(text), low.create_model(json.loads(text))
    return {
        "ids": [made.id, again.id],
        "same": httpx.get(made.url).text == text,
        "read": low.get_model(made.id).id,
        "listed": {made.id, again.id} <= {model.id for model in low.list_models()},
        "unknown": refused(low.get_model, NOBODY),
    }


def cancelled() -> Any:
    """Waiting jobs; one by itself, the others with their session."""
    low = idle()
    model = low.create_model(document(circuits.entangled()))
    session = a_session(low)
    alone, other = (low.create_job(session.id, model_id=model.id, parameters=parameters()) for _ in range(2))
    seen = {
        "alone": low.cancel_job(alone.id).status,
        "again": low.cancel_job(alone.id).status,
        "other": low.get_job(other.id).status,
        "waiting": low.get_session(session.id).waiting_job_count,
    }
    low.terminate_session(session.id)
    seen["with its session"] = until(lambda: low.get_job(other.id), "cancelled").status
    seen["results"] = low.list_job_results(other.id)
    low.delete_session(session.id)
    return seen


def bookings() -> Any:
    low = client()
    return {
        "mine": [booking.id for booking in low.list_bookings()],
        "of a platform": low.list_bookings(platform(low).id),
        "everybody's": low.list_platform_bookings(platform(low).id),
        "unknown": refused(low.get_booking, NOBODY),
    }


def applications() -> Any:
    low = client()
    return {
        "named": low.list_applications(name="nothing has this name"),
        "unknown": refused(low.get_application, NOBODY),
        "processes of it": low.list_processes(application_id=NOBODY),
        "process": refused(low.get_process, NOBODY),
        "results": refused(low.list_process_results, NOBODY),
        "cancel": refused(low.cancel_process, NOBODY),
        "create": refused(low.create_process, NOBODY, platform(low).id, {"a": 1}),
        "delete": low.delete_process(NOBODY),
    }


def refusals() -> Any:
    low = client()
    model = low.create_model(document(circuits.entangled()))
    session = a_session(low)
    unreadable = ended(low, low.create_job(session.id, payload="no document", parameters=parameters(1)))
    seen = {
        "unreadable": [unreadable.status, unreadable.progress_message],
        "an unknown session": refused(low.create_job, NOBODY, model_id=model.id),
        "an unknown model": refused(low.create_job, session.id, model_id=NOBODY),
        "nothing to run": refused(low.create_job, session.id),
        "an unknown platform": refused(low.create_session, NOBODY),
        "a duration of no length": refused(a_session, low, max_duration="soon"),
        "a negative duration": refused(a_session, low, max_idle_duration=-5),
        "no json": refused(low.create_job, session.id, model_id=model.id, parameters="{"),
        "an unknown job": refused(low.get_job, NOBODY),
        "an unknown job cancelled": refused(low.cancel_job, NOBODY),
        "an unknown session ended": refused(low.terminate_session, NOBODY),
        "no results": refused(low.list_job_results, NOBODY),
    }
    low.delete_session(session.id)
    return seen


if __name__ == "__main__":
    play(
        (
            platforms,
            sessions,
            deduplication,
            jobs,
            models,
            cancelled,
            bookings,
            applications,
            refusals,
        )
    )
