"""The checker: short questions to an engine, beside the server, in the same sandbox as a job."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import structlog

from ketway.domain.errors import Invalid, ProgramRefused, Refusal
from ketway.domain.tasks import Checked, Task
from ketway.worker import frames
from ketway.worker.deaths import Death
from ketway.worker.sandbox import SandboxMissing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = structlog.get_logger()

_PATIENCE_S = 10.0
_MEMORY_BYTES = 2 * 2**30
_KEPT_ANSWERS = 4096
#: What is asked of one batch at most; a job beyond it is judged when it runs.
_MAX_ASKED_BYTES = 32 * 2**20


class Asked(Protocol):
    """Answers in a child process, to the first so many; `Children` is the one."""

    async def check(
        self,
        engine: str,
        project: str,
        tasks: Sequence[Task],
        *,
        patience_s: float,
        time_limit_s: float,
        memory_limit_bytes: int,
    ) -> Sequence[Checked | Refusal]: ...


class _Refused(NamedTuple):
    place: int  #: of the question among those asked
    refusal: Invalid


class _Questions(NamedTuple):
    """Each different task once.

    Args:
        tasks: what is asked.
        positions: where each of them first stands in the batch.
        places: for each task of the batch, its place in `tasks`; None where it is not asked.
    """

    tasks: list[Task]
    positions: list[int]
    places: list[int | None]


class ChildChecker:
    """The `Checker` port.

    Args:
        engines: name to version of what `children` can ask.
        started: done when they can; None where there is nothing to wait for.
    """

    def __init__(
        self, children: Asked, engines: Mapping[str, str], started: asyncio.Future[None] | None = None
    ) -> None:
        self._children = children
        self._engines = engines
        self._started = started
        self._turns = FairTurns()
        self._answers: OrderedDict[str, Sequence[Checked | None] | _Refused] = OrderedDict()

    async def check(self, engine: str, project: Any, tasks: Sequence[Task]) -> Sequence[Checked | None]:
        if engine not in self._engines:
            return [None] * len(tasks)
        asked = _distinct(tasks)
        key = self._key(engine, asked.tasks)
        if key in self._answers:
            self._answers.move_to_end(key)
            said = self._answers[key]
        else:
            said = await self._ask(engine, str(project), key, asked.tasks)
        # Remembered by place among the questions: where that job stands, each batch says anew.
        if isinstance(said, _Refused):
            raise _placed(said.refusal, asked.positions[said.place])
        return [None if place is None else said[place] for place in asked.places]

    async def _ask(
        self, engine: str, project: str, key: str, tasks: Sequence[Task]
    ) -> Sequence[Checked | None] | _Refused:
        """What it says, kept for who asks the same, and None where it says nothing: that is accepted
        unseen, and what is wrong with it, the job will say when it runs."""
        try:
            async with asyncio.timeout(_PATIENCE_S), self._turns.turn(project):
                if self._started is not None:
                    await asyncio.shield(self._started)
                answers = await self._children.check(
                    engine,
                    project,
                    tasks,
                    patience_s=_PATIENCE_S / 2,
                    time_limit_s=_PATIENCE_S,
                    memory_limit_bytes=_MEMORY_BYTES,
                )
        except (TimeoutError, Death, SandboxMissing) as silence:
            log.warning("check_unanswered", engine=engine, why=str(silence) or "took too long")
            return [None] * len(tasks)
        said = _judged(answers, tasks)
        if isinstance(said, _Refused) or len(answers) == len(tasks):
            self._keep(key, said)
        else:
            log.warning("check_unfinished", engine=engine, asked=len(tasks), answered=len(answers))
        return said

    def _key(self, engine: str, tasks: Sequence[Task]) -> str:
        facts = [frames.task_out(replace(task, seed=0)) for task in tasks]
        said = json.dumps([engine, self._engines[engine], facts], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()

    def _keep(self, key: str, answer: Sequence[Checked | None] | _Refused) -> None:
        self._answers[key] = answer
        while len(self._answers) > _KEPT_ANSWERS:
            self._answers.popitem(last=False)


class FairTurns:
    """One at a time; those who wait are served project by project, not first come first served."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._is_taken = False

    @asynccontextmanager
    async def turn(self, project: str) -> AsyncIterator[None]:
        if self._is_taken:
            called = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(project, deque()).append(called)
            try:
                await called
            except asyncio.CancelledError:
                if called.done() and not called.cancelled():
                    self._next()
                raise
        self._is_taken = True
        try:
            yield
        finally:
            self._next()

    def _next(self) -> None:
        while self._waiting:
            project, line = self._waiting.popitem(last=False)
            called = line.popleft()
            if line:
                self._waiting[project] = line
            if not called.done():
                called.set_result(None)
                return
        self._is_taken = False


def _distinct(tasks: Sequence[Task]) -> _Questions:
    """What is to be asked, as far as there is room for it."""
    asked = _Questions([], [], [])
    known: dict[tuple[str, int | None, str], int | None] = {}
    size = 0
    for position, task in enumerate(tasks):
        parameters = json.dumps(dict(task.parameters), sort_keys=True)
        # The text itself, not a copy in a longer one: thousands of jobs may share a large one.
        key = (task.program, task.shots, parameters)
        if key not in known:
            size += len(task.program) + len(task.configuration or "") + len(parameters)
            if asked.tasks and size > _MAX_ASKED_BYTES:
                known[key] = None
            else:
                known[key] = len(asked.tasks)
                asked.tasks.append(task)
                asked.positions.append(position)
        asked.places.append(known[key])
    return asked


def _judged(
    answers: Sequence[Checked | Refusal], tasks: Sequence[Task]
) -> Sequence[Checked | None] | _Refused:
    """The first refusal if there is one; else of each task what is known, None where nothing was said."""
    for place, answer in enumerate(answers):
        if isinstance(answer, Invalid):
            return _Refused(place, answer)
    known = [answer if isinstance(answer, Checked) else None for answer in answers]
    return known + [None] * (len(tasks) - len(known))


def _placed(refusal: Invalid, position: int) -> Invalid:
    """A refusal of its own to raise: the remembered one would gather tracebacks."""
    return replace(refusal, job=position) if isinstance(refusal, ProgramRefused) else copy(refusal)
