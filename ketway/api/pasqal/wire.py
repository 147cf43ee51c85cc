"""What clients send. Unknown fields are ignored; numbers and booleans are not guessed from text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    model_validator,
)


def utc(at: datetime) -> datetime:
    """Without an offset it is UTC.

    Raises:
        ValueError: before the year 1 or after 9999, once its offset is taken off.
    """
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise ValueError("is beyond the years that can be told") from None


_Strict = ConfigDict(strict=True, extra="ignore", defer_build=True)
Text = Annotated[str, StringConstraints(max_length=10_000)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Message = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
DeviceType = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_-]{0,63}$")]
Id = Annotated[UUID, Field(strict=False)]
Date = Annotated[datetime, Field(strict=False), AfterValidator(utc)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=255)]


def _unique(tags: list[str]) -> list[str]:
    if len(set(tags)) != len(tags):
        raise ValueError("tags must be unique")
    return tags


#: Of the values that one filter may name.
Few = Field(max_length=1000)
UniqueTags = Annotated[
    list[Tag], Field(max_length=100, json_schema_extra={"uniqueItems": True}), AfterValidator(_unique)
]
#: Of what comes back in lists, a hundred at a time.
MAX_SETTINGS = 4 * 2**20


def _modest(said: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(said)) > MAX_SETTINGS:
        raise ValueError(f"must be at most {MAX_SETTINGS} characters of JSON")
    return said


Configuration = Annotated[str, StringConstraints(max_length=MAX_SETTINGS)]
Settings = Annotated[dict[str, Any], AfterValidator(_modest)]
JobStatus = Literal["PENDING", "RUNNING", "DONE", "ERROR", "CANCELED", "CANCELING"]
BatchStatus = Literal["PENDING", "RUNNING", "DONE", "CANCELED", "TIMED_OUT", "ERROR", "PAUSED", "CANCELING"]
ValidationStatus = Literal[
    "DRAFT", "UNDER_REVIEW", "REVIEWER_DRAFT", "REQUIRING_UPDATE", "UPDATED", "REJECTED", "APPROVED"
]
ProjectPackage = Literal[
    "QUANTUM_DISCOVERY",
    "QUANTUM_DISCOVERY_CHEMISTRY",
    "QUANTUM_DISCOVERY_LIGHT",
    "QUANTUM_DISCOVERY_PLAY",
    "QUANTUM_DISCOVERY_ESSENTIAL",
    "LEARN_BY_CODING",
    "VQPU",
]
QuizName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,255}$")]
#: As wide as a database's whole numbers.
Questionnaire = Annotated[int, Field(ge=-(2**63), lt=2**63)]
QueuePriority = Literal["CRITICAL", "HIGH", "MEDIUM", "LOW", "FREE"]
Upness = Literal["UP", "DOWN"]
Level = Literal["INFO", "WARNING"]


class CreateJob(BaseModel):
    """`runs` may be missing or null: the configuration, or the engine's default, then decides."""

    model_config = _Strict

    runs: Annotated[int, Field(ge=1)] | None = None
    variables: Settings | None = None
    sequence: str | None = None


class CreateJobOfBatch(CreateJob):
    batch_id: Id


class _NewBatch(BaseModel):
    """`emulator` and `complete` are older words for `device_type` and the opposite of `open`."""

    model_config = _Strict

    sequence_builder: str | None = None
    jobs: list[CreateJob] = Field(default_factory=list)
    device_type: Text | None = None
    emulator: Text | None = None
    open: bool | None = None
    complete: bool | None = None
    backend_configuration: Configuration | None = None
    configuration: Settings | None = None
    tags: UniqueTags | None = None
    webhook: Text | None = None


class CreateBatch(_NewBatch):
    project_id: Id


class CreateOvhBatch(_NewBatch):
    """Comes with an empty project: the token's is meant."""


class CreateCudaqJob(BaseModel):
    model_config = _Strict

    machine: Text
    shots: Annotated[int, Field(ge=1)]
    project_id: Id
    sequence: dict[str, Any]


class AddJobs(BaseModel):
    model_config = _Strict

    jobs: Annotated[list[CreateJob], Field(min_length=1)]


class CancelBatches(BaseModel):
    """`batch_ids`, if given, is the only filter used."""

    model_config = _Strict

    batch_ids: Annotated[list[Id], Field(min_length=1, max_length=1000)] | None = None
    project_id: Annotated[list[Id], Few] | None = None
    user_id: Annotated[list[Text], Few] | None = None
    device_type: Annotated[list[Text], Few] | None = None
    tags: Annotated[list[Tag], Few] | None = None
    queue_priority: Annotated[list[QueuePriority], Few] | None = None
    status: Annotated[list[Literal["PENDING", "RUNNING"]], Few] | None = None
    open: bool | None = None
    start_date: Date | None = None
    cancel_all: bool = False

    @model_validator(mode="after")
    def _must_select(self) -> Self:
        filters = self.model_fields_set - {"cancel_all", "batch_ids"}
        chosen = [name for name in filters if getattr(self, name) is not None]
        if self.cancel_all and (chosen or self.batch_ids is not None):
            raise ValueError("cancel_all stands alone; leave out every filter")
        if not self.cancel_all and not chosen and self.batch_ids is None:
            raise ValueError("give batch_ids, a filter, or cancel_all")
        return self


class Tags(BaseModel):
    model_config = _Strict

    tags: UniqueTags


class BatchReport(BaseModel):
    model_config = _Strict

    status: BatchStatus
    device_id: Id | None = None
    start_datetime: Date | None = None
    end_datetime: Date | None = None


class JobReport(BaseModel):
    model_config = _Strict

    status: JobStatus
    start_timestamp: Date | None = None
    end_timestamp: Date | None = None


class JobProgress(JobReport):
    progress: Annotated[int, Field(ge=0, le=100)] | None = None


class Errors(BaseModel):
    model_config = _Strict

    errors: Annotated[list[Text], Field(min_length=1, max_length=100)]


class CreateDevice(BaseModel):
    """`engine`, which the reference does not have, says what runs it; else the first emulator's does."""

    model_config = _Strict

    device_type: DeviceType
    status: Upness
    specs: str
    is_emulator: bool
    has_execution_logs: bool
    allowed_result_types: list[Text]
    default_result_types: list[Text]
    active: bool = True
    engine: Text = "pulser-qutip"


class DeviceStatus(BaseModel):
    """`status_message`, which the reference does not have, is shown to everybody."""

    model_config = _Strict

    status: Upness
    status_message: Text = ""


class DeviceStatuses(DeviceStatus):
    device_type_names: Annotated[list[Text], Field(min_length=1, max_length=100)]


class DeviceSpecs(BaseModel):
    model_config = _Strict

    specs: str


class CreateBanner(BaseModel):
    model_config = _Strict

    banner_message: Message
    start_datetime: Date
    end_datetime: Date
    level: Level = "INFO"


class PatchBanner(BaseModel):
    model_config = _Strict

    banner_message: Message | None = None
    start_datetime: Date | None = None
    end_datetime: Date | None = None
    level: Level | None = None


class CreateWorkload(BaseModel):
    model_config = _Strict

    project_id: Id
    workload_type: Word
    backend: Word
    config: Settings


class WorkloadResult(BaseModel):
    model_config = _Strict

    result: dict[str, Any]


class AccessGrant(BaseModel):
    model_config = _Strict

    grant: Word
    role: Word | None = None


class CreateProject(BaseModel):
    model_config = _Strict

    name: Word
    admin_email: Word
    account_manager_id: Word
    company: Word
    package: ProjectPackage
    description: Text | None = None
    email_domain: Word | None = None
    allowed_device_types: Annotated[list[Word], Field(max_length=100)] | None = None
    additional_access_grants: Annotated[list[AccessGrant], Field(max_length=100)] | None = None
    project_type: Literal["INTERNAL", "CLIENT", "ACADEMIC", "GCP", "AZURE", "STARTER"] | None = None
    queue_priority: QueuePriority | None = None


class SetRoles(BaseModel):
    model_config = _Strict

    user_ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]
    role: Literal["ADMIN", "MEMBER"]


class Chapter(BaseModel):
    model_config = _Strict

    stage: Literal["DONE", "SKIP", "IN_PROGRESS"]
    timecode: Annotated[int, Field(ge=0)] = 0


class Progress(BaseModel):
    model_config = _Strict

    progress: Annotated[dict[Word, Chapter], Field(max_length=1000)]


class PatchUseCase(BaseModel):
    model_config = _Strict

    title: Word | None = None
    validation_status: ValidationStatus | None = None
    summary: Text | None = None
    questionnaire_id: Questionnaire | None = None
    answers: Settings | None = None


class CreateUseCase(PatchUseCase):
    title: Word
    validation_status: ValidationStatus
    project_id: Id | None = None


class Review(RootModel[dict[str, str | dict[str, Any]]]):
    """Question to what the reviewer says of its answer."""


class QuizData(BaseModel):
    model_config = _Strict

    data: dict[str, Any] | list[dict[str, Any]]
