"""Work: the stores of one transaction."""

from __future__ import annotations

from ketway.db.accounts import SqlAccounts
from ketway.db.api_keys import SqlApiKeys
from ketway.db.batches import SqlBatches
from ketway.db.bookings import SqlBookings
from ketway.db.holdings import SqlHoldings
from ketway.db.jobs import SqlJobs
from ketway.db.keys import SqlKeys
from ketway.db.learning import SqlLearning
from ketway.db.leases import SqlLeases
from ketway.db.notices import SqlNotices
from ketway.db.platforms import SqlPlatforms
from ketway.db.processes import SqlProcesses
from ketway.db.programs import SqlPrograms
from ketway.db.projects import SqlProjects
from ketway.db.records import SqlRecords
from ketway.db.requests import SqlRequests
from ketway.db.results import SqlResults
from ketway.db.rows import Runner
from ketway.db.shares import SqlShares
from ketway.db.usage import SqlUsage
from ketway.db.workers import SqlWorkers


class SqlWork:
    """The `Work` port; every store speaks through the same connection."""

    def __init__(self, runner: Runner) -> None:
        self.accounts = SqlAccounts(runner)
        self.api_keys = SqlApiKeys(runner)
        self.batches = SqlBatches(runner)
        self.bookings = SqlBookings(runner)
        self.holdings = SqlHoldings(runner)
        self.jobs = SqlJobs(runner)
        self.keys = SqlKeys(runner)
        self.learning = SqlLearning(runner)
        self.leases = SqlLeases(runner)
        self.notices = SqlNotices(runner)
        self.platforms = SqlPlatforms(runner)
        self.processes = SqlProcesses(runner)
        self.programs = SqlPrograms(runner)
        self.records = SqlRecords(runner)
        self.requests = SqlRequests(runner)
        self.projects = SqlProjects(runner)
        self.results = SqlResults(runner)
        self.shares = SqlShares(runner)
        self.usage = SqlUsage(runner)
        self.workers = SqlWorkers(runner)
