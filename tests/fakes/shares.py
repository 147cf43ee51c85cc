"""Shares, and records of what jobs took, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ketway.domain.accounts import ProjectId
from ketway.domain.estimates import Record
from ketway.domain.platforms import PlatformId
from ketway.domain.shares import Share
from tests.fakes.tables import Tables, must_exist


class MemoryShares:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def of(
        self, projects: Collection[ProjectId], platforms: Collection[PlatformId]
    ) -> Mapping[tuple[ProjectId, PlatformId], Share]:
        kept = self._tables.shares
        return {key: share for key, share in kept.items() if key[0] in projects and key[1] in platforms}

    async def to_change(self, project: ProjectId, platform: PlatformId) -> Share | None:
        return self._tables.shares.get((project, platform))

    async def put(self, share: Share) -> None:
        must_exist(self._tables.projects, share.project_id)
        self._tables.shares[share.project_id, share.platform_id] = share


class MemoryRecords:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def of(self, platforms: Collection[PlatformId]) -> Sequence[Record]:
        kept = self._tables.run_records
        return [record for (platform, _), record in kept.items() if platform in platforms]

    async def put(self, records: Collection[Record]) -> None:
        for record in records:
            self._tables.run_records[record.platform_id, record.qubits] = record
