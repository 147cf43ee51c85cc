"""Texts that PostgreSQL does not keep are refused in the words of each surface, wherever they are sent and
whichever database there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from ketway.api import own, pasqal, scaleway
from tests.api.pasqal.worlds import an_emulator
from tests.api.scaleway.worlds import an_aer
from tests.postgres import Postgres
from tests.worlds import a_world

NUL = "%00"


@pytest.fixture(params=["sqlite", "postgresql"])
async def client(
    tmp_path: Path, postgres: Postgres, request: pytest.FixtureRequest
) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        postgres.migrated() as url,
        a_world(
            tmp_path,
            catalogue=[an_emulator(), an_aer()],
            postgres=url if request.param == "postgresql" else None,
        ) as world,
    ):
        mounts: dict[str, ASGIApp] = {"/ketway/v1": own.surface(world.core)}
        for surface in (pasqal.surface, scaleway.surface):
            mounts |= surface(world.core, public_url=None, max_body_bytes=2**20)
        app = Starlette(routes=[Mount(prefix, each) for prefix, each in mounts.items()])
        token, _ = await world.core.accounts.login(world.credentials.username, world.credentials.password)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://ketway.test",
            headers={"Authorization": f"Bearer {token}", "X-Auth-Token": world.credentials.secret_key},
        ) as made:
            yield made


@pytest.mark.parametrize(
    "path",
    [
        f"/core-fast/api/v1/batches?id__starts_with={NUL}",
        f"/core-fast/api/v1/batches?tag={NUL}",
        f"/core-fast/api/v1/batches?device_type={NUL}",
        f"/core-fast/api/v2/jobs?id__starts_with={NUL}",
        f"/qaas/v1alpha1/sessions?tags={NUL}",
        f"/qaas/v1alpha1/sessions?order_by={NUL}",
        f"/qaas/v1alpha1/jobs?tags={NUL}",
        f"/qaas/v1alpha1/jobs?platform_id={NUL}",
        f"/qaas/v1alpha1/models?name={NUL}",
        f"/qaas/v1alpha1/platforms?name={NUL}",
        f"/qaas/v1alpha1/applications?name={NUL}",
        f"/qaas/v1alpha1/applications?unknown={NUL}",
        f"/ketway/v1/accounts?email={NUL}",
        f"/ketway/v1/processes?kind={NUL}",
    ],
)
async def test_nul_in_a_query_is_the_callers_fault_and_told_at_the_door(client, path):
    answer = await client.get(path)

    assert 400 <= answer.status_code < 500
    assert "holds a NUL character; remove it" in answer.text


@pytest.mark.parametrize("path", [f"/core-fast/api/v1/batches/{NUL}", f"/core-fast/api/v2/jobs/{NUL}"])
async def test_nul_in_a_path_is_no_id(client, path):
    answer = await client.get(path)

    assert answer.status_code == 422


async def test_nul_in_a_login_lets_nobody_in(client):
    said = {"grant_type": "password", "username": "a\x00b", "password": "p\x00"}

    answer = await client.post("/oauth/token", data=said)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert (await client.get("/core-fast/api/v1/batches")).status_code == 200
