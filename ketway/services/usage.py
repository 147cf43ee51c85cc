"""Usage: what a project used, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.errors import BadField, Unknown
from ketway.domain.usage import Tally
from ketway.services.ports import Clock, Database

#: Of one answer.
MAX_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class Used:
    """What was used from the first to the last of some days; by day, then platform, then price."""

    first: date
    last: date
    tallies: Sequence[Tally]


@dataclass(frozen=True, kw_only=True)
class Usages:
    db: Database
    clock: Clock

    async def of_project(
        self, actor: Actor, id: ProjectId, first: date | None = None, last: date | None = None
    ) -> Used:
        """
        Args:
            first, last: both included, in UTC; None for the beginning of the last one's month, and for today.
        Raises:
            Unknown: no such project, or one that the actor is not in.
            BadField: more days than one answer has, or fewer than one.
        """
        until = last or self.clock.now().date()
        since = first or until.replace(day=1)
        if not 0 <= (until - since).days < MAX_DAYS:
            raise BadField(("from",), f"must be 0 to {MAX_DAYS - 1} days before {until}")
        async with self.db.look() as work:
            if not actor.sees(id) or await work.projects.get(id) is None:
                raise Unknown("project", str(id))
            return Used(first=since, last=until, tallies=await work.usage.of(id, since, until))
