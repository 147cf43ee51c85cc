"""What may happen to any ketway: workers come, report and get lost, and time passes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule

from ketway.domain.errors import Conflict
from ketway.domain.leases import Verdict
from ketway.domain.outcomes import Failure, Outcome
from ketway.services.grants import Grant
from tests.services.steps import another_worker, beat, claim, done, failed, give_back, let_pass, outcome_of
from tests.worlds import World, all_zero

T = TypeVar("T")


def told_of(grant: Grant, how: str | Verdict, ran_s: float) -> Outcome:
    if isinstance(how, Verdict):
        return outcome_of(grant, Failure(verdict=how, why="why"), ran_s)
    return outcome_of(grant, all_zero(grant), ran_s) if how == "done" else outcome_of(grant, None)


USUAL = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


class History(RuleBasedStateMachine):
    """One world and two workers.

    Grants stay in their bundle for ever, so that every kind of late report comes by itself.
    """

    grants = Bundle("grants")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()

    def a_world(self) -> AbstractAsyncContextManager[World]:
        raise NotImplementedError

    def do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(coroutine)

    def try_to(self, coroutine: Coroutine[Any, Any, Any]) -> bool:
        """Whether it was allowed; a worker is refused what is about an attempt not its own any more."""
        try:
            self.do(coroutine)
        except Conflict:
            return False
        return True

    def tick(self) -> None:
        """Nothing comes at the same time as something else, so that what is first is not left to ids,
        which are drawn anew in every run."""
        self.world.clock.move(milliseconds=1)

    def teardown(self) -> None:
        self.do(self.stack.aclose())
        self.runner.close()

    @initialize()
    def begin(self) -> None:
        self.do(self.open_world())

    async def open_world(self) -> None:
        self.world = await self.stack.enter_async_context(self.a_world())
        await self.world.core.housekeeping.open()
        self.workers = [self.world.worker, await another_worker(self.world)]

    @rule(target=grants, worker=st.integers(0, 1), most=st.integers(1, 3))
    def claim(self, worker, most):
        return multiple(*self.do(claim(self.world, self.workers[worker], most)))

    @rule(grant=grants, progress=st.integers(0, 100))
    def heartbeat(self, grant, progress):
        self.do(beat(self.world, grant, progress))

    @rule(grant=grants)
    def report_done(self, grant):
        self.try_to(done(self.world, grant))

    @rule(
        told=st.lists(
            st.tuples(grants, st.sampled_from(["done", "returned", *Verdict]), st.floats(0, 1)), max_size=6
        )
    )
    def tell_several(self, told):
        """Results, failures and returns in one request, some of them twice."""
        self.do(self.world.core.outcomes.tell([told_of(*one) for one in told]))

    @rule(grant=grants, verdict=st.sampled_from(Verdict))
    def report_failed(self, grant, verdict):
        self.try_to(failed(self.world, grant, verdict))

    @rule(grant=grants)
    def give_back(self, grant):
        self.try_to(give_back(self.world, grant))

    @rule(seconds=st.sampled_from([1, 31, 45]))
    def let_pass(self, seconds):
        self.do(let_pass(self.world, seconds))
