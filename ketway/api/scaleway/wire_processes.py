"""The dialect's JSON of applications and processes; all that `wire` says of requests and answers holds."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from ketway.api.scaleway.scalars import Settings, Tags, Timestamp, Word, Words
from ketway.api.scaleway.wire import Answer, ListQuery, Request, unless


class ApplicationType(StrEnum):
    VQE = "vqe"


class ProcessStatus(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    COMPLETED = "completed"
    ERROR = "error"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


class NewProcess(Request):
    """`input` is a JSON text, or the JSON itself."""

    project_id: UUID | None = None
    platform_id: UUID
    application_id: str
    name: Word | None = None
    input: Settings | None = None
    tags: Tags = ()


class ProcessChange(Request):
    name: Word | None = None
    tags: Words | None = None


class ApplicationQuery(ListQuery):
    name: str | None = None
    application_type: Annotated[ApplicationType | None, unless("unknown_type")] = None


class ProcessQuery(ListQuery):
    project_id: UUID | None = None
    application_id: UUID | None = None
    tags: tuple[str, ...] = ()


class Application(Answer):
    id: UUID
    name: str
    type: ApplicationType
    compatible_platform_ids: list[UUID]
    input_template: str


class Applications(Answer):
    total_count: int
    applications: list[Application]


class Process(Answer):
    """`progress` from 0 to 100."""

    id: UUID
    name: str
    application_id: UUID
    platform_id: UUID
    attached_session_ids: list[UUID]
    created_at: Timestamp
    started_at: Timestamp | None = None
    updated_at: Timestamp
    finished_at: Timestamp | None = None
    status: ProcessStatus
    project_id: UUID
    tags: tuple[str, ...]
    progress: int
    progress_message: str
    input: str


class Processes(Answer):
    total_count: int
    processes: list[Process]


class ProcessResult(Answer):
    """`result` is a JSON text."""

    process_id: UUID
    result: str
    created_at: Timestamp


class ProcessResults(Answer):
    total_count: int
    process_results: list[ProcessResult]
