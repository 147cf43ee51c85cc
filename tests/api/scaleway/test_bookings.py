"""Slots as clients of this dialect book, read and use them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from ketway.api.pasqal import DOOR as PASQAL
from ketway.api.scaleway import translate_bookings
from ketway.api.scaleway.translate import DOOR
from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.booking_errors import SlotRule
from ketway.domain.bookings import BookingStatus
from ketway.domain.leases import Verdict, Word
from ketway.domain.slots import BookingRules
from tests.api.pasqal import clients as pasqal
from tests.api.pasqal.worlds import a_client as a_pasqal_client
from tests.api.pasqal.worlds import a_token
from tests.api.scaleway.clients import AER, BOOKABLE, NOBODY, QPU, a_job, a_session
from tests.api.scaleway.worlds import SHOWN, a_bookable_qpu, a_qpu, an_aer
from tests.services.steps import beat, claim_one, done, failed, leap, let_pass
from tests.worlds import World, a_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An emulator and a machine that can be booked, a machine that cannot, and one that is shown on both
    doors, where two slots a day are enough."""
    both = a_qpu(
        name="FRESNEL",
        booking=BookingRules(max_per_day=2),
        shown={DOOR: SHOWN, PASQAL: {}},
    )
    catalogue = [an_aer(booking=BookingRules()), a_bookable_qpu(), a_qpu(), both]
    async with a_world(tmp_path, catalogue=catalogue) as world:
        yield world


def demand(world: World, begins_in_s: float = 60, length_s: float = 60, **changes: Any) -> dict[str, Any]:
    """As the client sends it."""
    begins = world.clock.now() + timedelta(seconds=begins_in_s)
    return {
        "started_at": begins.isoformat(),
        "finished_at": (begins + timedelta(seconds=length_s)).isoformat(),
        "description": "my booking",
        "time_zone": "UTC",
    } | changes


async def book(api: httpx.AsyncClient, world: World, *times: float, **changes: Any) -> dict[str, Any]:
    asked = {"platform_id": AER, "booking_demand": demand(world, *times)}
    return await a_session(api, **asked | changes)


async def read(api: httpx.AsyncClient, path: str) -> Any:
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def states(api: httpx.AsyncClient, *sessions: dict[str, Any]) -> list[str]:
    return [(await read(api, f"/sessions/{session['id']}"))["status"] for session in sessions]


async def fresnel(api: httpx.AsyncClient) -> str:
    """The id of the machine that is shown on both doors."""
    (found,) = (each for each in (await read(api, "/platforms"))["platforms"] if each["name"] == "FRESNEL")
    id: str = found["id"]
    return id


async def test_a_platform_says_whether_and_how_it_can_be_booked(api):
    bookable, other = await read(api, f"/platforms/{BOOKABLE}"), await read(api, f"/platforms/{QPU}")

    assert (bookable["is_bookable"], other["is_bookable"]) == (True, False)
    assert "booking_requirement" not in other
    assert bookable["booking_requirement"] == {
        "min_duration": "20s",
        "max_duration": "14400s",
        "max_cancellation_duration": "10s",
        "max_planification_duration": "1209600s",
        "min_planification_duration": "10s",
        "max_booking_per_week": 10_000,
        "max_booking_per_day": 10_000,
    }


async def test_a_session_with_a_booking_names_it_and_it_is_read(api, world):
    session = await book(api, world, 60, 300)

    booking = await read(api, f"/bookings/{session['booking_id']}")

    assert (session["status"], session["max_duration"], session["max_idle_duration"]) == (
        "starting",
        "300s",
        "300s",
    )
    assert booking == {
        "id": session["booking_id"],
        "created_at": "2026-01-15T12:00:00.000000Z",
        "started_at": "2026-01-15T12:01:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
        "finished_at": "2026-01-15T12:06:00.000000Z",
        "status": "validated",
        "description": "my booking",
        "progress_message": "",
        "time_zone": "UTC",
    }


async def test_a_demand_is_read_with_any_offset_and_in_both_spellings(api, world):
    asked = {
        "startedAt": "2026-01-15T14:30:00.5+02:00",
        "finishedAt": "2026-01-15T13:00:00Z",
        "timeZone": "Europe/Helsinki",
    }
    session = await a_session(api, platform_id=AER, bookingDemand=asked)

    booking = await read(api, f"/bookings/{session['booking_id']}")

    assert (booking["started_at"], booking["finished_at"]) == (
        "2026-01-15T12:30:00.500000Z",
        "2026-01-15T13:00:00.000000Z",
    )
    assert (booking["time_zone"], booking["description"]) == ("Europe/Helsinki", "")


@pytest.mark.parametrize("empty", [None, ""])
async def test_without_a_time_zone_a_slot_is_booked_in_utc(api, world, empty):
    asked = demand(world, time_zone=empty, description=None)

    session = await a_session(api, platform_id=AER, booking_demand=asked)

    assert (await read(api, f"/bookings/{session['booking_id']}"))["time_zone"] == "UTC"


async def test_a_session_without_a_booking_names_none(api):
    assert "booking_id" not in await a_session(api, booking_demand=None)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ((60, 10), "min_duration not respected"),
        ((60, 36_000), "max_duration not respected"),
        ((9.9, 7200), "min_planification_duration not respected"),
        ((-3600, 7200), "min_planification_duration not respected"),
        ((30 * 86_400, 7200), "max_planification_duration not respected"),
    ],
)
async def test_a_demand_against_a_rule_is_refused_in_the_words_that_clients_look_for(api, world, times, said):
    answer = await api.post("/sessions", json={"platform_id": AER, "booking_demand": demand(world, *times)})

    refusal = answer.json()
    assert (answer.status_code, refusal["type"]) == (400, "invalid_arguments")
    (detail,) = refusal["details"]
    assert (detail["argument_name"], detail["reason"]) == ("booking_demand", "constraint")
    assert said in detail["help_message"]
    assert said in refusal["message"]


async def test_a_demand_in_the_way_of_another_is_refused_in_the_words_that_clients_look_for(
    api, stranger, world
):
    await book(stranger, world)

    answer = await api.post("/sessions", json={"platform_id": AER, "booking_demand": demand(world)})

    assert (answer.status_code, answer.json()["type"]) == (400, "invalid_arguments")
    assert "existing booking" in answer.json()["message"]
    assert (await read(api, "/sessions"))["total_count"] == 0


async def test_too_many_slots_are_refused_with_the_figures(api, world):
    machine = await fresnel(api)
    for begins_in_s in (60, 120):
        await book(api, world, begins_in_s, platform_id=machine)

    answer = await api.post("/sessions", json={"platform_id": machine, "booking_demand": demand(world, 180)})

    assert (answer.status_code, answer.json()["type"]) == (403, "quotas_exceeded")
    assert answer.json()["details"] == [
        {"resource": "qaas_booking", "quota": 2, "current": 2, "project_id": str(world.project_id)}
    ]
    assert "2 bookings in one day" in answer.json()["message"]


@pytest.mark.parametrize(
    ("asked", "argument", "reason"),
    [
        ({"finished_at": None}, "booking_demand.finished_at", "required"),
        ({"started_at": "Nones"}, "booking_demand.started_at", "format"),
        ({"started_at": 1_768_478_460}, "booking_demand.started_at", "format"),
        ({"started_at": "2026-01-15T12:01:00"}, "booking_demand.started_at", "format"),
        ({"finished_at": "9999-12-31T23:59:59-12:00"}, "booking_demand.finished_at", "constraint"),
        ({"time_zone": "Mars/Olympus {why}"}, "booking_demand.time_zone", "constraint"),
        ({"description": "x" * 2001}, "booking_demand.description", "constraint"),
    ],
)
async def test_a_wrong_demand_is_refused_by_name(api, world, asked, argument, reason):
    sent = {"platform_id": AER, "booking_demand": demand(world) | asked}

    answer = await api.post("/sessions", json=sent)

    assert answer.status_code == 400, answer.text
    (detail,) = answer.json()["details"]
    assert (detail["argument_name"], detail["reason"]) == (argument, reason)


async def test_a_platform_that_cannot_be_booked_says_so(api, world):
    answer = await api.post("/sessions", json={"platform_id": QPU, "booking_demand": demand(world)})

    (detail,) = answer.json()["details"]
    assert (detail["argument_name"], detail["reason"]) == ("booking_demand", "constraint")
    assert "QPU-IBEX cannot be booked" in detail["help_message"]


async def test_a_session_that_is_answered_again_ignores_another_demand(api, world):
    first = await book(api, world, deduplication_id="ours")
    again = await book(api, world, 600, 60, deduplication_id="ours")
    against_the_rules = await book(api, world, 1, 1, deduplication_id="ours")

    assert first == again == against_the_rules
    assert (await read(api, "/bookings"))["total_count"] == 1


async def test_its_session_deleted_a_booking_is_polled_until_it_is_cancelled(api, world):
    session = await book(api, world, 20, 60)
    await a_job(api, session["id"])
    path = f"/bookings/{session['booking_id']}"
    await leap(world, 20)
    grant = await claim_one(world)

    deleted = await api.delete(f"/sessions/{session['id']}")
    first = (await read(api, path))["status"]
    assert await beat(world, grant) is Word.CANCEL
    await failed(world, grant, Verdict.CANCELLED)

    assert deleted.status_code == 204
    assert (await api.get(f"/sessions/{session['id']}")).status_code == 404
    assert (first, (await read(api, path))["status"]) == ("cancelling", "cancelled")


async def test_a_session_deleted_in_time_gives_its_slot_up_at_once(api, world):
    session = await book(api, world, 86_400, 3600)

    await api.delete(f"/sessions/{session['id']}")

    assert (await read(api, f"/bookings/{session['booking_id']}"))["status"] == "cancelled"


@pytest.mark.parametrize(("method", "path"), [("POST", "/terminate"), ("DELETE", "")])
async def test_too_late_a_booking_is_not_given_up_and_its_session_goes_on(api, world, method, path):
    session = await book(api, world, 20, 30)
    world.clock.move(seconds=15)

    answer = await api.request(method, f"/sessions/{session['id']}{path}")

    refusal = answer.json()
    assert (answer.status_code, refusal["type"]) == (412, "precondition_failed")
    assert "max_cancellation_time passed" in refusal["help_message"]
    assert await states(api, session) == ["starting"]
    await leap(world, 5)
    assert await states(api, session) == ["running"]
    await leap(world, 30)
    assert await states(api, session) == ["stopped"]
    assert (await read(api, f"/bookings/{session['booking_id']}"))["status"] == "validated"


async def test_sessions_that_run_are_stopped_when_a_booked_one_starts(api, world):
    first, second = await a_session(api), await a_session(api)
    booked = await book(api, world, 20, 20)
    assert await states(api, first, second, booked) == ["running", "running", "starting"]

    await leap(world, 20)

    assert await states(api, first, second, booked) == ["stopped", "stopped", "running"]
    assert "slot" in (await read(api, f"/sessions/{first['id']}"))["progress_message"]
    await leap(world, 20)
    assert await states(api, booked) == ["stopped"]


async def test_a_session_made_within_a_slot_starts_afterwards(api, stranger, world):
    booked = await book(stranger, world, 20, 20)
    await leap(world, 20)
    late = await a_session(api)
    job = await a_job(api, late["id"])

    assert await states(stranger, booked) == ["running"]
    assert await states(api, late) == ["starting"]
    assert await world.claim() == []
    await leap(world, 20)

    assert await states(stranger, booked) == ["stopped"]
    assert await states(api, late) == ["running"]
    await world.run_all()
    assert (await read(api, f"/jobs/{job['id']}"))["status"] == "completed"


async def test_a_session_of_a_machine_made_within_a_slot_runs_its_job_afterwards(api, world):
    booked = await book(api, world, 20, 20, platform_id=BOOKABLE)
    ours = await a_job(api, booked["id"])
    await leap(world, 20)
    late = await a_session(api, platform_id=BOOKABLE)
    job = await a_job(api, late["id"])

    await world.run_all()
    assert (await read(api, f"/jobs/{ours['id']}"))["status"] == "completed"
    assert await states(api, booked, late) == ["running", "starting"]
    await leap(world, 20)
    await world.run_all()

    assert (await read(api, f"/jobs/{job['id']}"))["status"] == "completed"
    assert await states(api, booked, late) == ["stopped", "running"]


async def test_a_batch_of_the_other_door_is_paused_for_a_slot_and_goes_on_afterwards(api, world):
    async with a_pasqal_client(world, await a_token(world)) as theirs:
        batch = await pasqal.a_batch(theirs, world, device_type="FRESNEL", jobs=[{"runs": 10}, {"runs": 10}])
        grant = await claim_one(world)
        booked = await book(api, world, 20, 60, platform_id=await fresnel(api))
        await leap(world, 20)

        # Its clients know no word for a pause.
        assert (await pasqal.the_batch(theirs, batch["id"]))["status"] == "PENDING"
        kept = await world.core.batches.get(world.owner, BatchId(UUID(batch["id"])))
        assert kept.status is BatchStatus.PAUSED
        assert await states(api, booked) == ["starting"]
        assert await beat(world, grant) is Word.CANCEL
        await failed(world, grant, Verdict.CANCELLED)
        assert {job["status"] for job in await pasqal.the_jobs(theirs, batch["id"])} == {"PENDING"}
        await let_pass(world, 1)
        assert await states(api, booked) == ["running"]
        ours = await a_job(api, booked["id"])
        assert await world.run_all() == 1
        assert (await read(api, f"/jobs/{ours['id']}"))["status"] == "completed"
        await leap(world, 59)

        assert await states(api, booked) == ["stopped"]
        assert (await pasqal.the_batch(theirs, batch["id"]))["status"] == "RUNNING"
        assert await world.run_all() == 2
        assert (await pasqal.the_batch(theirs, batch["id"]))["status"] == "DONE"


async def test_a_booked_session_runs_its_jobs_and_is_ended_by_its_owner_when_done(api, world):
    session = await book(api, world, 20, 60, platform_id=BOOKABLE)
    job = await a_job(api, session["id"])
    assert await world.claim() == []
    await leap(world, 20)
    await done(world, await claim_one(world))

    ended = (await api.post(f"/sessions/{session['id']}/terminate")).json()

    assert ended["status"] == "stopped"
    assert ended["started_at"] == "2026-01-15T12:00:20.000000Z"
    assert (await read(api, f"/jobs/{job['id']}"))["status"] == "completed"
    assert (await read(api, f"/bookings/{session['booking_id']}"))["status"] == "cancelled"


async def test_a_calendar_shows_what_others_took_and_a_list_what_is_ones_own(api, stranger, world):
    mine = await book(api, world, 60)
    theirs = await book(stranger, world, 300)
    elsewhere = await book(api, world, 60, platform_id=BOOKABLE)
    gone = await book(stranger, world, 600)
    await stranger.delete(f"/sessions/{gone['id']}")

    async def listed(**query: Any) -> list[str]:
        answer = await api.get("/bookings", params={"order_by": "started_at_asc"} | query)
        assert answer.status_code == 200, answer.text
        assert answer.json()["total_count"] == len(answer.json()["bookings"])
        return [booking["id"] for booking in answer.json()["bookings"]]

    own = [mine["booking_id"], elsewhere["booking_id"]]
    assert set(await listed()) == set(await listed(project_id=str(world.project_id))) == set(own)
    assert await listed(platform_id=AER) == [mine["booking_id"], theirs["booking_id"]]
    assert await listed(platform_id=AER, project_id=str(world.project_id)) == [mine["booking_id"]]
    assert await listed(platform_id=NOBODY) == []


async def test_of_anothers_booking_nothing_is_told_but_the_slot(api, stranger, world):
    theirs = await book(stranger, world)

    (shown,) = (await read(api, f"/bookings?platformId={AER}"))["bookings"]
    own = await read(stranger, f"/bookings/{theirs['booking_id']}")

    hidden = {"description": "", "progress_message": ""}
    assert shown == own | hidden
    assert own["description"] == "my booking"
    path = f"/bookings/{theirs['booking_id']}"
    for answer in (await api.get(path), await api.patch(path, json={"description": "mine"})):
        assert (answer.status_code, answer.json()["resource"]) == (404, "qaas_booking")


async def test_another_project_s_list_is_forbidden(api, stranger, world):
    answer = await stranger.get("/bookings", params={"project_id": str(world.project_id)})

    assert (answer.status_code, answer.json()["type"]) == (403, "permissions_denied")


async def test_a_booking_is_described_anew_and_left_alone_by_an_empty_change(api, world):
    session = await book(api, world)
    path = f"/bookings/{session['booking_id']}"
    world.clock.move(seconds=1)

    changed = (
        await api.patch(path, json={"description": "ours", "finished_at": "2030-01-01T00:00:00Z"})
    ).json()
    untouched = (await api.patch(path, json={"description": None})).json()
    emptied = (await api.patch(path, json={"description": ""})).json()

    assert (changed["description"], changed["finished_at"]) == ("ours", "2026-01-15T12:02:00.000000Z")
    assert changed["updated_at"] == "2026-01-15T12:00:01.000000Z"
    assert untouched == changed
    assert emptied["description"] == ""


async def test_the_newest_booking_is_listed_first_and_pages_are_cut_at_a_hundred(api, world):
    made = []
    for begins_in_s in range(60, 660, 60):
        world.clock.move(seconds=1)
        made.append((await book(api, world, begins_in_s, 30, platform_id=BOOKABLE))["booking_id"])

    newest = (await read(api, "/bookings"))["bookings"]
    page = await read(api, "/bookings?page=2&page_size=4&order_by=started_at_asc")
    much = await read(api, "/bookings?page_size=5000")

    assert [booking["id"] for booking in newest] == made[::-1]
    assert [booking["id"] for booking in page["bookings"]] == made[4:8]
    assert page["total_count"] == 10
    assert len(much["bookings"]) == 10


def test_every_status_of_a_booking_has_a_word_and_every_rule_its_text():
    assert translate_bookings.BOOKING_STATUS.keys() == set(BookingStatus)
    assert translate_bookings.RULE_TEXTS.keys() == set(SlotRule)
