"""Whatever users, workers, operators and time do: what is tallied is what the jobs and batches did."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.errors import Conflict, NotFound, Precondition
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.leases import LeaseId, Verdict
from ketway.domain.platforms import PlatformId, platform_id
from ketway.domain.prices import Prices
from ketway.domain.tasks import Computed
from ketway.domain.usage import NOTHING, Tally, Usage
from ketway.services.grants import Grant
from ketway.services.reports import Span
from tests.builders import DOOR, NOON, a_platform
from tests.fakes import a_memory_world
from tests.services.steps import a_new_batch, beat, claim, done, failed, give_back
from tests.worlds import World, a_world

T = TypeVar("T")

# An hour's price that seconds divide, so that nothing is rounded before it is added up.
PRICES = [
    Prices(),
    Prices(per_hour=Decimal("3.6"), per_circuit=Decimal("0.05"), per_shot=Decimal("0.001")),
    Prices(per_shot=Decimal("0.25"), currency="CHF"),
]
CATALOGUE = [
    a_platform(name="SHARED", prices=PRICES[1]),
    a_platform(name="QPU", is_exclusive=True, default_idle_s=60.0),
]
NAMES = st.sampled_from([platform.name for platform in CATALOGUE])
HOLDING = (BatchStatus.ACTIVE, BatchStatus.STOPPING)
Key = tuple[PlatformId, date, Prices]


def an_answer(circuits: int, shots: int) -> Computed:
    counts = [{"0": shots}] * circuits
    return Computed(document=f"{circuits} {shots}", counts=counts, shots=shots, metadata={})


class UsageHistory(RuleBasedStateMachine):
    """Beside the world, a second book that is kept by hand: of each outcome that was accepted, of
    what became of each job, and of each second for which a batch had its platform."""

    batches = Bundle("batches")
    grants = Bundle("grants")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.prices: dict[BatchId, Prices] = {}
        self.held: dict[BatchId, timedelta] = defaultdict(timedelta)
        self.jobs: set[JobId] = set()
        self.told: set[LeaseId] = set()
        self.worked: dict[Key, Usage] = defaultdict(lambda: NOTHING)

    def a_world(self) -> AbstractAsyncContextManager[World]:
        return a_memory_world(catalogue=CATALOGUE)

    def do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def try_to(self, coroutine: Coroutine[Any, Any, Any]) -> bool:
        try:
            self.do(coroutine)
        except (Conflict, NotFound, Precondition):
            return False
        return True

    def teardown(self) -> None:
        self.do(self.stack.aclose())
        self.runner.close()

    @initialize()
    def begin(self) -> None:
        async def open_world() -> World:
            world = await self.stack.enter_async_context(self.a_world())
            await world.core.housekeeping.open()
            return world

        self.world = self.do(open_world())
        self.core = self.world.core

    @rule(target=batches, jobs=st.sampled_from([0, 2, 2, 3]), name=NAMES, is_open=st.booleans())
    def create(self, jobs, name, is_open):
        async def made() -> Batch:
            platform = (await self.core.platforms.named(DOOR, name)).platform
            new = a_new_batch(
                self.world, jobs, platform=platform, is_open=is_open, max_idle_s=40.0, max_total_s=90.0
            )
            batch = await self.core.batches.create(self.world.owner, new)
            self.prices[batch.id] = platform.prices
            self.jobs |= {job.id for job in await self.core.batches.jobs_of(self.world.owner, batch.id)}
            return batch

        return self.do(made()).id

    @rule(name=NAMES, prices=st.sampled_from([*PRICES, None]))
    def set_prices(self, name, prices):
        self.do(self.core.platforms.set_prices(self.world.operator, platform_id(name), prices))

    @rule(target=grants, most=st.integers(1, 3))
    def claim(self, most):
        return multiple(*self.do(claim(self.world, most=most)))

    @rule(seconds=st.sampled_from([2, 20, 45]), verdict=st.sampled_from([None, None, *Verdict]))
    def work(self, seconds, verdict):
        """One worker does as it should."""
        for grant in self.do(claim(self.world)):
            for _ in range(0, seconds, 5):
                self.move(timedelta(seconds=5))
                self.do(beat(self.world, grant))
            if verdict is None:
                self.report_done(grant, 2, seconds)
            else:
                self.report_failed(grant, verdict)

    @rule(grant=grants, circuits=st.integers(0, 2), shots=st.integers(0, 100))
    def report_done(self, grant, circuits, shots):
        if self.try_to(done(self.world, grant, an_answer(circuits, shots))):
            is_done = self.job_of(grant).status is JobStatus.DONE
            self.outcome(grant, Usage(circuits=circuits if is_done else 0, shots=circuits * shots))

    @rule(grant=grants, verdict=st.sampled_from(Verdict))
    def report_failed(self, grant, verdict):
        if self.try_to(failed(self.world, grant, verdict)):
            self.outcome(grant)

    @rule(grant=grants, is_given_back=st.booleans())
    def be_heard_or_give_back(self, grant, is_given_back):
        self.try_to(give_back(self.world, grant) if is_given_back else beat(self.world, grant))

    @rule(grant=grants, status=st.sampled_from([*JobStatus, None]))
    def operate_the_job(self, grant, status):
        reports, id, operator = self.core.reports, grant.job.id, self.world.operator
        before = self.job_of(grant)
        if status is None:
            told = reports.job_errors(operator, id, ["broken"])
        else:
            told = reports.job(operator, id, status, Span())
        if self.try_to(told) and before.status is JobStatus.RUNNING and self.job_of(grant).is_finished:
            self.ran(grant, before.started_at)

    @rule(grant=grants, is_deleted=st.booleans())
    def cancel_or_delete_the_job(self, grant, is_deleted):
        jobs = self.core.jobs
        change = jobs.delete if is_deleted else jobs.cancel
        self.try_to(change(self.world.owner, grant.job.id))

    @rule(batch=batches, how=st.sampled_from(["close", "cancel", "delete"]))
    def end(self, batch, how):
        self.try_to(getattr(self.core.batches, how)(self.world.owner, batch))

    @rule(batch=batches, status=st.sampled_from(BatchStatus))
    def operate_the_batch(self, batch, status):
        self.try_to(self.core.reports.batch(self.world.operator, batch, status, Span()))

    @rule(batch=batches, seconds=st.sampled_from([5, 20]))
    def pause_for_a_while(self, batch, seconds):
        self.operate_the_batch(batch, BatchStatus.PAUSED)
        self.let_pass(seconds)
        self.operate_the_batch(batch, BatchStatus.QUEUED)

    @rule(seconds=st.sampled_from([5, 30, 60]))
    def let_pass(self, seconds):
        for _ in range(0, seconds, 5):
            self.move(timedelta(seconds=5))

    @rule()
    def let_half_a_day_pass(self):
        self.move(timedelta(hours=12, seconds=7))

    @rule()
    def restart(self):
        self.do(self.core.housekeeping.open())

    @invariant()
    def the_tally_is_what_was_done(self):
        expected = defaultdict(lambda: NOTHING, self.worked)
        for batch in self.all_batches():
            if batch.ended_at is not None:
                expected[self.key(batch, batch.ended_at)] += Usage(held=self.held[batch.id])
        for job in self.all_jobs():
            if job.ended_at is not None:
                expected[self.key(self.batch(job.batch_id), job.ended_at)] += Usage(
                    done=int(job.status is JobStatus.DONE),
                    failed=int(job.status is JobStatus.FAILED),
                    cancelled=int(job.status is JobStatus.CANCELLED),
                )

        used = {(tally.platform_id, tally.day, tally.prices): tally.usage for tally in self.tallies()}
        assert used == {key: usage for key, usage in expected.items() if usage != NOTHING}

    @invariant()
    def it_costs_what_each_batch_costs_at_the_price_it_was_made_at(self):
        whole: dict[str, Decimal] = defaultdict(Decimal)
        for (_, _, prices), usage in self.worked.items():
            whole[prices.currency] += prices.per_circuit * usage.circuits + prices.per_shot * usage.shots
        for batch in self.all_batches():
            if batch.is_finished:
                prices = self.prices[batch.id]
                seconds = Decimal(self.held[batch.id] // timedelta(seconds=1))
                whole[prices.currency] += prices.per_hour / 3600 * seconds
        found: dict[str, Decimal] = defaultdict(Decimal)
        for tally in self.tallies():
            found[tally.prices.currency] += tally.cost
        assert +Counter(found) == +Counter(whole)

    def outcome(self, grant: Grant, made: Usage = NOTHING) -> None:
        """An attempt was reported on, and the report taken; the first time, whatever comes after."""
        if grant.lease.id not in self.told:
            self.told.add(grant.lease.id)
            self.ran(grant, grant.lease.granted_at, made)

    def ran(self, grant: Grant, since: Any, made: Usage = NOTHING) -> None:
        now = self.world.clock.now()
        self.worked[self.key(self.batch(grant.job.batch_id), now)] += replace(made, computed=now - since)

    def move(self, time: timedelta) -> None:
        for batch in self.all_batches():
            if batch.status in HOLDING:
                self.held[batch.id] += time
        self.world.clock.move(seconds=time.total_seconds())
        self.do(self.core.housekeeping.sweep())

    def tallies(self) -> Sequence[Tally]:
        days = NOON.date(), NOON.date() + timedelta(days=60)
        return self.do(self.core.usage.of_project(self.world.owner, self.world.project_id, *days)).tallies

    def key(self, batch: Batch, at: Any) -> Key:
        return batch.platform_id, at.date(), self.prices[batch.id]

    def batch(self, id: BatchId) -> Batch:
        async def fetched() -> Batch:
            async with self.world.db.look() as work:
                return await work.batches.fetch(id)

        return self.do(fetched())

    def all_batches(self) -> list[Batch]:
        return [self.batch(id) for id in self.prices]

    def job_of(self, grant: Grant) -> Job:
        return next(job for job in self.all_jobs() if job.id == grant.job.id)

    def all_jobs(self) -> list[Job]:
        async def fetched() -> list[Job]:
            async with self.world.db.look() as work:
                return [await work.jobs.fetch(id) for id in self.jobs]

        return self.do(fetched())


class UsageHistoryOnDisk(UsageHistory):
    def a_world(self) -> AbstractAsyncContextManager[World]:
        folder = self.stack.enter_context(TemporaryDirectory())
        return a_world(Path(folder), catalogue=CATALOGUE)


TestUsageHistory = UsageHistory.TestCase
TestUsageHistory.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestUsageHistoryOnDisk = UsageHistoryOnDisk.TestCase
TestUsageHistoryOnDisk.settings = settings(max_examples=4, stateful_step_count=25, deadline=None)
