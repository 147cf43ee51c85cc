"""What becomes of a batch: adding, closing, cancelling, tags."""

from __future__ import annotations

import pytest

from ketway.domain.errors import ProgramRefused
from ketway.domain.leases import Verdict
from tests.api.pasqal.clients import (
    NOBODY,
    SEQUENCE,
    a_batch,
    an_open_batch,
    data,
    places,
    the_batch,
    the_jobs,
    why,
)
from tests.api.pasqal.worlds import CORE
from tests.services.steps import failed

V1, V2 = f"{CORE}/v1/batches", f"{CORE}/v2/batches"
NO_JOBS = {"PENDING": 0, "RUNNING": 0, "DONE": 0, "ERROR": 0, "CANCELED": 0}


async def test_the_status_of_a_batch_counts_its_jobs_zeros_included(world, api):
    made = await a_batch(api, world, jobs=[{"runs": 1}] * 3)
    await world.claim()

    status = data(await api.get(f"{V1}/{made['id']}/status"))

    assert status == {
        "id": made["id"],
        "status": "RUNNING",
        "open": False,
        "jobs_count": 3,
        "jobs_count_per_status": NO_JOBS | {"PENDING": 2, "RUNNING": 1},
    }


async def test_a_closed_batch_is_done_when_all_its_jobs_are(world, api):
    made = await a_batch(api, world, jobs=[{"runs": 1}] * 2)

    await world.run_all()

    read = await the_batch(api, made["id"])
    assert (read["status"], read["jobs_count_per_status"]) == ("DONE", NO_JOBS | {"DONE": 2})
    assert read["start_datetime"] and read["end_datetime"]


async def test_a_batch_with_a_failed_job_is_done_all_the_same(world, api):
    made = await a_batch(api, world)
    (grant,) = await world.claim()

    await failed(world, grant, Verdict.REFUSED, "Too many atoms.")

    assert (await the_batch(api, made["id"]))["status"] == "DONE"
    (job,) = await the_jobs(api, made["id"])
    assert (job["status"], job["errors"]) == ("ERROR", ["Too many atoms."])


async def test_jobs_added_to_an_open_batch_come_after_those_it_had(world, api):
    made = await an_open_batch(api, world, jobs=[{"runs": 1}])

    answer = await api.post(f"{V2}/{made['id']}/jobs", json=[{"runs": 2, "variables": {"a": 1}}, {"runs": 3}])

    added = data(answer)
    assert [job["runs"] for job in added["jobs"]] == [1, 2, 3]
    assert [job["creation_order"] for job in added["jobs"]] == [1, 2, 3]
    assert added["job_ids"][0] == made["job_ids"][0]
    assert await the_jobs(api, made["id"]) == added["jobs"]


async def test_a_retried_job_says_null_for_the_sequence_of_its_batch(world, api):
    made = await an_open_batch(api, world)

    answer = await api.post(
        f"{V2}/{made['id']}/jobs", json=[{"runs": 10, "variables": None, "sequence": None}]
    )

    (job,) = data(answer)["jobs"]
    assert (job["runs"], job["variables"]) == (10, None)


async def test_an_empty_list_of_jobs_is_refused(world, api):
    made = await an_open_batch(api, world)

    answer = await api.post(f"{V2}/{made['id']}/jobs", json=[])

    assert answer.status_code == 422
    assert places(answer) == [["body", "jobs"]]


async def test_a_job_for_a_batch_without_a_sequence_brings_its_own(world, api):
    made = await an_open_batch(api, world, sequence_builder=None)

    without = await api.post(f"{V2}/{made['id']}/jobs", json=[{"runs": 1}])
    with_one = await api.post(f"{V2}/{made['id']}/jobs", json=[{"runs": 1, "sequence": SEQUENCE}])

    assert without.status_code == 422
    assert places(without) == [["body", "jobs", 0, "sequence"]]
    assert len(data(with_one)["jobs"]) == 1


async def test_added_jobs_that_the_engine_refuses_are_not_kept(world, api):
    made = await an_open_batch(api, world)
    world.checker.refusal = ProgramRefused("A variable is missing.", "parameters", 0)

    answer = await api.post(f"{V2}/{made['id']}/jobs", json=[{"runs": 1}])

    assert answer.status_code == 422
    assert places(answer) == [["body", "jobs", 0]]
    assert await the_jobs(api, made["id"]) == []


async def test_a_closed_batch_takes_no_more_jobs(world, api):
    made = await a_batch(api, world)

    answer = await api.post(f"{V2}/{made['id']}/jobs", json=[{"runs": 1}])

    assert answer.status_code == 409
    assert "closed" in why(answer)


async def test_closing_a_batch_leaves_its_jobs_waiting(world, api):
    made = await an_open_batch(api, world, jobs=[{"runs": 1}])

    closed = data(await api.patch(f"{V2}/{made['id']}/complete"))

    assert (closed["open"], closed["complete"]) == (False, True)
    assert [job["status"] for job in closed["jobs"]] == ["PENDING"]
    assert await world.run_all() == 1


async def test_closing_twice_changes_nothing(world, api):
    made = await an_open_batch(api, world, jobs=[{"runs": 1}])
    first = data(await api.patch(f"{V2}/{made['id']}/complete"))

    second = data(await api.patch(f"{V2}/{made['id']}/complete"))

    assert second == first


async def test_a_batch_that_timed_out_may_still_be_closed(world, api):
    made = await an_open_batch(api, world, jobs=[{"runs": 1}])
    await world.run_all()
    world.clock.move(minutes=30)
    await world.core.housekeeping.sweep()

    closed = data(await api.patch(f"{V2}/{made['id']}/complete"))

    assert (closed["status"], closed["open"]) == ("TIMED_OUT", False)


async def test_closing_an_open_batch_that_got_no_job_ends_it(world, api):
    made = await an_open_batch(api, world)

    closed = data(await api.patch(f"{V2}/{made['id']}/complete"))

    assert closed["status"] == "DONE"


async def test_an_open_batch_is_not_done_while_more_may_come(world, api):
    made = await an_open_batch(api, world, jobs=[{"runs": 1}])

    await world.run_all()

    assert (await the_batch(api, made["id"]))["status"] == "RUNNING"
    assert data(await api.patch(f"{V2}/{made['id']}/complete"))["status"] == "DONE"


async def test_cancelling_a_batch_cancels_what_waits(world, api):
    made = await an_open_batch(api, world, device_type="FRESNEL", jobs=[{"runs": 1}] * 2)

    cancelled = data(await api.patch(f"{V2}/{made['id']}/cancel"))

    assert (cancelled["status"], cancelled["open"]) == ("CANCELED", False)
    assert cancelled["end_datetime"] is not None
    assert cancelled["jobs_count_per_status"] == NO_JOBS | {"CANCELED": 2}
    assert {job["status"] for job in cancelled["jobs"]} == {"CANCELED"}
    assert all(job["end_timestamp"] and not job["start_timestamp"] for job in cancelled["jobs"])
    assert all(job["errors"] is None for job in cancelled["jobs"])


async def test_a_batch_that_is_cancelled_while_it_runs_says_running_until_it_has_stopped(world, api):
    made = await a_batch(api, world, jobs=[{"runs": 1}] * 2)
    (grant,) = await world.claim()

    cancelled = data(await api.patch(f"{V2}/{made['id']}/cancel"))

    assert cancelled["status"] == "RUNNING"
    assert [job["status"] for job in cancelled["jobs"]] == ["RUNNING", "CANCELED"]
    await failed(world, grant, Verdict.CANCELLED, "")
    assert (await the_batch(api, made["id"]))["status"] == "CANCELED"


@pytest.mark.parametrize("action", ["cancel", "complete"])
async def test_a_cancelled_batch_cannot_be_cancelled_but_can_be_closed(world, api, action):
    made = await a_batch(api, world)
    await api.patch(f"{V2}/{made['id']}/cancel")

    answer = await api.patch(f"{V2}/{made['id']}/{action}")

    assert answer.status_code == (409 if action == "cancel" else 200)


async def test_many_batches_are_cancelled_at_once_and_each_that_cannot_be_says_why(world, api):
    done = await a_batch(api, world)
    await world.run_all()
    waiting = await a_batch(api, world)

    answer = await api.patch(f"{V1}/cancel", json={"batch_ids": [waiting["id"], done["id"], NOBODY]})

    ((cancelled,), errors) = data(answer)["batches"], data(answer)["errors"]
    assert (cancelled["id"], cancelled["status"]) == (waiting["id"], "CANCELED")
    assert errors == {done["id"]: "The batch is already done.", NOBODY: "Batch not found."}


async def test_nothing_that_went_wrong_is_an_empty_object(world, api):
    made = await a_batch(api, world, jobs=[{"runs": 1}] * 2)

    jobs = data(await api.patch(f"{V2}/{made['id']}/cancel/jobs", params={"id": made["job_ids"][0]}))
    batches = data(await api.patch(f"{V1}/cancel", json={"batch_ids": [made["id"]]}))

    assert jobs["errors"] == batches["errors"] == {}


@pytest.mark.parametrize("body", [{}, {"batch_ids": []}, {"batch_ids": ["x"]}, {"batch_ids": None}])
async def test_a_bulk_cancel_that_names_nothing_is_refused(api, body):
    answer = await api.patch(f"{V1}/cancel", json=body)

    assert answer.status_code == 422
    assert places(answer)[0][0] == "body"


async def test_the_jobs_of_a_batch_that_a_filter_selects_are_cancelled(world, api):
    made = await a_batch(api, world, jobs=[{"runs": runs} for runs in (10, 20, 30)])

    answer = data(await api.patch(f"{V2}/{made['id']}/cancel/jobs", params={"min_runs": 20}))

    assert sorted(job["runs"] for job in answer["jobs"]) == [20, 30]
    assert [job["status"] for job in await the_jobs(api, made["id"])] == ["PENDING", "CANCELED", "CANCELED"]


async def test_without_a_filter_all_jobs_of_a_batch_are_cancelled_and_no_others(world, api):
    made = await a_batch(api, world, jobs=[{"runs": 1}] * 120)
    other = await a_batch(api, world)

    answer = data(await api.patch(f"{V2}/{made['id']}/cancel/jobs"))

    assert len(answer["jobs"]) == 120
    assert (await the_batch(api, made["id"]))["status"] == "CANCELED"
    assert (await the_batch(api, other["id"]))["status"] == "PENDING"


async def test_the_filter_of_a_bulk_cancel_reaches_no_other_batch(world, api):
    made, other = await a_batch(api, world), await a_batch(api, world)

    answer = await api.patch(
        f"{V2}/{made['id']}/cancel/jobs", params={"batch_id": other["id"], "id": other["job_ids"][0]}
    )

    assert data(answer) == {"jobs": [], "errors": {}}
    assert (await the_batch(api, other["id"]))["status"] == "PENDING"


async def test_jobs_that_have_ended_say_so_in_a_bulk_cancel(world, api):
    made = await an_open_batch(api, world, jobs=[{"runs": 1}])
    await world.run_all()

    answer = data(await api.patch(f"{V2}/{made['id']}/cancel/jobs"))

    assert answer == {"jobs": [], "errors": {made["job_ids"][0]: "The job is already done."}}


async def test_tags_replace_those_that_were(world, api):
    made = await a_batch(api, world, tags=["old"])

    tagged = data(await api.patch(f"{V1}/{made['id']}/tags", json=["a", "b"]))

    assert tagged["tags"] == ["a", "b"]
    assert [job["id"] for job in tagged["jobs"]] == made["job_ids"]
    assert (await the_batch(api, made["id"]))["tags"] == ["a", "b"]


async def test_an_empty_list_takes_all_tags_away(world, api):
    made = await a_batch(api, world, tags=["old"])

    assert data(await api.patch(f"{V1}/{made['id']}/tags", json=[]))["tags"] == []


@pytest.mark.parametrize("tags", [["a", "a"], [1], [""], ["x" * 256], [None]])
async def test_tags_are_distinct_texts(world, api, tags):
    made = await a_batch(api, world, tags=["old"])

    answer = await api.patch(f"{V1}/{made['id']}/tags", json=tags)

    assert answer.status_code == 422
    assert places(answer)[0][:2] == ["body", "tags"]
    assert (await the_batch(api, made["id"]))["tags"] == ["old"]


async def test_a_batch_that_is_named_twice_is_cancelled_once(world, api):
    id = (await a_batch(api, world))["id"]

    answer = data(await api.patch(f"{V1}/cancel", json={"batch_ids": [id, id]}))

    assert ([batch["id"] for batch in answer["batches"]], answer["errors"]) == ([id], {})
