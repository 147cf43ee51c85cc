"""What the stores promise of platforms' states, processes, notices and requests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from ketway.domain.errors import Stale, Unknown
from ketway.domain.jobs import JobStatus
from ketway.domain.notices import Level, Notice, NoticeId
from ketway.domain.platforms import Door, PlatformState
from ketway.domain.processes import ProcessId
from ketway.domain.requests import Asked, Request, RequestId
from ketway.services.listing import Page, ProcessFilter
from tests.builders import ACCOUNT, COSTLY, DOOR, NOON, a_member, a_platform, a_process, a_stranger
from tests.contracts.rows import BOTH, ELSEWHERE, SOMEBODY, after


def a_notice(**changes) -> Notice:
    plain: dict[str, Any] = {
        "id": NoticeId(uuid4()),
        "text": "Down on Monday",
        "level": Level.INFO,
        "starts_at": NOON,
        "ends_at": after(hours=1),
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Notice(**plain | changes)


def a_request(**changes) -> Request:
    plain: dict[str, Any] = {
        "id": RequestId(uuid4()),
        "caller_id": ACCOUNT,
        "route": "POST /batches",
        "digest": "d1",
        "key": None,
        "made": (str(uuid4()),),
        "server": "this run",
        "created_at": NOON,
        "expires_at": after(minutes=5),
    }
    return Request(**plain | changes)


def asked(**changes) -> Asked:
    plain: dict[str, Any] = {
        "id": RequestId(uuid4()),
        "caller_id": ACCOUNT,
        "route": "POST /batches",
        "digest": "d1",
    }
    return Asked(**plain | changes)


async def test_the_latest_state_of_a_platform_counts(db):
    made = a_platform(
        name="MADE", settings={"deep": [1]}, shown={DOOR: {"public": False}}, specs="{}", prices=COSTLY
    )
    first = PlatformState(platform_id=made.id, is_down=True, why="cold", made=made)
    other = PlatformState(platform_id=a_platform().id, specs="new", prices=COSTLY)

    async with db.work() as work:
        assert await work.platforms.states() == {}
        for state in (first, other, replace(first, is_down=False, why="")):
            await work.platforms.put(state)

    async with db.look() as work:
        assert await work.platforms.states() == {
            made.id: replace(first, is_down=False, why=""),
            other.platform_id: other,
        }


async def test_a_process_is_found_by_those_who_see_it(db):
    process = a_process(
        errors=("a", "b"),
        started_at=NOON,
        ended_at=NOON,
        result_key="processes/1",
        status=JobStatus.DONE,
        name="mine",
        tags=("a", "b c"),
        platform_id=a_platform().id,
        progress=100,
        message="on its way",
        echo={"input": '{"a":  1}'},
    )
    async with db.work() as work:
        await work.processes.add(process)

    async with db.look() as work:
        assert await work.processes.get(process.id, visible_to=a_member()) == process
        for actor in (a_stranger(), a_member().through(Door("other"))):
            with pytest.raises(Unknown):
                await work.processes.get(process.id, visible_to=actor)
        with pytest.raises(Unknown):
            await work.processes.get(ProcessId(uuid4()), visible_to=a_member())


async def test_a_process_is_written_on_top_of_what_was_read(db):
    process = a_process()
    async with db.work() as work:
        await work.processes.add(process)
        await work.processes.put(process.become(JobStatus.RUNNING, NOON))

    async with db.work() as work:
        with pytest.raises(Stale):
            await work.processes.put(process.become(JobStatus.CANCELLED, NOON))
        assert (await work.processes.get(process.id, visible_to=a_member())).status is JobStatus.RUNNING


async def test_processes_are_filtered(db):
    plain = a_process()
    special = a_process(
        id=ProcessId(uuid4()),
        project_id=ELSEWHERE,
        creator_id=SOMEBODY,
        door=Door("other"),
        status=JobStatus.FAILED,
        created_at=after(hours=1),
        kind="another kind",
        tags=("a", "b"),
    )
    async with db.work() as work:
        await work.processes.add(plain)
        await work.processes.add(special)

    async def ids(**filter):
        async with db.look() as work:
            found = await work.processes.list(BOTH, ProcessFilter(**filter), Page())
        assert found.total == len(found.items)
        return [process.id for process in found.items]

    assert await ids() == [special.id, plain.id]
    for filter in (
        {"ids": (special.id,)},
        {"id_starts_with": str(special.id)[:9]},
        {"project_ids": (ELSEWHERE,)},
        {"creator_ids": (SOMEBODY,)},
        {"statuses": (JobStatus.FAILED,)},
        {"doors": (Door("other"),)},
        {"created_from": after(hours=1)},
        {"kinds": ("another kind", "none")},
        {"tags": ("b", "a")},
    ):
        assert await ids(**filter) == [special.id], filter
    assert await ids(created_until=NOON) == [plain.id]


async def test_notices_come_change_and_go(db):
    notice = a_notice()
    changed = replace(notice, text="Up again", level=Level.WARNING)
    async with db.work() as work:
        await work.notices.add(notice)
        await work.notices.add(a_notice(created_at=after(hours=1)))
        await work.notices.put(changed)

    async with db.work() as work:
        assert (await work.notices.list(Page())).total == 2
        assert (await work.notices.list(Page(offset=1, limit=1))).items == [changed]
        assert await work.notices.get(notice.id) == changed
        await work.notices.delete(notice.id)
        await work.notices.delete(notice.id)
        with pytest.raises(Unknown):
            await work.notices.get(notice.id)


async def test_a_request_is_like_one_with_the_same_caller_route_and_body(db):
    request = a_request()
    async with db.work() as work:
        await work.requests.add(request)

    async with db.look() as work:
        assert await work.requests.like(asked(), NOON) == [request]
        for other in (
            asked(caller_id=SOMEBODY),
            asked(route="POST /jobs"),
            asked(digest="d2"),
            asked(key="mine"),
        ):
            assert await work.requests.like(other, NOON) == []
        assert await work.requests.like(asked(), after(minutes=5)) == []


async def test_a_request_with_a_key_is_like_any_with_that_key(db):
    request = a_request(key="mine")
    async with db.work() as work:
        await work.requests.add(request)

    async with db.look() as work:
        assert await work.requests.like(asked(key="mine", digest="d2"), NOON) == [request]
        for other in (asked(), asked(key="yours"), asked(key="mine", route="POST /jobs")):
            assert await work.requests.like(other, NOON) == []


async def test_one_key_is_kept_once_and_no_key_as_often_as_it_comes(db):
    async with db.work() as work:
        await work.requests.add(a_request())
        await work.requests.add(a_request(created_at=after(seconds=1)))
        await work.requests.add(a_request(key="mine"))
        assert len(await work.requests.like(asked(), NOON)) == 2

    with pytest.raises(Stale):
        async with db.work() as work:
            await work.requests.add(a_request(key="mine", digest="d2"))


async def test_a_request_is_handed_to_whoever_answers_it_now_and_a_run_that_is_over_serves_none(db):
    request = a_request()
    async with db.work() as work:
        await work.requests.add(request)

        await work.requests.hand_to(request.id, "another run")
        await work.requests.hand_to(RequestId(uuid4()), "of none")

        (found,) = await work.requests.like(asked(), NOON)
        assert found == replace(request, server="another run")
        assert not await work.requests.is_served(found)


async def test_requests_are_forgotten_by_id_or_once_they_expire(db):
    first, second = a_request(), a_request(expires_at=after(hours=24))
    async with db.work() as work:
        await work.requests.add(first)
        await work.requests.add(second)
        await work.requests.forget_expired(after(minutes=5))
        assert await work.requests.like(asked(), NOON) == [second]
        assert not await work.requests.has_expired(after(minutes=5))
        assert await work.requests.has_expired(after(hours=24))

        await work.requests.forget([second.id])

        assert await work.requests.like(asked(), NOON) == []
