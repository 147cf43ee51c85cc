"""A whole ketway in one process: real stores on a temporary folder, a clock that tests move,
and a worker that answers at once."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

from ketway import platforms
from ketway.db.postgres import open_postgres
from ketway.domain.accounts import Account, AccountId, Actor, Project, ProjectId, Role
from ketway.domain.applications import Application
from ketway.domain.credentials import ApiKey, ApiKeyId, WorkerToken, hashed
from ketway.domain.errors import Invalid
from ketway.domain.leases import Worker
from ketway.domain.outcomes import Outcome
from ketway.domain.platforms import Platform
from ketway.domain.tasks import Checked, Computed, Task
from ketway.host.bell import LocalBell
from ketway.keys import links, tokens
from ketway.keys.passwords import Argon2Hasher
from ketway.services.core import Core, Limits, build_core
from ketway.services.first_start import FirstCredentials
from ketway.services.grants import Grant
from ketway.services.ports import Database
from ketway.storage.disk import DiskBlobs
from tests.builders import NOON, a_membership
from tests.migrated import a_migrated_database
from tests.postgres import EVERYWHERE, everywhere


class MovableClock:
    """The `Clock` port, at noon until a test moves it."""

    def __init__(self) -> None:
        self.time = NOON
        self.passed = 0.0

    def now(self) -> datetime:
        return self.time

    def steady(self) -> float:
        return self.passed

    def move(self, **by: float) -> None:
        """As `timedelta`: `clock.move(minutes=5)`."""
        step = timedelta(**by)
        self.time += step
        self.passed += step.total_seconds()


class AgreeableChecker:
    """The `Checker` port: refuses what it was told to refuse, else answers what it was told to
    have found, and remembers what it was asked."""

    def __init__(self) -> None:
        self.refusal: Invalid | None = None
        self.found: Checked | None = Checked(qubits=2)
        self.asked: list[tuple[str, Sequence[Task]]] = []

    async def check(self, engine: str, project: ProjectId, tasks: Sequence[Task]) -> Sequence[Checked | None]:
        self.asked.append((engine, tasks))
        if self.refusal is not None:
            raise self.refusal
        return [self.found for _ in tasks]


def all_zero(grant: Grant) -> Computed:
    """What a computer that only ever measures 00 would answer."""
    shots = grant.task.shots or 100
    counts = {"00": shots}
    document = json.dumps({"counter": counts, "raw": ["00"] * shots, "serialised_results": None})
    return Computed(
        document=document, counts=[counts], shots=shots, metadata={"engine": grant.platform.engine, "seed": 1}
    )


@dataclass(kw_only=True)
class World:
    core: Core
    db: Database
    blobs: DiskBlobs
    clock: MovableClock
    checker: AgreeableChecker
    credentials: FirstCredentials
    owner: Actor
    token: WorkerToken
    worker: Worker

    @property
    def project_id(self) -> ProjectId:
        return self.credentials.project_id

    @property
    def operator(self) -> Actor:
        """The owner, with all that they may."""
        return replace(self.owner, superuser=True)

    async def claim(self, most: int = 1) -> Sequence[Grant]:
        """What a worker with every engine gets right now."""
        return await self.core.leases.claim(self.token, self.worker.id, uuid4().hex, most=most, wait_s=0)

    async def follow(self, link: str) -> tuple[bytes, str]:
        """What a link fetches, and the name that it is given."""
        url = urlsplit(link)
        key = url.path.removeprefix("/blobs/")
        name = self.blobs.named(key, dict(parse_qsl(url.query)), self.clock.now())
        return await self.core.documents.read(key), name

    async def run_all(self, answer: Callable[[Grant], Computed] = all_zero) -> int:
        """Run every job that waits; how many there were."""
        number = 0
        while grants := await self.claim():
            outcomes = [
                Outcome(lease_id=grant.lease.id, secret=grant.lease.secret, found=answer(grant))
                for grant in grants
            ]
            assert not any(await self.core.outcomes.tell(outcomes))
            number += len(grants)
        return number

    async def another_project(self) -> tuple[Actor, str]:
        """A member of a project of their own, and their secret key; password `password`."""
        now, secret = self.clock.now(), str(uuid4())
        account = Account(
            id=AccountId(uuid4()),
            email=f"{uuid4().hex}@elsewhere",
            created_at=now,
            password_hash=await self.core.accounts.hasher.hash("password"),
        )
        project = Project(id=ProjectId(uuid4()), name="elsewhere", created_at=now)
        key = ApiKey(
            id=ApiKeyId(uuid4()),
            access_key=f"SCW{uuid4().hex[:17].upper()}",
            secret_hash=hashed(secret),
            account_id=account.id,
            project_id=project.id,
            created_at=now,
        )
        async with self.db.work() as work:
            await work.accounts.add(account)
            await work.projects.add(project)
            await work.projects.add_member(a_membership(account.id, project.id, Role.MEMBER))
            await work.api_keys.add(key)
        return Actor(account_id=account.id, roles={project.id: Role.MEMBER}), secret


@asynccontextmanager
async def a_world(
    folder: Path,
    *,
    catalogue: Sequence[Platform] | None = None,
    limits: Limits | None = None,
    applications: Sequence[Application] = (),
    postgres: str | None = None,
) -> AsyncIterator[World]:
    """A ketway with the built-in catalogue, one owner, one project, and one worker with every engine.

    Args:
        postgres: URL of a migrated database without a row; SQLite in the folder if None.
    """
    clock, checker = MovableClock(), AgreeableChecker()
    known = list(catalogue) if catalogue is not None else platforms.read()
    engines = {platform.engine: "1" for platform in known}
    async with _database(folder, postgres) as db:
        blobs = DiskBlobs(folder / "blobs", links.LinkSigner(links.fresh_key()))
        core = build_core(
            db=db,
            blobs=blobs,
            checker=checker,
            bell=LocalBell(),
            clock=clock,
            hasher=Argon2Hasher(memory_kib=8, passes=1),
            tokens=tokens.JwtTokens(tokens.fresh_key(), timedelta(hours=1)),
            fresh=uuid4,
            catalogue=known,
            engines_here=list(engines),
            limits=limits or Limits(),
            applications=applications,
        )
        credentials = await core.first_start.set_up("owner@ketway", "first project", "local")
        token = await core.accounts.worker_token(credentials.worker_token)
        bearer, _ = await core.accounts.login(credentials.username, credentials.password)
        owner = await core.accounts.by_token(bearer)
        yield World(
            core=core,
            db=db,
            blobs=blobs,
            clock=clock,
            checker=checker,
            credentials=credentials,
            owner=replace(owner, superuser=False),
            token=token,
            worker=await core.leases.register(token, "test", engines, 2),
        )


@asynccontextmanager
async def _database(folder: Path, postgres: str | None) -> AsyncIterator[Database]:
    async with AsyncExitStack() as stack:
        if postgres is None and os.environ.get(EVERYWHERE):
            postgres = await stack.enter_async_context(everywhere().migrated())
        yield await stack.enter_async_context(
            a_migrated_database(folder) if postgres is None else open_postgres(postgres)
        )
