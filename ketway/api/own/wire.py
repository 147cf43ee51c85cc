"""What the command line sends. It is ours, so it is strict."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

Role = Literal["admin", "member"]
Priority = Literal["critical", "high", "medium", "low", "free"]


class Login(msgspec.Struct, forbid_unknown_fields=True):
    email: str
    password: str


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """Without a password one is made."""

    email: str
    password: str | None = None
    given_name: str = ""
    family_name: str = ""
    is_service: bool = False
    superuser: bool = False


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    """Without a password one is made."""

    password: str | None = None


class NewProject(msgspec.Struct, forbid_unknown_fields=True):
    """`allowed_platforms`: names; null for all."""

    name: str
    admin_email: str
    description: str = ""
    priority: Priority = "medium"
    allowed_platforms: list[str] | None = None
    weight: float = 1.0


class ProjectChange(msgspec.Struct, forbid_unknown_fields=True):
    """What is not sent stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    allowed_platforms: list[str] | UnsetType | None = UNSET
    weight: float | UnsetType = UNSET
    quotas: dict[str, int | float | str | None] | UnsetType = UNSET
    retention: dict[str, int | float | str | None] | UnsetType = UNSET


class PriceList(msgspec.Struct, forbid_unknown_fields=True):
    """Amounts as texts, or as numbers; what is not sent costs nothing."""

    per_hour: str | float = "0"
    per_circuit: str | float = "0"
    per_shot: str | float = "0"
    currency: str = "EUR"


Sentence = Annotated[str, msgspec.Meta(max_length=10_000)]


class Progress(msgspec.Struct, forbid_unknown_fields=True):
    """Of a process; without a message, the last one stays."""

    progress: Annotated[int, msgspec.Meta(ge=0, le=100)]
    message: Sentence | None = None


class Found(msgspec.Struct, forbid_unknown_fields=True):
    """Any JSON value."""

    result: Any


class Errors(msgspec.Struct, forbid_unknown_fields=True):
    errors: Annotated[list[Sentence], msgspec.Meta(min_length=1, max_length=100)]


class NewMember(msgspec.Struct, forbid_unknown_fields=True):
    email: str
    role: Role = "member"


class SetRoles(msgspec.Struct, forbid_unknown_fields=True):
    account_ids: Annotated[list[UUID], msgspec.Meta(min_length=1, max_length=1000)]
    role: Role


class NewKey(msgspec.Struct, forbid_unknown_fields=True):
    account_id: UUID
    project_id: UUID
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class NewWorkerToken(msgspec.Struct, forbid_unknown_fields=True):
    name: str
