"""Programs: texts that are read back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ketway.domain.errors import OverBound, Unknown
from ketway.services.drafts import NewJob
from tests.services.steps import create, jobs_of


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
