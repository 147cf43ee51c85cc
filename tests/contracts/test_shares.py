"""What the store of shares promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ketway.domain.errors import Stale
from ketway.domain.platforms import platform_id
from ketway.domain.shares import Share
from tests.builders import NOON, PROJECT
from tests.contracts.rows import ELSEWHERE, after

QPU, EMU = platform_id("QPU"), platform_id("EMU_TEST")


def a_share(project=PROJECT, platform=QPU, used_s=0.1) -> Share:
    return Share(project_id=project, platform_id=platform, used_s=used_s, as_of=after(microseconds=1))


async def keep(db, *shares: Share) -> None:
    async with db.work() as work:
        for share in shares:
            await work.shares.put(share)


async def test_a_share_comes_back_as_it_was_and_the_last_one_counts(db):
    await keep(db, a_share(used_s=1e-300), a_share(used_s=1e17 + 2))
    changed = replace(a_share(), used_s=0.1 + 0.2, as_of=NOON)
    await keep(db, changed)

    async with db.work() as work:
        assert await work.shares.to_change(PROJECT, QPU) == changed
        assert await work.shares.to_change(PROJECT, EMU) is None


async def test_shares_are_of_projects_and_platforms(db):
    shares = [a_share(project, platform) for project in (PROJECT, ELSEWHERE) for platform in (QPU, EMU)]
    await keep(db, *shares)

    async with db.look() as work:
        every = await work.shares.of([PROJECT, ELSEWHERE], [QPU, EMU])
        one = await work.shares.of([PROJECT], [EMU, platform_id("NONE")])
        assert dict(await work.shares.of([], [])) == {}

    assert every == {(share.project_id, share.platform_id): share for share in shares}
    assert one == {(PROJECT, EMU): a_share(PROJECT, EMU)}


async def test_nobody_s_share_is_not_kept(db):
    with pytest.raises(Stale):
        await keep(db, a_share(project=platform_id("no project")))
