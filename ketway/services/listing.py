"""What a list may be filtered and sorted by, whatever the surface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar
from uuid import UUID

from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.batches import BatchId, BatchStatus
from ketway.domain.jobs import JobStatus
from ketway.domain.learning import Standing
from ketway.domain.platforms import Door, PlatformId
from ketway.domain.priorities import Priority

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
    PLATFORM = "platform_id"
    BATCH_NAME = "batch_name"
    SLOT = "starts_at"


@dataclass(frozen=True, kw_only=True)
class Page:
    """Rows `offset` to `offset + limit` of the sorted list.

    Args:
        places: where the values that it is sorted by stand, those that are not named last; None
            where they sort by themselves.
    """

    offset: int = 0
    limit: int = 100
    order: Order = Order.CREATED
    descending: bool = True
    places: Mapping[Any, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Listed(Generic[T]):
    """One page, and how many rows match in all."""

    items: Sequence[T]
    total: int


@dataclass(frozen=True, kw_only=True)
class Load:
    """What waits: batches with a waiting job, jobs, and their shots as far as known."""

    batches: int
    jobs: int
    shots: int


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Conditions combine with AND, values inside one with OR; None and () mean any.

    Args:
        project_ids: only these; None for every project that the actor sees.
        tags: rows that carry all of them.
    """

    doors: tuple[Door, ...] = ()
    ids: tuple[UUID, ...] = ()
    id_starts_with: str | None = None
    project_ids: tuple[ProjectId, ...] | None = None
    creator_ids: tuple[AccountId, ...] = ()
    tags: tuple[str, ...] = ()
    created_from: datetime | None = None
    created_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class BatchFilter(Filter):
    platform_ids: tuple[PlatformId, ...] | None = None
    statuses: tuple[BatchStatus, ...] = ()
    priorities: tuple[Priority, ...] = ()
    is_open: bool | None = None
    min_jobs: int | None = None
    max_jobs: int | None = None


@dataclass(frozen=True, kw_only=True)
class JobFilter(Filter):
    batch_ids: tuple[BatchId, ...] = ()
    statuses: tuple[JobStatus, ...] = ()
    min_shots: int | None = None
    max_shots: int | None = None
    has_errors: bool | None = None


@dataclass(frozen=True, kw_only=True)
class BookingFilter:
    """As `Filter`."""

    project_ids: tuple[ProjectId, ...] | None = None
    platform_ids: tuple[PlatformId, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class UseCaseFilter:
    """
    Args:
        search: a text in the title or the summary.
        is_by_operator: only those that an operator wrote.
    """

    project_id: ProjectId | None = None
    creator_id: AccountId | None = None
    standings: tuple[Standing, ...] = ()
    search: str | None = None
    is_by_operator: bool = False


@dataclass(frozen=True, kw_only=True)
class ProcessFilter(Filter):
    statuses: tuple[JobStatus, ...] = ()
    kinds: tuple[str, ...] = ()
