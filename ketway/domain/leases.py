"""A lease: one attempt at one job, lent to one worker until a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import NewType
from uuid import UUID

from ketway.domain.credentials import WorkerTokenId
from ketway.domain.jobs import JobId
from ketway.domain.platforms import PlatformId

LeaseId = NewType("LeaseId", UUID)
WorkerId = NewType("WorkerId", UUID)


class LeaseStatus(Enum):
    LIVE = "live"
    ENDED = "ended"  #: its outcome was reported
    LOST = "lost"  #: ran out, or its worker died with the server
    RETURNED = "returned"  #: given back unharmed


class Verdict(Enum):
    """Why an attempt has no result."""

    REFUSED = "refused"  #: the program cannot run; the user's to mend
    FAULT = "fault"  #: the engine broke on it
    DIED = "died"  #: the child was killed or crashed; worth another try
    TIME_LIMIT = "time limit"
    MEMORY_LIMIT = "memory limit"
    CANCELLED = "cancelled"  #: stopped because the server said so


class Word(Enum):
    """What a heartbeat brings back for a lease."""

    CONTINUE = "continue"
    CANCEL = "cancel"
    LOST = "lost"


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Something that dials in and asks for leases.

    Args:
        engines: name to version of each engine it can run.
        slots: how many jobs it runs side by side.
    """

    id: WorkerId
    token_id: WorkerTokenId
    name: str
    engines: Mapping[str, str] = field(default_factory=dict)
    slots: int = 1
    registered_at: datetime
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class Lease:
    """
    Args:
        secret: random; whoever reports on the attempt must know it.
        request_id: of the worker's question, so that a lost answer can be asked for again.
        outcome: digest of the outcome that ended it, so that the same one twice is no fault.
    """

    id: LeaseId
    job_id: JobId
    platform_id: PlatformId
    worker_id: WorkerId
    attempt: int
    secret: str
    request_id: str
    granted_at: datetime
    expires_at: datetime
    status: LeaseStatus = LeaseStatus.LIVE
    outcome: str | None = None

    def end(self, status: LeaseStatus, outcome: str | None = None) -> Lease:
        return replace(self, status=status, outcome=outcome)
