"""As any history with slots, on a real database: what its rows say twice, they say alike."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis.stateful import invariant, rule

from ketway.domain.batches import BatchStatus
from ketway.domain.jobs import FINISHED, JobStatus
from ketway.domain.priorities import Priority
from ketway.services.core import Limits
from ketway.services.listing import BatchFilter, JobFilter, Page
from tests.services.held_back import told_wrongly
from tests.services.steps import PLATFORMS
from tests.services.test_any_history import EVERYTHING, MAX_IN_ROW
from tests.services.test_any_history_with_slots import AnyHistoryWithSlots
from tests.worlds import World, a_world

JOBS = (
    JobFilter(),
    JobFilter(statuses=(JobStatus.DONE,)),
    JobFilter(statuses=FINISHED),
    JobFilter(has_errors=True),
    JobFilter(has_errors=False, max_shots=1000),
)
BATCHES = (
    BatchFilter(),
    BatchFilter(is_open=False),
    BatchFilter(statuses=(BatchStatus.DONE, BatchStatus.CANCELLED), priorities=tuple(Priority)),
    BatchFilter(min_jobs=1, max_jobs=2),
)


class AnyHistoryOnSqlite(AnyHistoryWithSlots):
    def a_world(self) -> AbstractAsyncContextManager[World]:
        return _a_world()

    @rule(grant=AnyHistoryWithSlots.grants)
    def rename(self, grant):
        self.do(self.world.core.jobs.change(self.world.owner, grant.job.id, name="another"))

    @invariant()
    def jobs_know_whether_their_batch_is_held_back(self):
        assert self.do(told_wrongly(self.world.db)) == []

    @invariant()
    def lines_begin_with_what_waits_in_batches_that_are_not_held_back(self):
        held = {batch.id for batch in self.all_batches() if batch.is_held_back}
        waiting = [
            job for job in self.all_jobs() if job.status is JobStatus.QUEUED and job.batch_id not in held
        ]
        platforms = {platform.id for platform in PLATFORMS}

        async def heads():
            async with self.world.db.look() as work:
                return await work.jobs.heads(platforms)

        lines = {(job.platform_id, job.priority, job.project_id) for job in waiting}
        found = self.do(heads())
        assert sorted(lines, key=str) == sorted(
            ((head.platform_id, head.priority, head.project_id) for head in found), key=str
        )
        assert {head.job_id for head in found} <= {job.id for job in waiting}

    @invariant()
    def totals_are_what_there_is(self):
        core, owner = self.world.core, self.world.owner
        for filter in JOBS:
            found = self.do(core.jobs.list(owner, filter, EVERYTHING))
            assert self.do(core.jobs.list(owner, filter, Page(limit=1))).total == len(found.items), filter
        for asked in BATCHES:
            listed = self.do(core.batches.list(owner, asked, EVERYTHING))
            assert self.do(core.batches.list(owner, asked, Page(limit=1))).total == len(listed.items), asked

    def attempts_without_a_result_leave_no_blob(self):
        """Told of blobs in memory."""


@asynccontextmanager
async def _a_world():
    with TemporaryDirectory(prefix="ketway-history-") as folder:
        async with a_world(Path(folder), catalogue=PLATFORMS, limits=Limits(max_in_row=MAX_IN_ROW)) as made:
            yield made


TestAnyHistoryOnSqlite = AnyHistoryOnSqlite.TestCase
TestAnyHistoryOnSqlite.settings = settings(max_examples=10, stateful_step_count=20, deadline=None)
