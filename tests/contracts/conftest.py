"""Every implementation of a port, one after another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from ketway.db.postgres import open_postgres
from ketway.domain.accounts import Account, AccountId, Project, ProjectId
from ketway.domain.credentials import WorkerToken, WorkerTokenId
from ketway.services.ports import Database
from tests.builders import ACCOUNT, NOON, PROJECT
from tests.contracts.rows import ELSEWHERE, LOCAL_TOKEN, SOMEBODY, TOKEN
from tests.fakes import MemoryDatabase
from tests.migrated import a_migrated_database
from tests.postgres import Postgres


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database without a row."""
    if request.param == "memory":
        yield MemoryDatabase()
        return
    if request.param == "sqlite":
        async with a_migrated_database(tmp_path) as database:
            yield database
        return
    server: Postgres = request.getfixturevalue("postgres")
    async with server.migrated() as url, open_postgres(url) as shared:
        yield shared


@pytest.fixture
async def db(empty: Database) -> Database:
    """A database with what other rows must name: two projects, two accounts, two worker tokens."""
    async with empty.work() as work:
        for project in (PROJECT, ELSEWHERE):
            await work.projects.add(Project(id=ProjectId(project), name=f"{project}", created_at=NOON))
        for account in (ACCOUNT, SOMEBODY):
            await work.accounts.add(Account(id=AccountId(account), email=f"{account}@here", created_at=NOON))
        for token, is_local in ((TOKEN, False), (LOCAL_TOKEN, True)):
            await work.workers.add_token(
                WorkerToken(
                    id=WorkerTokenId(token),
                    name="workers",
                    secret_hash=uuid4().hex,
                    created_at=NOON,
                    is_local=is_local,
                )
            )
    return empty
