"""Outcomes: how attempts end, as their workers tell it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from ketway.domain.estimates import Run
from ketway.domain.jobs import Job
from ketway.domain.leases import Lease, LeaseId, Verdict
from ketway.domain.tasks import Computed

#: No engine here comes near; a larger number is none of a size.
_MOST_QUBITS = 100_000


@dataclass(frozen=True, kw_only=True)
class Failure:
    verdict: Verdict
    why: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    Args:
        secret: of the lease; whoever does not know it says nothing about the attempt.
        found: a result, why there is none, or None where the job is given back unharmed.
        ran: how long the attempt had a place to run in; None for as long as its lease.
        computed: how much of that it took to compute; the rest a machine was kept, by the clock.
    """

    lease_id: LeaseId
    secret: str
    found: Computed | Failure | None
    ran: timedelta | None = None
    computed: timedelta | None = None

    @cached_property
    def document(self) -> bytes:
        """What it leaves to be read; empty where it is no result."""
        return self.found.document.encode() if isinstance(self.found, Computed) else b""

    @cached_property
    def digest(self) -> str | None:
        """The same for the same outcome; for a result, of its document. None for a return."""
        if self.found is None:
            return None
        if isinstance(self.found, Failure):
            return _sha256(f"{self.found.verdict.value}: {self.found.why}".encode())
        return _sha256(self.document)

    def time_of(self, lease: Lease, now: datetime) -> timedelta:
        """How long the attempt ran: never longer than it was lent, whatever is said."""
        lent = max(now - lease.granted_at, timedelta(0))
        return lent if self.ran is None else min(max(self.ran, timedelta(0)), lent)


def ended(job: Job, outcome: Outcome, now: datetime) -> Job:
    """What an outcome makes of its job."""
    if outcome.found is None:
        return job.give_back(now)
    if isinstance(outcome.found, Computed):
        return job.finish(outcome.found.shots, now)
    verdict, why = outcome.found.verdict, outcome.found.why
    if verdict is Verdict.DIED:
        return job.lose_child(why, now)
    if verdict is Verdict.CANCELLED and job.cancel_requested_at is None:
        return job.give_back(now)
    return job.fail(why, now)


def run_of(outcome: Outcome) -> Run | None:
    """What an attempt tells of how long such jobs take; None where it tells nothing.

    What was drawn from a state that was kept took no computing: the next one like it may find none.
    """
    if not isinstance(outcome.found, Computed) or outcome.found.metadata.get("resampled"):
        return None
    told = outcome.found.metadata
    # A worker of an earlier version leaves it to its engine to say how long it took.
    seconds = told.get("seconds") if outcome.computed is None else outcome.computed.total_seconds()
    if not isinstance(seconds, int | float):
        return None
    qubits, memory = told.get("qubits"), told.get("peak_memory_bytes")
    return Run(
        qubits=qubits if isinstance(qubits, int) and 0 <= qubits <= _MOST_QUBITS else None,
        seconds=seconds,
        # Where nothing was seen of a process, it is said to have taken none.
        memory_bytes=memory if isinstance(memory, int) and memory > 0 else None,
    )


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
