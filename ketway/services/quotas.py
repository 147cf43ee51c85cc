"""Quotas, held against what a project has: in the transaction that would give it more."""

from __future__ import annotations

from dataclasses import dataclass

from ketway.domain.accounts import Project, ProjectId
from ketway.domain.quotas import Had, Quotas, Wanted, month_of, must_be_within, of_project
from ketway.services.ports import Clock, Work


@dataclass(frozen=True, kw_only=True)
class Allowances:
    """
    Args:
        server: quotas of projects that have none of their own.
    """

    clock: Clock
    server: Quotas

    async def must_allow(self, work: Work, project: Project | ProjectId, wanted: Wanted) -> None:
        """
        Raises:
            QuotaExceeded
        """
        known = project if isinstance(project, Project) else await work.projects.get(project)
        quotas = of_project(self.server, known.quotas if known is not None else {})
        if known is not None and not quotas.are_none:
            must_be_within(quotas, await self._had(work, known.id, quotas, wanted), wanted, known.id)

    async def _had(self, work: Work, project: ProjectId, quotas: Quotas, wanted: Wanted) -> Had:
        """Only what is asked for is counted, and only as far as it matters."""
        jobs = batches = stored = 0
        if quotas.waiting_jobs is not None and wanted.jobs:
            jobs = await work.jobs.count_waiting(project, quotas.waiting_jobs + 1)
        if quotas.open_batches is not None and wanted.open_batches:
            batches = await work.batches.count_open(project, quotas.open_batches + 1)
        if quotas.stored_bytes is not None:
            stored = await work.holdings.of(project)
        is_metered = quotas.seconds_per_month is not None or quotas.spending_per_month is not None
        month = month_of(self.clock.now().date())
        used = await work.usage.since(project, month) if is_metered else {}
        return Had(waiting_jobs=jobs, open_batches=batches, stored_bytes=stored, used=used)
