"""What clients are answered of devices, workloads, banners, people and learning, for the document alone.

As in `shapes`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from ketway.api.pasqal import wire
from ketway.api.pasqal.shapes import Count, Shape, Status

Role = Literal["ADMIN", "MEMBER"]


class Device(Shape):
    """`average_queue_time` is in seconds, over the last hour."""

    id: UUID
    name: str
    device_type: str
    status: wire.Upness
    availability: Literal["ACTIVE", "INACTIVE", "RETIRED"]
    active: bool
    status_message: str
    average_queue_time: Annotated[float, Field(ge=0)]
    max_atom_num: Count
    channels: list[str]
    is_emulator: bool
    allowed_result_types: list[str]
    default_result_types: list[str]
    description: str
    bill_usage: bool
    has_execution_logs: bool
    public: bool


class Specs(Shape):
    """`specs` is JSON: the abstract representation of a Pulser device."""

    device_type: str
    specs: str


class Queue(Shape):
    queue: wire.QueuePriority
    number_of_batches: Count
    number_of_jobs: Count
    number_of_shots: Count


class Queues(Shape):
    device_queues: list[Queue]


class Workload(Shape):
    id: UUID
    project_id: UUID
    user_id: str
    status: Status
    workload_type: str
    backend: str
    config: dict[str, Any]
    queue_priority: wire.QueuePriority
    created_at: datetime
    updated_at: datetime
    start_timestamp: datetime | None
    end_timestamp: datetime | None
    errors: list[str] | None


class WorkloadWithResult(Workload):
    result: dict[str, Any] | None


class WorkloadWithLink(Workload):
    """The link is absolute and fetched without a login; null until there is a result."""

    result_link: str | None


class Banner(Shape):
    id: UUID
    banner_message: str
    level: wire.Level
    start_datetime: datetime
    end_datetime: datetime
    created_at: datetime
    updated_at: datetime


class Person(Shape):
    id: str
    email: str
    given_name: str
    family_name: str


class Manager(Shape):
    """Somebody of the vendor's, of whom only the id is known here."""

    id: str
    email: str | None
    given_name: str | None
    family_name: str | None


class Grant(Shape):
    grant: str
    role: str | None


class MemberCount(Shape):
    ACTIVE_ADMIN: Count
    ACTIVE_MEMBER: Count
    PENDING: Count


class Project(Shape):
    """`allowed_device_types` is null where every device may be used."""

    id: UUID
    project_id: UUID
    name: str
    description: str
    company: str | None
    email_domain: str | None
    package: str | None
    project_type: str
    project_status: Literal["ACTIVE"]
    queue_priority: wire.QueuePriority
    allowed_device_types: list[str] | None
    allowed_workload_types: list[str] | None
    additional_access_grants: list[Grant]
    account_manager: Manager | None
    main_admin: Person | None
    count: MemberCount
    last_activity_date: datetime | None
    created_at: datetime


class Membership(Shape):
    id: UUID
    project_id: UUID
    user_id: str
    role: Role
    status: Literal["PENDING", "ACTIVE"]
    project_allowed_device_types: list[str] | None
    created_at: datetime
    updated_at: datetime


class Member(Membership):
    user: Person


class Caller(Person):
    """Who asks; `allowed_device_types` is null where every device may be used."""

    email_verified: bool
    type: Literal["USER", "SERVICE_ACCOUNT"]
    superuser: bool
    acl: list[Membership]
    projects: list[UUID]
    allowed_device_types: list[str] | None
    created_at: datetime


class Learner(Shape):
    id: UUID
    user_id: str
    package: str
    progress: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class UseCase(Shape):
    id: UUID
    user_id: str
    user_name: str
    project_id: UUID
    project_name: str
    title: str
    summary: str | None
    validation_status: wire.ValidationStatus
    questionnaire_id: int | None
    last_reviewed_at: datetime | None
    created_at: datetime
    updated_at: datetime


class WholeUseCase(UseCase):
    answers: dict[str, Any]


class Quiz(Shape):
    id: UUID
    strapi_quiz_id: str
    user_id: str
    data: dict[str, Any] | list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime
