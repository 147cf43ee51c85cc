"""Requests that make something: the same one come again gets what the first one made.

Clients repeat a request whose answer they never saw, and would make everything twice. So what was
made is written down in the transaction that makes it, and struck out once the answer has been sent
to the end: in the transaction of the next that is written down, or by the next sweep, as a transaction
of its own would double what a request costs. With an idempotency key it stays for a day, answered or not.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from ketway.domain.errors import StoreBusy
from ketway.domain.requests import NOBODY, Asked, Request, RequestId, must_be_same, remember
from ketway.services.ports import Clock, Database, Work


@dataclass(frozen=True, kw_only=True)
class Requests:
    """
    Args:
        server: this run of this server. What a run that is over left unanswered will stay so.
        answering: request being answered now, to the one written down that it is or repeats.
    """

    db: Database
    clock: Clock
    server: str
    answering: dict[RequestId, RequestId] = field(default_factory=dict)
    #: Written down, and their answers sent to the end; here until they are struck out for good.
    _answered: set[RequestId] = field(default_factory=set)
    #: Request being answered now, to those that its transaction struck out.
    _struck: dict[RequestId, tuple[RequestId, ...]] = field(default_factory=dict)

    async def repeated(self, work: Work, asked: Asked | None) -> Request | None:
        """The request that this one repeats; None if it is new.

        To be asked in the transaction that is about to make something, and before any costly work
        for it or any refusal that what the first one made may cause.

        Raises:
            KeyReused: the same key came with something else before.
        """
        if asked is None:
            return None
        for earlier in await work.requests.like(asked, self.clock.now()):
            if asked.key is not None or not await self._is_being_answered(work, earlier):
                must_be_same(earlier, asked)
                self.answering[asked.id] = earlier.id
                return earlier
        return None

    async def remember(self, work: Work, asked: Asked | None, *made: object) -> None:
        """Write down what it makes, by id, in the transaction that makes it."""
        if asked is None:
            return
        now = self.clock.now()
        if asked.key is not None:
            await work.requests.forget_expired(now)  # the same key may be among them
        if self._answered:
            self._struck[asked.id] = tuple(self._answered)
            await work.requests.forget(self._struck[asked.id])
        await work.requests.add(remember(asked, tuple(map(str, made)), self.server, now))
        self.answering[asked.id] = asked.id

    async def answered(self, asked: Asked) -> None:
        """Its answer was sent to the end: from now on the same is meant as something new."""
        self._answered.difference_update(self._struck.pop(asked.id, ()))
        written = self.answering.pop(asked.id, None)
        if written is None or asked.key is not None:
            return
        self._answered.add(written)
        if written != asked.id:
            # To other servers a request whose first answer was lost is nobody's, and seems to be so still.
            await self.sweep()

    async def abandoned(self, asked: Asked) -> None:
        """Its answer was not sent to the end: whoever asked may come again, to any server."""
        self._struck.pop(asked.id, None)  # its transaction may have come to nothing
        written = self.answering.pop(asked.id, None)
        if written is not None and asked.key is None:
            # Failing that, nobody is left to be told; to other servers it seems to be answered still.
            with suppress(StoreBusy):
                async with self.db.work() as work:
                    await work.requests.hand_to(written, NOBODY)

    async def sweep(self) -> None:
        """Strike out what was answered since, and forget keys whose day is over."""
        now, answered = self.clock.now(), tuple(self._answered)
        async with self.db.look() as work:
            if not answered and not await work.requests.has_expired(now):
                return
        async with self.db.work() as work:
            await work.requests.forget(answered)
            await work.requests.forget_expired(now)
        self._answered.difference_update(answered)

    async def _is_being_answered(self, work: Work, earlier: Request) -> bool:
        """Or was answered; two alike at the same time are two, a repetition comes after the first failed."""
        if earlier.id in self._answered or earlier.id in self.answering.values():
            return True
        is_elsewhere = earlier.server not in (NOBODY, self.server)
        return is_elsewhere and await work.requests.is_served(earlier)
