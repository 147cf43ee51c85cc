"""What is true of every route: bodies, encodings, unknown paths, and the unexpected."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ketway.domain.accounts import ProjectId
from ketway.domain.tasks import Checked, Task
from ketway.services.checks import Checks
from tests.api.pasqal.clients import NOBODY, a_batch, a_batch_body, data, places, the_batch, why
from tests.api.pasqal.worlds import CORE, MAX_BODY_BYTES, a_client, a_token

BATCHES = f"{CORE}/v1/batches"
GZIP = {"Content-Encoding": "gzip", "Content-Type": "application/json"}


class BrokenChecker:
    """The `Checker` port, with a fault that nobody foresaw."""

    async def check(self, engine: str, project: ProjectId, tasks: Sequence[Task]) -> Sequence[Checked | None]:
        raise RuntimeError("the secret of what went wrong")


async def test_a_gzip_body_is_inflated(world, api):
    body = gzip.compress(json.dumps(a_batch_body(world)).encode())

    made = data(await api.post(BATCHES, content=body, headers=GZIP))

    assert (await the_batch(api, made["id"]))["jobs_count"] == 1


@pytest.mark.parametrize(
    "body", [b"not gzip", gzip.compress(b"{}", mtime=0)[:-6]], ids=["no gzip", "cut short"]
)
async def test_gzip_that_cannot_be_inflated_is_malformed(api, body):
    answer = await api.post(BATCHES, content=body, headers=GZIP)

    assert answer.status_code == 400
    assert "gzip" in why(answer)


async def test_a_small_body_that_inflates_beyond_the_bound_is_too_large(api):
    bomb = gzip.compress(b" " * (MAX_BODY_BYTES + 1))

    answer = await api.post(BATCHES, content=bomb, headers=GZIP)

    assert len(bomb) < 10_000
    assert answer.status_code == 413


async def test_a_body_beyond_the_bound_is_too_large(api):
    answer = await api.post(BATCHES, content=b" " * (MAX_BODY_BYTES + 1))

    assert answer.status_code == 413


async def test_another_compression_is_not_understood(api):
    answer = await api.post(BATCHES, content=b"{}", headers={"Content-Encoding": "br"})

    assert answer.status_code == 415
    assert "br" in why(answer)


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b'{"a": NaN}', b'{"a": "\\u0000"}', b"[" * 1000, b"5", b"[]"]
)
async def test_a_body_that_is_no_json_object_is_malformed(api, body):
    answer = await api.post(BATCHES, content=body)

    assert answer.status_code == 400


async def test_no_body_at_all_is_invalid(api):
    answer = await api.post(BATCHES)

    assert answer.status_code == 422
    assert places(answer) == [["body"]]


async def test_a_body_that_is_no_list_is_invalid_where_a_list_is_due(world, api):
    batch = await a_batch(api, world, open=True)

    for method, path in (("POST", "v2/batches/{}/jobs"), ("PATCH", "v1/batches/{}/tags")):
        answer = await api.request(method, f"{CORE}/{path.format(batch['id'])}", json={"jobs": []})

        assert answer.status_code == 422
        assert places(answer) == [["body"]]


@pytest.mark.parametrize("action", ["complete", "cancel"])
async def test_an_empty_body_is_not_read_whatever_its_header_says(world, api, action):
    batch = await a_batch(api, world)

    answer = await api.patch(
        f"{CORE}/v2/batches/{batch['id']}/{action}", headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 200


async def test_a_path_that_leads_nowhere_is_answered_in_the_dialect(api):
    for path in ("/v1/nothing", "/v1/batches/", f"/v9/batches/{NOBODY}"):
        answer = await api.get(CORE + path)

        assert answer.status_code == 404
        assert why(answer) == "There is no such route."


async def test_a_method_that_a_route_does_not_have_is_answered_in_the_dialect(api):
    answer = await api.delete(BATCHES)

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"] or "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "v2/batches/{}"),
        ("GET", "v1/batches/{}/status"),
        ("POST", "v2/batches/{}/jobs"),
        ("PATCH", "v2/batches/{}/complete"),
        ("PATCH", "v2/batches/{}/cancel"),
        ("PATCH", "v2/batches/{}/cancel/jobs"),
        ("PATCH", "v1/batches/{}/tags"),
        ("GET", "v2/jobs/{}"),
        ("GET", "v1/jobs/{}/status"),
        ("PATCH", "v2/jobs/{}/cancel"),
        ("GET", "v1/jobs/{}/results_link"),
    ],
)
class TestByAnId:
    async def test_an_id_that_is_no_uuid_is_invalid(self, api, method, path):
        answer = await api.request(method, f"{CORE}/{path.format('not-a-uuid')}")

        assert answer.status_code == 422
        assert places(answer)[0][0] == "path"

    async def test_an_unknown_id_is_not_found(self, api, method, path):
        body = [{"runs": 1}] if path.endswith("jobs") else ["a"]

        answer = await api.request(method, f"{CORE}/{path.format(NOBODY)}", json=body)

        assert answer.status_code == 404
        assert why(answer) in ("Batch not found.", "Job not found.")

    async def test_what_belongs_to_another_project_is_not_found(self, world, api, stranger, method, path):
        batch = await a_batch(api, world, open=True)
        id = batch["id"] if "batches" in path else batch["jobs"][0]["id"]
        body = [{"runs": 1}] if path.endswith("jobs") else ["a"]

        answer = await stranger.request(method, f"{CORE}/{path.format(id)}", json=body)

        assert answer.status_code == 404
        assert (await the_batch(api, batch["id"]))["status"] == batch["status"]

    async def test_a_colleague_may_read_but_not_act(self, world, api, colleague, method, path):
        batch = await a_batch(api, world, open=True)
        id = batch["id"] if "batches" in path else batch["jobs"][0]["id"]
        body = [{"runs": 1}] if path.endswith("jobs") else ["a"]

        answer = await colleague.request(method, f"{CORE}/{path.format(id)}", json=body)

        if method == "GET":
            assert answer.status_code == 200
        else:
            assert answer.status_code == 403
            assert "not allowed" in why(answer)


async def test_what_nobody_foresaw_is_a_500_in_json_that_tells_no_secret(world):
    batches = replace(world.core.batches, checks=Checks(checker=BrokenChecker()))
    broken = replace(world, core=replace(world.core, batches=batches))

    async with a_client(broken, await a_token(world)) as api:
        answer = await api.post(BATCHES, json=a_batch_body(world))

    assert answer.status_code == 500
    assert answer.json()["status"] == "error"
    assert "secret" not in answer.text
