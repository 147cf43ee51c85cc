"""Several servers on one PostgreSQL database: any of them, and the database itself, may die."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from bench.programs import one_second_sequence
from bench.servers import CATALOGUE
from tests.postgres import Postgres, a_postgres
from tests.system.processes import PATIENCE_S, Client, a_server, a_worker, an_api, until

BATCHES = 12
JOBS_EACH = 5


@pytest.fixture
def database() -> Iterator[Postgres]:
    """A server that keeps its promises, to be killed."""
    with a_postgres(in_haste=False) as server:
        yield server


def a_server_on(database: Postgres, folder: Path, port: int = 0) -> Any:
    return an_api(folder, port=port, database=database.url(), catalogue=str(CATALOGUE))


def test_servers_of_one_database_share_its_jobs_and_one_that_dies_loses_none(
    tmp_path: Path, database: Postgres
) -> None:
    folder, log = tmp_path / "data", tmp_path / "workers.log"
    with ExitStack() as stack:
        first = stack.enter_context(a_server_on(database, folder))
        second = stack.enter_context(a_server_on(database, folder))
        clients = [Client(first).login(), Client(second).login()]
        batches = [submit(clients[number % 2]) for number in range(BATCHES)]
        jobs = [job["id"] for batch in batches for job in batch["jobs"]]

        stack.enter_context(a_worker(first, log))
        stack.enter_context(a_worker(second, log))
        until(lambda: kept(database, "results"), "some jobs to be done")
        first.kill()
        late = submit(clients[1])
        stack.enter_context(a_server_on(database, folder, first.port))

        jobs += [job["id"] for job in late["jobs"]]
        ended = [settled(clients[1], job) for job in jobs]
        assert [job["status"] for job in ended] == ["DONE"] * len(jobs)
        assert kept(database, "results") == len(jobs)
        # No attempt but the one that made the result was ever taken for the end of a job.
        assert kept(database, "leases WHERE outcome IS NOT NULL") == len(jobs)
        assert clients[1].result(jobs[0])["counter"] == {"0": 5}


def test_while_the_database_is_away_nothing_is_taken_and_then_it_goes_on_by_itself(
    tmp_path: Path, database: Postgres
) -> None:
    folder, log = tmp_path / "data", tmp_path / "workers.log"
    with a_server_on(database, folder) as server, a_worker(server, log):
        client = Client(server).login()
        before = submit(client)
        until(lambda: kept(database, "results"), "some jobs to be done")

        database.kill()
        refused = ask(client)
        ready = httpx.get(f"{server.url}/readyz", trust_env=False)
        database.start_again()
        after = until(lambda: taken(client), "a batch to be taken again")

        assert (refused.status_code, ready.status_code) == (503, 503)
        assert "postgresql://" not in refused.text + server.log.read_text()
        jobs = [job["id"] for job in before["jobs"] + after["jobs"]]
        assert [settled(client, job)["status"] for job in jobs] == ["DONE"] * len(jobs)
        assert kept(database, "results") == len(jobs)


def test_the_jobs_of_a_servers_own_worker_wait_again_as_soon_as_the_server_is_there_again(
    tmp_path: Path, database: Postgres
) -> None:
    folder = tmp_path / "data"
    settings: Any = {"database": database.url(), "lease_s": 2 * PATIENCE_S}
    with an_api(folder, **settings) as other:
        client = Client(other).login()
        with a_server(folder, **settings) as server:
            job = client.submit(one_second_sequence(duration_ns=7_000), runs=JOBS_EACH)["jobs"][0]
            until(lambda: client.job(job["id"])["status"] == "RUNNING", "the job to be run")
            server.kill()

        with a_server(folder, **settings):
            assert settled(client, job["id"])["status"] == "DONE"
            assert kept(database, "leases") == 2


def ask(client: Client, number: int = JOBS_EACH) -> httpx.Response:
    body = {
        "project_id": client.credentials.project_id,
        "sequence_builder": "{}",
        "device_type": "NOOP",
        "open": False,
        "jobs": [{"runs": 5}] * number,
    }
    return client.ask("POST", "/api/v1/batches", body)


def submit(client: Client, number: int = JOBS_EACH) -> Any:
    return ask(client, number).raise_for_status().json()["data"]


def taken(client: Client) -> Any:
    """The batch, once the server takes one."""
    answer = ask(client)
    assert answer.status_code in (200, 201, 503)
    return answer.json()["data"] if answer.is_success else None


def is_over(client: Client, id: str) -> Any:
    job = client.job(id)
    return job if job["status"] not in ("PENDING", "RUNNING") else None


def settled(client: Client, id: str) -> Any:
    return until(lambda: is_over(client, id), f"job {id} to end")


def kept(database: Postgres, what: str) -> int:
    """Rows of a table."""

    async def count() -> int:
        connection = await asyncpg.connect(database.url())
        try:
            return int(await connection.fetchval(f"SELECT count(*) FROM {what}"))
        finally:
            await connection.close()

    return asyncio.run(count())
