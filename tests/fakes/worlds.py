"""The whole of ketway on fakes, for tests that need many worlds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, cast
from uuid import UUID

from ketway.domain.applications import Application
from ketway.domain.faults import NO_FAULTS, FaultPlan
from ketway.domain.platforms import Platform
from ketway.host.bell import LocalBell
from ketway.keys import links, tokens
from ketway.keys.passwords import Argon2Hasher
from ketway.services.core import Limits, build_core
from tests.builders import a_platform
from tests.fakes.blobs import MemoryBlobs
from tests.fakes.database import MemoryDatabase
from tests.worlds import AgreeableChecker, MovableClock, World


@asynccontextmanager
async def a_memory_world(
    *,
    catalogue: Sequence[Platform] | None = None,
    limits: Limits | None = None,
    applications: Sequence[Application] = (),
    faults: FaultPlan = NO_FAULTS,
) -> AsyncIterator[World]:
    """As `a_world`, with nothing on a disk and one plain platform unless told otherwise."""
    clock, checker = MovableClock(), AgreeableChecker()
    known = list(catalogue) if catalogue is not None else [a_platform()]
    engines = {platform.engine: "1" for platform in known}
    db, blobs = MemoryDatabase(), MemoryBlobs(links.LinkSigner(links.fresh_key()))
    core = build_core(
        db=db,
        blobs=blobs,
        checker=checker,
        bell=LocalBell(),
        clock=clock,
        hasher=Argon2Hasher(memory_kib=8, passes=1),
        tokens=tokens.JwtTokens(tokens.fresh_key(), timedelta(hours=1)),
        fresh=_ids(),
        catalogue=known,
        engines_here=list(engines),
        limits=limits or Limits(),
        applications=applications,
        faults=faults,
    )
    credentials = await core.first_start.set_up("owner@ketway", "first project", "local")
    token = await core.accounts.worker_token(credentials.worker_token)
    bearer, _ = await core.accounts.login(credentials.username, credentials.password)
    owner = await core.accounts.by_token(bearer)
    yield World(
        core=core,
        db=db,
        blobs=cast(Any, blobs),
        clock=clock,
        checker=checker,
        credentials=credentials,
        owner=replace(owner, superuser=False),
        token=token,
        worker=await core.leases.register(token, "test", engines, 2),
    )


def _ids() -> Callable[[], UUID]:
    """The same ones in every world: what goes by them, such as who of two equals is first, repeats."""
    chance = Random(1)
    return lambda: UUID(int=chance.getrandbits(128), version=4)
