"""What clients send. Unknown fields are ignored; numbers and booleans are not guessed from text."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_Strict = ConfigDict(strict=True, extra="ignore")
Text = Annotated[str, StringConstraints(max_length=10_000)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class CreateJob(BaseModel):
    """`runs` may be missing or null: the configuration, or the engine's default, then decides."""

    model_config = _Strict

    runs: Annotated[int, Field(ge=1)] | None = None
    variables: dict[str, Any] | None = None
    sequence: str | None = None


class CreateBatch(BaseModel):
    """`emulator` and `complete` are older words for `device_type` and the opposite of `open`."""

    model_config = _Strict

    project_id: Annotated[UUID, Field(strict=False)]
    sequence_builder: str | None = None
    jobs: list[CreateJob] = Field(default_factory=list)
    device_type: Text | None = None
    emulator: Text | None = None
    open: bool | None = None
    complete: bool | None = None
    backend_configuration: str | None = None
    configuration: dict[str, Any] | None = None
    tags: list[Tag] | None = None
    webhook: Text | None = None


class AddJobs(BaseModel):
    model_config = _Strict

    jobs: Annotated[list[CreateJob], Field(min_length=1)]


class CancelBatches(BaseModel):
    model_config = _Strict

    batch_ids: Annotated[list[Annotated[UUID, Field(strict=False)]], Field(min_length=1, max_length=1000)]


class Tags(BaseModel):
    model_config = _Strict

    tags: Annotated[list[Tag], Field(max_length=100)]
