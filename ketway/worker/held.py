"""A lease in the worker's hands, and the words in which it tells how the attempt ended."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

import structlog

from ketway import protocol
from ketway.domain.errors import Refusal
from ketway.domain.leases import Verdict, Word
from ketway.domain.results import shown
from ketway.domain.tasks import Computed, Task
from ketway.worker.deaths import (
    ChildDied,
    EngineFault,
    FileLimit,
    MemoryLimit,
    ProcessorLimit,
    ResultTooLarge,
    ThreadLimit,
    TimeLimit,
)
from ketway.worker.hold import Hold

log = structlog.get_logger()


@dataclass(eq=False)
class Held:
    """
    Args:
        hold: of its machine, if it has one that keeps a pace.
        began: steady seconds; None while it waits for its turn.
        computed_s: how long it computed, once it has.
        doing: its computation, then its hold.
        word: why `doing` was cut short.
        work: the same for those that differ in shots and seed alone; None where nothing is kept of it.
        is_beside: another computes the same, and too many wait for that one.
    """

    lease: protocol.Lease
    common: protocol.Common
    work: str | None = None
    hold: Hold | None = None
    began: float | None = None
    computed_s: float | None = None
    doing: asyncio.Task[Any] | None = None
    computed_percent: int = 0
    word: Word = Word.CONTINUE
    is_beside: bool = False

    @property
    def task(self) -> Task:
        lease, common = self.lease, self.common
        return Task(
            program=common.program,
            shots=lease.shots,
            seed=lease.seed,
            max_shots=common.max_shots,
            max_qubits=common.max_qubits,
            parameters=lease.parameters,
            configuration=common.configuration,
            settings=common.settings,
        )

    def progress(self, now: float) -> int:
        return self.computed_percent if self.hold is None else self.hold.progress(now)

    def ran_s(self, now: float) -> float:
        return 0.0 if self.began is None else now - self.began

    def is_short(self, now: float, long_s: float) -> bool:
        """Whether it is expected to end soon; not any more, once it has run for `long_s`."""
        return self.lease.expected_s is not None and self.ran_s(now) < long_s

    def result(self, computed: Computed, now: float) -> protocol.Result:
        return protocol.Result(
            lease_id=self.lease.id,
            secret=self.lease.secret,
            ran_s=self.ran_s(now),
            document=computed.document,
            sha256=hashlib.sha256(computed.document.encode()).hexdigest(),
            counts=[shown(counts) for counts in computed.counts],
            shots=computed.shots,
            metadata=dict(computed.metadata),
            computed_s=self.computed_s,
        )

    def failure(self, verdict: Verdict, why: str, now: float) -> protocol.Failure:
        return protocol.Failure(
            lease_id=self.lease.id,
            secret=self.lease.secret,
            ran_s=self.ran_s(now),
            verdict=verdict.value,
            # An engine's words may quote a program, and a database that keeps no NUL would refuse them
            # for ever.
            why=why.replace("\0", "\N{REPLACEMENT CHARACTER}"),
        )

    def return_(self) -> protocol.Return:
        return protocol.Return(lease_id=self.lease.id, secret=self.lease.secret)


def verdict(error: Exception) -> Verdict:
    if isinstance(error, Refusal):
        return Verdict.REFUSED
    for kind, found in (
        (ChildDied, Verdict.DIED),
        ((TimeLimit, ProcessorLimit), Verdict.TIME_LIMIT),
        (MemoryLimit, Verdict.MEMORY_LIMIT),
        ((EngineFault, FileLimit, ThreadLimit, ResultTooLarge), Verdict.FAULT),
    ):
        if isinstance(error, kind):
            return found
    log.error("worker_broke", exc_info=error)
    return Verdict.FAULT
