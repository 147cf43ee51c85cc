"""Shares: what projects have used, one row for each platform."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam, select, text

from ketway.db.rows import Runner, from_row, to_row
from ketway.db.tables import shares
from ketway.domain.accounts import ProjectId
from ketway.domain.platforms import PlatformId
from ketway.domain.shares import Share

_NAMES = ("platform_id", "project_id", "used_s", "as_of")

# As that of usage.
_PUT = text(
    f"INSERT INTO shares ({', '.join(_NAMES)}) VALUES ({', '.join(f':{name}' for name in _NAMES)}) "  # noqa: S608
    "ON CONFLICT (platform_id, project_id) DO UPDATE SET used_s = excluded.used_s, as_of = excluded.as_of"
).bindparams(*[bindparam(name, type_=shares.c[name].type) for name in _NAMES])


# Made once: every claim and every outcome asks.
_OF = select(shares).where(
    shares.c.platform_id.in_(bindparam("platforms", expanding=True)),
    shares.c.project_id.in_(bindparam("projects", expanding=True)),
)
_TO_CHANGE = (
    select(shares)
    .where(shares.c.platform_id == bindparam("platform"), shares.c.project_id == bindparam("project"))
    .with_for_update()
)


class SqlShares:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def of(
        self, projects: Collection[ProjectId], platforms: Collection[PlatformId]
    ) -> Mapping[tuple[ProjectId, PlatformId], Share]:
        asked = {"platforms": list(platforms), "projects": list(projects)}
        rows = await self._run(lambda c: c.execute(_OF, asked).all())
        return {(row.project_id, row.platform_id): from_row(Share, row) for row in rows}

    async def to_change(self, project: ProjectId, platform: PlatformId) -> Share | None:
        asked = {"platform": platform, "project": project}
        row = await self._run(lambda c: c.execute(_TO_CHANGE, asked).one_or_none())
        return None if row is None else from_row(Share, row)

    async def put(self, share: Share) -> None:
        await self._run(lambda c: c.execute(_PUT, to_row(share)))
