"""What the smaller stores promise: programs, results, leases, workers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from ketway.domain.credentials import WorkerToken, WorkerTokenId
from ketway.domain.errors import Stale, Unknown
from ketway.domain.jobs import JobId
from ketway.domain.leases import LeaseId, LeaseStatus, WorkerId
from ketway.domain.programs import ProgramId
from ketway.domain.results import Result, key_of
from ketway.services.listing import Order, Page
from tests.builders import NOON, PROJECT, a_lease, a_member, a_program, a_stranger
from tests.contracts.rows import BOTH, ELSEWHERE, LOCAL_TOKEN, TOKEN, a_worker, after, keep_job, keep_lease


async def keep_worker(db, **changes):
    worker = a_worker(**changes)
    async with db.work() as work:
        await work.workers.add(worker)
    return worker


async def test_a_program_is_found_by_those_who_see_its_project(db):
    program = a_program(is_named=True)

    async with db.work() as work:
        await work.programs.add([program])

    async with db.look() as work:
        assert await work.programs.get(program.id, visible_to=a_member()) == program
        assert await work.programs.fetch(program.id) == program
        with pytest.raises(Unknown):
            await work.programs.get(program.id, visible_to=a_stranger())
        with pytest.raises(Unknown):
            await work.programs.get(ProgramId(uuid4()), visible_to=a_member())
        with pytest.raises(Unknown):
            await work.programs.fetch(ProgramId(uuid4()))


async def test_programs_made_on_their_own_are_listed_in_pages(db):
    named = [a_program(str(number), is_named=True, created_at=after(hours=number)) for number in range(5)]
    async with db.work() as work:
        await work.programs.add([*named, a_program(), a_program(is_named=True, project_id=ELSEWHERE)])
        await work.programs.add([])

    async with db.look() as work:
        first = await work.programs.list_named(BOTH, PROJECT, Page(limit=3))
        rest = await work.programs.list_named(BOTH, PROJECT, Page(limit=3, offset=3, order=Order.NAME))
        hidden = await work.programs.list_named(a_stranger(), PROJECT, Page())

    assert [*first.items, *rest.items] == named[::-1]
    assert (first.total, rest.total, hidden.total) == (5, 5, 0)


async def test_a_result_is_found_by_its_job(db):
    job, other = await keep_job(db), await keep_job(db)
    result = Result(
        job_id=job.id,
        attempt=2,
        key="results/a/b/2",
        size=10,
        sha256="0" * 64,
        shots=100,
        counts=[{"00": 60, "11": 40}, {}],
        metadata={"engine": "noop", "seconds": 0.1, "deep": [1, None]},
        created_at=after(microseconds=3),
    )

    async with db.work() as work:
        await work.results.add([result], {})

    async with db.look() as work:
        assert await work.results.of([job.id, other.id, JobId(uuid4())]) == {job.id: result}
        assert await work.results.of([]) == {}


async def test_a_small_document_is_kept_beside_its_result(db):
    jobs = [await keep_job(db) for _ in range(3)]
    plain: dict[str, Any] = {"sha256": "0", "shots": 1, "counts": [], "metadata": {}, "created_at": NOON}
    results = [
        Result(job_id=job.id, attempt=1, key=key_of(job.id, 1, "0" * 64, is_in_row=True), size=4, **plain)
        for job in jobs
    ]
    first, second, _ = results

    async with db.work() as work:
        await work.results.add(results, {first.key: b"one\0", second.key: b""})

    async with db.look() as work:
        assert await work.results.of([job.id for job in jobs]) == {each.job_id: each for each in results}
        keys = [each.key for each in results]
        assert await work.results.documents(keys) == {first.key: b"one\0", second.key: b""}
        assert await work.results.documents([key_of(jobs[0].id, 2, "0" * 64, is_in_row=True)]) == {}
        assert await work.results.documents([]) == {}


async def test_a_job_has_one_result(db):
    job = await keep_job(db)
    plain: dict[str, Any] = {"key": "k", "size": 1, "sha256": "0", "shots": 1, "counts": [], "metadata": {}}
    result = Result(job_id=job.id, attempt=1, created_at=NOON, **plain)
    async with db.work() as work:
        await work.results.add([result], {})

    with pytest.raises(Stale):
        async with db.work() as work:
            await work.results.add([replace(result, attempt=2)], {})


async def test_a_lease_comes_back_as_it_was(db):
    lease = await keep_lease(db, await keep_worker(db), expires_at=after(seconds=30, microseconds=1))

    async with db.work() as work:
        assert (await work.leases.of([lease.id]))[lease.id] == lease
        assert await work.leases.of([LeaseId(uuid4())]) == {}
        await work.leases.put(lease.end(LeaseStatus.ENDED, "digest"))

    async with db.look() as work:
        assert (await work.leases.of([lease.id]))[lease.id] == lease.end(LeaseStatus.ENDED, "digest")


async def test_an_attempt_is_leased_once(db):
    worker = await keep_worker(db)
    lease = await keep_lease(db, worker)

    with pytest.raises(Stale):
        async with db.work() as work:
            await work.leases.add(a_lease(job_id=lease.job_id, worker_id=worker.id, attempt=1))

    async with db.work() as work:
        await work.leases.add(a_lease(job_id=lease.job_id, worker_id=worker.id, attempt=2))


async def test_live_leases_are_found_by_worker_and_question(db):
    worker, other = await keep_worker(db), await keep_worker(db)
    first = await keep_lease(db, worker, request_id="one")
    second = await keep_lease(db, worker, request_id="two", granted_at=after(seconds=1))
    await keep_lease(db, worker, request_id="one", status=LeaseStatus.ENDED)
    await keep_lease(db, other, request_id="one")

    async with db.look() as work:
        assert list(await work.leases.live(worker.id)) == [first, second]
        assert list(await work.leases.asked_as(worker.id, "one")) == [first]
        assert list(await work.leases.asked_as(worker.id, "three")) == []
        assert list(await work.leases.live(WorkerId(uuid4()))) == []


async def test_leases_expire_at_their_time(db):
    worker = await keep_worker(db)
    lease = await keep_lease(db, worker, expires_at=after(seconds=30))
    await keep_lease(db, worker, expires_at=after(seconds=10), status=LeaseStatus.LOST)

    async with db.look() as work:
        assert list(await work.leases.expired(after(seconds=29, microseconds=999_999))) == []
        assert list(await work.leases.expired(after(seconds=30))) == [lease]


async def test_leases_of_local_workers_are_known(db):
    local, remote = await keep_worker(db, token_id=LOCAL_TOKEN), await keep_worker(db)
    lease = await keep_lease(db, local)
    await keep_lease(db, local, status=LeaseStatus.RETURNED)
    await keep_lease(db, remote)

    async with db.look() as work:
        assert list(await work.leases.of_local_workers()) == [lease]


async def test_local_workers_are_told_apart_by_their_names(db):
    ours, theirs = [await keep_worker(db, token_id=LOCAL_TOKEN, name=name) for name in ("ours", "theirs")]
    elsewhere = await keep_worker(db, name="ours")
    lease = await keep_lease(db, ours)
    await keep_lease(db, theirs)
    await keep_lease(db, elsewhere)

    async with db.look() as work:
        assert list(await work.leases.of_local_workers(["ours", "nobody"])) == [lease]
        assert list(await work.leases.of_local_workers([])) == []


async def test_one_worker_s_live_leases_are_extended(db):
    worker, other = await keep_worker(db), await keep_worker(db)
    mine, theirs = await keep_lease(db, worker), await keep_lease(db, other)
    over = await keep_lease(db, worker, status=LeaseStatus.ENDED)

    async with db.work() as work:
        await work.leases.extend(worker.id, after(minutes=1))

    async with db.look() as work:
        assert (await work.leases.of([mine.id]))[mine.id] == replace(mine, expires_at=after(minutes=1))
        assert (await work.leases.of([theirs.id]))[theirs.id] == theirs
        assert (await work.leases.of([over.id]))[over.id] == over


async def test_extending_all_moves_every_end_be_it_later_or_earlier(db):
    worker = await keep_worker(db)
    short = await keep_lease(db, worker, expires_at=after(seconds=1))
    long = await keep_lease(db, worker, expires_at=after(hours=1))

    async with db.work() as work:
        await work.leases.extend_all(after(minutes=1))

    async with db.look() as work:
        assert (await work.leases.of([short.id]))[short.id] == replace(short, expires_at=after(minutes=1))
        assert (await work.leases.of([long.id]))[long.id] == replace(long, expires_at=after(minutes=1))


async def test_a_worker_comes_back_as_it_was_and_is_seen(db):
    worker = await keep_worker(db, engines={"noop": "1", "emu-sv": "2.10"}, slots=4)

    async with db.work() as work:
        assert await work.workers.get(worker.id) == worker
        assert await work.workers.get(WorkerId(uuid4())) is None
        await work.workers.seen(worker.id, after(hours=1))

    async with db.look() as work:
        assert await work.workers.get(worker.id) == replace(worker, seen_at=after(hours=1))


async def test_every_engine_is_known_with_its_latest_sight(db):
    await keep_worker(db, engines={"a": "1", "b": "1"}, seen_at=after(hours=2))
    await keep_worker(db, engines={"b": "2", "c": "1"}, seen_at=after(hours=1))

    async with db.look() as work:
        engines = await work.workers.engines()

    assert engines == {"a": after(hours=2), "b": after(hours=2), "c": after(hours=1)}


async def test_a_worker_s_token_is_found_by_its_hash(db):
    token = WorkerToken(
        id=WorkerTokenId(uuid4()), name="lab", secret_hash="hash", created_at=NOON, revoked_at=after(hours=1)
    )

    async with db.work() as work:
        await work.workers.add_token(token)

    async with db.look() as work:
        assert await work.workers.token_hashed("hash") == token
        assert await work.workers.token_hashed("other") is None
    with pytest.raises(Stale):
        async with db.work() as work:
            await work.workers.add_token(replace(token, id=WorkerTokenId(uuid4())))


async def test_worker_s_tokens_are_listed_oldest_first_and_changed(db):
    token = WorkerToken(id=WorkerTokenId(uuid4()), name="lab", secret_hash="hash", created_at=after(hours=-1))
    async with db.work() as work:
        await work.workers.add_token(token)

    async with db.work() as work:
        assert [found.id for found in await work.workers.tokens()] == [token.id, TOKEN, LOCAL_TOKEN]
        await work.workers.put_token(token.revoke(NOON))

    async with db.look() as work:
        assert await work.workers.get_token(token.id) == replace(token, revoked_at=NOON)
        assert await work.workers.get_token(WorkerTokenId(uuid4())) is None
