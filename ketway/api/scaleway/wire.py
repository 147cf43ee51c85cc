"""The dialect's JSON: what is sent and what is answered.

Requests take `snake_case` and `lowerCamelCase` and ignore what they do not know. Answers are
`snake_case` and never hold a null: three clients break on one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AliasChoices,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

from ketway.api.scaleway.scalars import (
    Description,
    Duration,
    JsonText,
    Moment,
    Seconds,
    Settings,
    Tags,
    Timestamp,
    Whole,
    Word,
    Words,
    ZoneName,
)


class PlatformType(StrEnum):
    SIMULATOR = "simulator"
    QPU = "qpu"


class Technology(StrEnum):
    PHOTONIC = "photonic"
    GENERAL_PURPOSE = "general_purpose"
    TRAPPED_ION = "trapped_ion"
    SUPERCONDUCTING = "superconducting"
    NEUTRAL_ATOM = "neutral_atom"


class Availability(StrEnum):
    AVAILABLE = "available"
    SHORTAGE = "shortage"
    SCARCE = "scarce"
    MAINTENANCE = "maintenance"


class SessionStatus(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"


class SessionOrigin(StrEnum):
    CUSTOMER = "customer"
    PROCESS = "process"


class SessionAccess(StrEnum):
    FULL = "full"
    READ_SESSION = "read_session"
    READ_WRITE_SESSION = "read_write_session"
    READ_JOB_RESULT = "read_job_result"
    READ_JOB_CIRCUIT = "read_job_circuit"
    READ_JOB = "read_job"
    READ_WRITE_JOB = "read_write_job"


class JobStatus(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    ERROR = "error"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class BookingStatus(StrEnum):
    WAITING = "waiting"
    VALIDATING = "validating"
    VALIDATED = "validated"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    ERROR = "error"


class Request(BaseModel):
    """Something sent: a body, or the query of a list."""

    model_config = ConfigDict(
        defer_build=True,
        alias_generator=AliasGenerator(validation_alias=lambda name: AliasChoices(name, to_camel(name))),
        extra="ignore",
        frozen=True,
        loc_by_alias=False,
    )


class BookingDemand(Request):
    """`time_zone` is a name of the tz database; in it days and weeks are counted."""

    started_at: Moment
    finished_at: Moment
    description: Description | None = None
    time_zone: ZoneName | None = None


class BookingChange(Request):
    description: Description | None = None


class NewSession(Request):
    project_id: UUID | None = None
    platform_id: UUID
    name: Word | None = None
    max_idle_duration: Seconds = None
    max_duration: Seconds = None
    tags: Tags = ()
    deduplication_id: Word | None = None
    booking_demand: BookingDemand | None = None
    model_id: UUID | None = None
    parameters: Settings | None = None


class SessionChange(Request):
    name: Word | None = None
    max_idle_duration: Seconds = None
    max_duration: Seconds = None
    tags: Words | None = None


class NewCircuit(Request):
    perceval_circuit: JsonText | None = None
    qiskit_circuit: JsonText | None = None


class NewJob(Request):
    name: Word | None = None
    session_id: UUID
    circuit: NewCircuit | None = None
    model_id: UUID | None = None
    parameters: Settings | None = None
    max_duration: Seconds = None
    tags: Tags = ()


class JobChange(Request):
    name: Word | None = None
    tags: Words | None = None


class NewModel(Request):
    project_id: UUID | None = None
    payload: JsonText


class ListQuery(Request):
    """Which page of a list; 0 means what an absent value means."""

    page: Whole = 1
    page_size: Whole = 0
    order_by: str | None = None


def unless(unknown: str) -> BeforeValidator:
    """A value that stands for no filter."""
    return BeforeValidator(lambda sent: None if sent == unknown else sent)


class PlatformQuery(ListQuery):
    provider_name: str | None = None
    backend_name: str | None = None
    name: str | None = None
    platform_type: Annotated[PlatformType | None, unless("unknown_type")] = None
    platform_technology: Annotated[Technology | None, unless("unknown_technology")] = None


class SessionQuery(ListQuery):
    project_id: UUID | None = None
    platform_id: UUID | None = None
    tags: tuple[str, ...] = ()


class BookingQuery(ListQuery):
    project_id: UUID | None = None
    platform_id: UUID | None = None


class JobQuery(ListQuery):
    session_id: UUID | None = None
    project_id: UUID | None = None
    tags: tuple[str, ...] = ()


class ModelQuery(ListQuery):
    project_id: UUID | None = None


class Answer(BaseModel):
    """Something answered; what is unset is left out."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    @model_serializer(mode="wrap")
    def _without_nulls(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = serialize(self)
        return {name: value for name, value in fields.items() if value is not None}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Every field is always there, except those that may be unset; none is ever null."""
        plain: Any = {name: part for name, part in core_schema.items() if name != "serialization"}
        schema = handler.resolve_ref_schema(handler(plain))
        unset = {name for name, field in cls.model_fields.items() if field.default is None}
        for name in unset:
            kept = schema["properties"][name]
            (only,) = [each for each in kept.pop("anyOf") if each != {"type": "null"}]
            schema["properties"][name] = {key: kept[key] for key in kept.keys() - {"default"}} | only
        schema["required"] = [name for name in cls.model_fields if name not in unset]
        return schema | {"additionalProperties": False}


class Money(Answer):
    """`nanos` has the sign of `units`, within 999,999,999."""

    currency_code: str
    units: int
    nanos: int


class Hardware(Answer):
    """`ram` and `vram` in bytes."""

    name: str
    vcpus: int = 0
    gpus: int = 0
    gpus_network: str = ""
    ram: int = 0
    vram: int = 0


class BookingRequirement(Answer):
    """`max_cancellation_duration` is how long before its slot a booking can be given up at the latest."""

    min_duration: Duration
    max_duration: Duration
    max_cancellation_duration: Duration
    max_planification_duration: Duration
    min_planification_duration: Duration
    max_booking_per_week: int
    max_booking_per_day: int


class Platform(Answer):
    """`metadata` is a JSON text whose shape depends on the provider, or empty."""

    id: UUID
    version: str
    name: str
    provider_name: str = Field(min_length=1)
    backend_name: str = Field(min_length=1)
    type: PlatformType
    technology: Technology
    max_qubit_count: int
    max_shot_count: int
    max_circuit_count: int
    availability: Availability
    metadata: str = ""
    price_per_hour: Money
    price_per_shot: Money
    price_per_circuit: Money
    hardware: Hardware | None = None
    booking_requirement: BookingRequirement | None = None
    description: str = ""
    documentation_url: str = ""
    is_bookable: bool = False


class Platforms(Answer):
    total_count: int
    platforms: list[Platform]


class Session(Answer):
    id: UUID
    name: str
    platform_id: UUID
    created_at: Timestamp
    started_at: Timestamp | None = None
    updated_at: Timestamp
    terminated_at: Timestamp | None = None
    max_idle_duration: Duration
    max_duration: Duration
    waiting_job_count: int
    finished_job_count: int
    status: SessionStatus
    project_id: UUID
    tags: tuple[str, ...]
    deduplication_id: str
    origin_type: SessionOrigin
    origin_id: UUID | None = None
    progress_message: str
    booking_id: UUID | None = None
    model_id: UUID | None = None
    parameters: str | None = None


class Sessions(Answer):
    total_count: int
    sessions: list[Session]


class Booking(Answer):
    """Of a booking of another project only the slot and the status are told."""

    id: UUID
    created_at: Timestamp
    started_at: Timestamp
    updated_at: Timestamp
    finished_at: Timestamp
    status: BookingStatus
    description: str
    progress_message: str
    time_zone: str


class Bookings(Answer):
    total_count: int
    bookings: list[Booking]


class Acls(Answer):
    total_count: int
    acls: list[SessionAccess]


class Job(Answer):
    """`result_distribution` is a leftover that no client reads."""

    id: UUID
    name: str
    tags: tuple[str, ...]
    session_id: UUID
    created_at: Timestamp
    started_at: Timestamp | None = None
    updated_at: Timestamp
    status: JobStatus
    progress_message: str
    job_duration: Duration | None = None
    result_distribution: str = ""
    model_id: UUID | None = None
    parameters: str | None = None


class Estimate(Answer):
    """How long it runs, in seconds, and the range of eight in ten."""

    seconds: float
    seconds_low: float
    seconds_high: float
    memory_bytes: int | None = None
    runs_measured: int
    extrapolated: bool


class Start(Answer):
    """When it may start; eight in ten fall between the first and the last."""

    earliest: Timestamp
    expected: Timestamp
    latest: Timestamp


class SingleJob(Job):
    """A job read by its id: beside what the published API has, how long it takes and, while it waits, its
    place in the queue of its platform and when it may start. What nobody can tell is left out."""

    estimate: Estimate | None = None
    queue_position: int | None = None
    estimated_start: Start | None = None


class Jobs(Answer):
    total_count: int
    jobs: list[Job]


class Circuit(Answer):
    perceval_circuit: str | None = None
    qiskit_circuit: str | None = None


class JobResult(Answer):
    """Either `result` or `url` is empty; a client follows `url` only if `result` is there and empty."""

    job_id: UUID
    result: str
    url: str
    created_at: Timestamp


class JobResults(Answer):
    total_count: int
    job_results: list[JobResult]


class Model(Answer):
    id: UUID
    created_at: Timestamp
    url: str
    project_id: UUID


class Models(Answer):
    total_count: int
    models: list[Model]
