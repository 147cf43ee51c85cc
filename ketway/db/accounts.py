"""Accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, func, insert, select, update

from ketway.db.paging import page_of
from ketway.db.rows import Condition, Runner, from_row, from_rows, rows_by, to_row
from ketway.db.tables import accounts, members
from ketway.domain.accounts import Account, AccountId, ProjectId, Role
from ketway.services.listing import Listed, Page

_BY_ID = rows_by(accounts.c.id)
# Asked by every request.
_WITH_ROLES = (
    select(accounts, members.c.project_id.label("member_of"), members.c.role)
    .outerjoin(members, members.c.account_id == accounts.c.id)
    .where(accounts.c.id == bindparam("id"))
)


class SqlAccounts:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._run = runner.run

    async def add(self, account: Account) -> None:
        row = to_row(account) | {"email": account.email.lower()}
        await self._run(lambda c: c.execute(insert(accounts), row))

    async def put(self, account: Account) -> None:
        row = to_row(account) | {"email": account.email.lower()}
        await self._run(lambda c: c.execute(update(accounts).where(accounts.c.id == account.id), row))

    async def get(self, id: AccountId) -> Account | None:
        return (await self.of([id])).get(id)

    async def with_roles(self, id: AccountId) -> tuple[Account, Mapping[ProjectId, Role]] | None:
        rows = await self._run(lambda c: c.execute(_WITH_ROLES, {"id": id}).all())
        if not rows:
            return None
        roles = {row.member_of: row.role for row in rows if row.member_of is not None}
        return from_row(Account, rows[0]), roles

    async def by_email(self, email: str) -> Account | None:
        return await self._one(accounts.c.email == email.lower())

    async def of(self, ids: Sequence[AccountId]) -> Mapping[AccountId, Account]:
        rows = await self._run(lambda c: c.execute(_BY_ID, {"ids": ids}).all())
        return {account.id: account for account in from_rows(Account, rows)}

    async def list(self, page: Page) -> Listed[Account]:
        rows, total = await page_of(self._runner, accounts, [], page)
        return Listed(items=[from_row(Account, row) for row in rows], total=total)

    async def count_superusers(self) -> int:
        enabled = accounts.c.superuser & accounts.c.disabled_at.is_(None)
        query = select(func.count()).select_from(accounts).where(enabled)
        return await self._run(lambda c: c.execute(query).scalar_one())

    async def _one(self, condition: Condition) -> Account | None:
        query = select(accounts).where(condition)
        row = await self._run(lambda c: c.execute(query).one_or_none())
        return None if row is None else from_row(Account, row)
