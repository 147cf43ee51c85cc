"""Platforms: which are offered, and whether somebody is there to run them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ketway.domain.errors import Unknown
from ketway.domain.platforms import Door, Platform, PlatformId
from ketway.services.ports import Clock, Database

#: A worker not heard of for so long is taken for gone.
WORKER_SILENCE = timedelta(seconds=90)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """
    Args:
        is_served: a worker with its engine was heard of lately.
    """

    platform: Platform
    is_served: bool


@dataclass(frozen=True, kw_only=True)
class Platforms:
    """
    Args:
        catalogue: every platform this server knows.
        engines_here: engines installed beside the server; their platforms are offered from the
            first second, while workers are still loading.
    """

    db: Database
    clock: Clock
    catalogue: Sequence[Platform]
    engines_here: Collection[str]

    async def offers(self, door: Door) -> Sequence[Offer]:
        """What a surface may list, in the catalogue's order."""
        engines = await self.engines()
        return [
            Offer(platform=platform, is_served=engines[platform.engine])
            for platform in self.catalogue
            if door in platform.shown and platform.engine in engines
        ]

    async def offered(self, door: Door, id: PlatformId) -> Offer:
        """
        Raises:
            Unknown: not one that this surface lists.
        """
        for offer in await self.offers(door):
            if offer.platform.id == id:
                return offer
        raise Unknown("platform", str(id))

    async def named(self, door: Door, name: str) -> Offer:
        """
        Raises:
            Unknown: not one that this surface lists.
        """
        for offer in await self.offers(door):
            if offer.platform.name == name:
                return offer
        raise Unknown("platform", name)

    async def engines(self) -> Mapping[str, bool]:
        """Every engine that is offered, and whether a worker with it was heard of lately."""
        async with self.db.look() as work:
            seen = await work.workers.engines()
        fresh = self.clock.now() - WORKER_SILENCE
        names = sorted({*self.engines_here, *seen})
        return {name: name in seen and seen[name] >= fresh for name in names}

    def get(self, id: PlatformId) -> Platform:
        """A platform by id, offered or not: for jobs that are here already."""
        for platform in self.catalogue:
            if platform.id == id:
                return platform
        raise Unknown("platform", str(id))

    def run_by(self, engines: Collection[str]) -> Sequence[Platform]:
        return [platform for platform in self.catalogue if platform.engine in engines]
