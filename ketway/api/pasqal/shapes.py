"""What clients are answered, for the document alone: routes write their answers by hand.

Every field is there in every answer, unless it says that it may be missing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ketway.api.pasqal import wire

T = TypeVar("T")

Count = Annotated[int, Field(ge=0)]
#: How often each bitstring was measured; the first character is the first qubit.
Counter = dict[Annotated[str, Field(pattern="^[01]*$")], Count]
Status = Literal["PENDING", "RUNNING", "DONE", "ERROR", "CANCELED"]
BatchWord = Literal["PENDING", "RUNNING", "DONE", "CANCELED", "TIMED_OUT", "ERROR"]
Origin = Literal["CLIENT", "OVH"]
Reasons = dict[UUID, str]


class Shape(BaseModel):
    # Built when the document is: nobody waits for it at a cold start.
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Nothing(Shape):
    pass


class Pagination(Shape):
    """`end` is exclusive; ask on with `offset=end` until it reaches `total`."""

    total: Count
    start: Count
    end: Count


class Answer(Shape, Generic[T]):
    status: Literal["success"]
    message: Literal["OK."]
    code: Literal["200"]
    data: T


class Page(Answer[list[T]], Generic[T]):
    pagination: Pagination


class AccountAnswer(Shape, Generic[T]):
    status: Literal["success"]
    message: Literal["OK."]
    code: Literal[200]
    data: T


class AccountPage(AccountAnswer[list[T]], Generic[T]):
    pagination: Pagination


class Detail(Shape):
    """One thing that is wrong, and where."""

    loc: list[str | int]
    msg: str
    type: str


class Reason(Shape):
    """A sentence, or what is wrong with each field."""

    description: str | list[Detail]


class Refusal(Shape):
    """`fail` where the request is at fault, `error` where the server is."""

    status: Literal["fail", "error"]
    message: str
    code: Annotated[str, Field(pattern=r"^\d{3}$")]
    data: Reason


class AccountRefusal(Shape):
    """`fail` where the request is at fault, `error` where the server is."""

    status: Literal["fail", "error"]
    message: str
    code: Annotated[int, Field(ge=400, le=599)]
    data: Reason


class _Job(Shape):
    id: UUID
    batch_id: UUID
    project_id: UUID
    parent_id: UUID | None
    status: Status
    runs: Annotated[int, Field(ge=1)] | None
    created_at: datetime
    updated_at: datetime
    start_timestamp: datetime | None
    end_timestamp: datetime | None
    variables: dict[str, Any] | None
    errors: list[str] | None
    progress: Annotated[int, Field(ge=0, le=100)]
    creation_order: Annotated[int, Field(ge=1)]
    origin: Origin


class Job(_Job):
    """As version 1 has it; `sequence` is its own, or null for the batch's."""

    sequence: str | None


class Estimate(Shape):
    """How long it would run; eight in ten fall in the range."""

    seconds: float
    seconds_low: float
    seconds_high: float
    memory_bytes: int | None
    runs_measured: int
    extrapolated: bool


class Start(Shape):
    """When it may start; eight in ten fall between the first and the last."""

    earliest: datetime
    expected: datetime
    latest: datetime


class Prospect(Shape):
    """Of a job read by its id, beside what the published API has.

    `queue_position` counts from 1 among those that wait for its device, in the order in which they would
    start if nothing new came; it and `estimated_start` are null unless the job waits, and where nobody can
    tell. `estimate` is null where nothing like it was measured, and once it has ended.
    """

    estimate: Estimate | None
    queue_position: int | None
    estimated_start: Start | None


class RehearsedJob(Job):
    """Of a batch that was only tried; `estimate` is null where nothing like it was measured."""

    estimate: Estimate | None


class FullResult(Shape):
    counter: Counter
    raw: list[str]


class JobWithResult(Job):
    """As version 1 has it; results are null until it is DONE."""

    result: Counter | None
    full_result: FullResult | None


class SingleJobV1(JobWithResult, Prospect):
    logs_link: str | None


class ListedJob(_Job):
    """As version 2 has it."""

    slurm_job_id: str | None
    slurm_cluster_name: str | None


class SingleJob(ListedJob, Prospect):
    """`sequence` is its own, or null for the batch's."""

    sequence: str | None
    logs_link: str | None


class JobStatus(Shape):
    id: UUID
    status: Status


class Counts(Shape):
    """Jobs by status."""

    PENDING: Count
    RUNNING: Count
    DONE: Count
    ERROR: Count
    CANCELED: Count


class QueuedBatch(Shape):
    id: UUID
    parent_id: UUID | None
    status: BatchWord
    open: bool
    device_type: str
    user_id: str
    project_id: UUID
    created_at: datetime
    updated_at: datetime
    start_datetime: datetime | None
    end_datetime: datetime | None
    jobs_count: Count
    jobs_count_per_status: Counts
    job_ids: list[UUID]
    tags: list[str]
    configuration: dict[str, Any] | None
    backend_configuration: str | None
    queue_priority: wire.QueuePriority
    device_status: str | None
    origin: Origin


class Batch(QueuedBatch):
    """`complete` is the opposite of `open`; `priority` is no longer used."""

    complete: bool
    priority: Count
    webhook: str | None


class ReportedBatch(Batch):
    """With the true status, PAUSED included, which clients are never shown."""

    status: Literal[BatchWord, "PAUSED"]  # type: ignore[assignment]


class BatchWithSequence(Batch):
    """`child_ids` are of the batches that repeat it."""

    sequence_builder: str | None
    child_ids: list[UUID]


class BatchWithResults(BatchWithSequence):
    jobs: list[JobWithResult]


class NewBatch(Batch):
    sequence_builder: str | None
    jobs: list[Job]


class RehearsedBatch(Batch):
    """What would have been made; nothing was kept."""

    sequence_builder: str | None
    jobs: list[RehearsedJob]
    dry_run: Literal[True]


class BatchWithJobs(Batch):
    jobs: list[ListedJob]


class BatchStatus(Shape):
    id: UUID
    status: BatchWord
    open: bool
    jobs_count: Count
    jobs_count_per_status: Counts


class CancelledBatches(Shape):
    """`errors` says by id why the others were not cancelled."""

    batches: list[Batch]
    errors: Reasons


class CancelledJobs(Shape):
    """`errors` says by id why the others were not cancelled."""

    jobs: list[ListedJob]
    errors: Reasons


class CancelledJobsV1(Shape):
    """`errors` says by id why the others were not cancelled."""

    jobs: list[JobWithResult]
    errors: Reasons


class ResultsLink(Shape):
    """Absolute, fetched without a login, good for less than an hour; null until there is a result."""

    results_link: str | None


class ResultsLinks(Shape):
    """By job; `errors` says which have none."""

    results_links: dict[UUID, str]
    errors: Reasons


class Counted(Shape):
    counter: Counter


class CountedJob(Shape):
    full_result: Counted


class Results(BaseModel):
    """Beside these two, one counter a job, by its id."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Counter] = Field(init=False)

    status: BatchWord
    jobs: list[CountedJob]


class CudaqJob(Shape):
    status: Status
    result: Counted | None


class CreatedCudaqJob(Shape):
    """What clients expect, and no request is answered with yet."""

    id: UUID


class Activity(Shape):
    project_id: UUID
    last_activity_date: datetime


class Frequency(Shape):
    """Jobs by device type, of the hour, day or month that begins then."""

    datetime: datetime
    devices: dict[str, Count]


class Frequencies(Shape):
    count: list[Frequency]
    job_date_scope: Literal["HOUR", "DAY", "MONTH"]
