"""An engine that does what it is told, however bad.

`task.program` names the misdeed, `task.parameters` hold its details.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import mmap
import os
import resource
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from ketway.domain.errors import ProgramRefused, ShotsOverLimit
from ketway.domain.tasks import Checked, Computed, Task
from ketway.engines.engine import Progress

Misdeed = Callable[[Task, Any], Any]


class Odd(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


class Hostile:
    name = "hostile"
    version = "0"

    def check(self, task: Task) -> Checked:
        if task.program != "harmless":
            raise ProgramRefused(f"{task.program} is not harmless", field="parameters")
        return Checked(qubits=3)

    def run(self, task: Task, on_progress: Progress) -> Computed:
        try:
            said = MISDEEDS[task.program](task, on_progress)
        except OSError as error:
            said = errno.errorcode[error.errno or 0]
        return Computed(document=json.dumps(said), counts=[], shots=0, metadata={"pid": os.getpid()})


def _refuse(task: Task, _: Any) -> None:
    raise ProgramRefused("no such gate: wobble", field="program")


def _too_many(task: Task, _: Any) -> None:
    raise ShotsOverLimit(5000, 100)


def _fault(task: Task, _: Any) -> None:
    raise ZeroDivisionError("by nothing \ud800")


def _odd(task: Task, _: Any) -> None:
    raise Odd


def _sleep(_: Task, on_progress: Progress) -> None:
    on_progress(1)
    time.sleep(600)


def _hold_the_interpreter(_: Task, on_progress: Progress) -> None:
    on_progress(1)
    sum(range(10**15))  # in C, without a look at anything else


def _hoard(_: Task, on_progress: Progress) -> None:
    kept = []
    while True:
        kept.append(b"x" * 2**24)


def _grow(task: Task, _: Any) -> None:
    globals()["kept"] = b"x" * task.parameters["bytes"]


def _flood(_: Task, on_progress: Any) -> None:
    for _n in range(20_000):
        on_progress._end.sendall(_framed(b'{"progress":7}'))


def _say(task: Task, on_progress: Any) -> None:
    said = task.parameters["bytes"].encode() * task.parameters.get("times", 1)
    on_progress._end.sendall(_framed(said, task.parameters.get("length")))
    time.sleep(600)


def _framed(body: bytes, length: int | None = None) -> bytes:
    return struct.pack("!I", len(body) if length is None else length) + body


def _threads(_: Task, __: Any) -> None:
    for _n in range(200):
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    time.sleep(600)


def _fill_the_disk(_: Task, __: Any) -> None:
    block = bytes(2**20)
    while True:
        with Path("more").open("wb") as file:
            for _n in range(200):
                file.write(block)


def _write(task: Task, _: Any) -> str:
    path = Path(task.parameters["path"])
    path.write_text("mine")
    return path.read_text()


def _facts(_: Task, __: Any) -> dict[str, Any]:
    status = Path("/proc/self/status").read_text()
    return {
        "environment": dict(os.environ),
        "first_environment": Path("/proc/self/environ").read_text(),
        "folder": str(Path.cwd()),
        "files": _names("."),
        "capabilities": [
            line.split()[1]
            for line in status.splitlines()
            if line.startswith(("CapPrm", "CapEff", "CapInh", "CapAmb"))
        ],
        "oom": Path("/proc/self/oom_score_adj").read_text().strip(),
        "open": [str(target) for number in range(256) if (target := _target(number)) is not None],
    }


def _target(number: int) -> Path | None:
    try:
        return Path(f"/proc/self/fd/{number}").readlink()
    except FileNotFoundError:
        return None


def _names(folder: str) -> list[str]:
    return [path.name for path in Path(folder).iterdir()]


def _read(task: Task, _: Any) -> str:
    with Path(task.parameters["path"]).open("rb") as file:
        return file.read(10).decode("latin-1")


def _system_call(task: Task, _: Any) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(*(ctypes.c_long(number) for number in task.parameters["numbers"]))
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return int(result)


def _thread(_: Task, __: Any) -> str:
    said: list[str] = []
    thread = threading.Thread(target=said.append, args=("done",))
    thread.start()
    thread.join()
    return said[0]


MISDEEDS: dict[str, Misdeed] = {
    "harmless": lambda task, _: "harmless",
    "refuse": _refuse,
    "too many": _too_many,
    "fault": _fault,
    "odd": _odd,
    "crash": lambda task, _: ctypes.string_at(0),
    "leave": lambda task, _: os._exit(3),
    "exit": lambda task, _: sys.exit("bye"),
    "sleep": _sleep,
    "hold the interpreter": _hold_the_interpreter,
    "hoard": _hoard,
    "grow": _grow,
    "large": lambda task, _: "x" * task.parameters["bytes"],
    "progress": lambda task, on_progress: [on_progress(percent) for percent in (5, 3, 50, 50, 100)],
    "flood": _flood,
    "say": _say,
    "threads": _threads,
    "fill the disk": _fill_the_disk,
    "write": _write,
    "print": lambda task, _: (print("a stranger's words", flush=True), os.write(2, b"and more\n"))[1],
    "facts": _facts,
    # What a sandbox is for:
    "read": _read,
    "list": lambda task, _: _names(task.parameters["path"]),
    "import": lambda task, _: import_module(task.parameters["module"]).__name__,
    "thread": _thread,
    "system call": _system_call,
    "socket": lambda task, _: socket.socket(getattr(socket, task.parameters["family"])).fileno(),
    "pair": lambda task, _: len(socket.socketpair()),
    "fork": lambda task, _: os.fork(),
    "spawn": lambda task, _: os.posix_spawn("/bin/true", ["true"], {}),
    "exec": lambda task, _: os.execv("/bin/true", ["true"]),
    "signal": lambda task, _: os.kill(task.parameters["pid"], signal.SIGKILL),
    "limit": lambda task, _: resource.prlimit(task.parameters["pid"], resource.RLIMIT_CPU, (1, 1)),
    "mode": lambda task, _: Path(task.parameters["path"]).chmod(0o777),
    "date": lambda task, _: os.utime(task.parameters["path"], (0, 0)),
    "device": lambda task, _: os.mknod("disk", 0o60666, os.makedev(254, 0)),
    "pipe": lambda task, _: os.mkfifo("pipe"),
    "folder": lambda task, _: Path("folder").mkdir(),
    "link": lambda task, _: os.link(task.parameters["path"], "mine"),
    "unseen": lambda task, _: os.memfd_create("unseen"),
    "shared": lambda task, _: len(mmap.mmap(-1, 4096)),
    "undo the lifeline": lambda task, on_progress: fcntl.fcntl(on_progress._end, fcntl.F_SETSIG, 0),
    "become root": lambda task, _: os.setuid(0),
}

ENGINE = Hostile()
