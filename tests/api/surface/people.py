"""Those who knock at a ketway's doors."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from ketway.domain.accounts import Account, AccountId, Project, ProjectId, Role
from ketway.domain.credentials import ApiKey
from ketway.services.keys import fresh_key
from tests.builders import a_membership
from tests.worlds import World


async def a_project(world: World) -> ProjectId:
    """Another one."""
    project = Project(id=ProjectId(uuid4()), name="elsewhere", created_at=world.clock.now())
    async with world.db.work() as work:
        await work.projects.add(project)
    return project.id


async def an_account(
    world: World, project: ProjectId | None, role: Role = Role.MEMBER, *, superuser: bool = False
) -> Account:
    """Whose password is `password`."""
    account = Account(
        id=AccountId(uuid4()),
        email=f"{uuid4().hex}@here",
        created_at=world.clock.now(),
        password_hash=await world.core.accounts.hasher.hash("password"),
        superuser=superuser,
    )
    async with world.db.work() as work:
        await work.accounts.add(account)
        if project is not None:
            await work.projects.add_member(a_membership(account.id, project, role))
    return account


async def a_secret(
    world: World,
    account: Account,
    project: ProjectId,
    *,
    expires_at: datetime | None = None,
    revoked_at: datetime | None = None,
) -> str:
    """Of a key that opens one project."""
    key, secret = fresh_key(uuid4, account.id, project, world.clock.now(), expires_at)
    await _keep(world, replace(key, revoked_at=revoked_at))
    return secret


async def _keep(world: World, key: ApiKey) -> None:
    async with world.db.work() as work:
        await work.api_keys.add(key)
