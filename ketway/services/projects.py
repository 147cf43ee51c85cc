"""Projects: what belongs together, and who works in it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from ketway.domain import quotas, retention, texts
from ketway.domain.accounts import Account, AccountId, Actor, Member, Project, ProjectId, Role
from ketway.domain.errors import AlreadyMember, LastAdmin, Unknown, UnknownPlatform
from ketway.domain.priorities import Priority
from ketway.domain.shares import must_weigh
from ketway.services.accounts import with_email
from ketway.services.listing import Listed, Page
from ketway.services.ports import Clock, Database, Work


class Unchanged(Enum):
    """In a change: this stays as it is. None would say something else."""

    AS_IS = "as is"


@dataclass(frozen=True, kw_only=True)
class NewProject:
    """
    Args:
        admin_email: of the account that will manage its members.
        allowed_platforms: names; None for all.
        weight: as `Project`'s.
        echo: what a door must say back unchanged.
    """

    name: str
    admin_email: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    allowed_platforms: Sequence[str] | None = None
    weight: float = 1.0
    echo: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ProjectChange:
    name: str | Unchanged = Unchanged.AS_IS
    description: str | Unchanged = Unchanged.AS_IS
    priority: Priority | Unchanged = Unchanged.AS_IS
    allowed_platforms: Sequence[str] | Unchanged | None = Unchanged.AS_IS
    weight: float | Unchanged = Unchanged.AS_IS
    quotas: Mapping[str, Any] | Unchanged = Unchanged.AS_IS
    retention: Mapping[str, Any] | Unchanged = Unchanged.AS_IS


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A project, its main admin, and how many members it has in each role.

    Args:
        main_admin: the admin of longest standing.
        active_at: when something last happened to a batch of it; None where nothing did.
    """

    project: Project
    main_admin: Account | None
    members: Mapping[Role, int]
    active_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A member with their account."""

    member: Member
    account: Account


@dataclass(frozen=True, kw_only=True)
class Projects:
    """
    Args:
        platform_names: of all platforms that this server knows.
    """

    db: Database
    clock: Clock
    fresh: Callable[[], UUID]
    platform_names: Collection[str]

    async def mine(self, actor: Actor) -> Sequence[Overview]:
        """Those that the actor is in, oldest first; for superusers too."""
        async with self.db.look() as work:
            return await _overviews(work, await work.projects.of(list(actor.roles)))

    async def list(self, actor: Actor, page: Page) -> Listed[Overview]:
        """All of them, for operators."""
        actor.must_operate()
        async with self.db.look() as work:
            listed = await work.projects.list(page)
            return Listed(items=await _overviews(work, listed.items), total=listed.total)

    async def get(self, actor: Actor, id: ProjectId) -> Project:
        """
        Raises:
            Unknown: no such project, or one that the actor is not in.
        """
        async with self.db.look() as work:
            return await _seen(work, actor, id)

    async def create(self, actor: Actor, new: NewProject) -> Overview:
        """
        Raises:
            BadField: a name, a description or a weight that cannot be.
            UnknownPlatform
            NobodyHasEmail: of the admin.
        """
        actor.must_operate()
        now = self.clock.now()
        project = Project(
            id=ProjectId(self.fresh()),
            name=texts.name(new.name),
            created_at=now,
            description=texts.description(new.description),
            priority=new.priority,
            allowed_platforms=self._platforms(new.allowed_platforms),
            weight=must_weigh(new.weight),
            echo=new.echo,
        )
        async with self.db.work() as work:
            admin = await with_email(work, new.admin_email)
            await work.projects.add(project)
            await work.projects.add_member(_member(admin, project, Role.ADMIN, now))
            (overview,) = await _overviews(work, [project])
        return overview

    async def change(self, actor: Actor, id: ProjectId, change: ProjectChange) -> Overview:
        """
        Raises:
            BadField, UnknownPlatform: as `create`; of quotas and of rules of retention too.
            Unknown
        """
        actor.must_operate()
        async with self.db.work() as work:
            project = await _seen(work, actor, id)
            if not isinstance(change.name, Unchanged):
                project = replace(project, name=texts.name(change.name))
            if not isinstance(change.description, Unchanged):
                project = replace(project, description=texts.description(change.description))
            if not isinstance(change.priority, Unchanged):
                project = replace(project, priority=change.priority)
            if not isinstance(change.allowed_platforms, Unchanged):
                project = replace(project, allowed_platforms=self._platforms(change.allowed_platforms))
            if not isinstance(change.weight, Unchanged):
                project = replace(project, weight=must_weigh(change.weight))
            if not isinstance(change.quotas, Unchanged):
                project = replace(project, quotas=quotas.said(change.quotas))
            if not isinstance(change.retention, Unchanged):
                project = replace(project, retention=retention.said(change.retention))
            await work.projects.put(project)
            (overview,) = await _overviews(work, [project])
        return overview

    async def members(self, actor: Actor, id: ProjectId, page: Page) -> Listed[Membership]:
        """
        Raises:
            Unknown
        """
        async with self.db.look() as work:
            await _seen(work, actor, id)
            listed = await work.projects.members(id, page)
            return Listed(items=await _with_accounts(work, listed.items), total=listed.total)

    async def add_member(self, actor: Actor, id: ProjectId, email: str, role: Role) -> Membership:
        """
        Raises:
            Unknown
            NobodyHasEmail
            AlreadyMember
        """
        async with self.db.work() as work:
            project = await _managed(work, actor, id)
            account = await with_email(work, email)
            if await work.projects.members_among(id, [account.id]):
                raise AlreadyMember(account.email)
            member = _member(account, project, role, self.clock.now())
            await work.projects.add_member(member)
        return Membership(member=member, account=account)

    async def set_roles(
        self, actor: Actor, id: ProjectId, accounts: Sequence[AccountId], role: Role
    ) -> Sequence[Membership]:
        """The members that were asked for, with their new role; all of them, or nothing changes.

        Raises:
            Unknown: no such project, or one of them is no member of it.
            LastAdmin
        """
        async with self.db.work() as work:
            await _managed(work, actor, id)
            members, now = await _members(work, id, accounts), self.clock.now()
            changed = [member.become(role, now) for member in members]
            for member in changed:
                await work.projects.put_member(member)
            await _must_keep_an_admin(work, id, members)
            return await _with_accounts(work, changed)

    async def remove_member(self, actor: Actor, id: ProjectId, account: AccountId) -> None:
        """Their keys of the project let nobody in any more; what they made stays.

        Raises:
            Unknown: no such project, or they are no member of it.
            LastAdmin
        """
        async with self.db.work() as work:
            await _managed(work, actor, id)
            (member,) = await _members(work, id, [account])
            await work.projects.remove_member(member)
            await _must_keep_an_admin(work, id, [member])

    def _platforms(self, names: Sequence[str] | None) -> tuple[str, ...] | None:
        if names is None:
            return None
        for name in names:
            if name not in self.platform_names:
                raise UnknownPlatform(name, sorted(self.platform_names))
        return tuple(dict.fromkeys(names))


async def _seen(work: Work, actor: Actor, id: ProjectId) -> Project:
    project = await work.projects.get(id) if actor.sees(id) else None
    if project is None:
        raise Unknown("project", str(id))
    return project


async def _managed(work: Work, actor: Actor, id: ProjectId) -> Project:
    project = await _seen(work, actor, id)
    actor.must_manage(id)
    return project


async def _members(work: Work, id: ProjectId, accounts: Sequence[AccountId]) -> Sequence[Member]:
    """Members in the order that they were asked for, each once."""
    found = {member.account_id: member for member in await work.projects.members_among(id, accounts)}
    for account in accounts:
        if account not in found:
            raise Unknown("member", str(account))
    return [found[account] for account in dict.fromkeys(accounts)]


async def _must_keep_an_admin(work: Work, id: ProjectId, before: Sequence[Member]) -> None:
    """
    Args:
        before: members as they were, who have been changed or removed.
    """
    were_admins = any(member.role is Role.ADMIN for member in before)
    if were_admins and not await work.projects.admins([id]):
        raise LastAdmin


async def _with_accounts(work: Work, members: Sequence[Member]) -> Sequence[Membership]:
    accounts = await work.accounts.of([member.account_id for member in members])
    return [Membership(member=member, account=accounts[member.account_id]) for member in members]


async def _overviews(work: Work, projects: Sequence[Project]) -> Sequence[Overview]:
    ids = [project.id for project in projects]
    # Oldest first: whoever comes later is not in the way of whoever was there.
    main = {admin.project_id: admin.account_id for admin in reversed(await work.projects.admins(ids))}
    accounts = await work.accounts.of(list(set(main.values())))
    counts = await work.projects.count_members(ids)
    active = await work.batches.last_activity(ids)
    return [
        Overview(
            project=project,
            main_admin=accounts[main[project.id]] if project.id in main else None,
            members=counts[project.id],
            active_at=active.get(project.id),
        )
        for project in projects
    ]


def _member(account: Account, project: Project, role: Role, now: datetime) -> Member:
    return Member(account_id=account.id, project_id=project.id, role=role, created_at=now, updated_at=now)
