"""What the use cases need of the world, each named for the need."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.credentials import ApiKeyId, Claims, WorkerToken, WorkerTokenId
from ketway.domain.jobs import JobId
from ketway.domain.learning import Learner, Quiz, QuizId, UseCase, UseCaseId
from ketway.domain.leases import Lease, LeaseId, Worker, WorkerId
from ketway.domain.notices import Notice, NoticeId
from ketway.domain.platforms import PlatformId, PlatformState
from ketway.domain.requests import Asked, Request, RequestId
from ketway.domain.scheduling import Candidate
from ketway.domain.tasks import Checked, Task
from ketway.services.account_ports import AccountStore, ApiKeyStore, ProjectStore
from ketway.services.booking_ports import BookingStore
from ketway.services.job_ports import BatchStore, JobStore, ProgramStore, ResultStore
from ketway.services.listing import (
    Listed,
    Page,
    UseCaseFilter,
)
from ketway.services.process_ports import ProcessStore
from ketway.services.usage_ports import HoldingStore, RecordStore, ShareStore, UsageStore


class Clock(Protocol):
    def now(self) -> datetime:
        """The time of day, in UTC."""

    def steady(self) -> float:
        """Seconds that only ever go forward, from any origin."""


class LeaseStore(Protocol):
    async def add(self, *leases: Lease) -> None: ...

    async def of(self, ids: Sequence[LeaseId]) -> Mapping[LeaseId, Lease]:
        """Those that are here."""

    async def put(self, *leases: Lease) -> None: ...

    async def live(self, worker: WorkerId) -> Sequence[Lease]: ...

    async def asked_as(self, worker: WorkerId, request_id: str) -> Sequence[Lease]:
        """Live leases already granted to this question."""

    async def expired(self, now: datetime) -> Sequence[Lease]: ...

    async def of_local_workers(self, names: Collection[str] | None = None) -> Sequence[Lease]:
        """Live leases of workers that came with a local token; of those with one of these names, if given."""

    async def extend(self, worker: WorkerId, until: datetime) -> None:
        """Move the end of a worker's live leases."""

    async def extend_all(self, until: datetime) -> None:
        """Move the end of every live lease to `until`, be it later or earlier."""


class WorkerStore(Protocol):
    async def add(self, worker: Worker) -> None: ...

    async def get(self, id: WorkerId) -> Worker | None: ...

    async def seen(self, id: WorkerId, now: datetime) -> None: ...

    async def live(self, since: datetime) -> Sequence[Worker]:
        """Those that were seen since then."""

    async def engines(self) -> Mapping[str, datetime]:
        """Every engine that a worker has ever registered with, and when one was last seen."""

    async def token_hashed(self, secret_hash: str) -> WorkerToken | None: ...

    async def add_token(self, token: WorkerToken) -> None: ...

    async def put_token(self, token: WorkerToken) -> None: ...

    async def get_token(self, id: WorkerTokenId) -> WorkerToken | None: ...

    async def tokens(self) -> Sequence[WorkerToken]:
        """All of them, oldest first."""


class PlatformStore(Protocol):
    async def states(self) -> Mapping[PlatformId, PlatformState]:
        """What operators said, of the platforms that they said anything of."""

    async def put(self, state: PlatformState) -> None: ...


class NoticeStore(Protocol):
    async def add(self, notice: Notice) -> None: ...

    async def get(self, id: NoticeId) -> Notice:
        """
        Raises:
            Unknown
        """

    async def put(self, notice: Notice) -> None: ...

    async def delete(self, id: NoticeId) -> None: ...

    async def list(self, page: Page) -> Listed[Notice]: ...


class RequestStore(Protocol):
    async def add(self, request: Request) -> None: ...

    async def like(self, asked: Asked, now: datetime) -> Sequence[Request]:
        """Unexpired requests that `asked` may repeat, oldest first: same caller and route, and the
        same key; or, where none was sent, the same digest and no key either."""

    async def hand_to(self, id: RequestId, server: str) -> None:
        """Say which run of which server answers it from now on."""

    async def is_served(self, request: Request) -> bool:
        """Whether the run of a server that answers it, not the one that asks, still stands."""

    async def forget(self, ids: Sequence[RequestId]) -> None: ...

    async def has_expired(self, now: datetime) -> bool: ...

    async def forget_expired(self, now: datetime) -> None: ...


class LearningStore(Protocol):
    async def learner(self, account: AccountId, package: str) -> Learner | None: ...

    async def add_learner(self, learner: Learner) -> None:
        """
        Raises:
            Stale: there is one of this account for this package.
        """

    async def put_learner(self, learner: Learner) -> None: ...

    async def learners_of(self, project: ProjectId, page: Page) -> Listed[Learner]:
        """Of a project's members."""

    async def use_case(self, id: UseCaseId) -> UseCase | None: ...

    async def add_use_case(self, use_case: UseCase) -> None: ...

    async def put_use_case(self, use_case: UseCase) -> None: ...

    async def use_cases(self, filter: UseCaseFilter, page: Page) -> Listed[UseCase]: ...

    async def quiz(self, id: QuizId) -> Quiz | None: ...

    async def quiz_on(self, account: AccountId, subject: str) -> Quiz | None: ...

    async def add_quiz(self, quiz: Quiz) -> None:
        """
        Raises:
            Stale: there is one of this account on this subject.
        """

    async def put_quiz(self, quiz: Quiz) -> None: ...


class Work(Protocol):
    """One transaction: what its stores write becomes visible and durable together."""

    @property
    def batches(self) -> BatchStore: ...
    @property
    def bookings(self) -> BookingStore: ...
    @property
    def jobs(self) -> JobStore: ...
    @property
    def programs(self) -> ProgramStore: ...
    @property
    def results(self) -> ResultStore: ...
    @property
    def leases(self) -> LeaseStore: ...
    @property
    def workers(self) -> WorkerStore: ...
    @property
    def accounts(self) -> AccountStore: ...
    @property
    def platforms(self) -> PlatformStore: ...
    @property
    def processes(self) -> ProcessStore: ...
    @property
    def usage(self) -> UsageStore: ...
    @property
    def holdings(self) -> HoldingStore: ...
    @property
    def shares(self) -> ShareStore: ...
    @property
    def records(self) -> RecordStore: ...
    @property
    def notices(self) -> NoticeStore: ...
    @property
    def requests(self) -> RequestStore: ...
    @property
    def learning(self) -> LearningStore: ...
    @property
    def projects(self) -> ProjectStore: ...
    @property
    def api_keys(self) -> ApiKeyStore: ...


class Database(Protocol):
    def work(self) -> AbstractAsyncContextManager[Work]:
        """A transaction; leaving it commits, durably, an exception rolls it back.

        Inside, nothing but the stores is awaited.

        Raises:
            StoreBusy: it cannot be kept right now (disk full, locked, broken).
        """

    def look(self) -> AbstractAsyncContextManager[Work]:
        """Reading only; sees what is committed."""


class BlobStore(Protocol):
    """Bytes by key. Keys are ours: lower-case letters, digits, `-`, `/`."""

    async def put(self, key: str, body: bytes) -> None:
        """Durable before it returns; the same key may be written again.

        Raises:
            StoreBusy: no room.
        """

    async def add(self, key: str, body: bytes) -> int | None:
        """As `put`, but what is there already stays, and has another mark from now on.

        Returns:
            The mark of what was written: a number that nothing else has here. None where it was there.
        """

    async def get(self, key: str) -> bytes:
        """
        Raises:
            Unknown: no such blob.
        """

    async def mark(self, key: str) -> int | None:
        """None where there is nothing."""

    async def delete(self, key: str, *, mark: int | None = None) -> None:
        """Nothing happens where there is none, or where it has another mark than the one given."""

    async def list(self, prefix: str, *, after: str, most: int) -> Sequence[str]:
        """Keys below a prefix (without its last `/`), in an order that stays, behind one of them or behind
        `""`; at most so many."""

    def link(self, key: str, *, filename: str, until: datetime) -> str:
        """A URL that fetches this one blob without a login, until then.

        One that starts with `/` is a path of this server.
        """


class Checker(Protocol):
    async def check(self, engine: str, project: ProjectId, tasks: Sequence[Task]) -> Sequence[Checked | None]:
        """Ask an engine, in a sandbox, whether it would take these tasks.

        Returns:
            What it knows of each task; None where it was not asked: no engine is here, the answer
            would take too long, or there are too many.
        Raises:
            Invalid: the first refusal, with `job` its position in `tasks`.
        """


class Forecast(Protocol):
    """Foretells how long jobs run."""

    async def seconds(self, work: Work, waiting: Collection[Candidate]) -> Mapping[JobId, float]:
        """As far as anybody can tell; those of whom nobody can are left out."""


class Bell(Protocol):
    """Wakes whoever waits for work; a hint, never the truth."""

    async def ring(self) -> None: ...

    def silence(self) -> None:
        """The server stops: nobody waits any more, from now on."""

    def is_silent(self) -> bool: ...

    def strokes(self) -> int:
        """How often it has rung; read it before looking, then wait for more."""

    async def wait(self, after: int, timeout_s: float) -> None:
        """Until it has rung more than `after` times, or the time is over."""


class Hasher(Protocol):
    """Passwords."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Takes as long for no account (None) as for a wrong password."""


class Tokens(Protocol):
    """Access tokens of this server."""

    def issue(self, account: AccountId, now: datetime, key: ApiKeyId | None = None) -> tuple[str, int]:
        """The token, and its life in seconds.

        Args:
            key: what it was given for; None for a password.
        """

    def read(self, token: str, now: datetime) -> Claims:
        """
        Raises:
            BadToken: not ours, or expired.
        """
