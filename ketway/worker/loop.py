"""The worker: asks for leases, runs each in a child, reports."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

import structlog

from ketway import protocol
from ketway.domain.errors import Refusal
from ketway.domain.leases import Verdict, Word
from ketway.domain.results import shown
from ketway.domain.tasks import Computed, Task
from ketway.worker.client import Lost, Rejected, ServerAway, UnknownHere, WorkClient
from ketway.worker.deaths import ChildDied, EngineFault, MemoryLimit, ResultTooLarge, TimeLimit
from ketway.worker.hold import Clock, Hold, HostClock

log = structlog.get_logger()

_BACK_OFF_S = (0.1, 0.3, 1.0, 3.0, 10.0)
#: Heartbeats per life of a lease.
_BEATS = 10


class Runner(Protocol):
    """Runs tasks in child processes; `Children` is the one."""

    async def run(
        self,
        engine: str,
        project: str,
        task: Task,
        *,
        on_progress: Callable[[int], None],
        time_limit_s: float,
        memory_limit_bytes: int,
    ) -> Computed: ...


@dataclass(eq=False)
class _Running:
    """
    Args:
        hold: of its machine, if it has one that keeps a pace.
        is_holding: computed; only the machine's time is still to pass.
    """

    lease: protocol.Lease
    hold: Hold | None = None
    computed_percent: int = 0
    computing: asyncio.Task[Computed] | None = None
    is_holding: bool = False
    word: Word = Word.CONTINUE

    def progress(self, now: float) -> int:
        return self.computed_percent if self.hold is None else self.hold.progress(now)


@dataclass(kw_only=True)
class Worker:
    """
    Args:
        engines: name to version of what `runner` can run.
        slots: jobs side by side; one that only holds a machine takes none.
        parting_s: how long one that stops goes on knocking at a server that is away.
    """

    client: WorkClient
    runner: Runner
    name: str
    engines: Mapping[str, str]
    slots: int
    parting_s: float = 30.0
    clock: Clock = field(default_factory=HostClock)
    _id: str = ""
    _registered: protocol.Registered | None = None
    _running: dict[str, _Running] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _free: asyncio.Condition = field(default_factory=asyncio.Condition)
    _asking: asyncio.Task[None] | None = None  #: to be known, then for work
    _stopping: bool = False

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
            beating = group.create_task(self._beat_on())
            self._asking = group.create_task(self._claim_on())
            await asyncio.wait([self._asking])
            await self._all_reported()
            beating.cancel()

    async def stop(self, grace_s: float) -> None:
        """Take nothing more, let what runs finish for a while, give the rest back."""
        self._stopping = True
        if self._asking is not None:
            self._asking.cancel()
            # Hung up before anything is given back: the server would lend it to a question still open.
            await asyncio.wait([self._asking])
        done = asyncio.ensure_future(self._all_reported())
        await asyncio.wait([done], timeout=grace_s)
        for running in self._running.values():
            _cut(running, Word.LOST)
        await asyncio.wait([done], timeout=self.parting_s)
        for attending in self._tasks:
            attending.cancel()  # nobody hears us; the leases will run out by themselves
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
            async with self._free:
                await self._free.wait_for(lambda: self._at_work < self.slots)
            most = self.slots - self._at_work
            try:
                leases = await self.client.claim(self._id, request_id, most=most, wait_s=wait_s)
            except ServerAway as away:
                log.warning("server_away", doing="claim", why=str(away))
                await asyncio.sleep(_BACK_OFF_S[min(tries, len(_BACK_OFF_S) - 1)])
                tries += 1
                continue
            except UnknownHere:
                await self._register()
                continue
            request_id, tries = uuid4().hex, 0
            for lease in leases:
                running = _Running(lease, self._hold_of(lease))
                self._running[lease.id] = running
                self._start(self._attend(running))

    async def _attend(self, running: _Running) -> None:
        """One lease from grant to report."""
        try:
            report = await self._compute(running)
            if report is not None:
                await self._insist(report, "report")
        except Lost:
            log.warning("lease_lost", job_id=running.lease.job_id)
        finally:
            async with self._free:
                del self._running[running.lease.id]
                self._free.notify_all()

    async def _compute(self, running: _Running) -> Callable[[], Coroutine[Any, Any, None]] | None:
        """Run it; says how to report on it, or None where nobody wants to know."""
        lease = running.lease
        log.info("job_started", job_id=lease.job_id, attempt=lease.attempt, engine=lease.engine)
        running.computing = asyncio.ensure_future(self._at_its_pace(running))
        try:
            await asyncio.wait([running.computing])
            computed = running.computing.result()
        except asyncio.CancelledError:
            if not running.computing.cancelled():
                running.computing.cancel()
                raise
            return self._after_cut(running)
        except Exception as error:
            verdict = _verdict(error)
            log.info("job_failed", job_id=lease.job_id, verdict=verdict.value, why=str(error)[:500])
            return self._failure(lease, verdict, str(error))
        log.info("job_computed", job_id=lease.job_id, shots=computed.shots)
        return self._result(lease, computed)

    async def _at_its_pace(self, running: _Running) -> Computed:
        """Compute; then, with the child and the slot free for others, let the machine's time pass."""
        lease, began = running.lease, self.clock.steady()
        computed = await self.runner.run(
            lease.engine,
            lease.project_id,
            _task(lease.task),
            on_progress=lambda percent: setattr(running, "computed_percent", percent),
            time_limit_s=lease.time_limit_s,
            memory_limit_bytes=lease.memory_bytes,
        )
        if lease.shots_per_s and computed.shots:
            seconds = lease.hold_s + computed.shots / lease.shots_per_s
            running.hold = Hold(began=began, seconds=seconds)
        left_s = 0.0 if running.hold is None else running.hold.left_s(self.clock.steady())
        if left_s > 0:
            running.is_holding = True
            async with self._free:
                self._free.notify_all()
            await self.clock.sleep(left_s)
        return computed

    def _hold_of(self, lease: protocol.Lease) -> Hold | None:
        return Hold(began=self.clock.steady(), seconds=lease.hold_s) if lease.hold_s > 0 else None

    @property
    def _at_work(self) -> int:
        return sum(not running.is_holding for running in self._running.values())

    def _after_cut(self, running: _Running) -> Callable[[], Coroutine[Any, Any, None]] | None:
        lease = running.lease
        if running.word is Word.CANCEL:
            return self._failure(lease, Verdict.CANCELLED, "cancelled")
        if self._stopping:
            return lambda: self.client.give_back(lease.id, lease.secret)
        return None

    def _result(self, lease: protocol.Lease, computed: Computed) -> Callable[[], Coroutine[Any, Any, None]]:
        result = protocol.Result(
            secret=lease.secret,
            document=computed.document,
            sha256=hashlib.sha256(computed.document.encode()).hexdigest(),
            counts=[shown(counts) for counts in computed.counts],
            shots=computed.shots,
            metadata=dict(computed.metadata),
        )

        async def report() -> None:
            try:
                await self.client.result(lease.id, result)
            except Rejected as rejected:
                why = f"its result was refused by the server: {rejected}"
                await self.client.failure(
                    lease.id, protocol.Failure(secret=lease.secret, verdict=Verdict.FAULT.value, why=why)
                )

        return report

    def _failure(
        self, lease: protocol.Lease, verdict: Verdict, why: str
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        # An engine's words may quote a program, and a database that keeps no NUL would refuse them for ever.
        readable = why.replace("\0", "\N{REPLACEMENT CHARACTER}")
        failure = protocol.Failure(secret=lease.secret, verdict=verdict.value, why=readable)
        return lambda: self.client.failure(lease.id, failure)

    async def _beat_on(self) -> None:
        while True:
            await asyncio.sleep(self._said.lease_s / _BEATS)
            now = self.clock.steady()
            beats = [
                protocol.Beat(lease_id=id, secret=running.lease.secret, progress=running.progress(now))
                for id, running in self._running.items()
            ]
            try:
                words = await self.client.heartbeat(self._id, beats)
            except (ServerAway, UnknownHere, Rejected) as away:
                log.warning("server_away", doing="heartbeat", why=str(away))
                continue
            for id, word in words.items():
                running = self._running.get(id)
                if running is not None and word != Word.CONTINUE.value:
                    _cut(running, Word(word))

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

    async def _all_reported(self) -> None:
        async with self._free:
            await self._free.wait_for(lambda: not self._running)

    def _start(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def _said(self) -> protocol.Registered:
        assert self._registered is not None, "register first"
        return self._registered


def _cut(running: _Running, word: Word) -> None:
    """Stop computing: the server, or our own end, says so."""
    if running.computing is not None and not running.computing.done():
        running.word = word
        running.computing.cancel()


def _verdict(error: Exception) -> Verdict:
    if isinstance(error, Refusal):
        return Verdict.REFUSED
    for kind, verdict in (
        (ChildDied, Verdict.DIED),
        (TimeLimit, Verdict.TIME_LIMIT),
        (MemoryLimit, Verdict.MEMORY_LIMIT),
        ((EngineFault, ResultTooLarge), Verdict.FAULT),
    ):
        if isinstance(error, kind):
            return verdict
    log.error("worker_broke", exc_info=error)
    return Verdict.FAULT


def _task(said: protocol.Task) -> Task:
    return Task(
        program=said.program,
        shots=said.shots,
        seed=said.seed,
        max_shots=said.max_shots,
        max_qubits=said.max_qubits,
        parameters=said.parameters,
        configuration=said.configuration,
        settings=said.settings,
    )
