"""The workers' protocol over HTTP."""

from __future__ import annotations

import asyncio
import gc
import gzip
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from ketway.api.answers import HTTP
from ketway.api.work import surface
from ketway.domain.errors import BRANCHES, StoreBusy
from ketway.domain.jobs import JobId, JobStatus
from ketway.domain.leases import Verdict
from ketway.services.drafts import NewJob
from tests.fakes import a_memory_world
from tests.services.steps import PACED, PLATFORMS, UNCOUNTED, create, jobs_of
from tests.worlds import World

MAX_BYTES = 100_000


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_memory_world(catalogue=PLATFORMS) as made:
        yield made


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = surface(world.core, max_result_bytes=MAX_BYTES)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://here",
        headers={"Authorization": f"Bearer {world.credentials.worker_token}"},
    ) as client:
        yield client


async def register(client: httpx.AsyncClient) -> str:
    answer = await client.post("/workers", json={"name": "w", "engines": {"noop": "1"}, "slots": 2})
    return answer.json()["worker_id"]


async def claim(client: httpx.AsyncClient, worker: str, **changes: Any) -> list[dict[str, Any]]:
    question = {"worker_id": worker, "request_id": uuid4().hex, "most": 1, "wait_s": 0.0} | changes
    return (await client.post("/leases", json=question)).json()["leases"]


async def a_lease(client: httpx.AsyncClient, world: World) -> dict[str, Any]:
    await create(world)
    (lease,) = await claim(client, await register(client))
    return lease


def a_result(lease: dict[str, Any], document: str = '{"counter": {}}', **changes: Any) -> dict[str, Any]:
    return {
        "found": "result",
        "lease_id": lease["id"],
        "secret": lease["secret"],
        "ran_s": 0.5,
        "document": document,
        "sha256": hashlib.sha256(document.encode()).hexdigest(),
        "counts": [{"00": 100}],
        "shots": 100,
        "metadata": {"engine": "noop"},
    } | changes


def a_failure(lease: dict[str, Any], verdict: str = "fault", why: str = "why") -> dict[str, Any]:
    plain = {"lease_id": lease["id"], "secret": lease["secret"], "ran_s": 0.5}
    return {"found": "failure", "verdict": verdict, "why": why} | plain


def a_return(lease: dict[str, Any]) -> dict[str, Any]:
    return {"found": "return", "lease_id": lease["id"], "secret": lease["secret"]}


async def tell(client: httpx.AsyncClient, *outcomes: dict[str, Any]) -> list[str]:
    """What became of each."""
    answer = await client.post("/outcomes", json={"outcomes": outcomes})
    assert answer.status_code == 200
    return [said["word"] for said in answer.json()["answers"]]


async def status_of_job(world: World, lease: dict[str, Any]) -> JobStatus:
    async with world.db.look() as work:
        return (await work.jobs.fetch(JobId(UUID(lease["job_id"])))).status


async def test_a_job_goes_all_the_way(client, world):
    batch = await create(world)
    worker = await register(client)

    (lease,) = await claim(client, worker)
    beats = {
        "worker_id": worker,
        "beats": [{"lease_id": lease["id"], "secret": lease["secret"], "progress": 9}],
    }
    words = await client.post("/heartbeats", json=beats)
    told = await tell(client, a_result(lease))

    assert words.json() == {"words": {lease["id"]: "continue"}}
    assert told == ["kept"]
    (job,) = await jobs_of(world, batch.id)
    assert job.status is JobStatus.DONE


async def test_a_lease_says_all_that_a_worker_needs(client, world):
    await create(world)
    question = {"worker_id": await register(client), "request_id": "q", "most": 1, "wait_s": 0.0}
    claimed = (await client.post("/leases", json=question)).json()

    (lease,), (common,) = claimed["leases"], claimed["common"]
    assert common["program"] == "a program"
    assert lease["shots"] == 100
    assert common["engine"] == "noop"
    assert lease["attempt"] == 1
    assert lease["time_limit_s"] == 3600.0
    assert common["memory_bytes"] > 0
    assert common["project_id"] == str(world.project_id)


async def test_what_the_jobs_of_one_answer_share_is_said_once(client, world):
    own = (NewJob(shots=1), NewJob(shots=1, program="its own"), NewJob(shots=1))
    await create(world, own)
    question = {"worker_id": await register(client), "request_id": "q", "most": 3, "wait_s": 0.0}

    claimed = (await client.post("/leases", json=question)).json()

    programs = [claimed["common"][lease["common"]]["program"] for lease in claimed["leases"]]
    assert programs == ["a program", "its own", "a program"]
    assert len(claimed["common"]) == 2


async def test_a_lease_says_how_long_its_machine_is_held(client, world):
    worker = await register(client)
    await create(world, platform=PACED)
    (paced,) = await claim(client, worker)
    await create(world)
    (plain,) = await claim(client, worker)

    assert (paced["hold_s"], plain["hold_s"]) == (20.0, 0.0)
    assert (paced["shots_per_s"], plain["shots_per_s"]) == (None, None)


async def test_a_lease_says_a_machine_s_pace_where_the_job_does_not_say_its_shots(client, world):
    worker = await register(client)
    await create(world, (NewJob(shots=None),), platform=UNCOUNTED)
    (lease,) = await claim(client, worker)

    assert (lease["hold_s"], lease["shots_per_s"]) == (0.0, 5.0)


async def test_registering_says_how_to_behave(client, world):
    answer = await client.post("/workers", json={"name": "w", "engines": {}, "slots": 0})

    assert answer.status_code == 200
    assert (answer.json()["lease_s"], answer.json()["max_wait_s"]) == (30.0, 20.0)


async def test_only_a_worker_s_token_opens_the_protocol(client, world):
    for headers in (
        {"Authorization": ""},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {world.credentials.worker_token}"},
        {"Authorization": f"Bearer {world.credentials.secret_key}"},
    ):
        for path in ("/workers", "/leases", "/heartbeats", "/outcomes"):
            answer = await client.post(path, json={}, headers=headers)

            assert answer.status_code == 401
            assert answer.json()["error"] == "BadToken"


async def test_an_unknown_worker_is_told_to_register_again(client):
    answer = await client.post(
        "/leases", json={"worker_id": str(uuid4()), "request_id": "q", "most": 1, "wait_s": 0.0}
    )

    assert answer.status_code == 404


async def test_the_same_question_gets_the_same_lease(client, world):
    await create(world, jobs=2)
    worker = await register(client)

    first = await claim(client, worker, request_id="q")
    second = await claim(client, worker, request_id="q")

    assert first == second


@pytest.mark.parametrize("verdict", Verdict)
async def test_a_failure_is_taken_with_every_verdict(client, world, verdict):
    lease = await a_lease(client, world)

    first = await tell(client, a_failure(lease, verdict.value))
    again = await tell(client, a_failure(lease, verdict.value))

    assert first == again == ["kept"]
    assert await status_of_job(world, lease) in (JobStatus.FAILED, JobStatus.QUEUED)


async def test_a_verdict_of_no_meaning_is_refused(client, world):
    lease = await a_lease(client, world)

    assert await tell(client, a_failure(lease, "tired")) == ["refused"]


async def test_a_lease_is_given_back(client, world):
    lease = await a_lease(client, world)

    assert await tell(client, a_return(lease)) == ["kept"]
    assert await status_of_job(world, lease) is JobStatus.QUEUED


@pytest.mark.parametrize("secret", ["wrong", "", "ünï"])
async def test_a_wrong_secret_has_lost_the_lease(client, world, secret):
    lease = await a_lease(client, world) | {"secret": secret}

    assert await tell(client, a_result(lease), a_failure(lease), a_return(lease)) == ["lost"] * 3
    assert await status_of_job(world, lease) is JobStatus.RUNNING


async def test_the_same_result_twice_is_answered_alike(client, world):
    lease = await a_lease(client, world)

    assert await tell(client, a_result(lease)) == ["kept"]
    assert await tell(client, a_result(lease)) == ["kept"]
    assert await tell(client, a_result(lease), a_result(lease)) == ["kept"] * 2


async def test_of_many_outcomes_each_is_answered_by_itself(client, world):
    await create(world, 6)
    one, two, three, four, five, six = await claim(client, await register(client), most=6)
    await tell(client, a_return(six))

    words = await tell(
        client,
        a_result(one),
        a_failure(two),
        a_return(three),
        a_result(four, sha256="0" * 64),
        a_result(five | {"secret": "wrong"}),
        a_result(six),
        a_result(one),
    )

    assert words == ["kept", "kept", "kept", "refused", "lost", "lost", "kept"]
    assert [await status_of_job(world, lease) for lease in (one, two, three, four, five, six)] == [
        JobStatus.DONE,
        JobStatus.FAILED,
        JobStatus.QUEUED,
        JobStatus.RUNNING,
        JobStatus.RUNNING,
        JobStatus.QUEUED,
    ]


async def test_nothing_told_is_nothing_answered(client, world):
    assert await tell(client) == []


async def test_a_document_that_does_not_fit_its_checksum_is_refused(client, world):
    lease = await a_lease(client, world)

    assert await tell(client, a_result(lease, sha256="0" * 64)) == ["refused"]
    assert await status_of_job(world, lease) is JobStatus.RUNNING


async def test_outcomes_may_be_sent_as_gzip(client, world):
    lease = await a_lease(client, world)
    plain = httpx.Request("POST", "http://here", json={"outcomes": [a_result(lease)]}).content

    answer = await client.post(
        "/outcomes", content=gzip.compress(plain), headers={"Content-Encoding": "gzip"}
    )

    assert answer.status_code == 200


async def test_a_result_over_the_bound_is_refused(client, world):
    lease = await a_lease(client, world)

    large = await client.post("/outcomes", json={"outcomes": [a_result(lease, "x" * MAX_BYTES)]})
    wordy = await tell(client, a_result(lease, metadata={"x": "y" * 70_000}))

    assert (large.status_code, wordy) == (413, ["refused"])
    assert await status_of_job(world, lease) is JobStatus.RUNNING


@pytest.mark.parametrize("ran_s", [1e300, -1.0])
async def test_an_attempt_ran_no_longer_than_it_was_lent(client, world, ran_s):
    lease = await a_lease(client, world)
    world.clock.move(seconds=7)

    assert await tell(client, a_result(lease, ran_s=ran_s)) == ["kept"]

    today = world.clock.now().date()
    async with world.db.look() as work:
        (tally,) = await work.usage.of(world.project_id, today, today)
    assert tally.usage.computed.total_seconds() == max(min(ran_s, 7), 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"name": 1, "engines": {}, "slots": 1}',
        b'{"name": "w", "engines": [], "slots": 1}',
        b'{"name": "w", "engines": {}, "slots": 1.5}',
        b'{"name": "w", "engines": {}, "slots": 1, "unknown": 1}',
        b'{"name": "\xff", "engines": {}, "slots": 1}',
        b'{"name": "\\ud800", "engines": {}, "slots": 1}',
        b'{"name": "w", "engines": {"a": 1}, "slots": 1}',
        b"[" * 100_000,
        b'{"name": "w", "engines": {}, "slots": 1} x',
    ],
    ids=range(14),
)
async def test_what_cannot_be_read_is_refused_with_a_sentence(client, body):
    answer = await client.post("/workers", content=body)

    assert answer.status_code == 422
    assert answer.json()["message"]


@pytest.mark.parametrize("id", ["", "x", "1" * 100, "ünï"])
async def test_what_is_no_id_is_refused(client, id):
    question = {"worker_id": id, "request_id": "q", "most": 1, "wait_s": 0.0}

    assert (await client.post("/leases", json=question)).status_code == 422
    assert (await client.post("/heartbeats", json={"worker_id": id, "beats": []})).status_code == 422


async def test_an_outcome_of_what_is_no_id_is_refused(client):
    no_lease = {"id": "x", "secret": "s"}

    assert (await client.post("/outcomes", json={"outcomes": [a_return(no_lease)]})).status_code == 422
    assert (await client.get("/outcomes")).status_code == 405


async def test_wild_numbers_are_taken_for_what_they_can_mean(client, world):
    await create(world, jobs=100)
    worker = await register(client)

    assert len(await claim(client, worker, most=10**6)) == 64
    assert len(await claim(client, worker, most=-5, wait_s=-1.0)) == 1


def test_every_branch_of_refusals_has_a_status():
    assert HTTP.keys() == set(BRANCHES)


async def test_a_worker_that_hangs_up_while_it_waits_is_leased_nothing(world):
    await a_claim_that_hangs_up(world)
    await create(world)

    assert [grant.lease.request_id for grant in await world.claim()] != ["q"]


async def test_a_claim_that_fails_after_its_worker_hung_up_is_nobodys_concern(world, monkeypatch):
    unheard: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))

    async def fail(*args: Any, **options: Any) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise StoreBusy("the connection was lost") from None

    monkeypatch.setattr(type(world.core.leases), "claim", fail)
    await a_claim_that_hangs_up(world)
    await asyncio.sleep(0)
    gc.collect()

    assert unheard == []


async def a_claim_that_hangs_up(world) -> None:
    app = surface(world.core, max_result_bytes=2**20)
    said = {"worker_id": str(world.worker.id), "request_id": "q", "most": 1, "wait_s": 20.0}
    messages = [
        {"type": "http.request", "body": json.dumps(said).encode(), "more_body": False},
        {"type": "http.disconnect"},
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/leases",
        "raw_path": b"/leases",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {world.credentials.worker_token}".encode())],
    }

    async def receive():
        return messages.pop(0)

    async def send(message):
        pass

    await app(scope, receive, send)
