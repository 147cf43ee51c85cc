"""Accounts: who comes in, by which key, and what they may see."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ketway.domain.accounts import Account, AccountId, Actor, Member, Project, ProjectId, Role
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
from ketway.domain.errors import BadCredentials, BadToken, Unknown
from ketway.services.ports import Clock, Database, Hasher, Tokens, Work


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
class Accounts:
    db: Database
    clock: Clock
    hasher: Hasher
    tokens: Tokens
    fresh: Callable[[], UUID]

    async def login(self, email: str, password: str) -> tuple[str, int]:
        """A token for a person, and its life in seconds.

        Raises:
            BadCredentials: after the same time, whichever half was wrong.
        """
        async with self.db.look() as work:
            account = await work.accounts.by_email(email)
        good = await self.hasher.verify(password, account.password_hash if account else None)
        if account is None or not good:
            raise BadCredentials
        return self.tokens.issue(account.id, self.clock.now())

    async def exchange(self, access_key: str, secret: str) -> tuple[str, int]:
        """A token for a program that has a key, and its life in seconds.

        Raises:
            BadCredentials
        """
        async with self.db.look() as work:
            key = await work.accounts.key_hashed(hashed(secret))
        if key is None or key.access_key != access_key or not key.is_good(self.clock.now()):
            raise BadCredentials
        return self.tokens.issue(key.account_id, self.clock.now())

    async def by_token(self, token: str) -> Actor:
        """
        Raises:
            BadToken
        """
        id = self.tokens.read(token, self.clock.now())
        async with self.db.look() as work:
            return await _actor(work, id)

    async def by_secret(self, secret: str) -> tuple[Actor, ApiKey]:
        """The owner of a secret key, seeing that key's project alone.

        Raises:
            BadToken
        """
        async with self.db.look() as work:
            key = await work.accounts.key_hashed(hashed(secret))
            if key is None:
                raise BadToken("unknown")
            if not key.is_good(self.clock.now()):
                raise BadToken("expired")
            actor = await _actor(work, key.account_id)
        role = actor.roles.get(key.project_id)
        if role is None:
            raise BadToken("unknown")
        return Actor(account_id=actor.account_id, roles={key.project_id: role}), key

    async def worker_token(self, secret: str) -> WorkerToken:
        """
        Raises:
            BadToken
        """
        async with self.db.look() as work:
            token = await work.workers.token_hashed(hashed(secret))
        if token is None or token.revoked_at is not None:
            raise BadToken("unknown")
        return token

    async def projects(self, actor: Actor) -> Sequence[Project]:
        """Those the actor is in; all of them for a superuser."""
        async with self.db.look() as work:
            return await work.accounts.projects(None if actor.superuser else list(actor.roles))

    async def account(self, id: AccountId) -> Account:
        async with self.db.look() as work:
            found = await work.accounts.get(id)
        if found is None:
            raise Unknown("account", str(id))
        return found

    async def set_up(self, email: str, project: str, worker: str) -> FirstCredentials:
        """The first owner, project, key and worker token of a new server.

        An owner who is there already (a first start that died half-way, a lost file) gets a new
        password, key and token for what they own.

        Args:
            email: how the owner logs in.
            project, worker: names.
        """
        now = self.clock.now()
        password, secret, token = secrets.token_urlsafe(18), str(self.fresh()), secrets.token_urlsafe(32)
        password_hash = await self.hasher.hash(password)
        async with self.db.work() as work:
            account, owned = await self._owner(work, email, project, password_hash)
            key = ApiKey(
                id=ApiKeyId(self.fresh()),
                access_key=_access_key(),
                secret_hash=hashed(secret),
                account_id=account.id,
                project_id=owned,
                created_at=now,
            )
            await work.accounts.add_key(key)
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

    async def _owner(
        self, work: Work, email: str, project: str, password_hash: str
    ) -> tuple[Account, ProjectId]:
        now = self.clock.now()
        known = await work.accounts.by_email(email)
        if known is not None:
            changed = replace(known, password_hash=password_hash)
            await work.accounts.put(changed)
            return changed, (await work.accounts.memberships(known.id))[0].project_id
        account = Account(
            id=AccountId(self.fresh()),
            email=email,
            created_at=now,
            password_hash=password_hash,
            superuser=True,
        )
        owned = Project(id=ProjectId(self.fresh()), name=project, created_at=now)
        await work.accounts.add(account)
        await work.accounts.add_project(owned)
        await work.accounts.add_member(Member(account_id=account.id, project_id=owned.id, role=Role.ADMIN))
        return account, owned.id


async def _actor(work: Work, id: AccountId) -> Actor:
    account = await work.accounts.get(id)
    if account is None:
        raise BadToken("unknown")
    members = await work.accounts.memberships(id)
    return Actor(
        account_id=id,
        roles={member.project_id: member.role for member in members},
        superuser=account.superuser,
    )


def _access_key() -> str:
    drawn = (secrets.choice(ACCESS_KEY_ALPHABET) for _ in range(ACCESS_KEY_RANDOM_LENGTH))
    return ACCESS_KEY_PREFIX + "".join(drawn)
