"""Real processes: a server with its worker and children, to be killed at will.

Nothing here waits for a length of time: every wait is for something to become true,
bounded so that a test that would hang fails instead.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from ketway.credentials_file import Credentials

PATIENCE_S = 120.0
_LOOK_AGAIN_S = 0.02

T = TypeVar("T")


def until(true: Callable[[], T | None], what: str, patience_s: float = PATIENCE_S) -> T:
    """The first value that is neither None nor False.

    Raises:
        AssertionError: it did not come; says what was waited for.
    """
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        value = true()
        if value:
            return value
        time.sleep(_LOOK_AGAIN_S)
    raise AssertionError(f"waited {patience_s:.0f} s in vain for {what}")


@dataclass
class Server:
    """A running `ketway serve` or `ketway api`."""

    process: subprocess.Popen[str]
    folder: Path
    url: str
    log: Path

    @property
    def credentials(self) -> Credentials:
        kept = Credentials.read(self.folder)
        assert kept is not None
        return kept

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def worker(self) -> int | None:
        """Process id of its worker, once there is one."""
        found = [pid for pid in children(self.process.pid) if "ketway worker " in _command(pid)]
        return found[0] if found else None

    def family(self) -> list[int]:
        """Every process that it started, and those that they did."""
        return descendants(self.process.pid)

    def kill(self) -> None:
        """SIGKILL to the server alone, as a crash would."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


@contextmanager
def a_server(
    folder: Path, *, port: int = 0, workers: int = 1, **settings: str | float | bool
) -> Iterator[Server]:
    """`ketway serve` on a free port; killed on leaving if it still lives.

    Args:
        settings: as `KETWAY_*` variables, in lower case.
    """
    with _running(["serve", f"--workers={workers}"], folder, port, settings) as server:
        yield server


@contextmanager
def an_api(folder: Path, *, port: int = 0, **settings: str | float | bool) -> Iterator[Server]:
    """As `a_server`, `ketway api`."""
    with _running(["api"], folder, port, settings) as server:
        yield server


@contextmanager
def a_worker(server: Server, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`ketway worker` of a server, with the engine that computes nothing; killed on leaving."""
    token = {"KETWAY_WORKER_TOKEN": server.credentials.worker_token}
    words = ("worker", f"--url={server.url}", "--engine=noop", "--slots=1", "--until-stdin-ends")
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "ketway", *words],
            stdin=subprocess.PIPE,
            stderr=errors,
            env=os.environ | token,
        )
    try:
        yield process
    finally:
        family = descendants(process.pid)
        process.kill()
        process.wait(PATIENCE_S)
        assert process.stdin is not None
        process.stdin.close()
        until(lambda: not any(alive(pid) for pid in family), "the worker's processes to be gone")


@contextmanager
def _running(
    words: Sequence[str], folder: Path, port: int, settings: Mapping[str, str | float | bool]
) -> Iterator[Server]:
    log = folder.parent / f"{folder.name}.log"
    plain: dict[str, Any] = {"lease_s": 3.0, "stop_grace_s": 5.0}
    environment = {f"KETWAY_{name.upper()}": str(value) for name, value in (plain | dict(settings)).items()}
    with log.open("a") as errors:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "ketway", *words),
                *(f"--data={folder}", f"--port={port}"),
            ],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | environment,
        )
    try:
        yield Server(process, folder, _address(process, log), log)
    finally:
        family = descendants(process.pid)
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE_S)
        until(lambda: not any(alive(pid) for pid in family), "the server's processes to be gone")


def _address(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("ketway serves at "):
            return line.split()[-1]
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


class Client:
    """A user of both doors, by plain HTTP."""

    def __init__(self, server: Server, *, verify: bool = True) -> None:
        self.credentials = server.credentials
        self.url = server.url
        self.http = httpx.Client(base_url=server.url, timeout=30, trust_env=False, verify=verify)
        self._token = ""

    def login(self) -> Client:
        said = {
            "grant_type": "password",
            "username": self.credentials.username,
            "password": self.credentials.password,
        }
        self._token = self.http.post("/oauth/token", data=said).raise_for_status().json()["access_token"]
        return self

    @property
    def authorization(self) -> str:
        return f"Bearer {self._token}"

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """One request to the Pasqal door, as its SDK sends it."""
        headers = {"Authorization": self.authorization, "Content-Type": "application/json"}
        content = None
        if body is not None:
            headers["Content-Encoding"] = "gzip"
            content = gzip.compress(json.dumps(body).encode())
        return self.http.request(
            method, f"/core-fast{path}", content=content, headers=headers, params=query or None
        )

    def submit(self, sequence: str, *, device: str = "EMU_FREE", runs: int = 100, number: int = 1) -> Any:
        """A closed batch of equal jobs; the batch as answered, with its jobs."""
        body = {
            "project_id": self.credentials.project_id,
            "sequence_builder": sequence,
            "device_type": device,
            "open": False,
            "jobs": [{"runs": runs}] * number,
        }
        return self.ask("POST", "/api/v1/batches", body).raise_for_status().json()["data"]

    def job(self, id: str) -> Any:
        return self.ask("GET", f"/api/v2/jobs/{id}").raise_for_status().json()["data"]

    def ended(self, id: str) -> Any:
        """The job once it is final."""

        def final() -> Any:
            try:
                job = self.job(id)
            except httpx.TransportError:
                return None  # the server is away; that is what some tests are about
            return job if job["status"] not in ("PENDING", "RUNNING") else None

        return until(final, f"job {id} to end")

    def result(self, id: str) -> Any:
        """What the results link of a job leads to, fetched without a login."""
        link = self.ask("GET", f"/api/v1/jobs/{id}/results_link").raise_for_status().json()["data"]
        return httpx.get(link["results_link"], trust_env=False).raise_for_status().json()


def alive(pid: int) -> bool:
    """Whether a process still runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def children(pid: int) -> list[int]:
    """Direct children, by every thread of the parent."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):  # it ends while we look
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                found += [int(word) for word in (task / "children").read_text().split()]
    return found


def descendants(pid: int) -> list[int]:
    """Children, and theirs."""
    direct = children(pid)
    return direct + [below for child in direct for below in descendants(child)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""
