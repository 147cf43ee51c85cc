"""One ketway with everybody who may knock at this surface's door, and things of theirs in every state."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from ketway.api.scaleway import surface
from ketway.domain.accounts import Role
from ketway.domain.jobs import JobStatus
from ketway.domain.processes import ProcessId
from ketway.services.reports import Span
from tests.api.scaleway.clients import AER, BOOKABLE, QPU, VQE, a_job, a_model, a_process, a_session
from tests.api.scaleway.worlds import APPLICATIONS, PREFIX, RUN, a_bookable_qpu, a_client, a_qpu, an_aer
from tests.api.surface.documents import Documents
from tests.api.surface.people import a_project, a_secret, an_account
from tests.worlds import World, a_world


class Who(Enum):
    """Who knocks, each with a key; all but the stranger and those at the end are of one project."""

    CREATOR = "the member who made it"
    COLLEAGUE = "a member who did not make it"
    ADMIN = "an admin of the project"
    OPERATOR = "a superuser, who is a member of the project: a key opens no more than its project"
    STRANGER = "the admin of another project"
    DISABLED = "the creator of old, whose account is disabled"
    EXPIRED = "the creator, with a key that has expired"
    REVOKED = "the creator, with a key that was revoked"
    NOBODY = "nobody"


#: Those whose keys open nothing, if they have one.
SHUT_OUT = {Who.DISABLED, Who.EXPIRED, Who.REVOKED, Who.NOBODY}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """
    Args:
        clients: one for each kind of caller.
        documents: what the surface says of itself.
        booked: when slots begin that are booked.
    """

    world: World
    clients: Mapping[Who, httpx.AsyncClient]
    documents: Documents
    booked: list[datetime] = field(default_factory=list)

    @property
    def project_id(self) -> str:
        return str(self.world.project_id)

    @property
    def creator(self) -> httpx.AsyncClient:
        return self.clients[Who.CREATOR]

    async def session(self, **changes: Any) -> dict[str, Any]:
        """Running at once, as there is room for all."""
        return await a_session(self.creator, **changes)

    async def starting_session(self) -> dict[str, Any]:
        """On a platform that takes one at a time, once a job runs."""
        return await self.session(platform_id=QPU)

    async def stopped_session(self) -> dict[str, Any]:
        made = await self.session()
        return (await self.creator.post(f"/sessions/{made['id']}/terminate")).json()

    async def stopping_session(self) -> dict[str, Any]:
        """A job of it still runs."""
        job = await self.running_job()
        return (await self.creator.post(f"/sessions/{job['session_id']}/terminate")).json()

    async def busy_session(self) -> dict[str, Any]:
        """A job of it waits."""
        return await self.read(f"/sessions/{(await self.job())['session_id']}")

    async def job(self, **changes: Any) -> dict[str, Any]:
        """One that waits, in a session of its own."""
        return await a_job(self.creator, (await self.session())["id"], **changes)

    async def running_job(self) -> dict[str, Any]:
        await self.world.run_all()
        made = await self.job()
        await self.world.claim()
        return await self.read(f"/jobs/{made['id']}")

    async def cancelling_job(self) -> dict[str, Any]:
        made = await self.running_job()
        return (await self.creator.post(f"/jobs/{made['id']}/cancel")).json()

    async def done_job(self, **changes: Any) -> dict[str, Any]:
        made = await self.job(**changes)
        await self.world.run_all()
        return await self.read(f"/jobs/{made['id']}")

    async def cancelled_job(self) -> dict[str, Any]:
        return (await self.creator.post(f"/jobs/{(await self.job())['id']}/cancel")).json()

    async def model(self) -> dict[str, Any]:
        return await a_model(self.creator)

    async def booking(self) -> dict[str, Any]:
        """Of a slot after all others, days ahead."""
        slot = timedelta(minutes=len(self.booked))
        made = await self._booked_session(self.world.clock.now() + timedelta(days=2) + slot)
        return await self.read(f"/bookings/{made['booking_id']}")

    async def session_of_a_near_slot(self) -> dict[str, Any]:
        """Too near to be given up."""
        begins = self.world.clock.now() + timedelta(minutes=1)
        made = await self._booked_session(begins)
        self.world.clock.move(seconds=55)
        return made

    async def _booked_session(self, begins: datetime) -> dict[str, Any]:
        self.booked.append(begins)
        demand = {
            "started_at": begins.isoformat(),
            "finished_at": (begins + timedelta(seconds=30)).isoformat(),
            "description": "mine",
            "time_zone": "Europe/Paris",
        }
        return await self.session(platform_id=BOOKABLE, booking_demand=demand)

    async def process(self, **changes: Any) -> dict[str, Any]:
        """One that nobody has begun to run."""
        return await a_process(self.creator, **changes)

    async def moved_process(self, status: JobStatus, *results: Any, **changes: Any) -> dict[str, Any]:
        """One that its runner says something of."""
        id = ProcessId(UUID((await self.process(**changes))["id"]))
        processes, operator = self.world.core.processes, self.world.operator
        await processes.move(operator, id, JobStatus.RUNNING, Span())
        for result in results:
            await processes.keep_result(operator, id, result)
        if status is not JobStatus.RUNNING:
            await processes.move(operator, id, status, Span())
        return await self.read(f"/processes/{id}")

    async def running_process(self) -> dict[str, Any]:
        return await self.moved_process(JobStatus.RUNNING)

    async def done_process(self) -> dict[str, Any]:
        return await self.moved_process(JobStatus.DONE, {"energy": -1.1})

    async def application(self) -> dict[str, Any]:
        return {"id": VQE}

    async def read(self, path: str) -> dict[str, Any]:
        answer = await self.creator.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def platform(self) -> dict[str, Any]:
        return {"id": AER}


@asynccontextmanager
async def a_stage(folder: Path) -> AsyncIterator[Stage]:
    async with (
        a_world(
            folder,
            catalogue=[a_qpu(), an_aer(), a_bookable_qpu()],
            applications=APPLICATIONS,
            limits=RUN,
        ) as world,
        AsyncExitStack() as stack,
    ):
        here, there, now = world.project_id, await a_project(world), world.clock.now()
        creator = await an_account(world, here)
        gone = await an_account(world, here)
        before = now - timedelta(seconds=1)
        secrets: dict[Who, str | None] = {
            Who.CREATOR: await a_secret(world, creator, here),
            Who.COLLEAGUE: await a_secret(world, await an_account(world, here), here),
            Who.ADMIN: await a_secret(world, await an_account(world, here, Role.ADMIN), here),
            Who.OPERATOR: await a_secret(world, await an_account(world, here, superuser=True), here),
            Who.STRANGER: await a_secret(world, await an_account(world, there, Role.ADMIN), there),
            Who.DISABLED: await a_secret(world, gone, here),
            Who.EXPIRED: await a_secret(world, creator, here, expires_at=before),
            Who.REVOKED: await a_secret(world, creator, here, revoked_at=before),
            Who.NOBODY: None,
        }
        await world.core.accounts.disable(world.operator, gone.id)
        clients = {
            who: await stack.enter_async_context(a_client(world.core, secret, linked=world.blobs))
            for who, secret in secrets.items()
        }
        yield Stage(world=world, clients=clients, documents=the_documents(world))


def the_documents(world: World) -> Documents:
    (app,) = surface(world.core, public_url=None, max_body_bytes=1).values()
    assert isinstance(app, FastAPI)
    return Documents({PREFIX: app.openapi()})
