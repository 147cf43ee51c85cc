"""Misdeeds beyond those of `hostile`: an engine of its own, so that a child serves one or the other."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ketway.domain.tasks import Checked, Computed, Task
from ketway.engines.engine import Progress

Misdeed = Callable[[Task, Any], Any]


class Wordless(BaseException):
    def __str__(self) -> str:
        raise ValueError("no words")


class Unrepresentable(Exception):
    def __str__(self) -> str:
        raise SystemExit("in the middle of a sentence")


class Nasty:
    name = "nasty"
    version = "0"

    def check(self, task: Task) -> Checked:
        MISDEEDS[task.program](task, None)
        return Checked(qubits=1)

    def run(self, task: Task, on_progress: Progress) -> Computed:
        try:
            said = MISDEEDS[task.program](task, on_progress)
        except OSError as error:
            if error.errno == errno.EFBIG:
                raise
            said = errno.errorcode[error.errno or 0]
        counts = task.parameters.get("counts", [])
        return Computed(document=json.dumps(said), counts=counts, shots=0, metadata={"pid": os.getpid()})


def _raise(error: BaseException) -> Any:
    raise error


def _deep(depth: int = 0) -> int:
    return _deep(depth + 1) + 1


def _hang_up(task: Task, on_progress: Any) -> None:
    on_progress(1)
    on_progress._end.close()
    time.sleep(600)


def _half_hang_up(task: Task, on_progress: Any) -> None:
    on_progress(1)
    on_progress._end.shutdown(socket.SHUT_WR)
    time.sleep(600)


def _answer_twice(task: Task, on_progress: Any) -> str:
    body = json.dumps({"computed": {"document": "forged", "counts": [], "shots": 1, "metadata": {}}}).encode()
    on_progress._end.sendall(len(body).to_bytes(4, "big") + body)
    return "the true answer"


def _trickle(task: Task, on_progress: Any) -> None:
    on_progress._end.sendall((1000).to_bytes(4, "big"))
    while True:
        on_progress._end.sendall(b" ")
        time.sleep(0.01)


def _garbage(task: Task, on_progress: Any) -> None:
    while True:
        on_progress._end.sendall(os.urandom(4096))


def _remove_folder(_: Task, __: Any) -> str:
    Path.cwd().rmdir()
    return "removed"


def _move_folder(_: Task, __: Any) -> str:
    here = Path.cwd()
    here.rename(here.with_name("elsewhere"))
    return "moved"


def _close_everything(_: Task, __: Any) -> None:
    os.closerange(0, 256)
    time.sleep(600)


def _pollute(_: Task, __: Any) -> str:
    os.environ["POLLUTED"] = "yes"
    sys.modules["polluted"] = sys
    return "done"


def _polluted(_: Task, __: Any) -> list[bool]:
    return ["POLLUTED" in os.environ, "polluted" in sys.modules]


def _write_a_large_file(_: Task, __: Any) -> None:
    with Path("large").open("wb") as file:
        file.seek(300 * 2**20)
        file.write(b"the end")


def _print_much(_: Task, __: Any) -> int:
    number = 0
    for _n in range(2000):
        number += sys.stdout.write("o" * 4096) + sys.stderr.write("e" * 4096)
    return number


def _dial(task: Task, _: Any) -> str:
    """By the call itself: no class of Python's between."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.socket(2, 1, 0) < 0:
        return errno.errorcode[ctypes.get_errno()]
    return "a socket"


def _neighbours(_: Task, __: Any) -> dict[str, str]:
    """What can be had of other children, and of those who started this one."""
    found: dict[str, str] = {}
    places = [f"../{number}" for number in range(1, 30) if str(number) != Path.cwd().name]
    for place in [*places, f"/proc/{os.getppid()}/environ", f"/proc/{os.getppid()}/fd", "/root/.bashrc"]:
        try:
            found[place] = repr(os.listdir(place))  # noqa: PTH208
        except NotADirectoryError:
            found[place] = _opened(place)
        except OSError as error:
            found[place] = errno.errorcode[error.errno or 0]
    return found


def _opened(place: str) -> str:
    try:
        return Path(place).read_bytes().decode("latin-1")
    except OSError as error:
        return errno.errorcode[error.errno or 0]


def _kill(task: Task, _: Any) -> dict[str, str]:
    said = {}
    for name, pid in {
        "parent": os.getppid(),
        "all": -1,
        "group": 0,
        "worker": task.parameters["pid"],
    }.items():
        try:
            os.kill(pid, signal.SIGKILL)
            said[name] = "killed"
        except OSError as error:
            said[name] = errno.errorcode[error.errno or 0]
    return said


def _ptrace(_: Task, __: Any) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, os.getppid(), 0, 0) < 0:
        return errno.errorcode[ctypes.get_errno()]
    return "attached"


def _stay(task: Task, on_progress: Any) -> str:
    on_progress(1)
    time.sleep(task.parameters["seconds"])
    return str(task.parameters["name"])


def _ignore_signals(_: Task, on_progress: Any) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGIO, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    on_progress(1)
    sum(range(10**15))


MISDEEDS: dict[str, Misdeed] = {
    "harmless": lambda task, _: task.parameters.get("name", "harmless"),
    "abort": lambda task, _: os.abort(),
    "base": lambda task, _: _raise(BaseException("of all")),
    "wordless": lambda task, _: _raise(Wordless()),
    "unrepresentable": lambda task, _: _raise(Unrepresentable()),
    "interrupt": lambda task, _: _raise(KeyboardInterrupt()),
    "exit": lambda task, _: _raise(SystemExit(0)),
    "deep": lambda task, _: _deep(),
    "memory": lambda task, _: _raise(MemoryError()),
    "large file": _write_a_large_file,
    "stop": lambda task, _: _raise(StopAsyncIteration()),
    "long words": lambda task, _: _raise(RuntimeError("x" * 10**7)),
    "hang up": _hang_up,
    "half hang up": _half_hang_up,
    "answer twice": _answer_twice,
    "trickle": _trickle,
    "garbage": _garbage,
    "remove folder": _remove_folder,
    "move folder": _move_folder,
    "close everything": _close_everything,
    "pollute": _pollute,
    "polluted": _polluted,
    "print much": _print_much,
    "dial": _dial,
    "neighbours": _neighbours,
    "kill": _kill,
    "ptrace": _ptrace,
    "stay": _stay,
    "linger": lambda task, _: time.sleep(task.parameters["seconds"]),
    "ignore signals": _ignore_signals,
}

ENGINE = Nasty()
