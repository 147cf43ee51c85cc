"""Figures: how long queues are, how long they last, who is active."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import Batch
from ketway.domain.errors import Unknown
from ketway.domain.platforms import PlatformId
from ketway.domain.priorities import Priority
from ketway.services.listing import Listed, Load, Page
from ketway.services.ports import Clock, Database

#: Over which waits are averaged.
LATELY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Figures:
    db: Database
    clock: Clock

    async def queue(self, actor: Actor, platform: PlatformId, page: Page) -> Listed[Batch]:
        """Living batches of a platform that the actor finds, in the order in which they are served."""
        async with self.db.look() as work:
            return await work.batches.queue(actor, platform, page)

    async def waiting_on(self, platform: PlatformId) -> Mapping[Priority, Load]:
        """What waits for a platform, whoever sent it."""
        async with self.db.look() as work:
            return await work.jobs.waiting_on(platform)

    async def mean_waits(self, platforms: Sequence[PlatformId]) -> Mapping[PlatformId, float]:
        """Seconds that jobs started in the last hour had waited; platforms where none did are left out."""
        async with self.db.look() as work:
            return await work.jobs.mean_waits(platforms, self.clock.now() - LATELY)

    async def frequency(
        self, actor: Actor, project: ProjectId, unit: timedelta
    ) -> Mapping[datetime, Mapping[PlatformId, int]]:
        """Jobs of a project by hour or day of creation, and platform.

        Raises:
            Unknown: a project that the actor is not in.
        """
        async with self.db.look() as work:
            if not actor.sees(project) or await work.projects.get(project) is None:
                raise Unknown("project", str(project))
            return await work.jobs.frequency(actor, project, unit)

    async def last_activity(
        self, actor: Actor, projects: Sequence[ProjectId] | None
    ) -> Mapping[ProjectId, datetime]:
        """When something last happened in each project; those where nothing did are left out.

        Raises:
            NotAllowed: not an operator.
        """
        actor.must_operate()
        async with self.db.look() as work:
            return await work.batches.last_activity(projects)
