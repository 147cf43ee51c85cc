"""Leases as they are, beside the model of what they promise: the same events, in any order, to both.

Attempts stay in their bundle for ever, so that messages come late, twice, and after anything else; claims are
asked again under the same id, as after a lost answer; clocks are set; servers stop and start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from ketway.domain.credentials import WorkerToken
from ketway.domain.errors import Conflict
from ketway.domain.jobs import JobId
from ketway.domain.leases import LeaseStatus, Verdict, Worker
from ketway.services.grants import Grant
from ketway.services.leases import Beat
from ketway.services.listing import JobFilter, Page
from tests.fakes import a_memory_world
from tests.services.lease_model import Attempt, Has, Model, Says, Word
from tests.services.steps import EMU, create, done, failed, give_back, jobs_of

T = TypeVar("T")
LOCAL, FAR = 0, 1
EVERYTHING = Page(limit=10_000)


class LeasesBesideTheirModel(RuleBasedStateMachine):
    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.grants: dict[Attempt, Grant] = {}
        self.ids: list[JobId] = []  #: by the model's number of a job
        self.asked = ["", ""]  #: the last question of each worker

    def do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def teardown(self) -> None:
        self.do(self.stack.aclose())
        self.runner.close()

    @initialize()
    def begin(self) -> None:
        self.do(self.open())
        self.model = Model(LOCAL)

    async def open(self) -> None:
        self.world = await self.stack.enter_async_context(a_memory_world(catalogue=[EMU]))
        core = self.world.core
        await core.housekeeping.open()
        _, secret = await core.keys.create_worker_token(self.world.operator, "far")
        far = await core.accounts.worker_token(secret)
        self.workers: list[tuple[WorkerToken, Worker]] = [
            (token, await core.leases.register(token, "a worker", {EMU.engine: "1"}, 4))
            for token in (self.world.token, far)
        ]

    @rule(number=st.integers(1, 3))
    def submit(self, number):
        self.pass_by(1)  # so that ids do not decide who is first
        batch = self.do(create(self.world, number))
        for job in self.do(jobs_of(self.world, batch.id)):
            self.ids.append(job.id)
            self.model.submit()

    @rule(target=attempts, worker=st.sampled_from([LOCAL, FAR]), most=st.integers(1, 3))
    def claim(self, worker, most):
        self.asked[worker] = f"question {len(self.grants)} of {worker}"
        return self.ask(worker, most)

    @rule(target=attempts, worker=st.sampled_from([LOCAL, FAR]), most=st.integers(1, 3))
    def claim_again_what_was_not_heard(self, worker, most):
        return self.ask(worker, most) if self.asked[worker] else multiple()

    def ask(self, worker: int, most: int) -> Any:
        token, registered = self.workers[worker]
        question = self.asked[worker]
        granted = self.do(self.world.core.leases.claim(token, registered.id, question, most=most, wait_s=0))
        before = self.model.asked_before(worker, question)
        if before:
            assert {grant.lease.id for grant in granted} == {self.grants[one].lease.id for one in before}
            return multiple()
        line = self.model.line
        # How many of short jobs are lent at once is not what this is about; that they go in turn is.
        assert len(granted) >= min(most, len(line))
        assert [grant.job.id for grant in granted] == [self.ids[job.number] for job in line[: len(granted)]]
        made = self.model.grant(worker, question, line[: len(granted)])
        self.grants |= zip(made, granted, strict=True)
        return multiple(*made)

    @rule(attempt=attempts)
    def beat(self, attempt):
        lease, (token, worker) = self.grants[attempt].lease, self.workers[attempt.worker]
        said = Beat(lease_id=lease.id, secret=lease.secret, progress=50)
        words = self.do(self.world.core.leases.heartbeat(token, worker.id, [said]))
        assert Word(words[lease.id].value) is self.model.beat(attempt)

    @rule(attempt=attempts, says=st.sampled_from(Says))
    def say(self, attempt, says):
        grant = self.grants[attempt]
        saying = {
            Says.DONE: lambda: done(self.world, grant),
            Says.FAILED: lambda: failed(self.world, grant, Verdict.REFUSED),
            Says.DIED: lambda: failed(self.world, grant, Verdict.DIED),
            Says.RETURNED: lambda: give_back(self.world, grant),
        }[says]
        assert self.is_taken(saying()) is self.model.say(attempt, says)

    @rule(attempt=attempts)
    def cancel(self, attempt):
        id = self.ids[attempt.job.number]
        allowed = self.is_taken(self.world.core.jobs.cancel(self.world.owner, id))
        assert allowed is self.model.cancel(attempt.job)

    @rule(seconds=st.sampled_from([1, 5, 29, 31]))
    def let_pass(self, seconds):
        for _ in range(seconds):
            self.pass_by(1000)
            self.sweep()

    @rule(seconds=st.sampled_from([3, 20, 100]))
    def stall(self, seconds):
        """Nobody sweeps for a while; who comes then must not be thought lost."""
        self.pass_by(seconds * 1000)
        self.sweep()

    @rule(seconds=st.sampled_from([-600, -40, -3, 3, 40, 600]))
    def set_the_clock(self, seconds):
        self.world.clock.move(seconds=seconds)
        self.world.clock.passed -= seconds
        self.model.wall += seconds * 1000

    @rule()
    def restart(self):
        self.do(self.world.core.housekeeping.open())
        self.model.restart()

    def pass_by(self, milliseconds: int) -> None:
        self.world.clock.move(milliseconds=milliseconds)
        self.model.wall += milliseconds
        self.model.steady += milliseconds

    def sweep(self) -> None:
        self.do(self.world.core.housekeeping.sweep())
        self.model.sweep()

    def is_taken(self, saying: Coroutine[Any, Any, Any]) -> bool:
        try:
            self.do(saying)
        except Conflict:
            return False
        return True

    @invariant()
    def the_model_keeps_its_promises(self):
        self.model.must_hold()

    @invariant()
    def jobs_are_as_in_the_model(self):
        listed = self.do(self.world.core.jobs.list(self.world.owner, JobFilter(), EVERYTHING)).items
        found = {job.id: (job.status.value, job.attempt, job.child_deaths, job.lost_leases) for job in listed}
        assert found == {
            self.ids[job.number]: (job.status, job.attempt, job.deaths, job.losses) for job in self.model.jobs
        }

    @invariant()
    def results_are_of_the_attempts_whose_word_was_taken(self):
        results = self.do(self.world.core.jobs.results(self.ids))
        assert {id: result.attempt for id, result in results.items()} == {
            self.ids[job.number]: job.result_of for job in self.model.jobs if job.status == "done"
        }

    @invariant()
    def leases_are_as_in_the_model(self):
        async def live():
            async with self.world.db.look() as work:
                return [lease for _, worker in self.workers for lease in await work.leases.live(worker.id)]

        found = self.do(live())
        assert {lease.status for lease in found} <= {LeaseStatus.LIVE}
        assert {lease.id for lease in found} == {
            self.grants[attempt].lease.id for attempt in self.model.attempts if attempt.has is Has.LIVE
        }


TestLeasesBesideTheirModel = LeasesBesideTheirModel.TestCase
TestLeasesBesideTheirModel.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, derandomize=True
)
