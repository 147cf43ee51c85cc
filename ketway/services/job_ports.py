"""What the use cases need to keep of batches, jobs, programs and results."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Protocol

from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.batches import Batch, BatchId
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.platforms import PlatformId
from ketway.domain.priorities import Priority
from ketway.domain.programs import Program, ProgramId
from ketway.domain.queues import Sent
from ketway.domain.results import Kept, Result
from ketway.domain.scheduling import Candidate
from ketway.domain.shares import Running
from ketway.services.listing import BatchFilter, JobFilter, Listed, Load, Page


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

    async def slots_of(self, platforms: Collection[PlatformId], now: datetime) -> Sequence[Batch]:
        """Booked batches that have not ended and whose slot is not over, by when it begins."""

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

    async def sent(self, ids: Collection[JobId]) -> Mapping[JobId, Sent]:
        """What tells how long these jobs take, and how many of their batches wait."""

    async def count_behind(self, after: Candidate, before: Job | None, most: int) -> int:
        """Jobs in a candidate's line that were sent later than it was, and go before another job, but no
        more than `most` are counted; none of a paused or booked batch."""

    async def running_jobs(self, platforms: Collection[PlatformId], most: int) -> Sequence[Job]:
        """What runs on these platforms; at most so many."""

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

    async def named(self, checksums: Sequence[str]) -> set[str]:
        """Those of the checksums that a program has, be it whose it may."""

    async def list_named(self, actor: Actor, project: ProjectId, page: Page) -> Listed[Program]: ...


class ResultStore(Protocol):
    async def add(self, results: Sequence[Result], documents: Mapping[str, bytes]) -> None:
        """
        Args:
            documents: by key, of those results whose document is kept beside them.
        """

    async def documents(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Those of the keys that are kept beside their results."""

    async def of(self, jobs: Sequence[JobId]) -> Mapping[JobId, Result]:
        """Of those that have one, be it kept or expired."""

    async def oldest(self, project: ProjectId, before: datetime, most: int) -> Sequence[Kept]:
        """Results of a project that are still kept and came before then, the oldest first."""

    async def total(self, project: ProjectId, before: datetime) -> tuple[int, int]:
        """How many these are, and their bytes."""

    async def newest_since(self, project: ProjectId, number: int) -> datetime | None:
        """When the last one of so many newest came that are still kept; None where there are not so many."""

    async def expire(self, results: Sequence[Kept], now: datetime) -> None:
        """Keep them no longer: their documents and counts, where those are in their rows."""
