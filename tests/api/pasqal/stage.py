"""One ketway with everybody who may knock at its doors, and things of theirs in every state."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import httpx

from ketway.domain.accounts import Role
from ketway.services.core import Limits
from tests.api.pasqal.clients import SEQUENCE, data
from tests.api.pasqal.worlds import CORE, a_client, a_machine, an_emulator
from tests.api.surface.documents import Documents, read_documents
from tests.api.surface.people import a_project, a_secret, an_account
from tests.worlds import World, a_world

#: Base paths of the documented applications.
BASES = ("/core-fast", "/account")
OVH = f"{CORE}/v1/third-party-access/ovh"
#: Routes that `test_learning` is about, and the table of all the others is not.
LEARNING = {
    ("GET", f"{CORE}/v1/learners/{{package}}"),
    ("PATCH", f"{CORE}/v1/learners/{{package}}"),
    ("PUT", f"{CORE}/v1/learners/{{package}}"),
    ("GET", f"{CORE}/v1/learners/{{package}}/notebooks/{{notebook}}"),
    ("GET", f"{CORE}/v1/learners/projects/{{project_id}}"),
    ("POST", f"{CORE}/v1/use-cases"),
    ("GET", f"{CORE}/v1/use-cases/examples"),
    ("GET", f"{CORE}/v1/use-cases/{{use_case_id}}"),
    ("PATCH", f"{CORE}/v1/use-cases/{{use_case_id}}"),
    ("POST", f"{CORE}/v1/use-cases/{{use_case_id}}/review"),
    ("GET", f"{CORE}/v1/use-cases/projects/{{project_id}}/mine"),
    ("GET", f"{CORE}/v1/use-cases/projects/{{project_id}}/team"),
    ("POST", f"{CORE}/v1/quizzes/{{strapi_quiz_id}}"),
    ("PATCH", f"{CORE}/v1/quizzes/{{quiz_id}}"),
}


class Who(Enum):
    """Who knocks; all but the last four are of one project, which everything in the world is of."""

    CREATOR = "the member who made it"
    COLLEAGUE = "a member who did not make it"
    ADMIN = "an admin of the project"
    BEARER = "the creator's secret key"
    OPERATOR = "a superuser, in no project"
    STRANGER = "the admin of another project"
    PASSER = "the stranger's secret key"
    NOBODY = "nobody"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """
    Args:
        clients: one for each kind of caller.
        accounts: their accounts' ids.
        documents: what the surface says of itself.
    """

    world: World
    clients: Mapping[Who, httpx.AsyncClient]
    accounts: Mapping[Who, str]
    documents: Documents

    @property
    def project_id(self) -> str:
        return str(self.world.project_id)

    @property
    def creator(self) -> httpx.AsyncClient:
        return self.clients[Who.CREATOR]

    @property
    def operator(self) -> httpx.AsyncClient:
        return self.clients[Who.OPERATOR]

    async def batch(self, **changes: Any) -> dict[str, Any]:
        """Closed, of one job that waits."""
        body = {
            "project_id": self.project_id,
            "sequence_builder": SEQUENCE,
            "jobs": [{"runs": 10}],
            "device_type": "EMU_FREE",
        }
        return data(await self.creator.post(f"{CORE}/v1/batches", json=body | changes))

    async def open_batch(self) -> dict[str, Any]:
        return await self.batch(open=True)

    async def done_batch(self) -> dict[str, Any]:
        made = await self.batch()
        await self.world.run_all()
        return made

    async def cancelled_batch(self) -> dict[str, Any]:
        return data(await self.creator.patch(f"{CORE}/v2/batches/{(await self.batch())['id']}/cancel"))

    async def running_job(self) -> dict[str, Any]:
        """An operator said that it runs; no worker has it."""
        made = (await self.batch())["jobs"][0]
        return data(
            await self.operator.put(f"{CORE}/v1/jobs/{made['id']}/status", json={"status": "RUNNING"})
        )

    async def ovh_batch(self) -> dict[str, Any]:
        body = {"project_id": "", "sequence_builder": SEQUENCE, "jobs": [{"runs": 10}], "device_type": None}
        return data(await self.clients[Who.BEARER].post(f"{OVH}/batches", json=body))

    async def workload(self) -> dict[str, Any]:
        body = {"project_id": self.project_id, "workload_type": KIND, "backend": "pyq", "config": {"a": 1}}
        return data(await self.creator.post(f"{CORE}/v1/workloads", json=body))

    async def running_workload(self) -> dict[str, Any]:
        path = f"{CORE}/v1/workloads/{(await self.workload())['id']}/status"
        return data(await self.operator.put(path, json={"status": "RUNNING"}))

    async def cancelled_workload(self) -> dict[str, Any]:
        return data(await self.creator.put(f"{CORE}/v1/workloads/{(await self.workload())['id']}/cancel"))

    async def banner(self) -> dict[str, Any]:
        body = {
            "banner_message": "Maintenance at noon.",
            "start_datetime": "2026-01-15T12:00:00",
            "end_datetime": "2026-01-15T13:00:00+00:00",
        }
        return data(await self.operator.post(f"{CORE}/v1/banners", json=body))

    async def device(self, name: str) -> dict[str, Any]:
        listed = data(await self.creator.get(f"{CORE}/v2/devices", params={"device_type": name}))
        return listed[0]


#: A kind of workload that somebody runs.
KIND = "algorithm_dqgm"


@asynccontextmanager
async def a_stage(folder: Path) -> AsyncIterator[Stage]:
    catalogue, limits = [an_emulator(), a_machine()], Limits(process_kinds=(KIND,))
    async with a_world(folder, catalogue=catalogue, limits=limits) as world, AsyncExitStack() as stack:
        here, there = world.project_id, await a_project(world)
        people = {
            Who.CREATOR: await an_account(world, here),
            Who.COLLEAGUE: await an_account(world, here),
            Who.ADMIN: await an_account(world, here, Role.ADMIN),
            Who.OPERATOR: await an_account(world, None, superuser=True),
            Who.STRANGER: await an_account(world, there, Role.ADMIN),
        }
        tokens: dict[Who, str | None] = {}
        for who, account in people.items():
            tokens[who], _ = await world.core.accounts.login(account.email, "password")
        tokens[Who.BEARER] = await a_secret(world, people[Who.CREATOR], here)
        tokens[Who.PASSER] = await a_secret(world, people[Who.STRANGER], there)
        tokens[Who.NOBODY] = None
        clients = {
            who: await stack.enter_async_context(a_client(world, token)) for who, token in tokens.items()
        }
        accounts = {who: str(account.id) for who, account in people.items()}
        documents = await read_documents(clients[Who.NOBODY], *BASES)
        yield Stage(world=world, clients=clients, accounts=accounts, documents=documents)
