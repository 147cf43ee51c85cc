"""A request that comes again makes nothing twice, on either surface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ketway.api import once, pasqal, scaleway
from ketway.db.tables import requests
from ketway.domain.errors import StoreBusy
from ketway.services.drafts import NewBatch
from ketway.services.requests import Requests
from tests.api.pasqal.worlds import an_emulator
from tests.api.scaleway.worlds import an_aer
from tests.postgres import Postgres
from tests.worlds import World, a_world

SEQUENCE = '{"version": "1", "device": {"name": "EMU_FREE"}}'
BATCHES = "/core-fast/api/v1/batches"
SESSIONS = "/qaas/v1alpha1/sessions"
JOBS = "/qaas/v1alpha1/jobs"
MODELS = "/qaas/v1alpha1/models"


class Line:
    """An ASGI application at the end of a line that can be cut before an answer gets through."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.is_cut = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_cut, body_is_read = self.is_cut, False

        async def hear() -> Message:
            nonlocal body_is_read
            if is_cut and body_is_read:
                return {"type": "http.disconnect"}
            message = await receive()
            body_is_read = not message.get("more_body", False)
            return message

        await self.app(scope, hear, send)


@dataclass
class Both:
    """One ketway, a client of it, and the line between them."""

    world: World
    client: httpx.AsyncClient
    line: Line

    async def post(self, path: str, body: Any, key: str | None = None, *, lost: bool = False) -> Any:
        """The answer to a POST; one that is lost was sent to nobody."""
        self.line.is_cut = lost
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await self.client.post(path, json=body, headers=headers)
        self.line.is_cut = False
        return answer

    async def number(self) -> tuple[int, int]:
        """Batches and jobs that there are."""
        batches = await self.client.get(BATCHES)
        jobs = await self.client.get("/core-fast/api/v2/jobs")
        sessions = await self.client.get(SESSIONS)
        more = await self.client.get(JOBS)
        return (
            batches.json()["pagination"]["total"] + sessions.json()["total_count"],
            jobs.json()["pagination"]["total"] + more.json()["total_count"],
        )

    def batch(self, **changes: Any) -> dict[str, Any]:
        plain = {
            "project_id": str(self.world.project_id),
            "sequence_builder": SEQUENCE,
            "device_type": "EMU_FREE",
            "jobs": [{"runs": 5}],
        }
        return plain | changes

    def session(self, **changes: Any) -> dict[str, Any]:
        platform = an_aer()
        return {"platform_id": str(platform.id), "project_id": str(self.world.project_id)} | changes


@pytest.fixture(params=["sqlite", "postgres"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    catalogue = [an_emulator(), an_aer()]
    if request.param == "sqlite":
        async with a_world(tmp_path, catalogue=catalogue) as made:
            yield made
        return
    server: Postgres = request.getfixturevalue("postgres")
    async with server.migrated() as url, a_world(tmp_path, catalogue=catalogue, postgres=url) as made:
        yield made


@pytest.fixture
async def both(world: World) -> AsyncIterator[Both]:
    mounts: dict[str, ASGIApp] = {}
    for surface in (pasqal.surface, scaleway.surface):
        mounts |= surface(world.core, public_url=None, max_body_bytes=2**20)
    line = Line(Starlette(routes=[Mount(prefix, app) for prefix, app in mounts.items()]))
    token, _ = await world.core.accounts.login(world.credentials.username, world.credentials.password)
    headers = {"Authorization": f"Bearer {token}", "X-Auth-Token": world.credentials.secret_key}
    transport = httpx.ASGITransport(line, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://ketway.test", headers=headers
    ) as client:
        yield Both(world, client, line)


async def _made(both: Both) -> list[str]:
    """What the requests made that are written down."""
    work: Any
    async with both.world.db.look() as work:
        rows = await work.requests._run(lambda c: c.execute(select(requests.c.made)).scalars().all())
    return [id for made in rows for id in made]


async def _remember_and_fail(self: Requests, *arguments: Any) -> None:
    """Writing down on a disk that is full by then."""
    await _REMEMBER(self, *arguments)
    raise StoreBusy("full")


_REMEMBER = Requests.remember


def id_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return str(body["data"]["id"] if "data" in body else body["id"])


async def test_a_repeat_of_a_create_whose_answer_was_lost_gets_the_first_batch(both):
    first = await both.post(BATCHES, both.batch(), lost=True)

    again = await both.post(BATCHES, both.batch())

    assert id_of(again) == id_of(first)
    assert await both.number() == (1, 1)


async def test_once_the_repeat_was_answered_the_same_is_meant_as_something_new(both):
    await both.post(BATCHES, both.batch(), lost=True)
    again = await both.post(BATCHES, both.batch())

    third = await both.post(BATCHES, both.batch())

    assert id_of(third) != id_of(again)
    assert await both.number() == (2, 2)


async def test_a_repeat_whose_answer_was_lost_too_may_come_again(both):
    lost = [id_of(await both.post(BATCHES, both.batch(), lost=True)) for _ in range(3)]

    assert {id_of(await both.post(BATCHES, both.batch())), *lost} == {lost[0]}
    assert await both.number() == (1, 1)


async def test_the_same_twice_with_an_answer_each_is_two(both):
    ids = {id_of(await both.post(BATCHES, both.batch())) for _ in range(2)}

    assert len(ids) == 2


async def test_the_same_twice_at_the_same_time_is_two(both):
    answers = await asyncio.gather(*[both.post(BATCHES, both.batch()) for _ in range(5)])

    assert len({id_of(answer) for answer in answers}) == 5


async def test_something_else_after_a_lost_answer_is_something_new(both):
    first = await both.post(BATCHES, both.batch(), lost=True)

    other = await both.post(BATCHES, both.batch(jobs=[{"runs": 6}]))

    assert id_of(other) != id_of(first)


async def test_minutes_later_nobody_repeats_any_more(both):
    first = await both.post(BATCHES, both.batch(), lost=True)
    both.world.clock.move(minutes=6)

    assert id_of(await both.post(BATCHES, both.batch())) != id_of(first)


async def test_a_repeat_after_the_server_died_gets_the_first_batch(both):
    first = await both.post(BATCHES, both.batch(), lost=True)
    # Another run of the server knows only what is written down.
    object.__setattr__(both.world.core.requests, "server", "another run")
    both.world.core.requests.answering.clear()

    assert id_of(await both.post(BATCHES, both.batch())) == id_of(first)


async def test_what_was_answered_is_struck_out_by_the_next_and_by_the_sweep(both):
    first = id_of(await both.post(BATCHES, both.batch()))
    assert await _made(both) == [first]

    second = id_of(await both.post(BATCHES, both.batch(jobs=[{"runs": 6}])))
    assert await _made(both) == [second]

    await both.world.core.housekeeping.sweep()
    assert await _made(both) == []


async def test_what_was_answered_is_struck_out_though_the_next_came_to_nothing(both, monkeypatch):
    first = id_of(await both.post(BATCHES, both.batch()))
    monkeypatch.setattr(Requests, "remember", _remember_and_fail)
    assert (await both.post(BATCHES, both.batch(jobs=[{"runs": 6}]))).status_code == 503
    monkeypatch.undo()
    assert await _made(both) == [first]

    assert id_of(await both.post(BATCHES, both.batch())) != first
    await both.world.core.housekeeping.sweep()
    assert await _made(both) == []


async def test_a_lost_answer_stays_written_down_whatever_is_struck_out(both):
    await both.post(BATCHES, both.batch())
    lost = id_of(await both.post(BATCHES, both.batch(jobs=[{"runs": 6}]), lost=True))
    await both.world.core.housekeeping.sweep()

    assert await _made(both) == [lost]


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_repeat_of_added_jobs_whose_answer_was_lost_adds_nothing(both, version):
    made = id_of(await both.post(BATCHES, both.batch(jobs=[], open=True)))
    path = f"/core-fast/api/{version}/batches/{made}/jobs"
    await both.post(path, [{"runs": 1}, {"runs": 2}], lost=True)

    again = await both.post(path, [{"runs": 1}, {"runs": 2}])

    assert [job["runs"] for job in again.json()["data"]["jobs"]] == [1, 2]
    assert await both.number() == (1, 2)


async def test_a_repeat_of_added_jobs_is_answered_even_if_the_batch_was_closed_meanwhile(both):
    made = id_of(await both.post(BATCHES, both.batch(jobs=[], open=True)))
    path = f"/core-fast/api/v2/batches/{made}/jobs"
    await both.post(path, [{"runs": 1}], lost=True)
    await both.client.patch(f"/core-fast/api/v2/batches/{made}/complete")

    assert (await both.post(path, [{"runs": 1}])).status_code == 200
    assert (await both.post(path, [{"runs": 1}])).status_code == 409


async def test_a_repeat_of_a_rebatch_whose_answer_was_lost_gets_the_first(both):
    made = id_of(await both.post(BATCHES, both.batch()))
    first = await both.post(f"{BATCHES}/{made}/rebatch", None, lost=True)

    assert id_of(await both.post(f"{BATCHES}/{made}/rebatch", None)) == id_of(first)
    assert await both.number() == (2, 2)


async def test_a_repeated_session_job_or_model_is_made_once(both):
    session = id_of(await both.post(SESSIONS, both.session(), lost=True))
    assert id_of(await both.post(SESSIONS, both.session())) == session

    job = {"session_id": session, "circuit": {"qiskit_circuit": "x"}}
    assert id_of(await both.post(JOBS, job, lost=True)) == id_of(await both.post(JOBS, job))

    model = {"project_id": str(both.world.project_id), "payload": "{}"}
    assert id_of(await both.post(MODELS, model, lost=True)) == id_of(await both.post(MODELS, model))
    assert await both.number() == (1, 1)


async def test_with_a_key_a_day_of_repeats_gets_the_first_answer(both):
    first = id_of(await both.post(BATCHES, both.batch(), key="mine"))
    both.world.clock.move(hours=23)

    token, _ = await both.world.core.accounts.login(
        both.world.credentials.username, both.world.credentials.password
    )
    both.client.headers["Authorization"] = f"Bearer {token}"

    assert id_of(await both.post(BATCHES, both.batch(), key="mine")) == first
    assert id_of(await both.post(BATCHES, both.batch(), key="another")) != first


async def test_after_a_day_a_key_means_something_new(both):
    first = id_of(await both.post(SESSIONS, both.session(), key="mine"))
    both.world.clock.move(hours=25)

    assert id_of(await both.post(SESSIONS, both.session(), key="mine")) != first


async def test_another_body_under_the_same_key_is_refused(both):
    await both.post(BATCHES, both.batch(), key="mine")
    await both.post(SESSIONS, both.session(), key="mine")

    other = await both.post(BATCHES, both.batch(jobs=[{"runs": 6}]), key="mine")
    elsewhere = await both.post(SESSIONS, both.session(name="other"), key="mine")

    assert other.status_code == 422
    assert "idempotency key 'mine'" in other.text
    assert elsewhere.status_code == 400
    assert "idempotency key 'mine'" in elsewhere.text
    assert await both.number() == (2, 1)


async def test_repeats_with_a_key_at_the_same_time_make_one(both):
    answers = await asyncio.gather(*[both.post(BATCHES, both.batch(), key="mine") for _ in range(5)])

    assert len({id_of(answer) for answer in answers}) == 1
    assert await both.number() == (1, 1)


async def test_keys_of_two_callers_have_nothing_to_do_with_each_other(both):
    mine = id_of(await both.post(BATCHES, both.batch(), key="mine"))
    stranger, secret = await both.world.another_project()
    (project,) = stranger.roles
    both.client.headers["Authorization"] = f"Bearer {secret}"

    theirs = id_of(await both.post(BATCHES, both.batch(project_id=str(project)), key="mine"))

    assert theirs != mine


async def test_what_a_request_made_and_somebody_deleted_is_gone(both):
    session = id_of(await both.post(SESSIONS, both.session(), key="mine"))
    await both.client.delete(f"{SESSIONS}/{session}")

    again = await both.post(SESSIONS, both.session(), key="mine")

    assert again.status_code == 410
    assert again.json()["type"] == "expired"


@pytest.mark.parametrize("key", ["k" * 256, "\x7f"])
async def test_a_key_that_is_no_key_is_refused(both, key):
    answer = await both.post(BATCHES, both.batch(), key=key)

    assert answer.status_code == 422
    assert await both.number() == (0, 0)


async def test_a_refused_request_leaves_its_key_unused(both):
    refused = await both.post(BATCHES, both.batch(device_type="NOTHING"), key="mine")

    assert refused.status_code == 422
    assert (await both.post(BATCHES, both.batch(), key="mine")).status_code == 200


async def test_a_repeat_after_an_answer_that_did_not_tell_what_was_made_gets_it(both):
    core = both.world.core

    async def answer_too_large(request: Request) -> Response:
        actor, _ = await core.accounts.by_secret(both.world.credentials.secret_key)
        new = NewBatch(
            project_id=both.world.project_id, platform=an_aer(), door=scaleway.DOOR, is_open=True, jobs=()
        )
        batch = await core.batches.create(actor, new, once.asked(request, actor))
        return Response(str(batch.id), status_code=413)

    app = once.Once(Starlette(routes=[Route("/", answer_too_large, methods=["POST"])]), core.requests)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ketway.test") as client:
        first, again = await client.post("/"), await client.post("/")

    assert again.text == first.text


async def test_what_was_answered_leaves_no_trace_and_old_keys_are_swept(both):
    await both.post(BATCHES, both.batch())
    await both.post(BATCHES, both.batch(), lost=True)
    await both.post(BATCHES, both.batch(jobs=[{"runs": 9}]), key="mine")
    both.world.clock.move(hours=25)

    await both.world.core.housekeeping.sweep()

    async with both.world.db.look() as work:
        assert not await work.requests.has_expired(both.world.clock.now())
