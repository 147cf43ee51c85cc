from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest

from ketway.api.scaleway.jobs import MAX_INLINE
from ketway.domain.errors import ResultExpired
from ketway.domain.tasks import Computed
from ketway.services.grants import Grant
from tests.api.scaleway.clients import a_job, a_session
from tests.api.scaleway.worlds import ORIGIN, a_client
from tests.services.steps import done, let_all_expire
from tests.worlds import World, all_zero


def enormous(grant: Grant) -> Computed:
    return replace(all_zero(grant), document=json.dumps("x" * MAX_INLINE))


async def test_a_job_has_no_result_before_it_is_completed(api: httpx.AsyncClient, world: World):
    job = await a_job(api, (await a_session(api))["id"])
    waiting = (await api.get(f"/jobs/{job['id']}/results")).json()
    await world.claim()
    running = (await api.get(f"/jobs/{job['id']}/results")).json()

    assert waiting == running == {"total_count": 0, "job_results": []}


async def test_a_small_result_travels_inside_the_answer(api: httpx.AsyncClient, world: World):
    job = await a_job(api, (await a_session(api))["id"])
    await world.run_all()

    results = (await api.get(f"/jobs/{job['id']}/results", params={"order_by": "created_at_desc"})).json()

    (result,) = results["job_results"]
    assert results["total_count"] == 1
    assert result.keys() == {"job_id", "result", "url", "created_at"}
    assert (result["job_id"], result["url"]) == (job["id"], "")
    assert json.loads(result["result"])["counter"] == {"00": 10}


async def test_a_large_result_is_fetched_by_a_link_that_needs_no_key(api: httpx.AsyncClient, world: World):
    job = await a_job(api, (await a_session(api))["id"])
    await world.run_all(enormous)

    (result,) = (await api.get(f"/jobs/{job['id']}/results")).json()["job_results"]

    url = urlsplit(result["url"])
    document, _ = await world.follow(result["url"])
    assert (result["result"], f"{url.scheme}://{url.netloc}") == ("", ORIGIN)
    assert json.loads(document) == "x" * MAX_INLINE


async def test_links_lead_to_the_public_address_where_there_is_one(world: World):
    async with a_client(
        world.core, world.credentials.secret_key, public_url="https://quantum.example/"
    ) as api:
        job = await a_job(api, (await a_session(api))["id"])
        await world.run_all(enormous)
        (result,) = (await api.get(f"/jobs/{job['id']}/results")).json()["job_results"]

    assert result["url"].startswith("https://quantum.example/blobs/")


async def test_the_one_result_is_on_the_first_page(api: httpx.AsyncClient, world: World):
    job = await a_job(api, (await a_session(api))["id"])
    await world.run_all()

    second = (await api.get(f"/jobs/{job['id']}/results", params={"page": 2})).json()

    assert second == {"total_count": 1, "job_results": []}


async def test_results_stay_readable_after_the_session_ended(api: httpx.AsyncClient, world: World):
    session = await a_session(api)
    job = await a_job(api, session["id"])
    await world.run_all()
    await api.post(f"/sessions/{session['id']}/terminate")

    assert (await api.get(f"/jobs/{job['id']}/results")).json()["total_count"] == 1


async def test_a_result_that_is_kept_no_longer_is_on_no_list_and_its_job_stays_completed(
    api: httpx.AsyncClient, world: World
):
    job = await a_job(api, (await a_session(api))["id"])
    await world.run_all(enormous)
    (result,) = (await api.get(f"/jobs/{job['id']}/results")).json()["job_results"]
    await let_all_expire(world)

    assert (await api.get(f"/jobs/{job['id']}")).json()["status"] == "completed"
    assert (await api.get(f"/jobs/{job['id']}/results")).json() == {"total_count": 0, "job_results": []}
    with pytest.raises(ResultExpired):
        await world.follow(result["url"])


async def test_a_cancelled_job_leaves_no_result(api: httpx.AsyncClient, world: World):
    job = await a_job(api, (await a_session(api))["id"])
    (grant,) = await world.claim()
    await api.post(f"/jobs/{job['id']}/cancel")
    await done(world, grant)

    assert (await api.get(f"/jobs/{job['id']}")).json()["status"] == "cancelled"
    assert (await api.get(f"/jobs/{job['id']}/results")).json() == {"total_count": 0, "job_results": []}
