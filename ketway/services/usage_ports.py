"""What the use cases need of whoever keeps what projects used, and what they hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Protocol

from ketway.domain.accounts import ProjectId
from ketway.domain.estimates import Record
from ketway.domain.platforms import PlatformId
from ketway.domain.prices import Prices
from ketway.domain.shares import Share
from ketway.domain.usage import Tally, Usage


class UsageStore(Protocol):
    async def add(self, tally: Tally) -> None:
        """Add to what is written of that project, platform, day and price."""

    async def of(self, project: ProjectId, first: date, last: date) -> Sequence[Tally]:
        """What a project used on these days, both included; by day, then platform, then price."""

    async def since(self, project: ProjectId, first: date) -> Mapping[Prices, Usage]:
        """What a project used from that day on, on all platforms together, by price."""


class HoldingStore(Protocol):
    async def of(self, project: ProjectId) -> int:
        """Bytes of the programs and results that a project keeps here."""


class ShareStore(Protocol):
    async def of(
        self, projects: Collection[ProjectId], platforms: Collection[PlatformId]
    ) -> Mapping[tuple[ProjectId, PlatformId], Share]:
        """Of each of these projects on each of these platforms, where it has used anything."""

    async def to_change(self, project: ProjectId, platform: PlatformId) -> Share | None:
        """As `of`, and nobody else changes it before this transaction ends."""

    async def put(self, share: Share) -> None:
        """Write it, be it the first or in place of another."""


class RecordStore(Protocol):
    async def of(self, platforms: Collection[PlatformId]) -> Sequence[Record]:
        """What jobs of every size took on these platforms."""

    async def put(self, records: Collection[Record]) -> None:
        """Write them, each be it the first or in place of another."""
