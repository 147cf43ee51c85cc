"""The reporter: tells the server how attempts ended, whatever has gathered since the last telling."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from ketway import protocol
from ketway.domain.leases import Verdict
from ketway.worker.client import Rejected
from ketway.worker.held import Held

log = structlog.get_logger()

#: A document larger than this is told by itself, and keeps nobody waiting.
_LARGE_CHARACTERS = 64 * 1024
#: Outcomes of one request; with documents below the bound above it stays small.
_MOST = 128

Told = tuple[Held, protocol.Outcome]


class Reporter:
    """
    Args:
        say: sends outcomes until the server has answered; raises Rejected where it will not take them,
            or not all of them together.
        forget: told of each lease that the worker is done with.
        gather: waits for those that will end within moments.
    """

    def __init__(
        self,
        say: Callable[[Sequence[protocol.Outcome]], Awaitable[Sequence[protocol.Answer]]],
        forget: Callable[[Held], None],
        gather: Callable[[], Awaitable[None]],
    ) -> None:
        self._say = say
        self._forget = forget
        self._gather = gather
        self._gathered: list[Told] = []
        self._came = asyncio.Event()
        self._alone = asyncio.TaskGroup()  #: those that are told by themselves

    def tell(self, held: Held, outcome: protocol.Outcome) -> None:
        self._gathered.append((held, outcome))
        self._came.set()

    async def run(self) -> None:
        """For ever."""
        async with self._alone:
            while True:
                await self._came.wait()
                await self._gather()
                self._came.clear()
                gathered, self._gathered = self._gathered, []
                small: list[Told] = []
                for one in gathered:
                    if _is_large(one[1]):
                        self._alone.create_task(self._send([one]))
                    else:
                        small.append(one)
                for first in range(0, len(small), _MOST):
                    await self._send(small[first : first + _MOST])

    async def _send(self, told: Sequence[Told]) -> None:
        try:
            answers = await self._say([outcome for _, outcome in told])
        except Rejected as rejected:
            if len(told) > 1:
                for one in told:
                    self._alone.create_task(self._send([one]))
                return
            answers = [protocol.Answer("refused", str(rejected))]
        for (held, outcome), answer in zip(told, answers, strict=True):
            self._hear(held, outcome, answer)

    def _hear(self, held: Held, outcome: protocol.Outcome, answer: protocol.Answer) -> None:
        if answer.word == "refused" and isinstance(outcome, protocol.Result):
            why = f"its result was refused by the server: {answer.why}"
            self.tell(held, held.failure(Verdict.FAULT, why, (held.began or 0.0) + outcome.ran_s))
            return
        if answer.word != "kept":
            log.warning("outcome_not_kept", job_id=held.lease.job_id, word=answer.word, why=answer.why)
        self._forget(held)


def _is_large(outcome: protocol.Outcome) -> bool:
    return isinstance(outcome, protocol.Result) and len(outcome.document) > _LARGE_CHARACTERS
