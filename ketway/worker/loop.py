"""The worker: asks for leases, runs each in a child, tells how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

import structlog

from ketway import protocol
from ketway.domain.leases import Verdict, Word
from ketway.domain.tasks import Computed, Task
from ketway.worker.client import Rejected, ServerAway, ServerBroke, UnknownHere, WorkClient
from ketway.worker.held import Held, verdict
from ketway.worker.hold import Clock, Hold, HostClock
from ketway.worker.reporter import Reporter
from ketway.worker.waiting import Waiting
from ketway.worker.works import Awaited, works_of

log = structlog.get_logger()

_BACK_OFF_S = (0.1, 0.3, 1.0, 3.0, 10.0)
#: Heartbeats per life of a lease.
_BEATS = 10
#: A job that was expected to be short and runs for so long is not.
_LONG_S = 0.5
#: The outcomes of those before it wait for one that is expected to take less than a moment.
_MOMENT_S = 0.005
_GATHER_S = 0.01
#: More is asked for once what waits here will take each slot less than this.
_LOW_S = 0.05
#: Between two looks at whether those that wait here wait for too long.
_LOOK_S = 0.1


class Runner(Protocol):
    """Runs tasks in child processes; `Children` is the one."""

    async def run(
        self,
        engine: str,
        project: str,
        task: Task,
        *,
        on_progress: Callable[[int], None],
        awaited: Awaited | None,
        time_limit_s: float,
        memory_limit_bytes: int,
    ) -> Computed: ...


@dataclass(kw_only=True)
class Worker:
    """
    Args:
        engines: name to version of what `runner` can run.
        keepers: those engines that keep what they computed.
        slots: jobs side by side; one that only holds a machine takes none.
        parting_s: how long one that stops goes on knocking at a server that is away.
    """

    client: WorkClient
    runner: Runner
    name: str
    engines: Mapping[str, str]
    slots: int
    keepers: Collection[str] = ()
    parting_s: float = 30.0
    clock: Clock = field(default_factory=HostClock)
    _id: str = ""
    _registered: protocol.Registered | None = None
    _held: dict[str, Held] = field(default_factory=dict)  #: every lease that is not answered for
    _working: set[Held] = field(default_factory=set)  #: those that have a slot
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _came: asyncio.Event = field(default_factory=asyncio.Event)  #: something waits
    _changed: asyncio.Event = field(default_factory=asyncio.Event)  #: one lease less, or one slot more
    _asking: asyncio.Task[None] | None = None  #: to be known, then for work
    _stopping: bool = False

    def __post_init__(self) -> None:
        self._waiting = Waiting(self._working)
        self._reporter = Reporter(self._say, self._forget, self._gather)

    async def run(self) -> None:
        """Until `stop` is called.

        Raises:
            NotWelcome: the server does not take the token.
        """
        try:
            self._asking = asyncio.ensure_future(self._register())
            await self._asking
        except asyncio.CancelledError:
            if self._stopping:
                return
            raise
        async with asyncio.TaskGroup() as group:
            endless = [self._beat_on(), self._look_on(), self._reporter.run()]
            endless += [self._work_on() for _ in range(self.slots)]
            helping = [group.create_task(each) for each in endless]
            self._asking = group.create_task(self._claim_on())
            await asyncio.wait([self._asking])
            await self._until(lambda: not self._held)
            for task in (*helping, *self._tasks):
                task.cancel()

    async def stop(self, grace_s: float) -> None:
        """Take nothing more, let what runs finish for a while, give the rest back."""
        self._stopping = True
        if self._asking is not None:
            self._asking.cancel()
            # Hung up before anything is given back: the server would lend it to a question still open.
            await asyncio.wait([self._asking])
        self._give_back(self._waiting.all())
        done = asyncio.ensure_future(self._until(lambda: not self._held))
        await asyncio.wait([done], timeout=grace_s)
        for held in list(self._held.values()):
            self._cut(held, Word.LOST)
        await asyncio.wait([done], timeout=self.parting_s)
        for held in list(self._held.values()):
            self._forget(held)  # nobody hears us; the leases will run out by themselves
        await done

    async def _register(self) -> None:
        said = await self._insist(
            lambda: self.client.register(self.name, dict(self.engines), self.slots), "register"
        )
        self._registered, self._id = said, said.worker_id
        log.info("worker_ready", worker_id=self._id, engines=dict(self.engines), slots=self.slots)

    async def _claim_on(self) -> None:
        request_id, wait_s = uuid4().hex, self._said.max_wait_s
        tries = 0
        while not self._stopping:
            await self._until(lambda: self._room() > 0)
            try:
                claimed = await self.client.claim(self._id, request_id, most=self._room(), wait_s=wait_s)
            except ServerAway as away:
                log.warning("server_away", doing="claim", why=str(away))
                await asyncio.sleep(_BACK_OFF_S[min(tries, len(_BACK_OFF_S) - 1)])
                tries += 1
                continue
            except UnknownHere:
                await self._register()
                continue
            request_id, tries = uuid4().hex, 0
            works = works_of(claimed, self.keepers)
            for lease, work in zip(claimed.leases, works, strict=True):
                held = self._held[lease.id] = Held(lease, claimed.common[lease.common], work)
                self._waiting.add(held)
            self._came.set()

    def _room(self) -> int:
        """How many jobs to ask for: one for each slot that will be free soon."""
        now, ready = self.clock.steady(), list(self._waiting.ready())
        if sum(held.lease.expected_s or 0.0 for held in ready) > _LOW_S * self.slots:
            return 0
        long = sum(not held.is_short(now, _LONG_S) for held in (*self._working, *ready))
        return max(self.slots - long, 0)

    async def _work_on(self) -> None:
        """One slot: whatever waits, one after another."""
        while True:
            await self._came.wait()
            held = self._waiting.next()
            if held is None:
                self._came.clear()
                continue
            self._working.add(held)
            try:
                await self._compute(held)
            finally:
                self._working.discard(held)
                self._look_again()

    async def _compute(self, held: Held) -> None:
        """Run it; with the slot free for others, let its machine's time pass; and tell."""
        lease, common, began = held.lease, held.common, self.clock.steady()
        log.debug("job_started", job_id=lease.job_id, attempt=lease.attempt, engine=common.engine)
        held.began = began
        held.hold = Hold(began=began, seconds=lease.hold_s) if lease.hold_s > 0 else None
        computing = held.doing = asyncio.ensure_future(
            self.runner.run(
                common.engine,
                common.project_id,
                held.task,
                on_progress=lambda percent: setattr(held, "computed_percent", percent),
                awaited=self._awaited(held),
                time_limit_s=lease.time_limit_s,
                memory_limit_bytes=common.memory_bytes,
            )
        )
        try:
            await asyncio.wait([computing])
            computed = computing.result()
        except asyncio.CancelledError:
            if not computing.cancelled():
                computing.cancel()
                raise
            self._after_cut(held)
        except Exception as error:
            found = verdict(error)
            log.info("job_failed", job_id=lease.job_id, verdict=found.value, why=str(error)[:500])
            self._reporter.tell(held, held.failure(found, str(error), self.clock.steady()))
        else:
            held.computed_s = held.ran_s(self.clock.steady())
            log.debug("job_computed", job_id=lease.job_id, shots=computed.shots)
            if lease.shots_per_s and computed.shots:
                seconds = lease.hold_s + computed.shots / lease.shots_per_s
                held.hold = Hold(began=began, seconds=seconds)
            left_s = 0.0 if held.hold is None else held.hold.left_s(self.clock.steady())
            if left_s > 0:
                held.doing = self._start(self._hold_on(held, computed, left_s))
            else:
                self._reporter.tell(held, held.result(computed, self.clock.steady()))

    def _awaited(self, held: Held) -> Awaited | None:
        if held.work is None:
            return None

        def hear(is_kept: bool) -> None:
            self._waiting.hear(held, is_kept)
            self._look_again()

        return Awaited(work=held.work, on_kept=hear)

    async def _hold_on(self, held: Held, computed: Computed, seconds: float) -> None:
        """Its machine is still at it."""
        try:
            await self.clock.sleep(seconds)
        except asyncio.CancelledError:
            if held.word is Word.CONTINUE:
                raise
            self._after_cut(held)
        else:
            self._reporter.tell(held, held.result(computed, self.clock.steady()))

    def _cut(self, held: Held, word: Word) -> None:
        """Stop it, or do not begin: the server, or our own end, says so."""
        held.word = word
        if self._waiting.drop(held):
            self._after_cut(held)
        elif held.doing is not None and not held.doing.done():
            held.doing.cancel()

    def _after_cut(self, held: Held) -> None:
        if held.word is Word.CANCEL:
            failure = held.failure(Verdict.CANCELLED, "cancelled", self.clock.steady())
            self._reporter.tell(held, failure)
        elif self._stopping:
            self._reporter.tell(held, held.return_())
        else:
            log.warning("lease_lost", job_id=held.lease.job_id)
            self._forget(held)

    async def _look_on(self) -> None:
        """Whether what was expected to be short keeps others waiting."""
        while True:
            await self._came.wait()
            await asyncio.sleep(_LOOK_S)
            now = self.clock.steady()
            if len(self._working) == self.slots and all(held.ran_s(now) > _LONG_S for held in self._working):
                self._give_back(list(self._waiting.ready()))

    def _give_back(self, unbegun: Sequence[Held]) -> None:
        for held in unbegun:
            self._waiting.drop(held)
            self._reporter.tell(held, held.return_())

    async def _beat_on(self) -> None:
        while True:
            await asyncio.sleep(self._said.lease_s / _BEATS)
            now = self.clock.steady()
            beats = [
                protocol.Beat(
                    lease_id=id,
                    secret=held.lease.secret,
                    progress=held.progress(now),
                    waits=held.began is None,
                )
                for id, held in self._held.items()
            ]
            try:
                words = await self.client.heartbeat(self._id, beats)
            except (ServerAway, UnknownHere, Rejected) as away:
                log.warning("server_away", doing="heartbeat", why=str(away))
                continue
            for id, word in words.items():
                held = self._held.get(id)
                if held is not None and word != Word.CONTINUE.value:
                    self._cut(held, Word(word))

    async def _say(self, outcomes: Sequence[protocol.Outcome]) -> Sequence[protocol.Answer]:
        async def say() -> Sequence[protocol.Answer]:
            try:
                return await self.client.outcomes(outcomes)
            except ServerBroke as broke:
                # One of them may be what it breaks over; the others are not to wait for that one.
                if len(outcomes) > 1:
                    raise Rejected(str(broke)) from None
                raise

        answers: Sequence[protocol.Answer] = await self._insist(say, "outcomes")
        return answers

    async def _insist(self, say: Callable[[], Coroutine[Any, Any, Any]], doing: str) -> Any:
        """Say it until the server has heard it."""
        tries = 0
        while True:
            try:
                return await say()
            except (ServerAway, UnknownHere) as away:
                log.warning("server_away", doing=doing, why=str(away))
                await asyncio.sleep(_BACK_OFF_S[min(tries, len(_BACK_OFF_S) - 1)])
                tries += 1

    def _forget(self, held: Held) -> None:
        self._held.pop(held.lease.id, None)
        self._changed.set()

    async def _gather(self) -> None:
        """Wait for the outcomes of those that will end within moments, if there are any: to tell of one
        costs the server nearly as much as to tell of ten."""
        expected_s = (held.lease.expected_s for held in self._waiting.ready())
        if any(each is not None and each < _MOMENT_S for each in expected_s):
            await asyncio.sleep(_GATHER_S)

    def _look_again(self) -> None:
        """At what waits: it may wait for a slot alone now; and at whether there is room for more."""
        self._came.set()
        self._changed.set()

    async def _until(self, true: Callable[[], bool]) -> None:
        """Looks again whenever a lease or a slot became free."""
        while not true():
            self._changed.clear()
            await self._changed.wait()

    def _start(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @property
    def _said(self) -> protocol.Registered:
        assert self._registered is not None, "register first"
        return self._registered
