"""Retention: what is due goes, a few results at a time, while jobs come and go.

A result is first said to be gone, in its row, and then its file is deleted: whoever dies in between leaves
a file that nothing names, which leftovers are swept of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from ketway.domain.accounts import Actor, Project, ProjectId
from ketway.domain.results import Kept, names_row
from ketway.domain.retention import Retention, of_project
from ketway.services.listing import Page
from ketway.services.ports import BlobStore, Clock, Database, Work

log = structlog.get_logger()

#: Results of one transaction, and of one sweep: others wait no longer for it than for an outcome.
_MOST = 200
#: From the end of one round through all projects to the next.
_PAUSE_S = 600.0
_PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class Due:
    """What of one project is to go.

    Args:
        bytes: of its documents.
    """

    project: Project
    rules: Retention
    results: int
    bytes: int


@dataclass(kw_only=True)
class Retaining:
    """
    Args:
        server: rules of projects that have none of their own.
    """

    db: Database
    blobs: BlobStore
    clock: Clock
    server: Retention

    def __post_init__(self) -> None:
        self._left: list[ProjectId] = []
        self._rests_until = self.clock.steady()

    async def due(self, actor: Actor) -> Sequence[Due]:
        """What would go now, of every project that keeps its results for a time; for operators."""
        actor.must_operate()
        now, found = self.clock.now(), []
        async with self.db.look() as work:
            for project in await _projects(work):
                rules = of_project(self.server, project.retention)
                if not rules.is_for_ever:
                    before = await _bound(work, project.id, rules, now)
                    results, size = await work.results.total(project.id, before) if before else (0, 0)
                    found.append(Due(project=project, rules=rules, results=results, bytes=size))
        return found

    async def begin(self, actor: Actor) -> Sequence[Due]:
        """Let the next sweeps see to every project, however lately they have; says what will go."""
        found = await self.due(actor)
        self._left, self._rests_until = [], self.clock.steady()
        return found

    async def sweep(self) -> None:
        """Let some more go; to be called every now and then."""
        if self.clock.steady() < self._rests_until:
            return
        if not self._left:
            async with self.db.look() as work:
                self._left = [
                    project.id
                    for project in await _projects(work)
                    if not of_project(self.server, project.retention).is_for_ever
                ]
        while self._left:
            if gone := await self._expire(self._left[-1]):
                for each in gone:
                    if not names_row(each.key):
                        await self.blobs.delete(each.key)
                return
            self._left.pop()
        self._rests_until = self.clock.steady() + _PAUSE_S

    async def _expire(self, id: ProjectId) -> Sequence[Kept]:
        """Some results of a project, which are gone now but for their files."""
        now = self.clock.now()
        async with self.db.look() as work:
            project = await work.projects.get(id)
            rules = of_project(self.server, project.retention if project is not None else {})
            before = await _bound(work, id, rules, now)
            if before is None or not await work.results.oldest(id, before, 1):
                return []
        async with self.db.work() as work:
            gone = await work.results.oldest(id, before, _MOST)
            if gone:
                await work.results.expire(gone, now)
        log.info(
            "results_expired", project_id=str(id), number=len(gone), bytes=sum(each.size for each in gone)
        )
        return gone


async def _bound(work: Work, project: ProjectId, rules: Retention, now: datetime) -> datetime | None:
    since = await work.results.newest_since(project, rules.newest) if rules.newest else None
    return rules.bound(now, since)


async def _projects(work: Work) -> Sequence[Project]:
    found: list[Project] = []
    while len(found) % _PAGE == 0:
        page = await work.projects.list(Page(limit=_PAGE, offset=len(found)))
        found += page.items
        if not page.items:
            break
    return found
