"""One job: reading, cancelling, its result."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx

from ketway.domain.leases import Verdict
from tests.api.pasqal.clients import SEQUENCE, a_batch, data, the_jobs, why
from tests.api.pasqal.worlds import CORE, ORIGIN, a_client, a_token
from tests.services.steps import failed, let_all_expire
from tests.worlds import World, all_zero

V1, V2 = f"{CORE}/v1/jobs", f"{CORE}/v2/jobs"


async def a_job_id(api: httpx.AsyncClient, world: World, **job: object) -> str:
    made = await a_batch(api, world, jobs=[{"runs": 10} | job])
    id: str = made["jobs"][0]["id"]
    return id


async def test_the_sequence_of_a_job_is_null_where_it_runs_its_batches(world, api):
    id = await a_job_id(api, world)

    job = data(await api.get(f"{V2}/{id}"))

    assert job["sequence"] is None
    assert job["logs_link"] is None


async def test_the_own_sequence_of_a_job_is_read_exactly_as_sent(world, api):
    own = SEQUENCE + "  "
    id = await a_job_id(api, world, sequence=own)

    assert data(await api.get(f"{V2}/{id}"))["sequence"] == own


async def test_a_job_that_waits_says_its_place_and_when_it_may_start_until_it_runs(world, api):
    made = await a_batch(api, world, jobs=[{"runs": 10}, {"runs": 10}])
    first, second = (job["id"] for job in made["jobs"])

    waiting = [data(await api.get(f"{version}/{second}")) for version in (V1, V2)]
    soon = data(await api.get(f"{V2}/{first}"))["estimated_start"]
    await world.run_all()
    done = data(await api.get(f"{V2}/{second}"))

    assert [job["queue_position"] for job in waiting] == [2, 2]
    assert soon == dict.fromkeys(("earliest", "expected", "latest"), made["created_at"])
    assert {done[name] for name in ("estimate", "queue_position", "estimated_start")} == {None}
    assert not {"estimate", "queue_position"} & (await the_jobs(api, made["id"]))[0].keys()


async def test_a_job_tells_what_those_of_its_size_took(world, api):
    def measured(grant):
        return replace(all_zero(grant), metadata={"qubits": 2, "seconds": 4.0})

    await a_batch(api, world, jobs=[{"runs": 10}] * 10)
    await world.run_all(measured)
    await world.core.housekeeping.sweep()

    job = data(await api.get(f"{V2}/{await a_job_id(api, world)}"))

    assert job["estimate"] == {
        "seconds": 4.0,
        "seconds_low": 4.0,
        "seconds_high": 4.0,
        "memory_bytes": None,
        "runs_measured": 10,
        "extrapolated": False,
    }


async def test_a_list_of_jobs_leaves_the_sequence_away(world, api):
    made = await a_batch(api, world, jobs=[{"runs": 1, "sequence": SEQUENCE}])

    (job,) = await the_jobs(api, made["id"])

    assert "sequence" not in job


async def test_the_status_of_a_job_is_read_alone(world, api):
    id = await a_job_id(api, world)

    waiting = data(await api.get(f"{V1}/{id}/status"))
    await world.run_all()
    done = data(await api.get(f"{V1}/{id}/status"))

    assert waiting == {"id": id, "status": "PENDING"}
    assert done == {"id": id, "status": "DONE"}


async def test_a_job_that_ended_says_when_it_started_and_ended(world, api):
    id = await a_job_id(api, world)
    (grant,) = await world.claim()
    world.clock.move(seconds=5)
    await failed(world, grant, Verdict.FAULT, "It broke.")

    job = data(await api.get(f"{V2}/{id}"))

    assert job["status"] == "ERROR"
    assert job["start_timestamp"] == "2026-01-15T12:00:00.000000+00:00"
    assert job["end_timestamp"] == "2026-01-15T12:00:05.000000+00:00"
    assert all(isinstance(error, str) for error in job["errors"])


async def test_a_waiting_job_is_cancelled_at_once(world, api):
    id = await a_job_id(api, world)

    cancelled = data(await api.patch(f"{V2}/{id}/cancel"))

    assert (cancelled["id"], cancelled["status"]) == (id, "CANCELED")
    assert cancelled["end_timestamp"] is not None
    assert await world.run_all() == 0


async def test_a_running_job_says_running_until_it_has_stopped(world, api):
    id = await a_job_id(api, world)
    (grant,) = await world.claim()

    asked = data(await api.patch(f"{V2}/{id}/cancel"))

    assert asked["status"] == "RUNNING"
    assert data(await api.get(f"{V1}/{id}/status"))["status"] == "RUNNING"
    await failed(world, grant, Verdict.CANCELLED, "")
    assert data(await api.get(f"{V1}/{id}/status"))["status"] == "CANCELED"


async def test_a_finished_job_cannot_be_cancelled(world, api):
    id = await a_job_id(api, world)
    await world.run_all()

    answer = await api.patch(f"{V2}/{id}/cancel")

    assert answer.status_code == 409
    assert why(answer) == "The job is already done."


async def test_the_results_link_is_null_until_there_is_a_result(world, api):
    id = await a_job_id(api, world)

    assert data(await api.get(f"{V1}/{id}/results_link")) == {"results_link": None}


async def test_the_results_link_of_a_cancelled_job_stays_null(world, api):
    id = await a_job_id(api, world)
    await api.patch(f"{V2}/{id}/cancel")

    assert data(await api.get(f"{V1}/{id}/results_link")) == {"results_link": None}


async def test_a_result_that_is_kept_no_longer_is_gone_and_its_job_stays(world, api, anonymous):
    id = await a_job_id(api, world)
    await world.run_all()
    link = data(await api.get(f"{V1}/{id}/results_link"))["results_link"]
    await let_all_expire(world)

    gone, followed = await api.get(f"{V1}/{id}/results_link"), await anonymous.get(link)

    job = data(await api.get(f"{V2}/{id}"))
    batch = data(await api.get(f"{CORE}/v1/batches/{job['batch_id']}/results_link"))
    assert job["status"] == "DONE"
    assert data(await api.get(f"{V1}/{id}"))["result"] is None
    assert (gone.status_code, followed.status_code) == (410, 410)
    assert "was kept until" in why(gone)
    assert "was kept until" in followed.json()["message"]
    assert batch["results_links"] == {}
    assert "was kept until" in batch["errors"][id]


async def test_the_results_link_leads_to_the_result_without_a_login(world, api, anonymous):
    id = await a_job_id(api, world)
    await world.run_all()

    link = data(await api.get(f"{V1}/{id}/results_link"))["results_link"]
    document = (await anonymous.get(link)).raise_for_status()

    assert link.startswith(f"{ORIGIN}/")
    assert document.headers["content-type"] == "application/json"
    assert json.loads(document.content) == {
        "counter": {"00": 10},
        "raw": ["00"] * 10,
        "serialised_results": None,
    }


async def test_a_results_link_is_no_good_for_long_nor_for_another_result(world, api, anonymous):
    first, second = await a_job_id(api, world), await a_job_id(api, world)
    await world.run_all()
    link = data(await api.get(f"{V1}/{first}/results_link"))["results_link"]

    forged = await anonymous.get(link.replace(first, second))
    world.clock.move(days=2)
    late = await anonymous.get(link)

    assert forged.status_code >= 400
    assert late.status_code == 403


async def test_the_results_link_begins_with_the_public_address_where_there_is_one(world, api):
    id = await a_job_id(api, world)
    await world.run_all()

    async with a_client(world, await a_token(world), public_url="https://quantum.example/here/") as outside:
        link = data(await outside.get(f"{V1}/{id}/results_link"))["results_link"]

    assert link.startswith("https://quantum.example/here/blobs/")
