"""API keys."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from ketway.db.paging import page_of
from ketway.db.rows import Condition, Runner, from_row, rows_by, to_row
from ketway.db.tables import api_keys
from ketway.domain.accounts import AccountId, ProjectId
from ketway.domain.credentials import ApiKey, ApiKeyId
from ketway.services.listing import Listed, Page

_HASHED = rows_by(api_keys.c.secret_hash)


class SqlApiKeys:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._run = runner.run

    async def add(self, key: ApiKey) -> None:
        await self._run(lambda c: c.execute(insert(api_keys), to_row(key)))

    async def put(self, key: ApiKey) -> None:
        await self._run(lambda c: c.execute(update(api_keys).where(api_keys.c.id == key.id), to_row(key)))

    async def get(self, id: ApiKeyId) -> ApiKey | None:
        return await self._one(api_keys.c.id == id)

    async def hashed(self, secret_hash: str) -> ApiKey | None:
        row = await self._run(lambda c: c.execute(_HASHED, {"ids": [secret_hash]}).one_or_none())
        return None if row is None else from_row(ApiKey, row)

    async def list(
        self, page: Page, *, account: AccountId | None = None, project: ProjectId | None = None
    ) -> Listed[ApiKey]:
        asked = {api_keys.c.account_id: account, api_keys.c.project_id: project}
        conditions = [column == wanted for column, wanted in asked.items() if wanted is not None]
        rows, total = await page_of(self._runner, api_keys, conditions, page)
        return Listed(items=[from_row(ApiKey, row) for row in rows], total=total)

    async def _one(self, condition: Condition) -> ApiKey | None:
        query = select(api_keys).where(condition)
        row = await self._run(lambda c: c.execute(query).one_or_none())
        return None if row is None else from_row(ApiKey, row)
