"""Keys of this server, shared by all who serve it: drawn once, kept in the database."""

from __future__ import annotations

from sqlalchemy import insert, select

from ketway.db.rows import Runner
from ketway.db.tables import server_keys


class SqlKeys:
    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    async def get(self, name: str) -> str | None:
        query = select(server_keys.c.value).where(server_keys.c.name == name)
        return await self._run(lambda c: c.execute(query).scalar_one_or_none())

    async def add(self, name: str, value: str) -> None:
        statement = insert(server_keys).values(name=name, value=value)
        await self._run(lambda c: c.execute(statement))
