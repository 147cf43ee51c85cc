"""Who there is, what belongs to whom, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import NewType, Protocol
from uuid import UUID

from ketway.domain.errors import NotAllowed
from ketway.domain.platforms import Door

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
        email: how a person logs in; unique, compared in lower case.
        password_hash: an argon2 string, or None for an account without a password.
        superuser: an operator of this server.
    """

    id: AccountId
    email: str
    created_at: datetime
    password_hash: str | None = None
    superuser: bool = False


@dataclass(frozen=True, kw_only=True)
class Project:
    """Owns everything that is not an account."""

    id: ProjectId
    name: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Member:
    account_id: AccountId
    project_id: ProjectId
    role: Role


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
