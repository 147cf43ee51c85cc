"""What an operator does through this surface, and what users see of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from ketway.domain.tasks import Checked
from tests.api.pasqal.clients import (
    SEQUENCE,
    a_batch,
    a_batch_body,
    an_open_batch,
    data,
    the_batch,
    the_jobs,
    why,
)
from tests.api.pasqal.worlds import CORE, a_client
from tests.worlds import World, all_zero

V1, V2 = f"{CORE}/v1", f"{CORE}/v2"
OVH = f"{V1}/third-party-access/ovh"
SPECS = '{"name": "MADE", "max_atom_num": 7, "max_runs": 50, "channels": [{"id": "ising"}]}'


async def free(api: httpx.AsyncClient) -> dict:
    (found,) = data(await api.get(f"{V2}/devices", params={"device_type": "EMU_FREE"}))
    return found


class TestDevices:
    async def test_a_device_that_is_down_holds_its_queue_and_says_why(self, world, api):
        id = (await free(api))["id"]

        down = data(
            await api.put(f"{V1}/devices/{id}/status", json={"status": "DOWN", "status_message": "Cold."})
        )
        await a_batch(api, world)

        assert (down["status"], down["status_message"]) == (
            "DOWN",
            "Held by the operator; what is sent waits. Cold.",
        )
        assert await world.run_all() == 0
        assert (await free(api))["status"] == "DOWN"
        data(await api.patch(f"{V1}/devices/{id}/status", json={"status": "UP"}))
        assert await world.run_all() == 1

    async def test_several_devices_go_down_at_once(self, api):
        names = ["EMU_FREE", "FRESNEL"]

        found = data(
            await api.put(f"{V1}/devices/status", json={"device_type_names": names, "status": "DOWN"})
        )

        assert {row["device_type"]: row["status"] for row in found} == dict.fromkeys(names, "DOWN")
        refused = await api.put(
            f"{V1}/devices/status", json={"device_type_names": ["EMU_FREE", "NONE"], "status": "UP"}
        )
        assert refused.status_code == 422
        assert (await free(api))["status"] == "DOWN"

    async def test_queues_are_counted_by_class_and_listed_in_order(self, world, api):
        first = await a_batch(api, world, jobs=[{"runs": 10}, {"runs": 5}])
        second = await a_batch(api, world)

        sizes = data(await api.get(f"{V1}/devices/EMU_FREE/queue-size"))["device_queues"]
        queue = data(await api.get(f"{V1}/devices/EMU_FREE/queue"))

        assert [size["queue"] for size in sizes] == ["CRITICAL", "HIGH", "MEDIUM", "LOW", "FREE"]
        assert sizes[2] == {
            "queue": "MEDIUM",
            "number_of_batches": 2,
            "number_of_jobs": 3,
            "number_of_shots": 25,
        }
        assert {row["id"] for row in queue} == {first["id"], second["id"]}
        assert not {"jobs", "sequence_builder", "complete", "priority", "webhook"} & queue[0].keys()

    async def test_the_mean_wait_of_the_last_hour_is_shown(self, world, api):
        await a_batch(api, world)
        world.clock.move(seconds=42)
        await world.claim()

        assert (await free(api))["average_queue_time"] == 42.0

    async def test_a_device_that_an_operator_adds_takes_jobs(self, world, api):
        said = {
            "device_type": "MADE",
            "status": "UP",
            "specs": SPECS,
            "is_emulator": True,
            "has_execution_logs": False,
            "allowed_result_types": ["counter"],
            "default_result_types": ["counter"],
            "engine": "noop",
        }

        made = data(await api.post(f"{V1}/devices", json=said))
        await a_batch(api, world, device_type="MADE")

        assert (made["max_atom_num"], made["channels"], made["is_emulator"]) == (7, ["ising"], True)
        assert data(await api.get(f"{V1}/devices/specs"))["MADE"] == SPECS
        assert await world.run_all() == 1
        assert (await api.post(f"{V1}/devices", json=said)).status_code == 409
        too_many = await api.post(
            f"{V1}/batches", json=a_batch_body(world, device_type="MADE", jobs=[{"runs": 51}])
        )
        assert too_many.status_code == 422

    async def test_specs_that_an_operator_writes_are_what_everybody_reads(self, api, anonymous):
        specs = SPECS.replace("MADE", "EMU_FREE")

        data(await api.put(f"{V1}/devices/specs/EMU_FREE", json={"specs": specs}))

        (public,) = [
            row
            for row in data(await anonymous.get(f"{V1}/devices/public-specs"))
            if row["device_type"] == "EMU_FREE"
        ]
        assert public["specs"] == specs
        no_id = '{"name": "EMU_FREE", "channels": [{}]}'
        for bad in ("", "[]", "{}", "nonsense", no_id):
            assert (await api.put(f"{V1}/devices/specs/EMU_FREE", json={"specs": bad})).status_code == 422


class TestReports:
    async def test_a_paused_batch_is_shown_as_waiting_except_to_whoever_paused_it(self, world, api):
        made = await an_open_batch(api, world, jobs=[{"runs": 1}])

        paused = data(await api.put(f"{V1}/batches/{made['id']}/status", json={"status": "PAUSED"}))

        assert paused["status"] == "PAUSED"
        assert (await the_batch(api, made["id"]))["status"] == "PENDING"
        assert data(await api.get(f"{V1}/batches/{made['id']}/status"))["status"] == "PENDING"
        assert await world.run_all() == 0
        resumed = data(await api.patch(f"{V1}/batches/{made['id']}/status", json={"status": "PENDING"}))
        assert resumed["status"] == "PENDING"
        assert await world.run_all() == 1

    @pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-14:00"])
    async def test_a_time_beyond_all_years_is_refused(self, world, api, moment):
        made = await a_batch(api, world)
        said = {"status": "RUNNING", "start_datetime": moment}

        answer = await api.put(f"{V1}/batches/{made['id']}/status", json=said)

        assert answer.status_code == 422
        assert "years" in why(answer)

    async def test_a_batch_that_could_not_be_executed_ends_in_error(self, world, api):
        made = await a_batch(api, world)

        ended = data(await api.put(f"{V1}/batches/{made['id']}/status", json={"status": "ERROR"}))

        assert (ended["status"], ended["open"]) == ("ERROR", False)
        assert [job["status"] for job in await the_jobs(api, made["id"])] == ["CANCELED"]
        again = await api.put(f"{V1}/batches/{made['id']}/status", json={"status": "ERROR"})
        assert again.status_code == 409

    async def test_a_job_run_from_outside_is_told_step_by_step(self, world, api):
        made = await a_batch(api, world)
        path = f"{V1}/jobs/{made['job_ids'][0]}"

        started = data(await api.put(f"{path}/status", json={"status": "RUNNING"}))
        halfway = data(await api.patch(path, json={"status": "RUNNING", "progress": 50}))
        done = await api.patch(path, json={"status": "DONE"})
        failed = data(await api.post(f"{path}/errors", json={"errors": ["No atoms."]}))

        assert (started["status"], halfway["progress"]) == ("RUNNING", 50)
        assert done.status_code == 409
        assert "no result" in why(done)
        assert (failed["status"], failed["errors"]) == ("ERROR", ["No atoms."])
        assert (await the_batch(api, made["id"]))["status"] == "DONE"


class TestRehearsing:
    async def test_a_dry_run_shows_what_would_be_and_keeps_nothing(self, world, api):
        world.checker.found = Checked(qubits=3)

        def measured(grant):
            return replace(
                all_zero(grant), metadata={"qubits": 3, "seconds": 1.5, "peak_memory_bytes": 10**9}
            )

        await a_batch(api, world)
        await world.run_all(measured)
        await world.core.housekeeping.sweep()

        shown = data(await api.post(f"{V1}/batches?dry_run=true", json=a_batch_body(world)))

        (job,) = shown["jobs"]
        assert shown["dry_run"] is True
        assert shown["sequence_builder"] == SEQUENCE
        assert job["estimate"] == {
            "seconds": 1.5,
            "seconds_low": 0.75,
            "seconds_high": 3.0,
            "memory_bytes": 10**9,
            "runs_measured": 1,
            "extrapolated": False,
        }
        assert (await api.get(f"{V2}/batches/{shown['id']}")).status_code == 404
        assert (await api.get(f"{V1}/batches")).json()["pagination"]["total"] == 1

    async def test_a_dry_run_refuses_what_a_run_would(self, world, api):
        refused: list[dict[str, Any]] = [
            {"jobs": []},
            {"device_type": "NONE"},
            {"jobs": [{"runs": 10**9}]},
        ]
        for wrong in refused:
            answer = await api.post(f"{V1}/batches?dry_run=True", json=a_batch_body(world, **wrong))
            assert answer.status_code == 422


class TestFirstVersion:
    async def test_reads_carry_their_results(self, world, api):
        made = await a_batch(api, world, jobs=[{"runs": 3}, {"runs": 4}])
        before = data(await api.get(f"{V1}/batches/{made['id']}"))
        await world.run_all()

        batch = data(await api.get(f"{V1}/batches/{made['id']}"))
        listed = data(await api.get(f"{V1}/jobs", params={"batch_id": made["id"]}))

        assert [job["result"] for job in before["jobs"]] == [None, None]
        assert [job["result"] for job in batch["jobs"]] == [{"00": 3}, {"00": 4}]
        assert batch["jobs"][0]["full_result"] == {"counter": {"00": 3}, "raw": ["00"] * 3}
        assert {job["result"]["00"] for job in listed} == {3, 4}

    async def test_the_three_shapes_of_a_batchs_results(self, world, api):
        made = await a_batch(api, world, jobs=[{"runs": 3}, {"runs": 4}])
        first, second = made["job_ids"]
        await api.patch(f"{V2}/jobs/{second}/cancel")
        await world.run_all()

        full = data(await api.get(f"{V1}/batches/{made['id']}/full_results"))
        union = data(await api.get(f"{V1}/batches/{made['id']}/results"))
        links = data(await api.get(f"{V1}/batches/{made['id']}/results_link"))
        cudaq = data(await api.get(f"{V1}/cudaq/job/{first}"))

        assert full == {first: {"counter": {"00": 3}}}
        assert union == {
            first: {"00": 3},
            "status": "DONE",
            "jobs": [{"full_result": {"counter": {"00": 3}}}],
        }
        assert links["results_links"].keys() == {first}
        assert links["errors"] == {second: "The job has no result."}
        assert cudaq == {"status": "DONE", "result": {"counter": {"00": 3}}}


class TestFigures:
    @pytest.mark.parametrize(
        ("scope", "when"),
        [("HOUR", "2026-01-15T12:00"), ("DAY", "2026-01-15T00:00"), ("MONTH", "2026-01-01T00:00")],
    )
    async def test_jobs_are_counted_by_time_and_device(self, world, api, scope, when):
        await a_batch(api, world, jobs=[{}, {}])
        query = {"project_id": str(world.project_id), "scope": scope}

        found = data(await api.get(f"{V1}/statistics/total-job-device-frequency", params=query))

        (row,) = found["count"]
        assert row["datetime"].startswith(when)
        assert row["devices"] == {"EMU_FREE": 2}
        assert found["job_date_scope"] == scope

    async def test_the_last_activity_is_for_operators(self, world, api, colleague):
        await a_batch(api, world)

        found = data(await api.get(f"{V1}/batches/last_activity"))

        assert [row["project_id"] for row in found] == [str(world.project_id)]
        assert (await colleague.get(f"{V1}/batches/last_activity")).status_code == 403


class TestOvh:
    @pytest.fixture
    async def visitor(self, world: World) -> AsyncIterator[httpx.AsyncClient]:
        async with a_client(world, world.credentials.secret_key) as client:
            yield client

    async def test_what_comes_by_the_mirror_is_that_projects_and_has_its_origin(self, world, api, visitor):
        body = a_batch_body(world, project_id="")
        made = data(await visitor.post(f"{OVH}/batches", json=body))
        mine = await a_batch(api, world)
        await world.run_all()

        seen = data(await visitor.get(f"{OVH}/batches/{made['id']}"))
        (job,) = data(await visitor.get(f"{OVH}/jobs", params={"batch_id": made["id"]}))
        link = data(await visitor.get(f"{OVH}/jobs/{job['id']}/results_link"))["results_link"]

        assert (made["project_id"], seen["origin"]) == (str(world.project_id), "OVH")
        assert data(await visitor.get(f"{OVH}/jobs/{job['id']}/status"))["status"] == "DONE"
        assert (await visitor.get(link)).json()["counter"] == {"00": 10}
        assert (await visitor.get(f"{OVH}/batches/{mine['id']}")).status_code == 404
        assert (await the_batch(api, made["id"]))["origin"] == "OVH"
        for origin, ids in (("OVH", {job["id"]}), ("CLIENT", set(mine["job_ids"])), ("AZURE", set())):
            listed = data(await api.get(f"{V2}/jobs", params={"origin": origin}))
            assert {row["id"] for row in listed} == ids

    async def test_a_login_is_no_key(self, api, anonymous):
        for client in (api, anonymous):
            assert (await client.get(f"{OVH}/jobs")).status_code == 401


class TestCancelling:
    async def test_filters_select_and_stand_alone(self, world, api):
        red = await a_batch(api, world, tags=["red"])
        await a_batch(api, world, tags=["blue"])
        opened = await an_open_batch(api, world)

        by_tag = data(await api.patch(f"{V1}/batches/cancel", json={"tags": ["red"]}))
        by_state = data(await api.patch(f"{V1}/batches/cancel", json={"open": True, "status": ["RUNNING"]}))
        everything = data(await api.patch(f"{V1}/batches/cancel", json={"cancel_all": True}))

        assert [row["id"] for row in by_tag["batches"]] == [red["id"]]
        assert [row["id"] for row in by_state["batches"]] == [opened["id"]]
        assert [row["tags"] for row in everything["batches"]] == [["blue"]]
        refused: list[dict[str, Any]] = [
            {},
            {"cancel_all": True, "tags": ["red"]},
            {"cancel_all": True, "batch_ids": [red["id"]]},
            {"status": ["DONE"]},
            {"open": "yes"},
        ]
        for wrong in refused:
            assert (await api.patch(f"{V1}/batches/cancel", json=wrong)).status_code == 422
