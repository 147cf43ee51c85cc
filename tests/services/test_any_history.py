"""Whatever users, workers and time do, in any order, some things always hold."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, invariant, rule

from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.leases import LeaseStatus, Word
from ketway.services.core import Limits
from ketway.services.grants import Grant
from ketway.services.listing import BatchFilter, JobFilter, Page
from tests.fakes import a_memory_world
from tests.histories import History
from tests.services.steps import PLATFORMS, QPU, add, beat, create, done
from tests.worlds import World, all_zero

EVERYTHING = Page(limit=10_000)
MAX_IN_ROW = 2_000


class AnyHistory(History):
    """One owner of everything, and all that may happen to it."""

    batches = Bundle("batches")

    def __init__(self) -> None:
        super().__init__()
        self.ended: dict[JobId, JobStatus] = {}
        self.over: dict[BatchId, BatchStatus] = {}

    def a_world(self) -> AbstractAsyncContextManager[World]:
        return a_memory_world(catalogue=PLATFORMS, limits=Limits(max_in_row=MAX_IN_ROW))

    @rule(
        target=batches,
        jobs=st.integers(0, 3),
        platform=st.sampled_from(PLATFORMS),
        is_open=st.booleans(),
        key=st.sampled_from([None, None, "key"]),
    )
    def create(self, jobs, platform, is_open, key):
        batch = self.do(
            create(
                self.world,
                jobs if is_open else max(jobs, 1),
                platform=platform,
                is_open=is_open,
                deduplication_key=key,
                max_idle_s=40.0,
                max_total_s=90.0,
            )
        )
        return batch.id

    @rule(batch=batches, jobs=st.integers(1, 2))
    def add(self, batch, jobs):
        self.try_to(add(self.world, batch, jobs))

    @rule(batch=batches)
    def close(self, batch):
        self.do(self.world.core.batches.close(self.world.owner, batch))

    @rule(batch=batches)
    def cancel_batch(self, batch):
        assert self.try_to(self.world.core.batches.cancel(self.world.owner, batch)) == (
            batch not in self.over
        )

    @rule(grant=History.grants)
    def cancel_job(self, grant):
        allowed = self.try_to(self.world.core.jobs.cancel(self.world.owner, grant.job.id))
        assert allowed == (grant.job.id not in self.ended)

    @rule(grant=History.grants, progress=st.integers(-10, 110))
    def heartbeat(self, grant, progress):
        word = self.do(beat(self.world, grant, progress))
        assert (word is Word.LOST) >= (grant.job.id in self.ended)

    @rule(grant=History.grants, is_large=st.booleans())
    def report_done(self, grant, is_large):
        found = all_zero(grant)
        if is_large:
            found = replace(found, document=found.document.ljust(MAX_IN_ROW + 1))
        if self.try_to(done(self.world, grant, found)):
            assert self.job_of(grant).is_finished or self.job_of(grant).attempt > grant.lease.attempt

    @rule()
    def restart(self):
        self.do(self.world.core.housekeeping.open())

    @invariant()
    def what_has_ended_stays_as_it_ended(self):
        for job in self.all_jobs():
            if job.is_finished:
                assert self.ended.setdefault(job.id, job.status) is job.status
            else:
                assert job.id not in self.ended
        for batch in self.all_batches():
            if batch.is_finished:
                assert self.over.setdefault(batch.id, batch.status) is batch.status
            else:
                assert batch.id not in self.over

    @invariant()
    def a_job_is_done_if_and_only_if_its_result_can_be_read(self):
        jobs = self.all_jobs()
        results = self.do(self.world.core.jobs.results([job.id for job in jobs]))
        assert results.keys() == {job.id for job in jobs if job.status is JobStatus.DONE}
        for result in results.values():
            assert len(self.do(self.world.core.jobs.document(result))) == result.size

    @invariant()
    def a_job_runs_if_and_only_if_it_has_one_live_lease(self):
        leased = Counter(lease.job_id for lease in self.live_leases())
        assert leased == Counter(job.id for job in self.all_jobs() if job.status is JobStatus.RUNNING)

    @invariant()
    def a_finished_batch_has_nothing_left_and_an_unfinished_one_can_still_end(self):
        for batch in self.all_batches():
            left = [job for job in self.all_jobs() if job.batch_id == batch.id and not job.is_finished]
            if batch.is_finished:
                assert not left
            elif not batch.is_open:
                assert left
            if batch.status is BatchStatus.STOPPING:
                assert {job.status for job in left} == {JobStatus.RUNNING}

    @invariant()
    def counters_add_up(self):
        ids = [batch.id for batch in self.all_batches()]
        counts = self.do(self.world.core.batches.counts(ids))
        found = Counter((job.batch_id, job.status) for job in self.all_jobs())
        assert found == Counter(
            {(id, status): number for id in ids for status, number in counts[id].items() if number}
        )

    @invariant()
    def an_exclusive_platform_has_at_most_one_holder_and_runs_one_job_of_it(self):
        holders = [
            batch.id
            for batch in self.all_batches()
            if batch.platform_id == QPU.id and batch.status in (BatchStatus.ACTIVE, BatchStatus.STOPPING)
        ]
        running = [
            job.batch_id
            for job in self.all_jobs()
            if job.platform_id == QPU.id and job.status is JobStatus.RUNNING
        ]
        assert len(holders) <= 1
        assert len(running) <= 1
        assert set(running) <= set(holders)

    @invariant()
    def attempts_without_a_result_leave_no_blob(self):
        blobs: Any = self.world.blobs
        kept = {key for key in blobs.kept if key.startswith("results/")}
        results = self.do(self.world.core.jobs.results([job.id for job in self.all_jobs()]))
        assert kept == {result.key for result in results.values() if result.size > MAX_IN_ROW}

    def job_of(self, grant: Grant) -> Job:
        return self.do(self.world.core.jobs.get(self.world.owner, grant.job.id))

    def all_jobs(self):
        return self.do(self.world.core.jobs.list(self.world.owner, JobFilter(), EVERYTHING)).items

    def all_batches(self):
        return self.do(self.world.core.batches.list(self.world.owner, BatchFilter(), EVERYTHING)).items

    def live_leases(self):
        async def live():
            async with self.world.db.look() as work:
                return [lease for worker in self.workers for lease in await work.leases.live(worker.id)]

        leases = self.do(live())
        assert all(lease.status is LeaseStatus.LIVE for lease in leases)
        return leases


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
