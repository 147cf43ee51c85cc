from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from ketway.domain.leases import Verdict
from tests.api.scaleway.clients import AER, NOBODY, QPU, a_job, a_model, a_session
from tests.api.scaleway.contract.shapes import SINGLE_JOB
from tests.api.surface.documents import must_fit
from tests.services import steps
from tests.worlds import World


@pytest.fixture
async def session(api: httpx.AsyncClient) -> str:
    id: str = (await a_session(api))["id"]
    return id


async def test_a_job_is_answered_with_every_field_and_nothing_unset(api: httpx.AsyncClient, session: str):
    job = await a_job(api, session, tags=["a"], parameters='{"shots":  10}')

    UUID(job.pop("id"))
    assert job == {
        "name": "flip",
        "tags": ["a"],
        "session_id": session,
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
        "status": "waiting",
        "progress_message": "",
        "result_distribution": "",
        "parameters": '{"shots":  10}',
    }


async def test_a_job_that_waits_says_its_place_and_when_it_may_start_until_it_runs(
    api: httpx.AsyncClient, session: str, world: World
):
    first = await a_job(api, session)
    world.clock.move(milliseconds=1)
    second = await a_job(api, session)

    soon, later = [(await api.get(f"/jobs/{job['id']}")).json() for job in (first, second)]
    await world.run_all()
    done = (await api.get(f"/jobs/{second['id']}")).json()

    now = "2026-01-15T12:00:00.001000Z"
    assert soon["estimated_start"] == dict.fromkeys(("earliest", "expected", "latest"), now)
    assert (soon["queue_position"], later["queue_position"]) == (1, 2)
    assert not {"queue_position", "estimated_start", "estimate"} & done.keys()
    must_fit(soon, SINGLE_JOB)
    must_fit(later, SINGLE_JOB)


async def test_a_job_runs_to_completion(api: httpx.AsyncClient, session: str, world: World):
    job = await a_job(api, session)
    (grant,) = await world.claim()
    running = (await api.get(f"/jobs/{job['id']}")).json()
    world.clock.move(seconds=2.5)
    await steps.done(world, grant)

    done = (await api.get(f"/jobs/{job['id']}")).json()

    assert (running["status"], running["started_at"]) == ("running", "2026-01-15T12:00:00.000000Z")
    assert (done["status"], done["job_duration"]) == ("completed", "2.5s")
    assert (await api.get(f"/sessions/{session}")).json()["finished_job_count"] == 1


async def test_a_failed_job_gives_its_reason(api: httpx.AsyncClient, session: str, world: World):
    job = await a_job(api, session)
    (grant,) = await world.claim()
    world.clock.move(seconds=1.5)
    await steps.failed(world, grant, Verdict.REFUSED, "2000 shots asked, at most 1000 allowed")

    failed = (await api.get(f"/jobs/{job['id']}")).json()

    assert (failed["status"], failed["job_duration"]) == ("error", "1.5s")
    assert "2000 shots asked" in failed["progress_message"]


async def test_more_shots_than_the_platform_runs_are_accepted(
    api: httpx.AsyncClient, session: str, world: World
):
    await a_job(api, session, parameters='{"shots": 2000}')

    (grant,) = await world.claim()

    assert (grant.task.shots, grant.task.max_shots) == (2000, 1000)


async def test_circuits_are_never_checked_when_they_are_sent(
    api: httpx.AsyncClient, session: str, world: World
):
    await a_job(api, session, circuit={"qiskit_circuit": "no circuit at all"})

    assert world.checker.asked == []


@pytest.mark.parametrize("key", ["qiskit_circuit", "perceval_circuit", "qiskitCircuit", "percevalCircuit"])
async def test_a_circuit_is_run_and_given_back_as_it_was_sent(
    api: httpx.AsyncClient, session: str, world: World, key
):
    job = await a_job(api, session, circuit={key: ' {"command": "probs"}'}, project_id=str(world.project_id))

    (grant,) = await world.claim()
    circuit = (await api.get(f"/jobs/{job['id']}/circuit")).json()

    assert grant.task.program == ' {"command": "probs"}'
    assert list(circuit.values()) == [' {"command": "probs"}']
    assert next(iter(circuit)) in ("qiskit_circuit", "perceval_circuit")


async def test_a_model_wins_over_a_circuit(api: httpx.AsyncClient, session: str, world: World):
    model = await a_model(api, "the model")

    job = await a_job(api, session, model_id=model["id"], circuit={"qiskit_circuit": "the circuit"})

    (grant,) = await world.claim()
    assert (job["model_id"], grant.task.program) == (model["id"], "the model")
    assert (await api.get(f"/jobs/{job['id']}/circuit")).json() == {}


@pytest.mark.parametrize("circuit", [None, {"qiskit_circuit": None}, {}])
async def test_a_job_without_a_program_runs_its_sessions_model(api: httpx.AsyncClient, world: World, circuit):
    model = await a_model(api, "the model")
    session = await a_session(api, model_id=model["id"])

    job = await a_job(api, session["id"], circuit=circuit, parameters=None)

    (grant,) = await world.claim()
    assert grant.task.program == "the model"
    assert job.keys().isdisjoint({"model_id", "parameters"})


async def test_a_job_with_nothing_to_run_is_refused(api: httpx.AsyncClient, session: str):
    answer = await api.post("/jobs", json={"session_id": session, "circuit": {"qiskit_circuit": None}})

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_arguments")
    assert answer.json()["details"][0].items() >= {("argument_name", "circuit"), ("reason", "required")}


@pytest.mark.parametrize(
    ("changes", "argument", "reason"),
    [
        ({"parameters": "{"}, "parameters", "format"),
        ({"parameters": '{"shots": "many"}'}, "parameters", "constraint"),
        ({"max_duration": "Nones"}, "max_duration", "format"),
        ({"session_id": "x"}, "session_id", "format"),
        ({"session_id": None}, "session_id", "required"),
        ({"circuit": {"qiskit_circuit": 5}}, "circuit.qiskit_circuit", "format"),
    ],
)
async def test_a_wrong_field_is_refused_by_name(
    api: httpx.AsyncClient, session: str, changes, argument, reason
):
    sent = {"session_id": session, "circuit": {"qiskit_circuit": "x"}} | changes

    answer = await api.post("/jobs", json=sent)

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_arguments")
    assert answer.json()["details"][0].items() >= {("argument_name", argument), ("reason", reason)}


async def test_parameters_sent_as_an_object_are_echoed_as_text(api: httpx.AsyncClient, session: str):
    job = await a_job(api, session, parameters={"shots": 3, "options": {"output_names": "[]"}})

    assert job["parameters"] == '{"shots": 3, "options": {"output_names": "[]"}}'


async def test_a_job_without_a_name_gets_one(api: httpx.AsyncClient, session: str):
    assert (await a_job(api, session, name=None))["name"].startswith("qj-")


async def test_a_job_may_limit_its_own_time(api: httpx.AsyncClient, session: str, world: World):
    await a_job(api, session, max_duration="90s")

    (grant,) = await world.claim()

    assert grant.job.max_duration_s == 90


async def test_a_stopped_session_takes_no_job(api: httpx.AsyncClient, session: str):
    await api.post(f"/sessions/{session}/terminate")

    answer = await api.post("/jobs", json={"session_id": session, "circuit": {"qiskit_circuit": "x"}})

    assert (answer.status_code, answer.json()["type"]) == (412, "precondition_failed")
    assert answer.json()["precondition"] == "resource_not_usable"
    assert "stopped" in answer.json()["help_message"]


async def test_a_starting_session_takes_jobs(api: httpx.AsyncClient):
    session = await a_session(api, platform_id=QPU)

    job = await a_job(api, session["id"])

    assert (session["status"], job["status"]) == ("starting", "waiting")


async def test_a_job_needs_a_session_of_its_own_project(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, session: str
):
    circuit = {"qiskit_circuit": "x"}

    foreign = await stranger.post("/jobs", json={"session_id": session, "circuit": circuit})
    unknown = await api.post("/jobs", json={"session_id": NOBODY, "circuit": circuit})

    for answer in (foreign, unknown):
        assert (answer.status_code, answer.json()["resource"]) == (404, "qaas_session")


async def test_a_job_cannot_run_a_model_of_another_project(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, session: str
):
    model = await a_model(stranger)

    answer = await api.post("/jobs", json={"session_id": session, "model_id": model["id"]})

    assert (answer.status_code, answer.json()["resource"]) == (404, "qaas_model")


async def test_a_running_job_is_asked_to_stop_and_waits_for_it(
    api: httpx.AsyncClient, session: str, world: World
):
    job = await a_job(api, session)
    await world.claim()

    first = await api.post(f"/jobs/{job['id']}/cancel")
    second = await api.post(f"/jobs/{job['id']}/cancel", json={})

    assert (first.status_code, first.json()["status"]) == (200, "cancelling")
    assert (second.status_code, second.json()["status"]) == (200, "cancelling")


async def test_a_job_that_is_cancelling_is_not_changed(api: httpx.AsyncClient, session: str, world: World):
    job = await a_job(api, session)
    await world.claim()
    await api.post(f"/jobs/{job['id']}/cancel")

    answer = await api.patch(f"/jobs/{job['id']}", json={"name": "other"})

    assert (answer.status_code, answer.json()["type"]) == (409, "transient_state")
    assert answer.json().items() >= {
        ("resource", "qaas_job"),
        ("resource_id", job["id"]),
        ("current_state", "cancelling"),
    }


async def test_cancelling_a_finished_job_changes_nothing(api: httpx.AsyncClient, session: str, world: World):
    job = await a_job(api, session)
    await world.run_all()
    done = (await api.get(f"/jobs/{job['id']}")).json()

    answer = await api.post(f"/jobs/{job['id']}/cancel")

    assert (answer.status_code, answer.json()) == (200, done)


async def test_only_a_finished_job_can_be_deleted(api: httpx.AsyncClient, session: str, world: World):
    job = await a_job(api, session)

    early = await api.delete(f"/jobs/{job['id']}")
    await world.run_all()
    first = await api.delete(f"/jobs/{job['id']}")
    second = await api.delete(f"/jobs/{job['id']}")

    assert (early.status_code, early.json()["type"]) == (412, "precondition_failed")
    assert (first.status_code, second.status_code) == (204, 404)


async def test_a_jobs_name_and_tags_can_be_changed(api: httpx.AsyncClient, session: str):
    job = await a_job(api, session, tags=["a"])

    changed = await api.patch(f"/jobs/{job['id']}", json={"name": "other"})

    assert changed.json() == job | {"name": "other"}


@pytest.mark.parametrize("path", ["", "/circuit", "/results"])
async def test_a_job_of_another_project_is_not_found(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, session: str, path
):
    job = await a_job(api, session)

    answer = await stranger.get(f"/jobs/{job['id']}{path}")

    assert answer.status_code == 404
    assert answer.json().items() >= {("resource", "qaas_job"), ("resource_id", job["id"])}


async def test_jobs_are_listed_newest_first(api: httpx.AsyncClient, session: str, world: World):
    for name in ("first", "second", "third"):
        await a_job(api, session, name=name)
        world.clock.move(seconds=1)

    newest = (await api.get("/jobs", params={"session_id": session})).json()
    oldest = (await api.get("/jobs", params={"sessionId": session, "order_by": "created_at_asc"})).json()

    assert [job["name"] for job in newest["jobs"]] == ["third", "second", "first"]
    assert [job["name"] for job in oldest["jobs"]] == ["first", "second", "third"]


async def test_jobs_are_sorted_by_the_names_of_their_platform_and_their_session(
    api: httpx.AsyncClient, world: World
):
    for platform, session, name in (
        (QPU, "b", "first"),
        (AER, "c", "second"),
        (AER, "a", "third"),
    ):
        made = await a_session(api, platform_id=platform, name=session)
        await a_job(api, made["id"], name=name)

    async def names(order: str) -> list[str]:
        listed = (await api.get("/jobs", params={"order_by": order})).json()["jobs"]
        return [job["name"] for job in listed]

    assert await names("session_name_asc") == ["third", "first", "second"]
    assert await names("session_name_desc") == ["second", "first", "third"]
    assert (await names("platform_name_asc"))[2] == "first"
    assert (await names("platform_name_desc"))[0] == "first"


async def test_jobs_sorted_by_status_come_as_far_as_they_have_come(
    api: httpx.AsyncClient, session: str, world: World
):
    done = await a_job(api, session)
    await world.run_all()
    running = await a_job(api, session)
    await world.claim()
    waiting = await a_job(api, session)
    cancelled = await a_job(api, session)
    await api.post(f"/jobs/{cancelled['id']}/cancel")

    upward = (await api.get("/jobs", params={"orderBy": "status_asc"})).json()["jobs"]
    downward = (await api.get("/jobs", params={"order_by": "status_desc"})).json()["jobs"]

    expected = [waiting["id"], running["id"], done["id"], cancelled["id"]]
    assert [job["id"] for job in upward] == expected
    assert [job["id"] for job in downward] == expected[::-1]


async def test_more_than_a_hundred_jobs_are_on_the_first_page(api: httpx.AsyncClient, session: str):
    for _ in range(120):
        await a_job(api, session)

    listed = (await api.get("/jobs", params={"session_id": session})).json()

    assert (listed["total_count"], len(listed["jobs"])) == (120, 120)


async def test_without_a_session_all_jobs_that_the_key_may_read_are_listed(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, world: World
):
    await a_job(api, (await a_session(api))["id"], tags=["x"])
    await a_job(api, (await a_session(api))["id"], tags=["x", "y"])
    await a_job(stranger, (await a_session(stranger))["id"], tags=["x"])

    everything = (await api.get("/jobs")).json()
    of_project = (await api.get("/jobs", params={"project_id": str(world.project_id)})).json()
    tagged = (await api.get("/jobs", params={"tags": ["x", "y"]})).json()
    foreign = await stranger.get("/jobs", params={"project_id": str(world.project_id)})

    assert (everything["total_count"], of_project["total_count"], tagged["total_count"]) == (2, 2, 1)
    assert foreign.status_code == 403
