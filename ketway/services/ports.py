"""What the use cases need of the world, each named for the need."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from ketway.domain.accounts import AccountId, Actor, ProjectId
from ketway.domain.batches import Batch, BatchId
from ketway.domain.credentials import ApiKeyId, Claims, WorkerToken, WorkerTokenId
from ketway.domain.estimates import Run
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.learning import Learner, Quiz, QuizId, UseCase, UseCaseId
from ketway.domain.leases import Lease, LeaseId, Worker, WorkerId
from ketway.domain.notices import Notice, NoticeId
from ketway.domain.platforms import PlatformId, PlatformState
from ketway.domain.priorities import Priority
from ketway.domain.programs import Program, ProgramId
from ketway.domain.requests import Asked, Request, RequestId
from ketway.domain.results import Result
from ketway.domain.scheduling import Candidate
from ketway.domain.shares import Running
from ketway.domain.tasks import Checked, Task
from ketway.services.account_ports import AccountStore, ApiKeyStore, ProjectStore
from ketway.services.booking_ports import BookingStore
from ketway.services.listing import (
    BatchFilter,
    JobFilter,
    Listed,
    Load,
    Page,
    UseCaseFilter,
)
from ketway.services.process_ports import ProcessStore
from ketway.services.usage_ports import HoldingStore, ShareStore, UsageStore


class Clock(Protocol):
    def now(self) -> datetime:
        """The time of day, in UTC."""

    def steady(self) -> float:
        """Seconds that only ever go forward, from any origin."""


class BatchStore(Protocol):
    async def add(self, batch: Batch) -> None: ...

    async def get(self, id: BatchId, *, visible_to: Actor) -> Batch:
        """
        Raises:
            Unknown: no such batch, or one that the actor does not find.
        """

    async def fetch(self, id: BatchId) -> Batch:
        """As `get`, for the core itself: no actor."""

    async def of(self, ids: Sequence[BatchId]) -> Mapping[BatchId, Batch]:
        """Those that are here."""

    async def put(self, *batches: Batch) -> None:
        """Write changed batches; each one's version must be the stored one, and is raised.

        Raises:
            Stale: somebody wrote in between; nothing is kept then.
        """

    async def list(self, actor: Actor, filter: BatchFilter, page: Page) -> Listed[Batch]: ...

    async def with_key(self, project: ProjectId, platform: PlatformId, key: str) -> Batch | None:
        """The living batch with this deduplication key."""

    async def holder(self, platform: PlatformId) -> Batch | None:
        """The batch that holds an exclusive platform: started and not ended."""

    async def holders(self, platforms: Collection[PlatformId]) -> Mapping[PlatformId, Batch]:
        """Of each of these exclusive platforms the batch that holds it, where one does."""

    async def queue(self, actor: Actor, platform: PlatformId, page: Page) -> Listed[Batch]:
        """Living batches of a platform that the actor finds, in the order in which they are served."""

    async def last_activity(self, projects: Sequence[ProjectId] | None) -> Mapping[ProjectId, datetime]:
        """When a batch of each project was last written; projects without one are left out."""

    async def children(self, id: BatchId) -> Sequence[BatchId]:
        """Batches that repeat this one, oldest first."""

    async def overdue(self, now: datetime) -> Sequence[Batch]:
        """Living batches past their total limit, and open ones past their idle limit with
        no job waiting or running.

        One that waits for a platform is not idle while a slot is on there, nor because one was. A
        booked one is not idle before it has its platform, and its total limit is its slot.
        """

    async def begun(self, now: datetime) -> Sequence[Batch]:
        """Booked batches, neither STOPPING nor ended, whose slot has begun; it may be over."""

    async def active_on(self, platform: PlatformId) -> Sequence[Batch]:
        """Those that have a platform, with a slot or without."""

    async def yielded(self) -> Sequence[Batch]:
        """Those that a slot paused, and nobody has resumed."""

    async def open_queue(self) -> Sequence[Batch]:
        """Open batches without a slot that wait for a platform which has room for everybody."""

    async def next_slots(
        self, platforms: Collection[PlatformId], now: datetime
    ) -> Mapping[PlatformId, datetime]:
        """When the next slot begins on each of these platforms that has one still to come."""

    async def count_open(self, project: ProjectId, most: int) -> int:
        """Batches of a project that take jobs, but no more than `most` are counted."""

    async def delete(self, id: BatchId, now: datetime) -> None:
        """Gone for `get` and `list`, with its jobs; `fetch` still finds it."""


class JobStore(Protocol):
    async def add(self, jobs: Sequence[Job]) -> None: ...

    async def get(self, id: JobId, *, visible_to: Actor) -> Job:
        """
        Raises:
            Unknown: no such job, or one that the actor does not find.
        """

    async def fetch(self, id: JobId) -> Job:
        """As `get`, for the core itself: no actor."""

    async def of(self, ids: Sequence[JobId]) -> Mapping[JobId, Job]:
        """Those that are here."""

    async def put(self, *jobs: Job) -> None:
        """Write changed jobs; each one's version must be the stored one, and is raised.

        Raises:
            Stale: as `BatchStore.put`; nothing is kept then.
        """

    async def list(self, actor: Actor, filter: JobFilter, page: Page) -> Listed[Job]: ...

    async def of_batch(self, id: BatchId, *statuses: JobStatus) -> Sequence[Job]:
        """A batch's jobs in creation order; all, or those in one of `statuses`."""

    async def ids_of(self, batches: Sequence[BatchId]) -> Mapping[BatchId, Sequence[JobId]]:
        """Ids of each batch's jobs, in creation order."""

    async def count(self, batches: Sequence[BatchId]) -> Mapping[BatchId, Mapping[JobStatus, int]]:
        """Jobs of each batch by status; every status is there, zeros included."""

    async def unfinished_among(self, batches: Sequence[BatchId]) -> Set[BatchId]:
        """Those of the batches of which a job still waits or runs."""

    async def count_ran(self, batches: Sequence[BatchId]) -> Mapping[BatchId, int]:
        """Ended jobs of each batch that have run; batches without one are left out."""

    async def last_position(self, id: BatchId) -> int:
        """Highest position in a batch; 0 where it has no job."""

    async def waited_for(self) -> Collection[PlatformId]:
        """Platforms that a job waits for, held back or not."""

    async def heads(self, platforms: Collection[PlatformId]) -> Sequence[Candidate]:
        """The next waiting job of each (project, class) on each of these platforms, by age, then by
        batch and place in it.

        Jobs of a paused batch are passed over, and those of a booked one.
        """

    async def heads_of(self, batches: Collection[BatchId]) -> Sequence[Candidate]:
        """The next waiting job of each of these batches, booked or not; none of a paused one."""

    async def behind(self, heads: Collection[JobId], most: int) -> Sequence[Candidate]:
        """Further along in the lines of these heads, of each of the next `most` requests that sent jobs
        of one batch the first that waits; none of a paused or booked batch."""

    async def count_waiting(self, project: ProjectId, most: int) -> int:
        """Jobs of a project that wait, but no more than `most` are counted."""

    async def following(self, head: Candidate, most: int) -> Sequence[Job]:
        """Waiting jobs of a head's line (project, class and platform), in turn and from its time on.

        Those of paused and of booked batches are passed over.
        """

    async def waiting_on(self, platform: PlatformId) -> Mapping[Priority, Load]:
        """What waits for a platform, whoever sent it; classes where nothing waits are left out."""

    async def mean_waits(
        self, platforms: Sequence[PlatformId], since: datetime
    ) -> Mapping[PlatformId, float]:
        """Seconds from creation to start, over the jobs started since then; platforms where none
        did are left out."""

    async def frequency(
        self, actor: Actor, project: ProjectId, unit: timedelta
    ) -> Mapping[datetime, Mapping[PlatformId, int]]:
        """Jobs of a project by when they were created and on what: beginning of each `unit` of time
        (counted from 1970, UTC) to platform to number; oldest first, empty units left out."""

    async def running_on(self, platform: PlatformId) -> int: ...

    async def running(
        self, platforms: Collection[PlatformId], now: datetime
    ) -> Mapping[PlatformId, Mapping[ProjectId, Running]]:
        """What runs on each of these platforms; those, and projects, that run nothing are left out."""

    async def delete(self, id: JobId, now: datetime) -> None:
        """Gone for `get` and `list`."""


class ProgramStore(Protocol):
    async def add(self, programs: Sequence[Program]) -> None: ...

    async def get(self, id: ProgramId, *, visible_to: Actor) -> Program:
        """
        Raises:
            Unknown
        """

    async def fetch(self, id: ProgramId) -> Program: ...

    async def of(self, ids: Sequence[ProgramId]) -> Mapping[ProgramId, Program]:
        """Those that are here."""

    async def list_named(self, actor: Actor, project: ProjectId, page: Page) -> Listed[Program]: ...


class ResultStore(Protocol):
    async def add(self, results: Sequence[Result], documents: Mapping[str, bytes]) -> None:
        """
        Args:
            documents: by key, of those results whose document is kept beside them.
        """

    async def documents(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Those of the keys that are kept beside their results."""

    async def of(self, jobs: Sequence[JobId]) -> Mapping[JobId, Result]: ...

    async def history(self, platform: PlatformId, most: int) -> Sequence[Run]:
        """What the latest `most` jobs of a platform took, as far as it was measured."""


class LeaseStore(Protocol):
    async def add(self, *leases: Lease) -> None: ...

    async def of(self, ids: Sequence[LeaseId]) -> Mapping[LeaseId, Lease]:
        """Those that are here."""

    async def put(self, *leases: Lease) -> None: ...

    async def live(self, worker: WorkerId) -> Sequence[Lease]: ...

    async def asked_as(self, worker: WorkerId, request_id: str) -> Sequence[Lease]:
        """Live leases already granted to this question."""

    async def expired(self, now: datetime) -> Sequence[Lease]: ...

    async def of_local_workers(self) -> Sequence[Lease]:
        """Live leases of workers that came with a local token."""

    async def extend(self, worker: WorkerId, until: datetime) -> None:
        """Move the end of a worker's live leases."""

    async def extend_all(self, until: datetime) -> None:
        """Move the end of every live lease to `until`, be it later or earlier."""


class WorkerStore(Protocol):
    async def add(self, worker: Worker) -> None: ...

    async def get(self, id: WorkerId) -> Worker | None: ...

    async def seen(self, id: WorkerId, now: datetime) -> None: ...

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

    async def forget(self, id: RequestId) -> None: ...

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

    async def get(self, key: str) -> bytes:
        """
        Raises:
            Unknown: no such blob.
        """

    async def exists(self, key: str) -> bool: ...

    async def delete(self, key: str) -> None:
        """Nothing happens where there is none."""

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
