from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from ketway.domain.platforms import Door, platform_id
from ketway.services.drafts import NewBatch
from tests.api.scaleway.clients import AER, NOBODY, QPU, a_job, a_model, a_session
from tests.api.scaleway.worlds import a_client
from tests.api.surface.people import a_secret, an_account
from tests.worlds import World


async def test_a_session_is_answered_with_every_field_and_nothing_unset(api: httpx.AsyncClient, world: World):
    sent = {"project_id": str(world.project_id), "platform_id": AER, "name": "mine", "tags": ["a"]}

    session = (await api.post("/sessions", json=sent)).json()

    UUID(session.pop("id"))
    assert session == {
        "name": "mine",
        "platform_id": AER,
        "created_at": "2026-01-15T12:00:00.000000Z",
        "started_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
        "max_idle_duration": "600s",
        "max_duration": "3600s",
        "waiting_job_count": 0,
        "finished_job_count": 0,
        "status": "running",
        "project_id": str(world.project_id),
        "tags": ["a"],
        "deduplication_id": "",
        "origin_type": "customer",
        "progress_message": "",
    }


async def test_a_session_may_bring_a_model_and_parameters(api: httpx.AsyncClient):
    model = await a_model(api)
    told = '{"backend_configuration":  null}'

    session = await a_session(api, model_id=model["id"], parameters=told)

    assert (session["model_id"], session["parameters"]) == (model["id"], told)


async def test_a_session_without_a_name_gets_one(api: httpx.AsyncClient):
    session = await a_session(api, name=None)

    assert session["name"].startswith("qs-")


async def test_a_session_on_a_platform_for_one_starts_with_its_first_job(
    api: httpx.AsyncClient, world: World
):
    session = await a_session(api, platform_id=QPU)
    await a_job(api, session["id"])
    await world.claim()

    later = (await api.get(f"/sessions/{session['id']}")).json()

    assert (session["status"], "started_at" in session) == ("starting", False)
    assert (later["status"], "started_at" in later) == ("running", True)


async def test_limits_over_the_platforms_are_cut_and_told(api: httpx.AsyncClient):
    session = await a_session(api, max_duration="9999999s", max_idle_duration=120)

    assert (session["max_duration"], session["max_idle_duration"]) == ("604800s", "120s")


@pytest.mark.parametrize(
    ("changes", "argument", "reason"),
    [
        ({"platform_id": NOBODY}, "platform_id", "constraint"),
        ({"platform_id": None}, "platform_id", "required"),
        ({"max_duration": "Nones"}, "max_duration", "format"),
        ({"parameters": "{"}, "parameters", "format"),
        (
            {
                "booking_demand": {
                    "started_at": "2026-02-01T10:00:00+01:00",
                    "finished_at": "2026-02-01T11:00:00+01:00",
                }
            },
            "booking_demand",
            "constraint",
        ),
    ],
)
async def test_a_wrong_field_is_refused_by_name(api: httpx.AsyncClient, changes, argument, reason):
    answer = await api.post("/sessions", json={"platform_id": AER} | changes)

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_arguments")
    assert answer.json()["details"][0].items() >= {("argument_name", argument), ("reason", reason)}


async def test_a_model_that_nobody_made_is_not_found(api: httpx.AsyncClient):
    answer = await api.post("/sessions", json={"platform_id": AER, "model_id": NOBODY})

    assert (answer.status_code, answer.json()["resource"]) == (404, "qaas_model")


@pytest.mark.parametrize("empty", [None, ""])
async def test_without_a_deduplication_id_every_session_is_new(api: httpx.AsyncClient, empty):
    first = await a_session(api, deduplication_id=empty)
    second = await a_session(api, deduplication_id=empty)

    assert first["id"] != second["id"]


async def test_a_living_session_with_the_same_deduplication_id_is_answered_unchanged(api: httpx.AsyncClient):
    first = await a_session(api, deduplication_id="ours", name="first")

    again = await a_session(api, deduplicationId="ours", name="second", max_duration="5s")

    assert again == first
    assert first["deduplication_id"] == "ours"


async def test_who_is_answered_somebody_elses_session_may_run_jobs_on_it(
    api: httpx.AsyncClient, world: World
):
    member = await an_account(world, world.project_id)
    first = await a_session(api, deduplication_id="qs-qiskit-aer")
    unshared = await a_session(api)
    async with a_client(world.core, await a_secret(world, member, world.project_id)) as colleague:
        second = await a_session(colleague, deduplication_id="qs-qiskit-aer")
        job = await a_job(colleague, second["id"])
        refused = await colleague.post(
            "/jobs", json={"session_id": unshared["id"], "circuit": {"qiskit_circuit": "x"}}
        )
        ended = await colleague.post(f"/sessions/{first['id']}/terminate")
        cancelled = await colleague.post(f"/jobs/{job['id']}/cancel")

    assert (second["id"], job["session_id"]) == (first["id"], first["id"])
    assert (refused.status_code, refused.json()["type"]) == (403, "permissions_denied")
    assert refused.json()["details"] == [{"resource": "qaas_session", "action": "write"}]
    assert ended.status_code == 403
    assert cancelled.json()["status"] == "cancelled"


async def test_two_calls_at_once_with_one_deduplication_id_get_one_session(api: httpx.AsyncClient):
    made = await asyncio.gather(*(a_session(api, deduplication_id="ours") for _ in range(8)))

    assert len({session["id"] for session in made}) == 1


async def test_a_request_that_comes_again_for_what_was_deleted_is_told_so(api: httpx.AsyncClient):
    sent: dict[str, Any] = {"json": {"platform_id": AER}, "headers": {"Idempotency-Key": "once"}}
    made = (await api.post("/sessions", **sent)).json()
    again = (await api.post("/sessions", **sent)).json()
    await api.delete(f"/sessions/{made['id']}")

    gone = await api.post("/sessions", **sent)

    assert again == made
    assert (gone.status_code, gone.json()["type"]) == (410, "expired")
    assert (gone.json()["resource"], gone.json()["resource_id"]) == ("qaas_session", made["id"])
    assert gone.json()["expired_since"] == "2026-01-15T12:00:00.000000Z"


async def test_a_deduplication_id_is_free_again_once_its_session_ended(api: httpx.AsyncClient):
    first = await a_session(api, deduplication_id="ours")
    await api.post(f"/sessions/{first['id']}/terminate")

    again = await a_session(api, deduplication_id="ours")

    assert again["id"] != first["id"]


async def test_no_session_begins_on_a_platform_that_its_operator_holds(api: httpx.AsyncClient, world: World):
    living = await a_session(api, deduplication_id="ours")
    await world.core.platforms.set_down(world.operator, [platform_id("EMU-AER")], True, "being cooled")

    refused = await api.post("/sessions", json={"platform_id": AER})
    again = await a_session(api, deduplication_id="ours")
    job = await a_job(api, living["id"])
    await world.core.platforms.set_down(world.operator, [platform_id("EMU-AER")], False)

    assert (refused.status_code, refused.json()["type"]) == (503, "out_of_stock")
    assert refused.json()["resource"] == "qaas_platform"
    assert "being cooled" in refused.json()["message"]
    assert (again["id"], job["status"]) == (living["id"], "waiting")
    assert (await a_session(api))["id"] != living["id"]


async def test_no_session_begins_where_nobody_runs_its_jobs(world: World):
    elsewhere = replace(world.core.platforms, engines_here=())
    core = replace(world.core, platforms=elsewhere, batches=replace(world.core.batches, platforms=elsewhere))
    async with a_client(core, world.credentials.secret_key) as api:
        before = await api.post("/sessions", json={"platform_id": AER})
        world.clock.move(minutes=10)
        after = await api.post("/sessions", json={"platform_id": AER})

    assert (before.status_code, after.status_code) == (200, 503)
    assert after.json().items() >= {("type", "out_of_stock"), ("resource", "qaas_platform")}


async def test_terminating_ends_a_session_and_cancels_what_waits(api: httpx.AsyncClient):
    session = await a_session(api)
    job = await a_job(api, session["id"])

    ended = await api.post(f"/sessions/{session['id']}/terminate", json={})

    assert (ended.status_code, ended.json()["status"]) == (200, "stopped")
    assert (ended.json()["waiting_job_count"], ended.json()["finished_job_count"]) == (0, 1)
    assert "terminated_at" in ended.json()
    assert (await api.get(f"/jobs/{job['id']}")).json()["status"] == "cancelled"


async def test_terminating_waits_for_a_running_job(api: httpx.AsyncClient, world: World):
    session = await a_session(api)
    job = await a_job(api, session["id"])
    await world.claim()

    ended = (await api.post(f"/sessions/{session['id']}/terminate")).json()

    assert (ended["status"], "terminated_at" in ended) == ("stopping", False)
    assert (await api.get(f"/jobs/{job['id']}")).json()["status"] == "cancelling"


async def test_terminating_twice_changes_nothing_more(api: httpx.AsyncClient, world: World):
    session = await a_session(api)
    first = await api.post(f"/sessions/{session['id']}/terminate")
    world.clock.move(minutes=1)

    second = await api.post(f"/sessions/{session['id']}/terminate")

    assert (second.status_code, second.json()) == (200, first.json())


async def test_a_session_with_nothing_to_do_is_stopped_and_says_why(api: httpx.AsyncClient, world: World):
    session = await a_session(api, max_idle_duration="60s")
    world.clock.move(seconds=61)
    await world.core.housekeeping.sweep()

    later = (await api.get(f"/sessions/{session['id']}")).json()

    assert (later["status"], later["progress_message"]) == ("stopped", "idle too long")


async def test_a_session_over_its_total_limit_is_stopped(api: httpx.AsyncClient, world: World):
    session = await a_session(api, max_duration="60s")
    await a_job(api, session["id"])
    world.clock.move(seconds=61)
    await world.core.housekeeping.sweep()

    later = (await api.get(f"/sessions/{session['id']}")).json()

    assert (later["status"], later["progress_message"]) == ("stopped", "reached its total limit")


async def test_a_change_of_nothing_is_no_change(api: httpx.AsyncClient, world: World):
    session = await a_session(api, tags=["a"])
    job = await a_job(api, session["id"])
    before = (await api.get(f"/sessions/{session['id']}")).json()
    world.clock.move(seconds=5)

    unsaid = await api.patch(f"/sessions/{session['id']}")
    same = await api.patch(f"/sessions/{session['id']}", json={"name": "mine", "tags": ["a"]})
    same_job = await api.patch(f"/jobs/{job['id']}", json={"name": "flip"})

    assert unsaid.json() == same.json() == before
    assert same_job.json() == job


async def test_a_limit_that_is_over_already_stops_a_session_at_once(api: httpx.AsyncClient, world: World):
    session = await a_session(api)
    job = await a_job(api, session["id"])
    world.clock.move(minutes=5)

    longer = await api.patch(f"/sessions/{session['id']}", json={"max_duration": "301s"})
    shorter = await api.patch(f"/sessions/{session['id']}", json={"max_duration": "299s"})

    assert longer.json()["status"] == "running"
    assert (shorter.status_code, shorter.json()["status"]) == (200, "stopped")
    assert shorter.json()["progress_message"] == "reached its total limit"
    assert (await api.get(f"/jobs/{job['id']}")).json()["status"] == "cancelled"


async def test_an_idle_limit_that_is_over_already_stops_a_session_at_once(
    api: httpx.AsyncClient, world: World
):
    session = await a_session(api)
    world.clock.move(minutes=5)

    stopped = (await api.patch(f"/sessions/{session['id']}", json={"max_idle_duration": 299})).json()

    assert (stopped["status"], stopped["progress_message"]) == ("stopped", "idle too long")


async def test_a_session_that_is_stopping_is_not_changed(api: httpx.AsyncClient, world: World):
    session = await a_session(api)
    await a_job(api, session["id"])
    await world.claim()
    await api.post(f"/sessions/{session['id']}/terminate")

    answer = await api.patch(f"/sessions/{session['id']}", json={"name": "other"})

    assert (answer.status_code, answer.json()["type"]) == (409, "transient_state")
    assert answer.json().items() >= {
        ("resource", "qaas_session"),
        ("resource_id", session["id"]),
        ("current_state", "stopping"),
    }


async def test_a_change_keeps_what_it_does_not_name(api: httpx.AsyncClient):
    session = await a_session(api, tags=["a"])

    changed = await api.patch(
        f"/sessions/{session['id']}",
        json={"name": None, "maxIdleDuration": "30s", "max_duration": None, "tags": ["b", "c"]},
    )

    assert changed.json() == session | {"max_idle_duration": "30s", "tags": ["b", "c"]}


async def test_a_deleted_session_is_gone_with_its_jobs(api: httpx.AsyncClient):
    session = await a_session(api)
    job = await a_job(api, session["id"])

    first = await api.delete(f"/sessions/{session['id']}")
    second = await api.delete(f"/sessions/{session['id']}")

    assert (first.status_code, second.status_code) == (204, 404)
    assert second.json().items() >= {("type", "not_found"), ("resource", "qaas_session")}
    assert (await api.get(f"/sessions/{session['id']}")).status_code == 404
    assert (await api.get(f"/jobs/{job['id']}")).status_code == 404


async def test_sessions_are_listed_by_name_in_one_long_page(api: httpx.AsyncClient, world: World):
    for name in ("c", "a", "b"):
        await a_session(api, name=name)

    listed = (await api.get("/sessions", params={"project_id": str(world.project_id)})).json()

    assert listed["total_count"] == 3
    assert [session["name"] for session in listed["sessions"]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"tags": ["x"]}, {"first", "second"}),
        ({"tags": ["x", "y"]}, {"second"}),
        ({"platform_id": QPU}, {"second"}),
        ({"platformId": NOBODY}, set()),
        ({"page": 1, "page_size": 1, "order_by": "name_desc"}, {"second"}),
        ({"page": 9}, set()),
    ],
)
async def test_sessions_are_filtered(api: httpx.AsyncClient, query, found):
    await a_session(api, name="first", tags=["x"])
    await a_session(api, name="second", tags=["x", "y"], platform_id=QPU)

    listed = (await api.get("/sessions", params=query)).json()

    assert {session["name"] for session in listed["sessions"]} == found


async def test_sessions_sorted_by_status_stand_together_by_the_word_that_is_shown(
    api: httpx.AsyncClient, world: World
):
    idle = await a_session(api, max_idle_duration="60s")
    world.clock.move(seconds=61)
    await world.core.housekeeping.sweep()
    stopping = await a_session(api)
    await a_job(api, stopping["id"])
    await world.claim()
    await api.post(f"/sessions/{stopping['id']}/terminate")
    ended = await a_session(api)
    await api.post(f"/sessions/{ended['id']}/terminate")
    running, starting = await a_session(api), await a_session(api, platform_id=QPU)

    listed = (await api.get("/sessions", params={"order_by": "status_asc"})).json()["sessions"]

    assert [session["status"] for session in listed] == [
        *("starting", "running", "stopping", "stopped", "stopped"),
    ]
    assert [session["id"] for session in listed[:3]] == [starting["id"], running["id"], stopping["id"]]
    assert [session["id"] for session in listed[3:]] == sorted([idle["id"], ended["id"]])


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_session_of_another_project_is_not_found(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, method
):
    session = await a_session(api)

    answer = await stranger.request(method, f"/sessions/{session['id']}")

    assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
    assert (await stranger.post(f"/sessions/{session['id']}/terminate")).status_code == 404
    assert (await stranger.get(f"/sessions/{session['id']}/acls")).status_code == 404


async def test_a_batch_that_came_by_another_door_is_not_found(api: httpx.AsyncClient, world: World):
    platform = world.core.platforms.catalogue[1]
    batch = await world.core.batches.create(
        world.owner,
        NewBatch(project_id=world.project_id, platform=platform, door=Door("other"), is_open=True),
    )

    assert (await api.get(f"/sessions/{batch.id}")).status_code == 404
    assert (await api.get("/sessions")).json() == {"total_count": 0, "sessions": []}


@pytest.mark.parametrize("project", [NOBODY, None])
async def test_a_project_that_the_key_has_no_right_to_is_denied(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, world: World, project
):
    foreign = project or str(world.project_id)

    made = await stranger.post("/sessions", json={"project_id": foreign, "platform_id": AER})
    listed = await stranger.get("/sessions", params={"project_id": foreign})

    for answer, action in ((made, "write"), (listed, "read")):
        assert (answer.status_code, answer.json()["type"]) == (403, "permissions_denied")
        assert answer.json()["details"] == [{"resource": "project", "action": action}]


async def test_who_made_a_session_has_full_access(api: httpx.AsyncClient):
    session = await a_session(api)

    acls = await api.get(f"/sessions/{session['id']}/acls", params={"order_by": "access_asc"})

    assert acls.json() == {"total_count": 1, "acls": ["full"]}
