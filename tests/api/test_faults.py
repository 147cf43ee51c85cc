"""Errors, lost answers and slowness on purpose, as clients of both surfaces meet them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from ketway.api import pasqal, scaleway
from ketway.api.app import create_app
from ketway.api.faults import STATUSES, Cut, Error, HttpFaults, HttpPlan, Slow
from ketway.domain.faults import Down, Failure, FaultPlan, Wait
from tests.api.pasqal import worlds as pasqal_worlds
from tests.api.pasqal.clients import a_batch_body, data
from tests.api.pasqal.worlds import a_token, an_emulator
from tests.api.scaleway import worlds as scaleway_worlds
from tests.api.scaleway.worlds import PREFIX, an_aer
from tests.worlds import World, a_world

CORE = "/core-fast/api"
EMU, AER = an_emulator(), an_aer()


@dataclass
class Both:
    """One ketway with faults, a client of each surface, and how long it paused."""

    world: World
    pasqal: httpx.AsyncClient
    scaleway: httpx.AsyncClient
    paused: list[float]

    async def submit(self) -> httpx.Response:
        return await self.pasqal.post(f"{CORE}/v1/batches", json=a_batch_body(self.world))

    async def open_session(self) -> httpx.Response:
        body = {"project_id": str(self.world.project_id), "platform_id": str(AER.id)}
        return await self.scaleway.post("/sessions", json=body)


@asynccontextmanager
async def a_rehearsal(
    folder: Path, *rules: Error | Cut | Slow, seed: int = 0, jobs: FaultPlan | None = None
) -> AsyncIterator[Both]:
    kinds: dict[str, Any] = {
        "error": [rule for rule in rules if isinstance(rule, Error)],
        "cut": [rule for rule in rules if isinstance(rule, Cut)],
        "slow": [rule for rule in rules if isinstance(rule, Slow)],
    }
    paused: list[float] = []

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    faults = HttpFaults(HttpPlan(seed=seed, **kinds), pause)
    async with (
        a_world(folder, catalogue=[EMU, AER], faults=jobs or FaultPlan()) as world,
        pasqal_worlds.a_client(world, await a_token(world), faults=faults) as one,
        scaleway_worlds.a_client(world.core, world.credentials.secret_key, faults=faults) as other,
    ):
        yield Both(world, one, other, paused)


@pytest.mark.parametrize("status", STATUSES)
async def test_an_error_has_the_form_of_each_vendor(tmp_path, status):
    async with a_rehearsal(tmp_path, Error(status=status, message="Not now.", retry_after_s=3)) as both:
        by_pasqal = await both.submit()
        by_scaleway = await both.open_session()
        login = await both.pasqal.post("/oauth/token", data={"grant_type": "password"})

    # The clients themselves hold what they read against each dialect's form.
    assert by_pasqal.status_code == by_scaleway.status_code == login.status_code == status
    assert by_pasqal.json()["data"]["description"] == "Not now."
    assert by_scaleway.json()["message"] == login.json()["error_description"] == "Not now."
    assert {answer.headers["retry-after"] for answer in (by_pasqal, by_scaleway, login)} == {"3"}


async def test_too_many_requests_have_all_keys_that_scaleways_clients_need(tmp_path):
    async with a_rehearsal(tmp_path, Error(status=429, retry_after_s=3)) as both:
        answer = (await both.open_session()).json()

    assert answer["type"] == "too_many_requests"
    assert (answer["help_message"], answer["reset_seconds"]) == (answer["message"], 3)


async def test_an_error_comes_instead_of_what_was_asked(tmp_path):
    async with a_rehearsal(tmp_path, Error(status=500, methods=("POST",), first=1)) as both:
        await both.submit()

        assert data(await both.pasqal.get(f"{CORE}/v1/batches")) == []
        assert (await both.submit()).status_code == 200


async def test_who_lost_an_answer_and_comes_again_finds_what_was_made(tmp_path):
    lost = Error(status=500, methods=("POST",), first=1, carried_out=True)
    async with a_rehearsal(tmp_path, lost) as both:
        assert (await both.submit()).status_code == 500
        assert (await both.open_session()).status_code == 500
        (batch,) = data(await both.pasqal.get(f"{CORE}/v1/batches"))
        (session,) = (await both.scaleway.get("/sessions")).json()["sessions"]

        assert data(await both.submit())["id"] == batch["id"]
        assert (await both.open_session()).json()["id"] == session["id"]


async def test_requests_are_counted_by_method_and_path_whatever_else_is_asked(tmp_path):
    async with a_rehearsal(tmp_path, Error(status=503, every=3)) as both:
        submitted = []
        for _ in range(6):
            submitted.append((await both.submit()).status_code)
            for _ in range(4):
                await both.pasqal.get(f"{CORE}/v1/batches")

    assert submitted == [200, 200, 503] * 2


async def test_ids_make_no_other_request_of_it(tmp_path):
    async with a_rehearsal(tmp_path, Error(status=503, methods=("GET",), every=2)) as both:
        ids = [data(await both.submit())["id"] for _ in range(4)]

        found = [(await both.pasqal.get(f"{CORE}/v2/batches/{id}")).status_code for id in ids]

    assert found == [200, 503] * 2


async def test_the_same_seed_and_the_same_requests_meet_the_same_faults(tmp_path):
    async def statuses(name: str, seed: int) -> list[int]:
        (tmp_path / name).mkdir()
        async with a_rehearsal(tmp_path / name, Error(status=502, share=0.5), seed=seed) as both:
            return [(await both.open_session()).status_code for _ in range(30)]

    first = await statuses("first", 7)

    assert first == await statuses("second", 7)
    assert first != await statuses("third", 8)
    assert set(first) == {200, 502}


async def test_only_what_is_named_is_hit(tmp_path):
    rule = Error(status=503, surfaces=("scaleway",), methods=("POST",), paths=(f"{PREFIX}/sess*",))
    async with a_rehearsal(tmp_path, rule) as both:
        assert (await both.submit()).status_code == 200
        assert (await both.scaleway.get("/sessions")).status_code == 200
        assert (await both.open_session()).status_code == 503


async def test_operators_workers_links_and_probes_are_hit_only_when_they_are_named(tmp_path):
    async def statuses(faults: HttpFaults) -> list[int]:
        app = create_app(
            world.core,
            linked=world.blobs,
            public_url=None,
            max_body_bytes=1000,
            max_result_bytes=1000,
            faults=faults,
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://ketway") as client:
            paths = (f"{PREFIX}/platforms", "/ketway/v1/jobs", "/blobs/none", "/healthz", "/readyz")
            found = [(await client.get(path)).status_code for path in paths]
            return [*found, (await client.post("/work/v1/leases")).status_code]

    async with a_world(tmp_path, catalogue=[EMU]) as world:
        usual = await statuses(HttpFaults(HttpPlan(error=[Error(status=502)])))
        every = Error(status=502, surfaces=("own", "work", "results"))
        named = await statuses(HttpFaults(HttpPlan(error=[every])))

    assert usual == [502, 401, 403, 200, 200, 401]
    assert named == [401, 502, 502, 200, 200, 502]


async def test_a_slow_answer_takes_the_time_that_is_asked_for(tmp_path):
    slow = (Slow(seconds=0.5, surfaces=("pasqal",)), Slow(seconds=(1, 2), methods=("POST",)))
    async with a_rehearsal(tmp_path, *slow) as both:
        assert (await both.submit()).status_code == 200
        assert (await both.pasqal.get(f"{CORE}/v1/batches")).status_code == 200
        assert (await both.scaleway.get("/sessions")).status_code == 200

    submitted, listed = both.paused
    assert 1.5 <= submitted <= 2.5
    assert listed == 0.5


async def test_a_platform_that_is_down_is_shown_in_each_vendors_way(tmp_path):
    down = FaultPlan(down=[Down(platform=one.name, why="Cooling.") for one in (EMU, AER)])
    async with a_rehearsal(tmp_path, jobs=down) as both:
        (device,) = data(await both.pasqal.get(f"{CORE}/v2/devices"))
        (platform,) = (await both.scaleway.get("/platforms")).json()["platforms"]
        refused = await both.open_session()

        assert device["status"] == "DOWN"
        assert device["status_message"].endswith("Cooling.")
        assert platform["availability"] == "maintenance"
        assert (refused.status_code, refused.json()["type"]) == (503, "out_of_stock")
        assert "Cooling." in refused.json()["message"]
        assert data(await both.submit())["status"] == "PENDING"


async def test_a_queue_that_waits_and_a_job_that_fails_look_as_they_do_at_each_vendor(tmp_path):
    plan = FaultPlan(
        wait=[Wait(platform=one.name, after_submission_s=20) for one in (EMU, AER)],
        failure=[Failure(text="The laser lost its lock.")],
    )
    async with a_rehearsal(tmp_path, jobs=plan) as both:
        batch = data(await both.submit())
        session = (await both.open_session()).json()
        model = await both.scaleway.post(
            "/models", json={"project_id": str(both.world.project_id), "payload": "{}"}
        )
        asked = {"session_id": session["id"], "model_id": model.json()["id"], "name": "job"}
        job = (await both.scaleway.post("/jobs", json=asked)).json()

        assert await both.world.run_all() == 0
        waiting = data(await both.pasqal.get(f"{CORE}/v2/batches/{batch['id']}"))
        assert waiting["status"] == "PENDING"
        assert (await both.scaleway.get(f"/jobs/{job['id']}")).json()["status"] == "waiting"

        both.world.clock.move(seconds=20)
        assert await both.world.run_all() == 2
        (by_pasqal,) = data(await both.pasqal.get(f"{CORE}/v2/jobs", params={"batch_id": batch["id"]}))
        by_scaleway = (await both.scaleway.get(f"/jobs/{job['id']}")).json()
        assert (by_pasqal["status"], by_pasqal["errors"]) == ("ERROR", ["The laser lost its lock."])
        assert by_scaleway["status"] == "error"
        assert "The laser lost its lock." in by_scaleway["progress_message"]


def test_surfaces_are_called_as_their_doors_are():
    assert {pasqal.DOOR, scaleway.DOOR} == set(Error(status=500).surfaces)
