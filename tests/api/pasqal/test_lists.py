"""Lists: filters, orders and pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.pasqal.clients import NOBODY, a_batch, an_open_batch, data, places
from tests.api.pasqal.worlds import CORE

BATCHES, JOBS = f"{CORE}/v1/batches", f"{CORE}/v2/jobs"


async def ids(api: httpx.AsyncClient, path: str, **query: Any) -> list[str]:
    return [row["id"] for row in data(await api.get(path, params=query))]


async def every_page(api: httpx.AsyncClient, path: str, **query: Any) -> list[str]:
    """As the clients read a whole list: from `end` to `end` until `total`."""
    found: list[str] = []
    offset = 0
    while True:
        answer = await api.get(path, params=query | {"offset": offset})
        found += [row["id"] for row in data(answer)]
        block = answer.json()["pagination"]
        assert block["start"] == offset
        if block["end"] >= block["total"]:
            return found
        assert block["end"] > offset
        offset = block["end"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("path", [BATCHES, JOBS])
async def test_paging_visits_every_row_once(world, api, path, limit):
    made = [await a_batch(api, world) for _ in range(7)]  # all within one moment
    rows = [batch["id"] if path is BATCHES else batch["job_ids"][0] for batch in made]

    found = await every_page(api, path, limit=limit)

    assert sorted(found) == sorted(rows)


async def test_a_page_says_where_it_stands(world, api):
    for _ in range(5):
        await a_batch(api, world)

    answer = await api.get(BATCHES, params={"offset": 2, "limit": 2})

    assert answer.json()["pagination"] == {"total": 5, "start": 2, "end": 4}
    assert answer.headers["content-range"] == "3-4/5"
    assert answer.headers["access-control-expose-headers"] == "Content-Range"


async def test_an_empty_list_says_so(api):
    answer = await api.get(JOBS)

    assert answer.json()["pagination"] == {"total": 0, "start": 0, "end": 0}
    assert answer.headers["content-range"] == "0-0/0"


async def test_beyond_the_last_row_a_client_that_pages_comes_to_an_end(world, api):
    await a_batch(api, world)

    answer = await api.get(BATCHES, params={"offset": 50})

    block = answer.json()["pagination"]
    assert data(answer) == []
    assert block["end"] >= block["total"]


async def test_a_page_has_a_hundred_rows_at_most(world, api):
    await a_batch(api, world, jobs=[{"runs": 1}] * 101)

    assert len(await ids(api, JOBS)) == 100


async def test_lists_of_batches_leave_jobs_and_sequence_away(world, api):
    made = await a_batch(api, world)

    (listed,) = data(await api.get(BATCHES))

    assert not {"jobs", "sequence_builder"} & listed.keys()
    assert listed.items() <= made.items()


async def test_the_second_version_of_the_list_is_the_first(world, api):
    await a_batch(api, world)

    assert data(await api.get(f"{CORE}/v2/batches")) == data(await api.get(BATCHES))


async def test_the_newest_comes_first_unless_asked_otherwise(world, api):
    made = []
    for _ in range(3):
        made.append((await a_batch(api, world))["id"])
        world.clock.move(seconds=1)

    assert await ids(api, BATCHES) == made[::-1]
    assert await ids(api, BATCHES, order_by_direction="ASC") == made
    assert await ids(api, BATCHES, order_by="created_at", order_by_direction="asc") == made


@pytest.mark.parametrize("order", ["creation_order", "ordered_id"])
async def test_jobs_are_ordered_by_creation_under_both_of_its_names(world, api, order):
    made = await a_batch(api, world, jobs=[{"runs": n} for n in range(1, 21)])

    up = await ids(api, JOBS, batch_id=made["id"], order_by=order, order_by_direction="ASC")
    down = await ids(api, JOBS, batch_id=made["id"], order_by=order, order_by_direction="DESC")

    assert up == made["job_ids"]
    assert down == made["job_ids"][::-1]


@pytest.mark.parametrize(
    "order", ["updated_at", "start_timestamp", "end_timestamp", "status", "runs", "created_at"]
)
async def test_jobs_can_be_ordered_by_every_field_that_the_contract_names(world, api, order):
    made = await a_batch(api, world, jobs=[{"runs": 2}, {"runs": 1}, {"runs": 3}])
    await world.claim()

    assert sorted(await ids(api, JOBS, order_by=order)) == sorted(made["job_ids"])


async def test_jobs_ordered_by_runs_are(world, api):
    await a_batch(api, world, jobs=[{"runs": 2}, {"runs": 1}, {"runs": 3}])

    listed = data(await api.get(JOBS, params={"order_by": "runs", "order_by_direction": "ASC"}))

    assert [job["runs"] for job in listed] == [1, 2, 3]


async def test_a_repeated_key_means_any_of_its_values(world, api):
    one, two, _ = [(await a_batch(api, world))["id"] for _ in range(3)]

    assert sorted(await ids(api, BATCHES, id=[one, two, NOBODY])) == sorted([one, two])


async def test_batches_are_filtered_by_status(world, api):
    done = (await a_batch(api, world))["id"]
    await world.run_all()
    cancelled = (await a_batch(api, world))["id"]
    await api.patch(f"{CORE}/v2/batches/{cancelled}/cancel")
    waiting = (await a_batch(api, world))["id"]

    assert await ids(api, BATCHES, status="DONE") == [done]
    assert sorted(await ids(api, BATCHES, status=["DONE", "CANCELED"])) == sorted([done, cancelled])
    assert await ids(api, BATCHES, status=["PENDING", "PAUSED"]) == [waiting]


@pytest.mark.parametrize("path", [BATCHES, JOBS])
@pytest.mark.parametrize("word", ["PAUSED", "CANCELING"])
async def test_a_status_that_nothing_here_ever_has_lists_nothing(world, api, path, word):
    await a_batch(api, world)

    assert await ids(api, path, status=word) == []


@pytest.mark.parametrize("truth", ["True", "true", "1"])
async def test_batches_are_filtered_by_whether_they_are_open(world, api, truth):
    opened = (await an_open_batch(api, world))["id"]
    closed = (await a_batch(api, world))["id"]

    assert await ids(api, BATCHES, open=truth) == [opened]
    assert await ids(api, BATCHES, complete=truth) == [closed]
    assert await ids(api, BATCHES, open="False") == [closed]


async def test_batches_are_filtered_by_device_tag_and_priority(world, api):
    machine = (await a_batch(api, world, device_type="FRESNEL"))["id"]
    tagged = (await a_batch(api, world, tags=["a", "b"]))["id"]

    assert await ids(api, BATCHES, device_type="FRESNEL") == [machine]
    assert await ids(api, BATCHES, device_type=["NOTHING"]) == []
    assert await ids(api, BATCHES, tag="b") == [tagged]
    assert await ids(api, BATCHES, tag="c") == []
    assert len(await ids(api, BATCHES, queue_priority=["MEDIUM", "HIGH"])) == 2
    assert await ids(api, BATCHES, queue_priority="HIGH") == []


async def test_rows_are_filtered_by_user_and_a_user_that_cannot_be_is_nobody(world, api):
    made = await a_batch(api, world)
    me = str(world.owner.account_id)

    for path, row in ((BATCHES, made["id"]), (JOBS, made["job_ids"][0])):
        assert await ids(api, path, user_id=me) == [row]
        assert await ids(api, path, user_id="somebody") == []
        assert await ids(api, path, user_id=["somebody", me]) == [row]


@pytest.mark.parametrize("path", [BATCHES, JOBS])
async def test_rows_are_filtered_by_when_they_were_made(world, api, path):
    await a_batch(api, world)

    assert len(await ids(api, path, start_date="2026-01-15T12:00:00")) == 1
    assert len(await ids(api, path, end_date="2026-01-15T13:00:00+01:00")) == 1
    assert await ids(api, path, start_date="2026-01-15T12:00:01Z") == []
    assert await ids(api, path, end_date="2026-01-15T11:59:59") == []


async def test_jobs_are_filtered_by_runs_both_ends_included(world, api):
    made = await a_batch(api, world, jobs=[{"runs": runs} for runs in (10, 20, 30)])

    assert sorted(await ids(api, JOBS, min_runs=10, max_runs=20)) == sorted(made["job_ids"][:2])


async def test_jobs_are_filtered_by_whether_they_have_errors(world, api):
    made = await a_batch(api, world)

    assert await ids(api, JOBS, errors="True") == []
    assert await ids(api, JOBS, errors="False") == made["job_ids"]


@pytest.mark.parametrize("path", [BATCHES, JOBS])
async def test_the_beginning_of_an_id_finds_it(world, api, path):
    made = await a_batch(api, world)
    row = made["id"] if path is BATCHES else made["job_ids"][0]

    assert await ids(api, path, id__starts_with=row[:13]) == [row]
    assert await ids(api, path, id__starts_with=row[:8].upper()) == [row]
    assert await ids(api, path, id__starts_with="zz") == []
    assert await ids(api, path, id__starts_with="%") == []


@pytest.mark.parametrize("path", [BATCHES, JOBS])
async def test_the_project_of_others_lists_nothing(world, api, stranger, path):
    await a_batch(api, world)

    assert await ids(stranger, path) == []
    assert await ids(stranger, path, project_id=str(world.project_id)) == []
    assert len(await ids(api, path, project_id=str(world.project_id))) == 1
    assert await ids(api, path, project_id=NOBODY) == []


@pytest.mark.parametrize("path", [BATCHES, JOBS])
async def test_an_empty_value_means_not_given_and_unknown_parameters_are_ignored(world, api, path):
    await a_batch(api, world)

    listed = await ids(api, path, id="", status="", start_date="", user_id="", limit="", whatever="5")

    assert len(listed) == 1


@pytest.mark.parametrize("path", [BATCHES, JOBS])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "5"),
        ("project_id", "mine"),
        ("status", "LOST"),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "many"),
        ("limit", "1_0"),
        ("limit", "\N{ARABIC-INDIC DIGIT THREE}"),
        ("offset", "-1"),
        ("offset", "9" * 30),
        ("order_by", "name"),
        ("order_by_direction", "SIDEWAYS"),
        ("start_date", "yesterday"),
        ("end_date", "0001-01-01T00:00:00+23:00"),
    ],
)
async def test_a_value_that_cannot_be_right_is_named(api, path, name, value):
    answer = await api.get(path, params={name: value})

    assert answer.status_code == 422
    assert places(answer) == [["query", name]]


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        (BATCHES, "open", "perhaps"),
        (BATCHES, "queue_priority", "URGENT"),
        (JOBS, "errors", "2"),
        (JOBS, "min_runs", "few"),
        (JOBS, "batch_id", "x"),
    ],
)
async def test_a_value_of_one_list_that_cannot_be_right_is_named(api, path, name, value):
    answer = await api.get(path, params={name: value})

    assert answer.status_code == 422
    assert places(answer) == [["query", name]]


async def test_a_number_of_runs_beyond_any_bounds_a_list_all_the_same(world, api):
    made = await a_batch(api, world)

    assert await ids(api, JOBS, max_runs="9" * 30) == made["job_ids"]
    assert await ids(api, JOBS, min_runs="9" * 30) == []
