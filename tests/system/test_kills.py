"""Kill anything in the middle of a job: the job ends DONE, once, and can be read."""

from __future__ import annotations

import os
import signal
import sqlite3
from pathlib import Path

from bench.programs import one_second_sequence
from tests.system.processes import Client, Server, a_server, alive, children, descendants, until

RUNS = 50
#: A few seconds, so that there is a middle to be killed in.
LONG = one_second_sequence(duration_ns=7_000)


def test_a_job_survives_the_death_of_its_child(tmp_path: Path) -> None:
    with a_server(tmp_path / "data") as server:
        client = Client(server).login()
        job = client.submit(LONG, runs=RUNS)["jobs"][0]
        until(lambda: client.job(job["id"])["progress"], "the job to make progress")

        os.kill(_computing(server), signal.SIGKILL)
        ended = client.ended(job["id"])

        assert ended["status"] == "DONE", ended["errors"]
        assert sum(client.result(job["id"])["counter"].values()) == RUNS
        assert _attempts(server, job["id"]) == (2, 1)


def test_a_job_survives_the_death_of_its_worker(tmp_path: Path) -> None:
    with a_server(tmp_path / "data") as server:
        client = Client(server).login()
        job = client.submit(LONG, runs=RUNS)["jobs"][0]
        until(lambda: client.job(job["id"])["progress"], "the job to make progress")
        worker = server.worker()
        assert worker is not None
        family = descendants(worker)

        os.kill(worker, signal.SIGKILL)
        until(lambda: not any(alive(pid) for pid in family), "the worker's children to die with it")
        ended = client.ended(job["id"])

        assert ended["status"] == "DONE", ended["errors"]
        assert sum(client.result(job["id"])["counter"].values()) == RUNS
        assert _attempts(server, job["id"]) == (2, 1)


def test_a_job_survives_the_death_of_the_server(tmp_path: Path) -> None:
    with a_server(tmp_path / "data") as server:
        client = Client(server).login()
        job = client.submit(LONG, runs=RUNS)["jobs"][0]
        until(lambda: client.job(job["id"])["progress"], "the job to make progress")
        family = server.family()

        server.kill()
        until(lambda: not any(alive(pid) for pid in family), "what the server started to die with it")

    with a_server(tmp_path / "data") as server:
        client = Client(server).login()
        ended = client.ended(job["id"])

        assert ended["status"] == "DONE", ended["errors"]
        assert sum(client.result(job["id"])["counter"].values()) == RUNS
        assert _attempts(server, job["id"]) == (2, 1)


def test_an_acknowledged_submission_survives_the_server(tmp_path: Path) -> None:
    with a_server(tmp_path / "data", workers=0) as server:
        client = Client(server).login()

        batch = client.submit(LONG, runs=RUNS, number=2)
        server.kill()

    with a_server(tmp_path / "data") as server:
        client = Client(server).login()
        ended = [client.ended(job["id"]) for job in batch["jobs"]]

        assert [job["status"] for job in ended] == ["DONE"] * 2


def test_a_stopped_server_gives_its_jobs_back(tmp_path: Path) -> None:
    with a_server(tmp_path / "data", stop_grace_s=0) as server:
        client = Client(server).login()
        job = client.submit(LONG, runs=RUNS)["jobs"][0]
        until(lambda: client.job(job["id"])["progress"], "the job to make progress")
        family = server.family()

        code = server.stop()

        assert code == 0
        assert not any(alive(pid) for pid in family)
        assert _status(server, job["id"]) == "queued"


def _computing(server: Server) -> int:
    """The child that runs the job: below the worker's forkserver."""
    worker = server.worker()
    assert worker is not None
    found = [child for forkserver in children(worker) for child in children(forkserver)]
    assert len(found) == 1, found
    return found[0]


def _attempts(server: Server, job: str) -> tuple[int, int]:
    """How often the job was started, and how many results are kept."""
    with sqlite3.connect(server.folder / "ketway.db") as database:
        attempt = database.execute("SELECT attempt FROM jobs WHERE id = ?", [job]).fetchone()[0]
        results = database.execute("SELECT count(*) FROM results WHERE job_id = ?", [job]).fetchone()[0]
    return attempt, results


def _status(server: Server, job: str) -> str:
    with sqlite3.connect(server.folder / "ketway.db") as database:
        return str(database.execute("SELECT status FROM jobs WHERE id = ?", [job]).fetchone()[0])
