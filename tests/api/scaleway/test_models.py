from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from ketway.services.core import Limits
from tests.api.scaleway.clients import NOBODY, a_job, a_model, a_session
from tests.api.scaleway.worlds import ORIGIN, a_client, an_aer
from tests.worlds import World, a_world


async def fetched(world: World, link: str) -> str:
    body, _ = await world.follow(link)
    return body.decode()


@pytest.mark.parametrize("payload", ['{"sequence":  "{\\"a\\": 1}"}', "not json", "größer → \n"])
async def test_a_model_gives_its_payload_back_byte_for_byte(api: httpx.AsyncClient, world: World, payload):
    model = await a_model(api, payload)

    assert model.keys() == {"id", "created_at", "url", "project_id"}
    assert model["project_id"] == str(world.project_id)
    assert model["url"].startswith(ORIGIN)
    assert await fetched(world, model["url"]) == payload


async def test_a_models_link_is_fresh_each_time(api: httpx.AsyncClient, world: World):
    model = await a_model(api)
    world.clock.move(days=1)

    again = (await api.get(f"/models/{model['id']}")).json()

    assert again | {"url": ""} == model | {"url": ""}
    assert await fetched(world, again["url"]) == '{"programs": []}'


async def test_a_models_link_is_fetched_without_a_key_from_where_clients_see_this_server(world: World):
    async with a_client(
        world.core, world.credentials.secret_key, public_url="https://quantum.example/", linked=world.blobs
    ) as api:
        model = await a_model(api, "größer → \n")
        path = model["url"].removeprefix("https://quantum.example")
        fetched = await api.get(f"{ORIGIN}{path}", headers={"X-Auth-Token": ""})

    assert (fetched.status_code, fetched.content) == (200, "größer → \n".encode())


async def test_the_same_payload_twice_makes_two_models(api: httpx.AsyncClient):
    assert (await a_model(api))["id"] != (await a_model(api))["id"]


async def test_a_payload_sent_as_an_object_is_kept_as_text(api: httpx.AsyncClient, world: World):
    model = (await api.post("/models", json={"payload": {"programs": []}})).json()

    assert await fetched(world, model["url"]) == '{"programs": []}'


async def test_models_are_listed_newest_first(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, world: World
):
    first = await a_model(api)
    world.clock.move(seconds=1)
    second = await a_model(api, "other")
    await a_model(stranger)

    listed = (await api.get("/models", params={"project_id": str(world.project_id)})).json()

    assert listed["total_count"] == 2
    assert [model["id"] for model in listed["models"]] == [second["id"], first["id"]]
    assert all(model["url"] for model in listed["models"])


async def test_the_circuit_of_a_job_is_no_model(api: httpx.AsyncClient, world: World):
    await a_job(api, (await a_session(api))["id"])
    (grant,) = await world.claim()

    answer = await api.get(f"/models/{grant.job.program_id}")

    assert answer.status_code == 404
    assert (await api.get("/models")).json() == {"total_count": 0, "models": []}


async def test_an_unknown_or_foreign_model_is_not_found(api: httpx.AsyncClient, stranger: httpx.AsyncClient):
    model = await a_model(api)

    for answer in (await stranger.get(f"/models/{model['id']}"), await api.get(f"/models/{NOBODY}")):
        assert answer.status_code == 404
        assert answer.json().items() >= {("type", "not_found"), ("resource", "qaas_model")}


async def test_a_model_without_a_payload_is_refused(api: httpx.AsyncClient):
    answer = await api.post("/models", json={})

    assert answer.json()["details"] == [
        {"argument_name": "payload", "reason": "required", "help_message": "is required"}
    ]


async def test_programs_over_the_bound_are_refused_by_name(tmp_path: Path):
    async with (
        a_world(tmp_path, catalogue=[an_aer()], limits=Limits(max_program_bytes=10)) as world,
        a_client(world.core, world.credentials.secret_key) as api,
    ):
        session = await a_session(api)
        model = await api.post("/models", json={"payload": "x" * 11})
        job = await api.post(
            "/jobs", json={"session_id": session["id"], "circuit": {"qiskit_circuit": "x" * 11}}
        )

    for answer, argument in ((model, "payload"), (job, "circuit")):
        assert (answer.status_code, answer.json()["type"]) == (400, "invalid_arguments")
        assert answer.json()["details"][0].items() >= {("argument_name", argument), ("reason", "constraint")}
