"""Servers, a database and two workers elsewhere, each started again when it dies."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from ketway.credentials_file import Credentials
from tests.system.crashes import clock
from tests.system.crashes.clock import FalseClock
from tests.system.crashes.database import Database, Kept
from tests.system.crashes.disk import Disk, a_disk
from tests.system.crashes.line import Line, free_port
from tests.system.crashes.process import PATIENCE_S, Process, pids, send
from tests.system.processes import alive, children, descendants, until

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
LEASE_S = 3.0
FAR_WORKERS = 2
DISK = "48m"
#: What a server and a worker say once they listen to signals.
_READY = (b"Stop: Ctrl-C", b"worker_ready")

#: Put before every process of the suite by Python itself: two engines instead of all, so that
#: what is killed is back in a second, and no false clock for whom the server starts.
_SITE = """
import os
from ketway.engines import catalogue
catalogue.ENTRIES = {
    "noop": catalogue.ENTRIES["noop"],
    "napping": catalogue.Entry(module="tests.system.crashes.napping", distributions=(), extra="none"),
}
os.environ.pop("LD_PRELOAD", None)
"""


class Rig:
    """Made by `a_rig`.

    Args:
        folder: for everything that is kept beside the data.
        data: of the servers.
        disk: where the data lies.
    """

    def __init__(self, folder: Path, data: Path, disk: Disk, database: Database) -> None:
        self.folder = folder
        self.data = data
        self.disk = disk
        self.database = database
        self.mark = f"crashes-{uuid4().hex}"
        count = len(database.servers)
        self._ports = [free_port() for _ in range(count)]
        self.urls = [f"http://127.0.0.1:{port}" for port in self._ports]
        self.lines = [Line(*self._ports) for _ in self._ports]
        self.clocks = [FalseClock(folder / f"clock-{number}") for number in range(count)]
        self._seen: set[tuple[int, str]] = set()  #: processes, and when each was born
        self._lean = folder / self.mark
        self._lean.mkdir()
        (self._lean / "sitecustomize.py").write_text(_SITE)
        self._started = 0
        self._token = ""
        self._servers: list[Process | None] = [None] * count
        self._far: list[Process | None] = [None] * FAR_WORKERS

    @property
    def disks(self) -> list[Disk]:
        return [self.disk, *([self.database.disk] if self.database.disk is not None else [])]

    @property
    def has_clock(self) -> bool:
        """One that can be set wrong."""
        return clock.library() is not None

    @property
    def credentials(self) -> Credentials:
        known = Credentials.read(self.data)
        assert known is not None
        return known

    def boot(self) -> None:
        """The first start; from now on `keep_up` starts again what dies."""
        self.database.keep_up()
        until(self.database.is_ready, "the database to be up", PATIENCE_S)
        self.keep_servers_up()
        until(lambda: all(map(_is_up, self.urls)), "the servers to be up", PATIENCE_S)
        self._token = self._far_token()
        self.keep_up()

    def keep_up(self) -> None:
        """Start what is not running."""
        self.database.keep_up()
        self.keep_servers_up()
        for number, worker in enumerate(self._far):
            if worker is None or not worker.is_running:
                line = self.lines[number % len(self.lines)]
                self._far[number] = self._start(
                    "worker",
                    *(f"--url=http://127.0.0.1:{line.port}", "--slots=2", f"--name=far-{number}"),
                    env={"KETWAY_WORKER_TOKEN": self._token},
                )

    def keep_servers_up(self) -> None:
        for number, words in enumerate(self.database.servers):
            server = self._servers[number]
            if server is None or not server.is_running:
                self._servers[number] = self._start(
                    *words,
                    *(f"--data={self.data}", f"--port={self._ports[number]}", f"--config={self._config()}"),
                    env=self.database.environment(number) | self.clocks[number].environment(),
                )

    def are_ready(self) -> bool:
        """Whether all have come so far that they stop gently when they are asked to."""
        return all(process is not None and process.is_ready for process in self._ours())

    def note_family(self) -> None:
        firsts = [pid for process in self._ours() for pid in pids(process)]
        for first in (*firsts, *self.database.first()):
            self._seen.update((pid, _born(pid)) for pid in (first, *descendants(first)))

    def servers(self) -> list[int]:
        return [pid for server in self._servers for pid in pids(server)]

    def local_worker(self) -> list[int]:
        return [pid for server in self.servers() for pid in children(server) if "worker" in _words(pid)]

    def far_workers(self) -> list[int]:
        return [pid for worker in self._far for pid in pids(worker)]

    def computing(self) -> list[int]:
        """Children below every worker's fork server."""
        workers = [*self.local_worker(), *self.far_workers()]
        return [pid for worker in workers for fork in children(worker) for pid in children(fork)]

    def stop(self) -> list[int]:
        """Ask everybody to stop; exit codes, workers first."""
        codes = []
        for process in self._ours():
            assert process is not None
            codes.append(process.stop())
        return codes

    def survivors(self) -> list[int]:
        """Processes of this rig that still run: those that were ever seen, and those that bear its mark."""
        seen = {pid for pid, born in self._seen if born and _born(pid) == born}
        numbers = (entry.name for entry in Path("/proc").iterdir())
        marked = {int(name) for name in numbers if name.isdigit() and self._bears_mark(int(name))}
        return [pid for pid in seen | marked if alive(pid)]

    def close(self) -> None:
        for process in self._ours():
            if process is not None:
                process.kill()
        for pid in self.survivors():
            send(pid, signal.SIGKILL)
        for line in self.lines:
            line.close()

    def _ours(self) -> list[Process | None]:
        return [*self._far, *self._servers]

    def _config(self) -> Path:
        file = self.folder / "settings.toml"
        catalogue = HERE / "catalogue.toml"
        file.write_text(f'catalogue = "{catalogue}"\nlease_s = {LEASE_S}\nstop_grace_s = 20.0\n')
        return file

    def _start(self, *words: str, env: dict[str, str]) -> Process:
        plain = {"PYTHONPATH": os.pathsep.join([str(self._lean), str(ROOT)])}
        self._started += 1
        return Process(
            [sys.executable, "-u", "-m", "ketway", *words],
            self.folder / f"log-{self._started:03}-{words[0]}",
            env=plain | env,
            ready=_READY,
        )

    def _far_token(self) -> str:
        """Of workers that do not die with the server."""
        known = self.credentials
        with httpx.Client(base_url=f"{self.urls[0]}/ketway/v1", trust_env=False, timeout=30) as http:
            login = http.post("/login", json={"email": known.username, "password": known.password})
            bearer = {"Authorization": f"Bearer {login.raise_for_status().json()['token']}"}
            made = http.post("/worker-tokens", json={"name": "far"}, headers=bearer)
            return str(made.raise_for_status().json()["secret"])

    def _bears_mark(self, pid: int) -> bool:
        try:
            return self.mark.encode() in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False


@contextmanager
def a_rig(folder: Path, kept: Kept) -> Iterator[Rig]:
    data = folder / "disk" / "data"
    with a_disk(folder / "disk", DISK) as disk, kept(folder, data) as database:
        rig = Rig(folder, data, disk, database)
        try:
            rig.boot()
            yield rig
        finally:
            rig.close()


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", trust_env=False, timeout=2).is_success
    except httpx.TransportError:
        return False


def _born(pid: int) -> str:
    """When, in the kernel's ticks; empty where there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return ""


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []
