"""Processes over ketway's own interface, as whoever runs them does it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from ketway.domain.platforms import Door
from ketway.services.core import Limits
from ketway.services.drafts import NewBatch
from ketway.services.processes import NewProcess
from tests.api.own.test_chores import said
from tests.builders import DOOR, a_platform, an_application
from tests.fakes import a_memory_world
from tests.worlds import World

SOMEBODY = UUID(int=99)
CALLS = [
    ("start", None),
    ("progress", {"progress": 1}),
    ("results", {"result": 1}),
    ("done", None),
    ("fail", {"errors": ["why"]}),
]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with a_memory_world(
        applications=[an_application()], limits=Limits(process_kinds=("vqe-h2", "workload"))
    ) as made:
        yield made


async def a_process(world, **changes):
    plain = {
        "project_id": world.project_id,
        "door": DOOR,
        "kind": "vqe-h2",
        "backend": "EMU_TEST",
        "configuration": {"distance": 0.74},
        "platform": a_platform(),
    }
    return await world.core.processes.create(world.owner, NewProcess(**plain | changes))


async def a_batch(world, door=DOOR):
    new = NewBatch(project_id=world.project_id, platform=a_platform(), door=door, is_open=True)
    return await world.core.batches.create(world.owner, new)


async def test_whoever_runs_them_finds_the_next_one_whatever_its_door(world, operator):
    for door, kind in ((Door("pasqal"), "workload"), (DOOR, "vqe-h2"), (DOOR, "vqe-h2")):
        world.clock.move(seconds=1)
        await a_process(world, door=door, kind=kind, platform=None)

    found = said(await operator.get("/processes", params={"status": "queued", "limit": 1}))
    of_kind = said(await operator.get("/processes", params={"kind": "vqe-h2"}))

    assert found["total"] == 3
    assert [(each["door"], each["kind"]) for each in found["processes"]] == [("pasqal", "workload")]
    assert of_kind["total"] == 2
    assert said(await operator.get("/processes?status=done"))["total"] == 0


async def test_a_process_is_run_from_its_start_to_its_end(world, operator):
    process, batch = await a_process(world), await a_batch(world)
    path = f"/processes/{process.id}"

    waiting = said(await operator.get(path))
    started = said(await operator.post(f"{path}/start"))
    attached = said(await operator.put(f"{path}/batches/{batch.id}"))
    further = said(await operator.post(f"{path}/progress", json={"progress": 50, "message": "halfway"}))
    kept = said(await operator.post(f"{path}/results", json={"result": {"energy": -1.1}}))
    done = said(await operator.post(f"{path}/done"))

    assert waiting == {
        "id": str(process.id),
        "project_id": str(world.project_id),
        "door": DOOR,
        "kind": "vqe-h2",
        "backend": "EMU_TEST",
        "platform": "EMU_TEST",
        "name": "",
        "tags": [],
        "configuration": {"distance": 0.74},
        "status": "queued",
        "progress": 0,
        "message": "",
        "errors": [],
        "batches": [],
        "created_at": "2026-01-15T12:00:00+00:00",
        "started_at": None,
        "ended_at": None,
    }
    assert (started["status"], attached["batches"]) == ("running", [str(batch.id)])
    assert (further["progress"], further["message"]) == (50, "halfway")
    assert kept["status"] == "running"
    assert (done["status"], done["progress"]) == ("done", 100)
    found = await world.core.processes.get(world.owner, process.id)
    assert await world.core.processes.result(found) == b'{"energy": -1.1}'
    assert (await world.core.batches.get(world.owner, batch.id)).is_finished


async def test_a_process_that_one_program_started_is_no_other_s(world, operator):
    path = f"/processes/{(await a_process(world)).id}/start"

    assert said(await operator.post(path))["status"] == "running"
    assert said(await operator.post(path), 409)["error"] == "IllegalMove"


async def test_a_process_fails_with_its_reasons_or_is_cancelled(world, operator):
    first, second = await a_process(world), await a_process(world)

    failed = said(await operator.post(f"/processes/{first.id}/fail", json={"errors": ["a", "b"]}))
    cancelled = said(await operator.post(f"/processes/{second.id}/cancel"))

    assert (failed["status"], failed["errors"]) == ("failed", ["a", "b"])
    assert cancelled["status"] == "cancelled"


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("done", None, 409, "IllegalMove"),
        ("progress", {"progress": 1}, 409, "NotStarted"),
        ("progress", {"progress": 101}, 422, "Malformed"),
        ("progress", {}, 422, "Malformed"),
        ("results", {}, 422, "Malformed"),
        ("fail", {"errors": []}, 422, "Malformed"),
        ("fail", {"errors": "why"}, 422, "Malformed"),
    ],
    ids=str,
)
async def test_what_cannot_be_said_of_one_that_waits_is_refused(world, operator, path, body, status, error):
    process = await a_process(world)

    answer = await operator.post(f"/processes/{process.id}/{path}", json=body)

    assert said(answer, status)["error"] == error


async def test_it_is_done_once_there_is_a_result(world, operator):
    path = f"/processes/{(await a_process(world)).id}"
    said(await operator.post(f"{path}/start"))

    assert said(await operator.post(f"{path}/done"), 409)["error"] == "NoResult"


@pytest.mark.parametrize(("path", "body"), CALLS)
async def test_a_secret_key_moves_nothing_and_what_is_not_here_is_unknown(
    world, operator, program, path, body
):
    process = await a_process(world)

    own = await program.post(f"/processes/{process.id}/{path}", json=body)
    nothing = await operator.post(f"/processes/{SOMEBODY}/{path}", json=body)

    assert said(own, 403)["error"] == "NotAllowed"
    assert said(nothing, 404)["error"] == "Unknown"


async def test_a_batch_of_another_door_is_not_the_work_of_a_process(world, operator, program):
    process = await a_process(world)
    own, other = await a_batch(world), await a_batch(world, Door("other"))

    for id in (other.id, uuid4()):
        answer = await operator.put(f"/processes/{process.id}/batches/{id}")
        assert said(answer, 404)["error"] == "Unknown"
    assert said(await program.put(f"/processes/{process.id}/batches/{own.id}"), 403)


@pytest.mark.parametrize("query", ["status=asleep", "limit=x"])
async def test_a_list_that_cannot_be_is_refused(operator, query):
    assert (await operator.get(f"/processes?{query}")).status_code == 422


async def test_processes_are_nothing_for_strangers(anonymous):
    assert said(await anonymous.get("/processes"), 401)["error"] == "BadToken"
