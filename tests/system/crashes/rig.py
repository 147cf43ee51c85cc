"""A server, its worker and two workers elsewhere, each started again when it dies."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import httpx

from ketway.credentials_file import Credentials
from tests.system.crashes.line import Line
from tests.system.processes import alive, children, descendants, until

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
LIBFAKETIME = "libfaketime.so.1"
LEASE_S = 3.0
FAR_WORKERS = 2
DISK = "48m"
_BOOT_S = 60.0
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


class _Process:
    """A server or a worker, and what it says."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.pid = process.pid
        self._process = process
        self._log = log

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        return any(word in self._log.read_bytes() for word in _READY)

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(_BOOT_S)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(_BOOT_S)


class Rig:
    """Made by `a_rig`.

    Args:
        folder: for everything that is kept beside the data.
        data: of the server, on a disk of its own if `has_disk`.
    """

    def __init__(self, folder: Path, data: Path, *, has_disk: bool) -> None:
        self.folder = folder
        self.data = data
        self.has_disk = has_disk
        self.mark = f"crashes-{uuid4().hex}"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.line = Line(self.port)
        self._seen: set[tuple[int, str]] = set()  #: processes, and when each was born
        self._lean = folder / self.mark
        self._lean.mkdir()
        (self._lean / "sitecustomize.py").write_text(_SITE)
        self._started = 0
        self._token = ""
        self._server: _Process | None = None
        self._far: list[_Process | None] = [None] * FAR_WORKERS
        self.set_clock(0)

    @property
    def has_clock(self) -> bool:
        """One that can be set wrong."""
        return _library() is not None

    @property
    def credentials(self) -> Credentials:
        known = Credentials.read(self.data)
        assert known is not None
        return known

    def boot(self) -> None:
        """The first start; from now on `keep_up` starts again what dies."""
        self.keep_up()
        until(self.is_up, "the server to be up", _BOOT_S)
        self._token = self._far_token()
        self.keep_up()

    def is_up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False, timeout=2).is_success
        except httpx.TransportError:
            return False

    def keep_up(self) -> None:
        """Start what is not running."""
        self.keep_the_server_up()
        for number, worker in enumerate(self._far):
            if self._token and (worker is None or not worker.is_running):
                self._far[number] = self._start(
                    "worker",
                    *(f"--url=http://127.0.0.1:{self.line.port}", "--slots=2", f"--name=far-{number}"),
                    env={"KETWAY_WORKER_TOKEN": self._token},
                )

    def keep_the_server_up(self) -> None:
        if self._server is None or not self._server.is_running:
            self._server = self._start("serve", *self._serve_words(), env=self._false_clock())

    def are_ready(self) -> bool:
        """Whether all have come so far that they stop gently when they are asked to."""
        return all(process is not None and process.is_ready for process in (self._server, *self._far))

    def note_family(self) -> None:
        for process in (self._server, *self._far):
            if process is not None:
                family = (process.pid, *descendants(process.pid))
                self._seen.update((pid, _born(pid)) for pid in family)

    def server(self) -> list[int]:
        return self._pids(self._server)

    def local_worker(self) -> list[int]:
        return [pid for server in self.server() for pid in children(server) if "worker" in _words(pid)]

    def far_workers(self) -> list[int]:
        return [pid for worker in self._far for pid in self._pids(worker)]

    def computing(self) -> list[int]:
        """Children below every worker's fork server."""
        workers = [*self.local_worker(), *self.far_workers()]
        return [pid for worker in workers for fork in children(worker) for pid in children(fork)]

    def set_clock(self, offset_s: int) -> None:
        aside = self.folder / "clock.new"
        aside.write_text(f"{offset_s:+d}\n")
        aside.replace(self.folder / "clock")

    @property
    def filler(self) -> Path:
        return self.data.parent / "filler"

    def fill_disk(self) -> None:
        with suppress(OSError), self.filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"0" * 65536)

    def free_disk(self) -> None:
        self.filler.unlink(missing_ok=True)

    def stop(self) -> list[int]:
        """Ask everybody to stop; exit codes, workers first."""
        codes = []
        for process in (*self._far, self._server):
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
        for process in (self._server, *self._far):
            if process is not None:
                process.kill()
        for pid in self.survivors():
            send(pid, signal.SIGKILL)
        self.line.close()

    def _serve_words(self) -> Sequence[str]:
        catalogue = HERE / "catalogue.toml"
        return (
            f"--data={self.data}",
            f"--port={self.port}",
            "--workers=2",
            f"--config={self._config(catalogue)}",
        )

    def _config(self, catalogue: Path) -> Path:
        file = self.folder / "settings.toml"
        file.write_text(f'catalogue = "{catalogue}"\nlease_s = {LEASE_S}\nstop_grace_s = 20.0\n')
        return file

    def _start(self, *words: str, env: dict[str, str]) -> _Process:
        plain = {"PYTHONPATH": os.pathsep.join([str(self._lean), str(ROOT)])}
        self._started += 1
        log = self.folder / f"log-{self._started:03}-{words[0]}"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-u", "-m", "ketway", *words],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=os.environ | plain | env,
            )
        return _Process(process, log)

    def _false_clock(self) -> dict[str, str]:
        library = _library()
        return (
            {}
            if library is None
            else {
                "LD_PRELOAD": str(library),
                "FAKETIME_TIMESTAMP_FILE": str(self.folder / "clock"),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                # Else waits on the steady clock, which Python's threads do all day, go round and round.
                "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            }
        )

    def _far_token(self) -> str:
        """Of workers that do not die with the server."""
        known = self.credentials
        with httpx.Client(base_url=f"{self.url}/ketway/v1", trust_env=False, timeout=30) as http:
            login = http.post("/login", json={"email": known.username, "password": known.password})
            bearer = {"Authorization": f"Bearer {login.raise_for_status().json()['token']}"}
            made = http.post("/worker-tokens", json={"name": "far"}, headers=bearer)
            return str(made.raise_for_status().json()["secret"])

    def _bears_mark(self, pid: int) -> bool:
        try:
            return self.mark.encode() in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False

    def _pids(self, process: _Process | None) -> list[int]:
        return [process.pid] if process is not None and process.is_running else []


@contextmanager
def a_rig(folder: Path) -> Iterator[Rig]:
    with _a_disk(folder / "disk") as has_disk:
        rig = Rig(folder, folder / "disk" / "data", has_disk=has_disk)
        try:
            rig.boot()
            yield rig
        finally:
            rig.close()


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


@contextmanager
def _a_disk(folder: Path) -> Iterator[bool]:
    """A small file system, if we may mount one; else a plain folder, which cannot be filled."""
    folder.mkdir()
    mount = shutil.which("mount")
    made = (
        None
        if mount is None
        else subprocess.run(
            [mount, "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], capture_output=True, check=False
        )
    )
    is_mounted = made is not None and made.returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", folder], check=True)


def _library() -> Path | None:
    for folder in (*Path("/usr/lib").glob("*-linux-gnu/faketime"), Path("/usr/lib64/faketime")):
        if (folder / LIBFAKETIME).exists():
            return folder / LIBFAKETIME
    return None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


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
