"""Keys: programs' and workers' ways in, made, listed and revoked by operators."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ketway.domain import texts
from ketway.domain.accounts import Account, AccountId, Actor, Project, ProjectId
from ketway.domain.credentials import (
    ACCESS_KEY_ALPHABET,
    ACCESS_KEY_PREFIX,
    ACCESS_KEY_RANDOM_LENGTH,
    ApiKey,
    ApiKeyId,
    WorkerToken,
    WorkerTokenId,
    hashed,
)
from ketway.domain.errors import BadField, NotAMember, Unknown
from ketway.services.listing import Listed, Page
from ketway.services.ports import Clock, Database

LONGEST_LIFE = timedelta(days=36_525)


@dataclass(frozen=True, kw_only=True)
class HeldKey:
    """A key with who holds it and what it opens."""

    key: ApiKey
    account: Account
    project: Project


def fresh_key(
    fresh: Callable[[], UUID],
    account: AccountId,
    project: ProjectId,
    now: datetime,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its secret, a UUID, which is kept nowhere."""
    secret = str(fresh())
    drawn = (secrets.choice(ACCESS_KEY_ALPHABET) for _ in range(ACCESS_KEY_RANDOM_LENGTH))
    key = ApiKey(
        id=ApiKeyId(fresh()),
        access_key=ACCESS_KEY_PREFIX + "".join(drawn),
        secret_hash=hashed(secret),
        account_id=account,
        project_id=project,
        created_at=now,
        expires_at=expires_at,
    )
    return key, secret


@dataclass(frozen=True, kw_only=True)
class Keys:
    db: Database
    clock: Clock
    fresh: Callable[[], UUID]

    async def create(
        self, actor: Actor, account_id: AccountId, project_id: ProjectId, expires_at: datetime | None = None
    ) -> tuple[HeldKey, str]:
        """A key and its secret, which is shown once.

        Raises:
            BadField: it would have expired already, or practically never.
            Unknown: no such account or project.
            NotAMember: the account is not in the project, so that the key would open nothing.
        """
        actor.must_operate()
        now = self.clock.now()
        if expires_at is not None and not now < expires_at <= now + LONGEST_LIFE:
            raise BadField(("expires_at",), "must be in the future, and within a hundred years")
        key, secret = fresh_key(self.fresh, account_id, project_id, now, expires_at)
        async with self.db.work() as work:
            account, project = await work.accounts.get(account_id), await work.projects.get(project_id)
            if account is None:
                raise Unknown("account", str(account_id))
            if project is None:
                raise Unknown("project", str(project_id))
            if not await work.projects.members_among(project_id, [account_id]):
                raise NotAMember(account.email)
            await work.api_keys.add(key)
        return HeldKey(key=key, account=account, project=project), secret

    async def list(
        self,
        actor: Actor,
        page: Page,
        *,
        account_id: AccountId | None = None,
        project_id: ProjectId | None = None,
    ) -> Listed[HeldKey]:
        """Revoked and expired ones too."""
        actor.must_operate()
        async with self.db.look() as work:
            listed = await work.api_keys.list(page, account=account_id, project=project_id)
            accounts = await work.accounts.of([key.account_id for key in listed.items])
            projects = await work.projects.of([key.project_id for key in listed.items])
        known = {project.id: project for project in projects}
        held = [
            HeldKey(key=key, account=accounts[key.account_id], project=known[key.project_id])
            for key in listed.items
        ]
        return Listed(items=held, total=listed.total)

    async def revoke(self, actor: Actor, id: ApiKeyId) -> ApiKey:
        """From now on it lets nobody in, nor do the tokens that were given for it."""
        actor.must_operate()
        async with self.db.work() as work:
            key = await work.api_keys.get(id)
            if key is None:
                raise Unknown("key", str(id))
            revoked = key.revoke(self.clock.now())
            await work.api_keys.put(revoked)
        return revoked

    async def create_worker_token(self, actor: Actor, name: str) -> tuple[WorkerToken, str]:
        """A worker's way in and its secret, which is shown once.

        Raises:
            BadField
        """
        actor.must_operate()
        secret = secrets.token_urlsafe(32)
        token = WorkerToken(
            id=WorkerTokenId(self.fresh()),
            name=texts.name(name),
            secret_hash=hashed(secret),
            created_at=self.clock.now(),
        )
        async with self.db.work() as work:
            await work.workers.add_token(token)
        return token, secret

    async def worker_tokens(self, actor: Actor) -> Sequence[WorkerToken]:
        """All of them, oldest first, revoked ones too."""
        actor.must_operate()
        async with self.db.look() as work:
            return await work.workers.tokens()

    async def revoke_worker_token(self, actor: Actor, id: WorkerTokenId) -> WorkerToken:
        """Workers that came with it are sent away at their next word."""
        actor.must_operate()
        async with self.db.work() as work:
            token = await work.workers.get_token(id)
            if token is None:
                raise Unknown("token", str(id))
            revoked = token.revoke(self.clock.now())
            await work.workers.put_token(revoked)
        return revoked
