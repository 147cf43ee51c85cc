"""The first start: somebody who owns the server, and something to work in."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from ketway.domain.accounts import Account, AccountId, Member, Project, ProjectId, Role
from ketway.domain.credentials import WorkerToken, WorkerTokenId, hashed
from ketway.services.keys import fresh_key
from ketway.services.ports import Clock, Database, Hasher, Work


@dataclass(frozen=True, kw_only=True)
class FirstCredentials:
    """What the first start prints once and keeps in `credentials.json`."""

    username: str
    password: str
    project_id: ProjectId
    access_key: str
    secret_key: str
    worker_token: str


@dataclass(frozen=True, kw_only=True)
class FirstStart:
    db: Database
    clock: Clock
    hasher: Hasher
    fresh: Callable[[], UUID]

    async def set_up(self, email: str, project: str, worker: str) -> FirstCredentials:
        """The first owner, project, key and worker token of a new server.

        An owner who is there already (a first start that died half-way, a lost file) gets a new
        password, key and token for what they own, and operates the server again: whoever can
        write the data folder could help themselves to that anyway.

        Args:
            email: how the owner logs in.
            project, worker: names.
        """
        now = self.clock.now()
        password, token = secrets.token_urlsafe(18), secrets.token_urlsafe(32)
        password_hash = await self.hasher.hash(password)
        async with self.db.work() as work:
            owner = await self._owner(work, email, password_hash)
            owned = await self._owned(work, owner, project)
            key, secret = fresh_key(self.fresh, owner.id, owned, now)
            await work.api_keys.add(key)
            await work.workers.add_token(
                WorkerToken(
                    id=WorkerTokenId(self.fresh()),
                    name=worker,
                    secret_hash=hashed(token),
                    created_at=now,
                    is_local=True,
                )
            )
        return FirstCredentials(
            username=email,
            password=password,
            project_id=owned,
            access_key=key.access_key,
            secret_key=secret,
            worker_token=token,
        )

    async def _owner(self, work: Work, email: str, password_hash: str) -> Account:
        now = self.clock.now()
        known = await work.accounts.by_email(email)
        if known is not None:
            owner = replace(known.with_password(password_hash, now).enable(), superuser=True)
            await work.accounts.put(owner)
            return owner
        owner = Account(
            id=AccountId(self.fresh()),
            email=email,
            created_at=now,
            password_hash=password_hash,
            superuser=True,
        )
        await work.accounts.add(owner)
        return owner

    async def _owned(self, work: Work, owner: Account, name: str) -> ProjectId:
        """The oldest project that they are in, or a new one."""
        memberships = await work.projects.memberships(owner.id)
        if memberships:
            return memberships[0].project_id
        now = self.clock.now()
        project = Project(id=ProjectId(self.fresh()), name=name, created_at=now)
        await work.projects.add(project)
        await work.projects.add_member(
            Member(
                account_id=owner.id, project_id=project.id, role=Role.ADMIN, created_at=now, updated_at=now
            )
        )
        return project.id
