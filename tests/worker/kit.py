"""Children with engines for tests, and a look at processes."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ketway.domain.tasks import Computed, Task
from ketway.engines.catalogue import ENTRIES, Entry
from ketway.worker.children import Children

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HOSTILE = Entry(module="tests.worker.hostile", distributions=(), extra="none")
GIB = 2**30


@asynccontextmanager
async def some_children(**changes: Any) -> AsyncIterator[Children]:
    with TemporaryDirectory(prefix="ketway-test-") as scratch:
        given: dict[str, Any] = {
            "engines": ["noop", "hostile"],
            "entries": ENTRIES | {"hostile": HOSTILE},
            "scratch": Path(scratch),
        }
        children = Children(**(given | changes))
        await children.start()
        try:
            yield children
        finally:
            await children.close()


def a_task(program: str = "harmless", **parameters: Any) -> Task:
    return Task(program=program, shots=10, seed=1, max_shots=100, max_qubits=4, parameters=parameters)


async def done(
    children: Children, program: str, *, project: str = "p", engine: str = "hostile", **parameters: Any
) -> Computed:
    return await children.run(
        engine,
        project,
        a_task(program, **parameters),
        on_progress=lambda _: None,
        time_limit_s=20,
        memory_limit_bytes=GIB,
    )


async def said(children: Children, program: str, **parameters: Any) -> Any:
    return json.loads((await done(children, program, **parameters)).document)


def has_ended(pid: int) -> bool:
    """Gone, or a corpse that nobody has taken away."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"


async def ended(*pids: int) -> bool:
    """Whether they all end; waits for it, not for ever."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if all(map(has_ended, pids)):
            return True
        await asyncio.sleep(0.01)
    return False


def descendants(pid: int) -> list[int]:
    """Every living process below this one."""
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    found = [int(word) for word in words]
    return found + [below for child in found for below in descendants(child)]


def forkserver(children: Children) -> int:
    """Its process."""
    forks = children._forks
    assert forks is not None
    return forks._process.pid
