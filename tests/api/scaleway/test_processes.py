"""Applications and processes: what the table of routes does not say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from ketway.domain.applications import application_id
from ketway.domain.jobs import JobStatus
from ketway.domain.platforms import Door
from ketway.domain.processes import ProcessId
from ketway.services.listing import Page, ProcessFilter
from ketway.services.processes import NewProcess
from ketway.services.reports import Span
from tests.api.scaleway.clients import AER, NOBODY, QPU, VQE, a_process, a_session
from tests.api.scaleway.worlds import APPLICATIONS, RUN, a_client, a_qpu, an_aer
from tests.builders import a_platform
from tests.worlds import World, a_world

OF_NOBODY = str(application_id("vqe-of-nobody"))
PASQAL = Door("pasqal")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    catalogue = [a_qpu(), an_aer(), a_platform()]
    async with a_world(tmp_path, catalogue=catalogue, applications=APPLICATIONS, limits=RUN) as world:
        yield world


async def move(world: World, process: dict, status: JobStatus) -> None:
    await world.core.processes.move(world.operator, ProcessId(UUID(process["id"])), status, Span())


async def listed(api: httpx.AsyncClient, noun: str, **query) -> list[dict]:
    answer = await api.get(f"/{noun}", params=query)
    assert answer.status_code == 200, answer.text
    found = answer.json()[noun]
    assert answer.json()["total_count"] == len(found)
    return found


async def test_an_application_says_what_it_uses_and_what_it_is_to_be_given(api):
    assert (await api.get(f"/applications/{VQE}")).json() == {
        "id": VQE,
        "name": "vqe-h2",
        "type": "vqe",
        "compatible_platform_ids": [AER, QPU],
        "input_template": '{"distance": 0.74}',
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["another-vqe", "vqe-h2", "vqe-of-nobody"]),
        ({"name": "vqe-h2"}, ["vqe-h2"]),
        ({"name": "vqe"}, []),
        ({"applicationType": "vqe", "orderBy": "name_desc"}, ["vqe-of-nobody", "vqe-h2", "another-vqe"]),
        ({"application_type": "unknown_type"}, ["another-vqe", "vqe-h2", "vqe-of-nobody"]),
    ],
)
async def test_applications_are_filtered_exactly_and_sorted(api, query, names):
    assert [found["name"] for found in await listed(api, "applications", **query)] == names


async def test_a_process_begins_with_what_it_was_given(world, api):
    made = await a_process(api, tags=["a"])

    assert made == {
        "id": made["id"],
        "name": "mine",
        "application_id": VQE,
        "platform_id": AER,
        "attached_session_ids": [],
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
        "status": "starting",
        "project_id": str(world.project_id),
        "tags": ["a"],
        "progress": 0,
        "progress_message": "",
        "input": '{"distance":  0.74}',
    }
    kept = await world.core.processes.get(world.owner, ProcessId(UUID(made["id"])))
    assert kept.configuration == {"distance": 0.74}


async def test_without_a_name_one_is_invented_and_the_input_may_be_an_object(api):
    made = await a_process(api, name=None, input={"distance": 1})

    assert made["name"].startswith("qp-")
    assert made["input"] == '{"distance": 1}'
    assert (await a_process(api, input=None))["input"] == ""


@pytest.mark.parametrize("id", [NOBODY, "nonsense", ""])
async def test_an_unknown_application_is_not_found(api, id):
    answer = await api.post("/processes", json={"application_id": id, "platform_id": AER})

    assert answer.status_code == 404
    assert answer.json().items() >= {
        ("type", "not_found"),
        ("resource", "qaas_application"),
        ("resource_id", id),
    }


async def test_a_platform_that_the_application_cannot_use_is_refused_by_name(api):
    answer = await api.post("/processes", json={"application_id": OF_NOBODY, "platform_id": QPU})

    assert answer.status_code == 400
    (detail,) = answer.json()["details"]
    assert (detail["argument_name"], detail["reason"]) == ("platform_id", "constraint")


async def test_a_process_that_nobody_runs_ends_in_error_at_once_and_says_why(api):
    made = await a_process(api, application_id=OF_NOBODY)

    assert made["status"] == "error"
    assert "nobody who runs 'vqe-of-nobody'" in made["progress_message"]
    assert made["finished_at"] == made["created_at"]


async def test_a_process_goes_its_way_as_its_runner_says(world, api):
    made = await a_process(api)
    id = ProcessId(UUID(made["id"]))
    processes = world.core.processes
    await move(world, made, JobStatus.RUNNING)
    world.clock.move(seconds=1)
    await processes.advance(world.operator, id, 40, "half of it")
    running = (await api.get(f"/processes/{id}")).json()
    await processes.keep_result(world.operator, id, {"energy": -1.1})
    await move(world, made, JobStatus.DONE)
    done = (await api.get(f"/processes/{id}")).json()
    results = (await api.get(f"/processes/{id}/results")).json()

    assert (running["status"], running["progress"], running["progress_message"]) == (
        "running",
        40,
        "half of it",
    )
    assert "finished_at" not in running
    assert (done["status"], done["progress"]) == ("completed", 100)
    assert done["started_at"] < done["finished_at"]
    assert results == {
        "total_count": 1,
        "process_results": [
            {
                "process_id": str(id),
                "result": '{"energy": -1.1}',
                "created_at": "2026-01-15T12:00:01.000000Z",
            }
        ],
    }


async def test_its_sessions_say_whose_they_are_and_end_with_it(world, api):
    made = await a_process(api)
    own, other = await a_session(api), await a_session(api)
    await move(world, made, JobStatus.RUNNING)
    await world.core.processes.attach(world.operator, ProcessId(UUID(made["id"])), UUID(own["id"]))

    attached = (await api.get(f"/sessions/{own['id']}")).json()
    running = (await api.get(f"/processes/{made['id']}")).json()
    cancelled = (await api.post(f"/processes/{made['id']}/cancel")).json()
    ended = (await api.get(f"/sessions/{own['id']}")).json()

    assert (own["origin_type"], "origin_id" in own) == ("customer", False)
    assert (attached["origin_type"], attached["origin_id"]) == ("process", made["id"])
    assert running["attached_session_ids"] == [own["id"]]
    assert (cancelled["status"], ended["status"]) == ("cancelled", "stopped")
    assert (await api.get(f"/sessions/{other['id']}")).json()["status"] == "running"


async def test_cancelling_what_has_ended_changes_nothing(world, api):
    made = await a_process(api)
    first = (await api.post(f"/processes/{made['id']}/cancel")).json()
    world.clock.move(seconds=1)

    assert (await api.post(f"/processes/{made['id']}/cancel")).json() == first


async def test_a_second_delete_finds_nothing(api):
    made = await a_process(api)

    first = await api.delete(f"/processes/{made['id']}")
    second = await api.delete(f"/processes/{made['id']}")
    results = await api.get(f"/processes/{made['id']}/results")

    assert (first.status_code, second.status_code, results.status_code) == (204, 404, 404)
    assert second.json()["resource"] == "qaas_process"


async def test_processes_are_filtered_by_application_and_tags(api):
    one = await a_process(api, tags=["x", "y"])
    other = await a_process(api, application_id=OF_NOBODY, tags=["x"])

    async def ids(**query):
        return {process["id"] for process in await listed(api, "processes", **query)}

    assert await ids() == {one["id"], other["id"]}
    assert await ids(application_id=VQE) == {one["id"]}
    assert await ids(applicationId=NOBODY) == set()
    assert await ids(tags=["x", "y"]) == {one["id"]}


async def test_workloads_of_another_door_are_not_here_nor_are_these_there(world, api):
    workload = await world.core.processes.create(
        world.owner,
        NewProcess(project_id=world.project_id, door=PASQAL, kind="vqe-h2", backend="any", configuration={}),
    )
    await a_process(api)

    (shown,) = await listed(api, "processes")
    there = await world.core.processes.list(world.owner.through(PASQAL), ProcessFilter(), Page())

    assert shown["id"] != str(workload.id)
    assert [each.id for each in there.items] == [workload.id]
    for method, path in (("GET", ""), ("GET", "/results"), ("POST", "/cancel"), ("DELETE", "")):
        answer = await api.request(method, f"/processes/{workload.id}{path}")
        assert answer.status_code == 404


async def test_a_process_of_a_foreign_project_is_not_found(world, api):
    made = await a_process(api)
    _, secret = await world.another_project()

    async with a_client(world.core, secret) as stranger:
        assert (await stranger.get(f"/processes/{made['id']}")).status_code == 404
        assert await listed(stranger, "processes") == []
