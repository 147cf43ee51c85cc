"""The fork server: a process that has only imported the engines, and forks on request.

Started as `python -P -m ketway.worker.forkserver FD NAME=MODULE...`; FD is its control socket. On
it the worker sends a folder and two descriptors for each child it wants (the child's socket and
lifeline), and is sent back the child's pidfd; a line of JSON tells of each child that has ended,
and how. When the worker goes, so do the fork server and all its children.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

from ketway.domain.errors import Refusal
from ketway.domain.tasks import Computed
from ketway.engines.engine import Engine, Keeper
from ketway.worker import frames, sandbox

READY = b"ready\n"
_MAX_TRACE = 8000
_MAX_SENTENCE = 2000


def main() -> None:
    sandbox.die_with_parent()
    _leave_signals_to_the_worker()
    control = socket.socket(fileno=int(sys.argv[1]))
    engines: dict[str, Engine] = {}
    for word in sys.argv[2:]:
        name, _, module = word.partition("=")
        engines[name] = importlib.import_module(module).ENGINE
    with contextlib.suppress(ImportError, RuntimeError):
        importlib.import_module("pyseccomp")  # looks for its library with programs that no child may start
    gc.collect()
    gc.freeze()
    ForkServer(control, engines).serve()


class ForkServer:
    """
    Args:
        control: the worker's requests come and answers go here.
        engines: imported, never used here.
    """

    def __init__(self, control: socket.socket, engines: Mapping[str, Engine]) -> None:
        self._control = control
        self._engines = engines
        self._living: set[int] = set()
        self._woken, self._wake = socket.socketpair()
        self._selector = selectors.DefaultSelector()

    def serve(self) -> NoReturn:
        """Until the worker is gone."""
        for end in (self._woken, self._wake):
            end.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        with contextlib.suppress(ConnectionError):
            self._control.sendall(READY)
            while True:
                for key, _ in self._selector.select():
                    if key.fileobj is self._woken:
                        self._woken.recv(4096)
                        self._reap()
                    else:
                        self._answer()
        self._end()

    def _answer(self) -> None:
        """Fork one child, as asked."""
        asked, descriptors, _, _ = socket.recv_fds(self._control, 4096, 2)
        if not asked:
            raise ConnectionResetError("the worker is gone")
        end, lifeline = descriptors
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._become_child(Path(asked.decode()), socket.socket(fileno=end), lifeline, parent)
        self._living.add(pid)
        os.close(end)
        os.close(lifeline)
        handle = os.pidfd_open(pid)
        socket.send_fds(self._control, [json.dumps({"born": pid}).encode() + b"\n"], [handle])
        os.close(handle)

    def _become_child(self, folder: Path, end: socket.socket, lifeline: int, parent: int) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for inherited in (self._control, self._woken, self._wake, self._selector):
                inherited.close()
            _live(folder, end, lifeline, parent, self._engines)
        except BaseException:
            traceback.print_exc()
            os._exit(70)
        os._exit(0)  # not by way of the interpreter's own end, in which engines' threads may hang

    def _reap(self) -> None:
        while self._living:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._living.discard(pid)
            self._control.sendall(json.dumps({"died": pid, "status": status}).encode() + b"\n")

    def _end(self) -> NoReturn:
        for pid in self._living:  # not yet waited for, so the numbers are still theirs
            os.kill(pid, signal.SIGKILL)
        for pid in self._living:
            os.waitpid(pid, 0)
        os._exit(0)


def _leave_signals_to_the_worker() -> None:
    """A terminal or a batch system signals all at once; the worker lets children finish."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _live(
    folder: Path, end: socket.socket, lifeline: int, parent: int, engines: Mapping[str, Engine]
) -> None:
    """A child's life: answer questions until nobody asks any more."""
    layers = sandbox.enter(folder, lifeline, parent)
    _one_thread()
    said = [{"name": layer.name, "is_active": layer.is_active, "why": layer.why} for layer in layers]
    end.sendall(frames.packed({"layers": said}))
    while (question := frames.receive(end, frames.MAX_QUESTION)) is not None:
        if "mark" in question:
            end.sendall(frames.packed({"heard": question["mark"]}))
        end.sendall(_answer(end, question, engines))


def _answer(end: socket.socket, question: dict[str, Any], engines: Mapping[str, Engine]) -> bytes:
    try:
        engine = engines[question["engine"]]
        if "check" in question:
            answer: dict[str, Any] = {"checked": _all_checked(engine, question)}
        else:
            answer = {"computed": frames.computed_out(_computed(end, question, engine))}
        packed = frames.packed(answer)
    except Refusal as refusal:
        return frames.packed({"refused": _refused(refusal)})
    except Exception as error:
        trace = traceback.format_exc()[-_MAX_TRACE:]
        return frames.packed(_sendable({"fault": _sentence(error), "trace": trace}))
    return packed if len(packed) <= frames.MAX_ANSWER else frames.packed({"too_large": len(packed)})


def _computed(end: socket.socket, question: dict[str, Any], engine: Engine) -> Computed:
    task, progress = frames.task_in(question["run"]), _Progress(end)
    if not question["is_awaited"]:
        return engine.run(task, progress)
    return cast(Keeper, engine).run(
        task, progress, lambda is_kept: end.sendall(frames.packed({"kept": is_kept}))
    )


def _refused(refusal: Refusal) -> dict[str, Any]:
    return _sendable(frames.refusal_out(refusal))


def _sendable(said: dict[str, Any]) -> dict[str, Any]:
    """What an engine or a stranger put into a sentence need not be text that UTF-8 can hold."""
    return {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in said.items()
    }


class _Progress:
    """Tells the worker, once for each whole percent."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._told = 0

    def __call__(self, percent: int) -> None:
        if int(percent) > self._told:
            self._told = int(percent)
            self._end.sendall(frames.packed({"progress": self._told}))


def _all_checked(engine: Engine, question: dict[str, Any]) -> list[dict[str, Any]]:
    """As many as there is time for; and none behind one that is refused, for it is refused with them."""
    until = time.monotonic() + question["patience_s"]
    found: list[dict[str, Any]] = []
    for said in question["check"]:
        found.append(_checked(engine, said))
        if "refused" in found[-1] or time.monotonic() > until:
            break
    return found


def _checked(engine: Engine, said: dict[str, Any]) -> dict[str, Any]:
    try:
        return frames.checked_out(engine.check(frames.task_in(said)))
    except Refusal as refusal:
        return {"refused": _refused(refusal)}


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return f"it wrote a file of more than {sandbox.MAX_FILE_BYTES // 2**20} MiB, the limit of a job"
    try:
        words = str(error).strip()
    except Exception:  # somebody else's class, and their way to make words of it
        words = ""
    return f"{type(error).__name__}: {words}"[:_MAX_SENTENCE] if words else type(error).__name__


def _one_thread() -> None:
    torch = sys.modules.get("torch")
    if torch is not None:
        with contextlib.suppress(RuntimeError):
            torch.set_num_threads(1)


if __name__ == "__main__":
    main()
