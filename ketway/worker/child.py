"""One child as its worker sees it: a socket, a handle to kill it by, what it uses."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from ketway.worker.deaths import Death, FileLimit, MemoryLimit, ProcessorLimit, ThreadLimit
from ketway.worker.sandbox import Layer

MAX_THREADS = 64
MAX_WRITTEN_BYTES = 2**30
_SAMPLE_S = 0.2
_PAGE = os.sysconf("SC_PAGE_SIZE")
_KIB = 1024


@dataclass(eq=False, kw_only=True)
class Child:
    """
    Args:
        handle: pidfd: never another process that got the same number.
        lifeline: write end of the pipe that keeps it alive; only its worker holds it.
        died: its wait status, once it has ended.
        base_bytes: its memory before the first task, all of it shared with the fork server.
        works: those that it keeps.
    """

    pid: int
    handle: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    lifeline: int
    folder: Path
    died: asyncio.Future[int]
    layers: tuple[Layer, ...] = ()
    base_bytes: int = 0
    engine: str = ""
    project: str = ""
    tasks: int = 0
    works: set[str] = field(default_factory=set)
    is_spent: bool = False
    _statm: int | None = None

    def measure(self) -> None:
        """Note what it uses before its first task."""
        with contextlib.suppress(OSError):
            self._statm = os.open(f"/proc/{self.pid}/statm", os.O_RDONLY)
        self.base_bytes = self.resident_bytes()

    def resident_bytes(self) -> int:
        """Memory of its own, less mapped files; quick to ask, for it is asked after every task."""
        if self._statm is None:
            return 0
        try:
            words = os.pread(self._statm, 200, 0).split()
        except OSError:
            return 0
        return (int(words[1]) - int(words[2])) * _PAGE

    def kill(self) -> None:
        self.is_spent = True
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    async def bury(self) -> None:
        """Kill it, if it still lives, and leave nothing of it."""
        self.kill()
        self.writer.close()
        os.close(self.lifeline)
        if self._statm is not None:
            os.close(self._statm)
            self._statm = None
        await asyncio.wait([self.died])
        os.close(self.handle)
        if _is_empty(self.folder):
            self.folder.rmdir()
        else:
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    def is_as_new(self, growth_bytes: int) -> bool:
        """Fit for another task: alive, not grown, its folder empty."""
        grown = self.resident_bytes() - self.base_bytes > growth_bytes
        return not (self.is_spent or self.died.done() or grown) and _is_empty(self.folder)

    async def how_it_ended(self) -> str:
        try:
            async with asyncio.timeout(5):
                status = await asyncio.shield(self.died)
        except TimeoutError:
            return "it closed its connection"
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            how = f"killed by signal {number} ({signal.strsignal(number)})"
            return f"{how}, as a system does that has no memory left" if number == signal.SIGKILL else how
        return f"it left with exit code {os.WEXITSTATUS(status)}"


class Watch:
    """Looks at a child while it works, and kills it when it takes too much.

    `verdict` says why, once it did. `peak_bytes` is the most memory of its own, beyond what it was
    born with, that it was seen to use: a peak between two looks goes unseen.
    """

    def __init__(self, child: Child, memory_limit_bytes: int, processor_limit_s: float) -> None:
        self.verdict: Death | None = None
        self.peak_bytes = 0
        self._child = child
        self._limit_bytes = memory_limit_bytes
        self._limit_s = processor_limit_s
        self._processor_s_before = _processor_s(child.pid)
        self._written_before: int | None = None
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_later(_SAMPLE_S, self._look)

    def end(self) -> None:
        self._next.cancel()

    def look_once_more(self) -> None:
        """At the memory alone, at the end of a task; many a task is over before the first look."""
        used = self._child.resident_bytes() - self._child.base_bytes
        self.peak_bytes = max(self.peak_bytes, used)

    def _look(self) -> None:
        with contextlib.suppress(OSError):  # it has just ended; somebody else will say so
            self.verdict = self._judge()
        if self.verdict is None:
            self._next = self._loop.call_later(_SAMPLE_S, self._look)
        else:
            self._child.kill()

    def _judge(self) -> Death | None:
        facts = _facts(self._child.pid, "status")
        used = sum(facts.get(kind, 0) for kind in ("RssAnon", "RssShmem", "VmSwap")) * _KIB
        used -= self._child.base_bytes
        self.peak_bytes = max(self.peak_bytes, used)
        if used > self._limit_bytes:
            return MemoryLimit(self._limit_bytes, used)
        if facts.get("Threads", 0) > MAX_THREADS:
            return ThreadLimit(MAX_THREADS)
        used_s = _processor_s(self._child.pid) - self._processor_s_before
        if used_s > self._limit_s:
            return ProcessorLimit(self._limit_s, used_s)
        written = _written_bytes(self._child.pid)
        if self._written_before is None:
            self._written_before = written
        if written - self._written_before > MAX_WRITTEN_BYTES:
            return FileLimit(MAX_WRITTEN_BYTES)
        return None


def _processor_s(pid: int) -> float:
    """Of all its threads; 0 where it has ended."""
    try:
        return time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid(3) says it
    except OSError:
        return 0.0


def _written_bytes(pid: int) -> int:
    """By calls or by way of mapped files, whichever says more; 0 where the kernel does not count."""
    try:
        facts = _facts(pid, "io")
    except OSError:
        return 0
    return max(facts.get("wchar", 0), facts.get("write_bytes", 0))


def _facts(pid: int, file: str) -> dict[str, int]:
    """The numbers in a file of /proc that has one name and one value a line."""
    facts = {}
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            facts[name] = int(words[0])
    return facts


def _is_empty(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False
