"""Accounts, projects, members and keys."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from ketway.db.rows import Runner, from_row, to_row
from ketway.db.tables import accounts, api_keys, members, projects
from ketway.domain.accounts import Account, AccountId, Member, Project, ProjectId
from ketway.domain.credentials import ApiKey


class SqlAccounts:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def add(self, account: Account) -> None:
        row = to_row(account) | {"email": account.email.lower()}
        await self._run(lambda c: c.execute(insert(accounts), row))

    async def put(self, account: Account) -> None:
        row = to_row(account) | {"email": account.email.lower()}
        await self._run(lambda c: c.execute(update(accounts).where(accounts.c.id == account.id), row))

    async def get(self, id: AccountId) -> Account | None:
        query = select(accounts).where(accounts.c.id == id)
        row = await self._run(lambda c: c.execute(query).one_or_none())
        return None if row is None else from_row(Account, row)

    async def by_email(self, email: str) -> Account | None:
        query = select(accounts).where(accounts.c.email == email.lower())
        row = await self._run(lambda c: c.execute(query).one_or_none())
        return None if row is None else from_row(Account, row)

    async def add_project(self, project: Project) -> None:
        await self._run(lambda c: c.execute(insert(projects), to_row(project)))

    async def projects(self, ids: Sequence[ProjectId] | None) -> Sequence[Project]:
        query = select(projects).order_by(projects.c.created_at, projects.c.id)
        if ids is not None:
            query = query.where(projects.c.id.in_(ids))
        rows = await self._run(lambda c: c.execute(query).all())
        return [from_row(Project, row) for row in rows]

    async def add_member(self, member: Member) -> None:
        await self._run(lambda c: c.execute(insert(members), to_row(member)))

    async def memberships(self, account: AccountId) -> Sequence[Member]:
        query = select(members).where(members.c.account_id == account)
        rows = await self._run(lambda c: c.execute(query).all())
        return [from_row(Member, row) for row in rows]

    async def add_key(self, key: ApiKey) -> None:
        await self._run(lambda c: c.execute(insert(api_keys), to_row(key)))

    async def key_hashed(self, secret_hash: str) -> ApiKey | None:
        query = select(api_keys).where(api_keys.c.secret_hash == secret_hash)
        row = await self._run(lambda c: c.execute(query).one_or_none())
        return None if row is None else from_row(ApiKey, row)
