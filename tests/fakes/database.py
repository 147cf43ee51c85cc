"""A database in memory: one writer at a time, on a copy that takes the place of what was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.fakes.accounts import MemoryAccounts, MemoryApiKeys, MemoryProjects
from tests.fakes.batches import MemoryBatches
from tests.fakes.bookings import MemoryBookings
from tests.fakes.jobs import MemoryJobs
from tests.fakes.learning import MemoryLearning
from tests.fakes.processes import MemoryProcesses
from tests.fakes.records import MemoryNotices, MemoryPlatforms, MemoryRequests
from tests.fakes.shares import MemoryRecords, MemoryShares
from tests.fakes.stores import MemoryLeases, MemoryPrograms, MemoryResults, MemoryWorkers
from tests.fakes.tables import Tables
from tests.fakes.usage import MemoryHoldings, MemoryUsage


class MemoryWork:
    """The `Work` port over one set of tables."""

    def __init__(self, tables: Tables) -> None:
        self.accounts = MemoryAccounts(tables)
        self.api_keys = MemoryApiKeys(tables)
        self.batches = MemoryBatches(tables)
        self.bookings = MemoryBookings(tables)
        self.holdings = MemoryHoldings(tables)
        self.jobs = MemoryJobs(tables)
        self.learning = MemoryLearning(tables)
        self.leases = MemoryLeases(tables)
        self.notices = MemoryNotices(tables)
        self.platforms = MemoryPlatforms(tables)
        self.processes = MemoryProcesses(tables)
        self.programs = MemoryPrograms(tables)
        self.records = MemoryRecords(tables)
        self.requests = MemoryRequests(tables)
        self.projects = MemoryProjects(tables)
        self.results = MemoryResults(tables)
        self.shares = MemoryShares(tables)
        self.usage = MemoryUsage(tables)
        self.workers = MemoryWorkers(tables)


class MemoryDatabase:
    """The `Database` port."""

    def __init__(self) -> None:
        self._committed = Tables()
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def work(self) -> AsyncIterator[MemoryWork]:
        async with self._writing:
            changed = self._committed.copy()
            yield MemoryWork(changed)
            self._committed = changed

    @asynccontextmanager
    async def look(self) -> AsyncIterator[MemoryWork]:
        yield MemoryWork(self._committed)
