"""Accounts: who comes in, and who there is."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from ketway.domain import texts
from ketway.domain.accounts import Account, AccountId, Actor, Member
from ketway.domain.credentials import ApiKey, Claims, WorkerToken, hashed
from ketway.domain.errors import (
    AccountDisabled,
    BadCredentials,
    BadToken,
    EmailTaken,
    LastSuperuser,
    NobodyHasEmail,
    Unknown,
)
from ketway.services.listing import Listed, Page
from ketway.services.ports import Clock, Database, Hasher, Tokens, Work


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """
    Args:
        email: in any case.
        password: as the person chose it; None has one made.
    """

    email: str
    password: str | None = None
    given_name: str = ""
    family_name: str = ""
    is_service: bool = False
    superuser: bool = False


@dataclass(frozen=True, kw_only=True)
class Welcomed:
    """
    Args:
        password: the one that was made, to be shown once; None where it was given.
    """

    account: Account
    password: str | None


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
            AccountDisabled: both halves were right.
        """
        # Issued as of now: should the password change before we are done, the token is of the old one.
        now = self.clock.now()
        async with self.db.look() as work:
            account = await work.accounts.by_email(texts.plain_email(email))
        good = await self.hasher.verify(password, account.password_hash if account else None)
        if account is None or not good:
            raise BadCredentials
        if not account.is_enabled:
            raise AccountDisabled
        return self.tokens.issue(account.id, now)

    async def exchange(self, access_key: str, secret: str) -> tuple[str, int]:
        """A token for a program that has a key, and its life in seconds.

        Raises:
            BadCredentials: wrong, revoked or expired.
            AccountDisabled
        """
        async with self.db.look() as work:
            key = await work.api_keys.hashed(hashed(secret))
            account = await work.accounts.get(key.account_id) if key else None
        if key is None or key.access_key != access_key or not key.is_good(self.clock.now()):
            raise BadCredentials
        if account is None or not account.is_enabled:
            raise AccountDisabled
        return self.tokens.issue(key.account_id, self.clock.now(), key.id)

    async def by_token(self, token: str) -> Actor:
        """Whose token it is; one that was given for a key sees that key's project alone.

        Raises:
            BadToken
            AccountDisabled
        """
        claims = self.tokens.read(token, self.clock.now())
        async with self.db.look() as work:
            if claims.key_id is None:
                return await _actor(work, claims)
            key = await work.api_keys.get(claims.key_id)
            return await self._holder(work, key, claims)

    async def by_secret(self, secret: str) -> tuple[Actor, ApiKey]:
        """The owner of a secret key, seeing that key's project alone.

        Raises:
            BadToken
            AccountDisabled
        """
        async with self.db.look() as work:
            key = await work.api_keys.hashed(hashed(secret))
            if key is None:
                raise BadToken("unknown")
            claims = Claims(account_id=key.account_id, issued_at=self.clock.now(), key_id=key.id)
            return await self._holder(work, key, claims), key

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

    async def account(self, id: AccountId) -> Account:
        async with self.db.look() as work:
            return await _account(work, id)

    async def memberships(self, actor: Actor) -> Sequence[Member]:
        """What the actor is, in each project that they came in for; oldest first."""
        async with self.db.look() as work:
            members = await work.projects.memberships(actor.account_id)
        return [member for member in members if member.project_id in actor.roles]

    async def list(self, actor: Actor, page: Page) -> Listed[Account]:
        actor.must_operate()
        async with self.db.look() as work:
            return await work.accounts.list(page)

    async def named(self, actor: Actor, email: str) -> Account:
        """
        Raises:
            NobodyHasEmail
        """
        actor.must_operate()
        async with self.db.look() as work:
            return await with_email(work, email)

    async def create(self, actor: Actor, new: NewAccount) -> Welcomed:
        """
        Raises:
            BadField: an email, a name or a password that cannot be.
            EmailTaken
        """
        actor.must_operate()
        email = texts.email(new.email)
        account = Account(
            id=AccountId(self.fresh()),
            email=email,
            created_at=self.clock.now(),
            superuser=new.superuser,
            given_name=texts.bounded("given_name", new.given_name.strip(), texts.MAX_NAME),
            family_name=texts.bounded("family_name", new.family_name.strip(), texts.MAX_NAME),
            is_service=new.is_service,
        )
        password, made = _password(new.password)
        account = replace(account, password_hash=await self.hasher.hash(password))
        async with self.db.work() as work:
            if await work.accounts.by_email(email) is not None:
                raise EmailTaken(email)
            await work.accounts.add(account)
        return Welcomed(account=account, password=made)

    async def reset_password(self, actor: Actor, id: AccountId, password: str | None = None) -> Welcomed:
        """A new password, chosen or made; whoever is logged in must log in again.

        Raises:
            BadField: a password that cannot be.
        """
        actor.must_operate()
        password, made = _password(password)
        password_hash = await self.hasher.hash(password)
        async with self.db.work() as work:
            changed = (await _account(work, id)).with_password(password_hash, self.clock.now())
            await work.accounts.put(changed)
        return Welcomed(account=changed, password=made)

    async def disable(self, actor: Actor, id: AccountId) -> Account:
        """Nobody comes in as this account any more, by whatever way; its jobs still run.

        Raises:
            LastSuperuser
        """
        actor.must_operate()
        async with self.db.work() as work:
            account = await _account(work, id)
            return await self._keep(work, account, account.disable(self.clock.now()))

    async def enable(self, actor: Actor, id: AccountId) -> Account:
        actor.must_operate()
        async with self.db.work() as work:
            account = await _account(work, id)
            return await self._keep(work, account, account.enable())

    async def make_superuser(self, actor: Actor, id: AccountId) -> Account:
        actor.must_operate()
        async with self.db.work() as work:
            account = await _account(work, id)
            return await self._keep(work, account, replace(account, superuser=True))

    async def unmake_superuser(self, actor: Actor, id: AccountId) -> Account:
        """
        Raises:
            LastSuperuser
        """
        actor.must_operate()
        async with self.db.work() as work:
            account = await _account(work, id)
            return await self._keep(work, account, replace(account, superuser=False))

    async def _keep(self, work: Work, before: Account, after: Account) -> Account:
        await work.accounts.put(after)
        operated = before.superuser and before.is_enabled
        if operated and not await work.accounts.count_superusers():
            raise LastSuperuser
        return after

    async def _holder(self, work: Work, key: ApiKey | None, claims: Claims) -> Actor:
        """Who came in with a key, seeing its project alone."""
        if key is None:
            raise BadToken("unknown")
        if not key.is_good(self.clock.now()):
            raise BadToken("expired")
        actor = await _actor(work, claims)
        role = actor.roles.get(key.project_id)
        if role is None:
            raise BadToken("unknown")
        return Actor(account_id=actor.account_id, roles={key.project_id: role})


async def with_email(work: Work, email: str) -> Account:
    """
    Raises:
        NobodyHasEmail
    """
    plain = texts.plain_email(email)
    found = await work.accounts.by_email(plain)
    if found is None:
        raise NobodyHasEmail(plain)
    return found


async def _account(work: Work, id: AccountId) -> Account:
    found = await work.accounts.get(id)
    if found is None:
        raise Unknown("account", str(id))
    return found


async def _actor(work: Work, claims: Claims) -> Actor:
    found = await work.accounts.with_roles(claims.account_id)
    if found is None:
        raise BadToken("unknown")
    account, roles = found
    if not account.is_enabled:
        raise AccountDisabled
    if not account.takes_token_of(claims.issued_at):
        raise BadToken("expired")
    return Actor(account_id=account.id, roles=roles, superuser=account.superuser)


def _password(chosen: str | None) -> tuple[str, str | None]:
    """The password to keep, and the same if it was made here."""
    if chosen is not None:
        return texts.password(chosen), None
    made = secrets.token_urlsafe(18)
    return made, made
