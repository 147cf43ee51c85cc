"""Who there is, what belongs to whom, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any, NewType, Protocol
from uuid import UUID

from ketway.domain.errors import NotAllowed
from ketway.domain.platforms import Door
from ketway.domain.priorities import Priority

AccountId = NewType("AccountId", UUID)
ProjectId = NewType("ProjectId", UUID)


class Role(Enum):
    """What an account is in one project."""

    ADMIN = "admin"
    MEMBER = "member"


class Action(Enum):
    """What needs more than being a member; the value reads after "allowed to"."""

    CANCEL_JOB = "cancel this job"
    ADD_JOBS = "add jobs to this batch"
    CLOSE_BATCH = "close this batch"
    CANCEL_BATCH = "cancel this batch"
    CHANGE_BATCH = "change this batch"
    CHANGE_JOB = "change this job"
    DELETE_BATCH = "delete this batch"
    DELETE_JOB = "delete this job"
    CHANGE_USE_CASE = "change this use case"
    CHANGE_BOOKING = "change this booking"
    CANCEL_PROCESS = "cancel this process"
    CHANGE_PROCESS = "change this process"
    DELETE_PROCESS = "delete this process"
    MANAGE_MEMBERS = "manage the members of this project"
    OPERATE = "operate this server"


class Entered(Protocol):
    """Something of a project that came in by a door."""

    @property
    def project_id(self) -> ProjectId: ...
    @property
    def door(self) -> Door: ...


class Owned(Protocol):
    """Something of a project, made by somebody."""

    @property
    def project_id(self) -> ProjectId: ...
    @property
    def creator_id(self) -> AccountId: ...


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person or a service.

    Args:
        email: how a person logs in; unique, kept as `texts.plain_email` makes it.
        password_hash: an argon2 string, or None for an account without a password.
        superuser: an operator of this server.
        is_service: a program rather than a person.
        disabled_at: since when nobody comes in as this account; None while it is enabled.
        tokens_from: tokens issued before are refused.
    """

    id: AccountId
    email: str
    created_at: datetime
    password_hash: str | None = None
    superuser: bool = False
    given_name: str = ""
    family_name: str = ""
    is_service: bool = False
    disabled_at: datetime | None = None
    tokens_from: datetime | None = None

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None

    def takes_token_of(self, issued_at: datetime) -> bool:
        return self.tokens_from is None or issued_at >= self.tokens_from

    def with_password(self, password_hash: str, now: datetime) -> Account:
        """Whoever came in with the old one must log in again."""
        return replace(self, password_hash=password_hash, tokens_from=now)

    def disable(self, now: datetime) -> Account:
        """Disabling twice changes nothing; enabling does not bring old tokens back."""
        return replace(self, disabled_at=now, tokens_from=now) if self.is_enabled else self

    def enable(self) -> Account:
        return replace(self, disabled_at=None)


@dataclass(frozen=True, kw_only=True)
class Project:
    """Owns everything that is not an account.

    Args:
        priority: of its batches.
        allowed_platforms: names of the platforms it may use; None for all.
        echo: what a door must say back unchanged (JSON values); the core never reads it.
        weight: how much of a platform is fair for it, against others.
        quotas: its own, in place of the server's; as `quotas.said` leaves them.
        retention: likewise, of its results; as `retention.said` leaves it.
    """

    id: ProjectId
    name: str
    created_at: datetime
    description: str = ""
    priority: Priority = Priority.MEDIUM
    allowed_platforms: tuple[str, ...] | None = None
    echo: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0
    quotas: Mapping[str, Any] = field(default_factory=dict)
    retention: Mapping[str, Any] = field(default_factory=dict)

    def allows(self, platform_name: str) -> bool:
        return self.allowed_platforms is None or platform_name in self.allowed_platforms


@dataclass(frozen=True, kw_only=True)
class Member:
    account_id: AccountId
    project_id: ProjectId
    role: Role
    created_at: datetime
    updated_at: datetime

    def become(self, role: Role, now: datetime) -> Member:
        """The same role again changes nothing."""
        return self if role is self.role else replace(self, role=role, updated_at=now)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who is asking, with what they are in each project.

    Args:
        doors: they find only what came in by these; None for all.
    """

    account_id: AccountId
    roles: Mapping[ProjectId, Role] = field(default_factory=dict)
    superuser: bool = False
    doors: frozenset[Door] | None = None

    def through(self, *doors: Door) -> Actor:
        """The same caller, looking through these doors alone."""
        return replace(self, doors=frozenset(doors))

    def sees(self, project_id: ProjectId) -> bool:
        return self.superuser or project_id in self.roles

    def finds(self, thing: Entered) -> bool:
        return self.sees(thing.project_id) and (self.doors is None or thing.door in self.doors)

    def manages(self, project_id: ProjectId) -> bool:
        return self.superuser or self.roles.get(project_id) is Role.ADMIN

    def may(self, thing: Owned) -> bool:
        """Whether they may act on something: its creator, an admin of its project, a superuser."""
        if self.superuser:
            return True
        role = self.roles.get(thing.project_id)
        return role is Role.ADMIN or (role is not None and thing.creator_id == self.account_id)

    def must(self, action: Action, thing: Owned) -> None:
        """
        Raises:
            NotAllowed: they may not.
        """
        if not self.may(thing):
            raise NotAllowed(action.value)

    def must_manage(self, project_id: ProjectId) -> None:
        """
        Raises:
            NotAllowed: neither an admin of the project nor a superuser.
        """
        if not self.manages(project_id):
            raise NotAllowed(Action.MANAGE_MEMBERS.value)

    def must_operate(self) -> None:
        """
        Raises:
            NotAllowed: no superuser.
        """
        if not self.superuser:
            raise NotAllowed(Action.OPERATE.value)
