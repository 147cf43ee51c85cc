"""What a memory database holds, and the rules that hold between its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Protocol, TypeVar
from uuid import UUID

from ketway.domain.accounts import Account, AccountId, Member, Project, ProjectId
from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.bookings import Booking
from ketway.domain.credentials import ApiKey, ApiKeyId, WorkerToken, WorkerTokenId
from ketway.domain.errors import Stale
from ketway.domain.estimates import Record
from ketway.domain.jobs import Job, JobId
from ketway.domain.learning import Learner, LearnerId, Quiz, QuizId, UseCase, UseCaseId
from ketway.domain.leases import Lease, LeaseId, Worker, WorkerId
from ketway.domain.notices import Notice, NoticeId
from ketway.domain.platforms import PlatformId, PlatformState
from ketway.domain.prices import Prices
from ketway.domain.processes import Process, ProcessId, ProcessResult, ProcessResultId
from ketway.domain.programs import Program, ProgramId
from ketway.domain.requests import Request, RequestId
from ketway.domain.results import Result
from ketway.domain.shares import Share
from ketway.domain.slots import BookingId
from ketway.domain.usage import Tally
from ketway.services.listing import Listed, Order, Page


class Identified(Protocol):
    @property
    def id(self) -> UUID: ...


T = TypeVar("T")
#: What a tally is added up by.
UsageKey = tuple[ProjectId, date, PlatformId, Prices]
Row = TypeVar("Row", bound=Identified)


@dataclass(kw_only=True)
class Tables:
    """Every row by its key; `hidden` holds the ids of deleted batches and jobs."""

    accounts: dict[AccountId, Account] = field(default_factory=dict)
    projects: dict[ProjectId, Project] = field(default_factory=dict)
    members: dict[tuple[AccountId, ProjectId], Member] = field(default_factory=dict)
    api_keys: dict[ApiKeyId, ApiKey] = field(default_factory=dict)
    tokens: dict[WorkerTokenId, WorkerToken] = field(default_factory=dict)
    workers: dict[WorkerId, Worker] = field(default_factory=dict)
    programs: dict[ProgramId, Program] = field(default_factory=dict)
    batches: dict[BatchId, Batch] = field(default_factory=dict)
    bookings: dict[BookingId, Booking] = field(default_factory=dict)
    jobs: dict[JobId, Job] = field(default_factory=dict)
    results: dict[JobId, Result] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    leases: dict[LeaseId, Lease] = field(default_factory=dict)
    platform_states: dict[PlatformId, PlatformState] = field(default_factory=dict)
    usage: dict[UsageKey, Tally] = field(default_factory=dict)
    shares: dict[tuple[ProjectId, PlatformId], Share] = field(default_factory=dict)
    run_records: dict[tuple[PlatformId, int], Record] = field(default_factory=dict)
    processes: dict[ProcessId, Process] = field(default_factory=dict)
    process_results: dict[ProcessResultId, ProcessResult] = field(default_factory=dict)
    notices: dict[NoticeId, Notice] = field(default_factory=dict)
    requests: dict[RequestId, Request] = field(default_factory=dict)
    learners: dict[LearnerId, Learner] = field(default_factory=dict)
    use_cases: dict[UseCaseId, UseCase] = field(default_factory=dict)
    quizzes: dict[QuizId, Quiz] = field(default_factory=dict)
    hidden: dict[UUID, None] = field(default_factory=dict)

    def copy(self) -> Tables:
        """Rows are frozen, so that copying the dictionaries is enough."""
        return Tables(**{each.name: dict(getattr(self, each.name)) for each in fields(self)})


def insert(table: dict[Any, T], key: Hashable, row: T) -> None:
    if key in table:
        raise Stale("row", str(key))
    table[key] = row


def must_exist(table: dict[Any, Any], *keys: Hashable) -> None:
    """A row names others that are not there."""
    for key in keys:
        if key is not None and key not in table:
            raise Stale("row", str(key))


def must_be_unique(rows: Iterable[T], key: Callable[[T], Hashable | None]) -> None:
    """No two rows share a key; None is no key."""
    seen = Counter(found for row in rows if (found := key(row)) is not None)
    for found, number in seen.items():
        if number > 1:
            raise Stale("row", str(found))


def held_platform(batch: Batch) -> Hashable | None:
    """An exclusive platform has one holder."""
    holds = batch.is_exclusive and batch.status in (BatchStatus.ACTIVE, BatchStatus.STOPPING)
    return batch.platform_id if holds else None


def living_key(batch: Batch) -> Hashable | None:
    """A deduplication key names one living batch."""
    lives = batch.status in (BatchStatus.QUEUED, BatchStatus.ACTIVE, BatchStatus.PAUSED)
    if batch.deduplication_key is None or not lives:
        return None
    return batch.project_id, batch.platform_id, batch.deduplication_key


def page_of(
    rows: Iterable[Row], page: Page, elsewhere: Mapping[Order, Callable[[Row], object]] | None = None
) -> Listed[Row]:
    """Sorted as asked, nothing before something, ties broken by id.

    Args:
        elsewhere: what rows are sorted by that stands in another table.
    """
    read = (elsewhere or {}).get(page.order, lambda row: value_of(row, page))
    listed = list(rows)
    listed.sort(key=lambda row: (sortable(read(row), page), str(row.id)), reverse=page.descending)
    return Listed(items=listed[page.offset : page.offset + page.limit], total=len(listed))


def value_of(row: object, page: Page) -> object:
    name = page.order.value
    return getattr(row, name if hasattr(row, name) else "created_at")


def sortable(value: Any, page: Page) -> Sequence[Any]:
    if page.places:
        return (page.places.get(value, len(page.places)),)
    plain = getattr(value, "value", value)
    return (False,) if plain is None else (True, str(plain) if isinstance(plain, UUID) else plain)
