"""What a list may be filtered and sorted by, whatever the surface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Generic, TypeVar

from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.batches import BatchId, BatchStatus, Priority
from ketway.domain.jobs import JobId, JobStatus
from ketway.domain.platforms import Door, PlatformId

T = TypeVar("T")


class Order(Enum):
    """What rows are sorted by; ties are broken by id."""

    CREATED = "created_at"
    UPDATED = "updated_at"
    STARTED = "started_at"
    ENDED = "ended_at"
    STATUS = "status"
    SHOTS = "shots"
    POSITION = "position"
    NAME = "name"


@dataclass(frozen=True, kw_only=True)
class Page:
    """Rows `offset` to `offset + limit` of the sorted list."""

    offset: int = 0
    limit: int = 100
    order: Order = Order.CREATED
    descending: bool = True


@dataclass(frozen=True, kw_only=True)
class Listed(Generic[T]):
    """One page, and how many rows match in all."""

    items: Sequence[T]
    total: int


@dataclass(frozen=True, kw_only=True)
class BatchFilter:
    """Conditions combine with AND, values inside one with OR; None and () mean any.

    Args:
        project_ids: only these; None for every project that the actor sees.
        tags: rows that carry all of them.
    """

    doors: tuple[Door, ...] = ()
    ids: tuple[BatchId, ...] = ()
    id_starts_with: str | None = None
    project_ids: tuple[ProjectId, ...] | None = None
    creator_ids: tuple[AccountId, ...] = ()
    platform_ids: tuple[PlatformId, ...] | None = None
    statuses: tuple[BatchStatus, ...] = ()
    priorities: tuple[Priority, ...] = ()
    tags: tuple[str, ...] = ()
    is_open: bool | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """As `BatchFilter`."""

    doors: tuple[Door, ...] = ()
    ids: tuple[JobId, ...] = ()
    id_starts_with: str | None = None
    batch_ids: tuple[BatchId, ...] = ()
    project_ids: tuple[ProjectId, ...] | None = None
    creator_ids: tuple[AccountId, ...] = ()
    statuses: tuple[JobStatus, ...] = ()
    tags: tuple[str, ...] = ()
    min_shots: int | None = None
    max_shots: int | None = None
    has_errors: bool | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
