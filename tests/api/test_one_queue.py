"""The machine that both dialects show, spoken to in both at once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from ketway import platforms
from ketway.domain.platforms import platform_id
from ketway.services.grants import Grant
from tests.api.own.conftest import a_client as an_own_client
from tests.api.pasqal.clients import an_open_batch, data, the_batch
from tests.api.pasqal.worlds import CORE, a_token
from tests.api.pasqal.worlds import a_client as a_pasqal_client
from tests.api.scaleway.clients import a_model, a_session
from tests.api.scaleway.worlds import a_client as a_scaleway_client
from tests.services.steps import done
from tests.worlds import World, a_world

FRESNEL = str(platform_id("FRESNEL"))
NAME = "QPU-FRESNEL-100PQ"


@dataclass(frozen=True, kw_only=True)
class Doors:
    """One ketway and a client at each of its doors."""

    world: World
    pasqal: httpx.AsyncClient
    scaleway: httpx.AsyncClient
    operator: httpx.AsyncClient

    async def session(self) -> dict[str, Any]:
        """As `pulser-scaleway` makes one on a QPU."""
        model = await a_model(self.scaleway, json.dumps({"sequence": "{}", "backend_configuration": None}))
        return await a_session(
            self.scaleway,
            platform_id=FRESNEL,
            model_id=model["id"],
            max_duration="43200s",
            max_idle_duration="600s",
            parameters='{"backend_configuration": null}',
        )

    async def post_job(self, session: dict[str, Any], parameters: str = '{"runs": 100}') -> httpx.Response:
        body = {
            "name": "flip",
            "session_id": session["id"],
            "circuit": {"qiskit_circuit": None},
            "model_id": None,
            "parameters": parameters,
        }
        return await self.scaleway.post("/jobs", json=body)

    async def job(self, session: dict[str, Any]) -> dict[str, Any]:
        answer = await self.post_job(session)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def batch(self, **changes: Any) -> dict[str, Any]:
        jobs = {"jobs": [{"runs": 100}], "device_type": "FRESNEL"}
        return await an_open_batch(self.pasqal, self.world, **jobs | changes)

    async def run_one(self) -> Grant:
        (grant,) = await self.world.claim()
        await done(self.world, grant)
        return grant

    async def said_by(self, session: dict[str, Any]) -> dict[str, Any]:
        return dict((await self.scaleway.get(f"/sessions/{session['id']}")).json())


@pytest.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    """At the built-in catalogue, whose one machine of atoms both surfaces show."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(a_world(tmp_path, catalogue=platforms.read()))
        token = await a_token(world)
        yield Doors(
            world=world,
            pasqal=await stack.enter_async_context(a_pasqal_client(world, token)),
            scaleway=await stack.enter_async_context(
                a_scaleway_client(world.core, world.credentials.secret_key)
            ),
            operator=await stack.enter_async_context(an_own_client(world, token)),
        )


async def test_a_session_keeps_a_batch_waiting_until_it_ends(doors: Doors):
    session = await doors.session()
    await doors.job(session)
    (grant,) = await doors.world.claim()
    batch = await doors.batch()

    assert await doors.world.claim() == []
    await done(doors.world, grant)
    assert await doors.world.claim() == []
    assert (await doors.said_by(session))["status"] == "running"
    assert (await the_batch(doors.pasqal, batch["id"]))["status"] == "PENDING"
    ended = (await doors.scaleway.post(f"/sessions/{session['id']}/terminate")).json()

    assert (ended["status"], "terminated_at" in ended) == ("stopped", True)
    assert str((await doors.run_one()).job.batch_id) == batch["id"]


async def test_a_batch_keeps_a_session_starting_until_it_is_closed(doors: Doors):
    batch = await doors.batch()
    assert str((await doors.run_one()).job.batch_id) == batch["id"]
    session = await doors.session()
    job = await doors.job(session)

    assert await doors.world.claim() == []
    waiting = await doors.said_by(session)
    assert (waiting["status"], waiting["waiting_job_count"]) == ("starting", 1)
    assert "started_at" not in waiting
    data(await doors.pasqal.patch(f"{CORE}/v2/batches/{batch['id']}/complete"))

    assert str((await doors.run_one()).job.id) == job["id"]
    assert (await doors.said_by(session))["status"] == "running"


async def test_a_session_that_idles_too_long_makes_room(doors: Doors):
    session = await doors.session()
    await doors.job(session)
    await doors.run_one()
    batch = await doors.batch()

    doors.world.clock.move(seconds=599)
    await doors.world.core.housekeeping.sweep()
    assert await doors.world.claim() == []
    doors.world.clock.move(seconds=2)
    await doors.world.core.housekeeping.sweep()

    assert str((await doors.run_one()).job.batch_id) == batch["id"]
    stopped = await doors.said_by(session)
    assert (stopped["status"], stopped["progress_message"]) == ("stopped", "idle too long")


async def test_what_came_in_by_one_door_is_nowhere_behind_the_other(doors: Doors):
    session, batch = await doors.session(), await doors.batch()
    job = await doors.job(session)
    (other,) = data(await doors.pasqal.get(f"{CORE}/v2/jobs", params={"batch_id": batch["id"]}))

    absent = [
        await doors.scaleway.get(f"/sessions/{batch['id']}"),
        await doors.scaleway.post(f"/sessions/{batch['id']}/terminate"),
        await doors.scaleway.delete(f"/sessions/{batch['id']}"),
        await doors.scaleway.get(f"/jobs/{other['id']}"),
        await doors.scaleway.post(f"/jobs/{other['id']}/cancel"),
        await doors.pasqal.get(f"{CORE}/v2/batches/{session['id']}"),
        await doors.pasqal.patch(f"{CORE}/v2/batches/{session['id']}/cancel"),
        await doors.pasqal.get(f"{CORE}/v2/jobs/{job['id']}"),
        await doors.pasqal.patch(f"{CORE}/v2/jobs/{job['id']}/cancel"),
    ]

    assert [answer.status_code for answer in absent] == [404] * len(absent)
    sessions = (await doors.scaleway.get("/sessions", params={"project_id": session["project_id"]})).json()
    assert [one["id"] for one in sessions["sessions"]] == [session["id"]]
    jobs = (await doors.scaleway.get("/jobs")).json()
    assert [one["id"] for one in jobs["jobs"]] == [job["id"]]
    batches = data(await doors.pasqal.get(f"{CORE}/v1/batches"))
    assert [one["id"] for one in batches] == [batch["id"]]
    assert (await doors.said_by(session))["status"] == "starting"
    assert (await the_batch(doors.pasqal, batch["id"]))["status"] == "PENDING"


async def test_the_operator_sees_the_jobs_of_both(doors: Doors):
    session = await doors.session()
    job = await doors.job(session)
    batch = await doors.batch()

    listed = (await doors.operator.get("/jobs")).json()

    assert listed["total"] == 2
    assert {(one["door"], one["batch_id"], one["platform"]) for one in listed["jobs"]} == {
        ("scaleway", session["id"], "FRESNEL"),
        ("pasqal", batch["id"], "FRESNEL"),
    }
    cancelled = (await doors.operator.post(f"/jobs/{job['id']}/cancel")).json()
    assert cancelled["status"] == "cancelled"
    assert (await doors.scaleway.get(f"/jobs/{job['id']}")).json()["status"] == "cancelled"


async def test_a_job_is_given_to_its_worker_as_it_was_sent(doors: Doors):
    """And its shots hold the machine as long by this door as by the other."""
    session = await doors.session()
    answer = await doors.post_job(session, '{"runs": 30, "variables": {"t": 1000, "qubits": {"q0": 4}}}')
    (grant,) = await doors.world.claim()

    assert json.loads(answer.json()["parameters"])["variables"]["t"] == 1000
    assert (grant.platform.name, grant.platform.hold_s(grant.job.shots)) == ("FRESNEL", 6.0)
    assert json.loads(grant.task.program) == {"sequence": "{}", "backend_configuration": None}
    assert (grant.task.shots, grant.task.configuration) == (30, None)
    assert grant.task.parameters == {"t": 1000, "qubits": {"q0": 4}}


@pytest.mark.parametrize("parameters", ["", "{}", '{"variables": {}}'])
async def test_a_job_that_does_not_say_how_many_runs_is_refused_by_the_machine(doors: Doors, parameters):
    answer = await doors.post_job(await doors.session(), parameters)

    assert answer.status_code == 400
    (detail,) = answer.json()["details"]
    assert (detail["argument_name"], detail["reason"]) == ("parameters", "required")
    assert "number of shots is missing" in detail["help_message"]


async def test_limits_of_a_session_are_those_that_clients_ask_for_and_never_refused(doors: Doors):
    asked = await doors.session()
    greedy = await a_session(doors.scaleway, platform_id=FRESNEL, max_duration="9999999s")

    assert (asked["max_duration"], asked["max_idle_duration"]) == ("43200s", "600s")
    assert greedy["max_duration"] == "604800s"


async def test_both_doors_show_the_device_as_its_operator_last_described_it(doors: Doors):
    async def shown() -> tuple[dict[str, Any], dict[str, Any]]:
        (platform,) = (await doors.scaleway.get("/platforms", params={"name": NAME})).json()["platforms"]
        described = data(await doors.pasqal.get(f"{CORE}/v1/devices/specs/FRESNEL"))
        return json.loads(platform["metadata"])["specs"], json.loads(described["specs"])

    before = await shown()
    new = before[0] | {"max_atom_num": 7}
    said = {"specs": json.dumps(new)}
    data(await doors.pasqal.put(f"{CORE}/v1/devices/specs/FRESNEL", json=said))
    after = await shown()

    assert before[0] == before[1]
    assert before[0]["name"] == "FRESNEL"
    assert after == (new, new)
