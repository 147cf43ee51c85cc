"""Children: forked from a server that has only imported, watched, and killed without mercy.

A child serves one project and one engine, one task after another. Cancel, time limit and
memory limit are SIGKILL of the child; the next task gets a fresh one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

import structlog

from ketway.domain.errors import Refusal
from ketway.domain.tasks import Checked, Computed, Task
from ketway.engines.catalogue import ENTRIES, Entry
from ketway.worker import frames, sandbox
from ketway.worker.child import Child, Watch
from ketway.worker.deaths import ChildDied, Death, EngineFault, MemoryLimit, ResultTooLarge, TimeLimit
from ketway.worker.forks import Forks
from ketway.worker.works import Awaited

log = structlog.get_logger()

T = TypeVar("T")

#: Idle children kept warm, beyond those that work.
_MAX_IDLE = 8
_MAX_SENTENCE = 2000
_MAX_TRACE = 8000


@dataclass(kw_only=True)
class Children:
    """
    Args:
        engines: names of what is imported before the first fork.
        scratch: where children have their folders.
        require_sandbox: refuse to start where a layer is missing.
        tasks_per_child: a child is replaced after so many.
        growth_bytes: a child that kept more than this after a task is replaced.
        cores: how many may be kept busy all the time that a task has.
        entries: where engines are found.
    """

    engines: Sequence[str]
    scratch: Path
    require_sandbox: bool = False
    tasks_per_child: int = 1000
    growth_bytes: int = 512 * 2**20
    cores: float = 1.0
    entries: Mapping[str, Entry] = field(default_factory=lambda: ENTRIES)
    layers: tuple[sandbox.Layer, ...] = ()
    _forks: Forks | None = None
    _launching: asyncio.Lock = field(default_factory=asyncio.Lock)
    _idle: list[Child] = field(default_factory=list)
    _doing: set[asyncio.Future[Any]] = field(default_factory=set)
    _number: int = 0
    _is_closed: bool = False

    async def start(self) -> None:
        """Import the engines and fork a first child; seconds.

        Raises:
            SandboxMissing: layers are missing and were required.
            ChildDied: the engines cannot be imported.
        """
        self.scratch.chmod(0o711)
        first = await self._fork("", "")
        self.layers = first.layers
        self._discard(first)
        try:
            if self.require_sandbox:
                sandbox.must_be_whole(self.layers)
        except sandbox.SandboxMissing:
            await self.close()
            raise

    async def run(
        self,
        engine: str,
        project: str,
        task: Task,
        *,
        on_progress: Callable[[int], None],
        awaited: Awaited | None = None,
        time_limit_s: float,
        memory_limit_bytes: int,
    ) -> Computed:
        """Compute one task in a child, in one that keeps its work if there is one idle; to be cancelled is
        to kill it.

        Returns:
            What the engine says, with `peak_memory_bytes` in its metadata.

        Raises:
            Refusal: the engine's.
            Death: there is no answer, and why.
        """
        computed, peak_bytes = await self._ask(
            engine,
            project,
            {"run": frames.task_out(task), "is_awaited": awaited is not None},
            read=lambda answer: frames.computed_in(answer["computed"]),
            on_progress=on_progress,
            awaited=awaited,
            time_limit_s=time_limit_s,
            memory_limit_bytes=memory_limit_bytes,
        )
        return replace(computed, metadata={**computed.metadata, "peak_memory_bytes": peak_bytes})

    async def check(
        self,
        engine: str,
        project: str,
        tasks: Sequence[Task],
        *,
        patience_s: float,
        time_limit_s: float,
        memory_limit_bytes: int,
    ) -> list[Checked | Refusal]:
        """Ask an engine whether it would take these tasks.

        Args:
            patience_s: how long it may go on to another one.
        Returns:
            One answer each, of the first so many: to one that is refused, or as far as it came.
        Raises:
            Death
        """

        def read(answer: dict[str, Any]) -> list[Checked | Refusal]:
            return [frames.checked_in(said) for said, _ in zip(answer["checked"], tasks, strict=False)]

        answers, _ = await self._ask(
            engine,
            project,
            {"check": [frames.task_out(task) for task in tasks], "patience_s": patience_s},
            read=read,
            on_progress=lambda _: None,
            time_limit_s=time_limit_s,
            memory_limit_bytes=memory_limit_bytes,
        )
        return answers

    async def close(self) -> None:
        """End every child, those that work too, and the server they are forked from."""
        self._is_closed = True
        while self._idle:
            self._discard(self._idle.pop())
        async with self._launching:
            if self._forks is not None:
                await self._forks.close()
        while self._doing:
            await asyncio.wait(self._doing)

    async def _ask(
        self,
        engine: str,
        project: str,
        question: dict[str, Any],
        *,
        read: Callable[[dict[str, Any]], T],
        on_progress: Callable[[int], None],
        awaited: Awaited | None = None,
        time_limit_s: float,
        memory_limit_bytes: int,
    ) -> tuple[T, int]:
        """The answer, and the most memory that the child was seen to use for it."""
        child = await self._take(engine, project, None if awaited is None else awaited.work)
        watch = Watch(child, memory_limit_bytes, time_limit_s * self.cores)
        is_sound = False
        try:
            async with asyncio.timeout(time_limit_s):
                answer = await _converse(child, question | {"engine": engine}, on_progress, awaited)
            outcome = _outcome(answer, engine, read)
            is_sound = True
            watch.look_once_more()
        except TimeoutError:
            raise TimeLimit(time_limit_s) from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise watch.verdict or ChildDied(await child.how_it_ended()) from None
        except frames.TooLong:
            raise ResultTooLarge(frames.MAX_ANSWER) from None
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise EngineFault(f"an answer that is none: {error}"[:_MAX_SENTENCE]) from None
        finally:
            watch.end()
            self._give_back(child, is_sound)
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome, watch.peak_bytes

    async def _take(self, engine: str, project: str, work: str | None) -> Child:
        """An idle child of this engine and project, rather one that keeps a work; or a fresh one."""
        able = [
            child
            for child in reversed(self._idle)
            if (child.engine, child.project) == (engine, project) and not child.died.done()
        ]
        if able:
            child = next((child for child in able if work in child.works), able[0])
            self._idle.remove(child)
            return child
        forking = self._do(self._fork(engine, project))
        try:
            return await asyncio.shield(forking)
        except asyncio.CancelledError:
            forking.add_done_callback(self._discard_unborn)
            raise

    def _give_back(self, child: Child, is_sound: bool) -> None:
        """Keep it for the next task, unless it failed: nobody knows what state it is in."""
        child.tasks += 1
        is_young = child.tasks < self.tasks_per_child
        if self._is_closed or not (is_sound and is_young and child.is_as_new(self.growth_bytes)):
            self._discard(child)
            return
        self._idle.append(child)
        while len(self._idle) > _MAX_IDLE:
            self._discard(self._idle.pop(0))

    async def _fork(self, engine: str, project: str) -> Child:
        forks = await self._launched()
        self._number += 1
        folder = self.scratch / str(self._number)
        folder.mkdir(mode=0o700)
        try:
            child = await forks.fork(folder)
        except BaseException:
            with contextlib.suppress(OSError):
                folder.rmdir()
            raise
        child.engine, child.project = engine, project
        lost = {layer.name for layer in self.layers if layer.is_active}
        lost -= {layer.name for layer in child.layers if layer.is_active}
        if lost:
            await child.bury()
            raise ChildDied(f"it could not shut itself in: {', '.join(sorted(lost))}")
        return child

    async def _launched(self) -> Forks:
        """The fork server; a new one where the last has died."""
        async with self._launching:
            if self._is_closed:
                raise ChildDied("the worker is stopping")
            if self._forks is None or not self._forks.is_alive:
                if self._forks is not None:
                    log.error("forkserver_died")
                    await self._forks.close()
                self._forks = await Forks.launch({name: self.entries[name].module for name in self.engines})
            return self._forks

    def _do(self, doing: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
        task = asyncio.ensure_future(doing)
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)
        return task

    def _discard(self, child: Child) -> None:
        child.kill()
        self._do(child.bury())

    def _discard_unborn(self, forking: asyncio.Future[Child]) -> None:
        """Whoever asked for this child has left."""
        if not forking.cancelled() and forking.exception() is None:
            self._discard(forking.result())


async def _converse(
    child: Child, question: dict[str, Any], on_progress: Callable[[int], None], awaited: Awaited | None
) -> dict[str, Any]:
    told, mark = 0, token_hex(8)
    child.writer.write(frames.packed(question | {"mark": mark}))
    await child.writer.drain()
    # Whatever an earlier task left on the line was said before this question was heard.
    while await frames.read(child.reader, frames.MAX_ANSWER) != {"heard": mark}:
        continue
    while True:
        answer = await frames.read(child.reader, frames.MAX_ANSWER)
        if "progress" in answer:
            told = max(told, min(int(answer["progress"]), 100))
            on_progress(told)
        elif "kept" in answer and awaited is not None:
            _hear(child, awaited, answer["kept"] is True)
        else:
            return answer


def _hear(child: Child, awaited: Awaited, is_kept: bool) -> None:
    if is_kept:
        child.works.add(awaited.work)
    else:
        child.works.discard(awaited.work)
    awaited.on_kept(is_kept)


def _outcome(answer: dict[str, Any], engine: str, read: Callable[[dict[str, Any]], T]) -> T | Refusal:
    if "refused" in answer:
        return frames.refusal_in(answer["refused"])
    if "too_large" in answer:
        raise ResultTooLarge(frames.MAX_ANSWER)
    if "fault" in answer:
        log.error("engine_failed", engine=engine, trace=str(answer.get("trace"))[:_MAX_TRACE])
        raise EngineFault(str(answer["fault"])[:_MAX_SENTENCE])
    return read(answer)


__all__ = ["ChildDied", "Children", "Death", "EngineFault", "MemoryLimit", "ResultTooLarge", "TimeLimit"]
