"""Programs: texts that are kept as long as somebody names them, and read back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from ketway.domain.errors import OverBound, StoreBusy, Unknown
from ketway.domain.quota_errors import QuotaExceeded
from ketway.services.drafts import NewJob
from ketway.services.projects import ProjectChange
from tests.services.steps import a_new_batch, create, jobs_of
from tests.worlds import World


async def test_texts_are_read_together_as_long_as_they_fit_into_one_answer(world):
    batch = await create(world, tuple(NewJob(program=text) for text in ("one", "three")))
    ids = [job.program_id for job in await jobs_of(world, batch.id) if job.program_id is not None]
    narrow = replace(world.core.programs, max_texts_bytes=len("one" + "three") - 1)
    stranger, _ = await world.another_project()

    assert await world.core.programs.texts(world.owner, ids) == dict(zip(ids, ("one", "three"), strict=True))
    with pytest.raises(OverBound, match="What these jobs run"):
        await narrow.texts(world.owner, ids)
    with pytest.raises(Unknown):
        await world.core.programs.texts(stranger, ids)


async def texts_there(world: World) -> list[str]:
    keys = await world.blobs.list("programs", after="", most=100)
    return sorted([(await world.blobs.get(key)).decode() for key in keys])


async def limit(world: World, **quotas: int) -> None:
    await world.core.projects.change(world.operator, world.project_id, ProjectChange(quotas=quotas))


async def test_what_is_refused_leaves_no_text(world):
    await limit(world, stored_bytes=len("kept") + 3)
    open_one = await create(world, program="kept", is_open=True)
    core, owner = world.core, world.owner
    for refused in (
        lambda: create(world, program="too long"),
        lambda: core.batches.add_jobs(owner, open_one.id, (NewJob(program="of a job"),)),
        lambda: core.programs.create(owner, world.project_id, "on its own"),
    ):
        with pytest.raises(QuotaExceeded):
            await refused()

    assert await texts_there(world) == ["kept"]


async def test_what_was_there_before_a_refusal_stays(world):
    await create(world, program="kept")
    await limit(world, stored_bytes=len("kept"))
    with pytest.raises(QuotaExceeded):
        await create(world, program="kept")

    assert await texts_there(world) == ["kept"]


async def test_a_text_that_somebody_else_sends_meanwhile_outlives_a_refusal(world):
    async with world.core.programs.keep(world.owner, world.project_id, ["shared"]) as kept:
        theirs = await create(world, program="shared")
        assert list(kept.stored) == [kept.programs["shared"].key]

    assert await texts_there(world) == ["shared"]
    assert theirs.program_id is not None
    assert await world.core.programs.text(world.owner, theirs.program_id) == "shared"


async def test_of_two_who_send_a_text_at_once_one_may_be_refused(world):
    await limit(world, waiting_jobs=0)
    stranger, _ = await world.another_project()
    (elsewhere,) = stranger.roles
    for number in range(20):
        text = f"shared {number}"
        made: Any = await asyncio.gather(
            create(world, program=text),
            world.core.batches.create(stranger, a_new_batch(world, program=text, project_id=elsewhere)),
            return_exceptions=True,
        )

        refused, theirs = made
        assert isinstance(refused, QuotaExceeded)
        assert await world.core.programs.text(stranger, theirs.program_id) == text


async def test_a_batch_that_lives_already_needs_no_text_of_its_twin(world):
    first = await create(world, program="first", is_open=True, deduplication_key="twins")
    twin = await create(world, program="second", is_open=True, deduplication_key="twins")

    assert twin.id == first.id
    assert await texts_there(world) == ["first"]


async def test_a_database_that_fails_may_have_committed_so_that_the_text_stays(world):
    with pytest.raises(StoreBusy):
        async with world.core.programs.keep(world.owner, world.project_id, ["who knows"]):
            raise StoreBusy("the connection was cut")

    assert await texts_there(world) == ["who knows"]
