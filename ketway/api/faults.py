"""Faults of HTTP on purpose: answers that are errors, lost or slow, and connections that are cut."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ketway.domain.faults import Often, Seconds, drawn, length, lengths, must_be_lengths

#: What the vendors' clients talk to; nothing else is hit unless it is named.
CLIENTS = ("pasqal", "scaleway")
SURFACES = (*CLIENTS, "results", "own", "work")
STATUSES = (429, 500, 502, 503, 504)
#: What a server puts into the scope's extensions to be told to hang up at once.
CUT = "ketway.cut"

SENTENCE = "This error was rehearsed: the server was started with --faults."
_IDS = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?<=/)[0-9]+(?=/|$)")
#: Kinds of requests that are counted by themselves; paths are strangers' words.
_MAX_KINDS = 10_000


@dataclass(frozen=True, kw_only=True)
class Refusing:
    """How an error is to be answered, in each dialect's own form.

    Args:
        retry_after_s: when to come again, if that is to be told.
    """

    status: int
    message: str
    retry_after_s: int | None

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}


#: Writes an error as its dialect does.
Answer = Callable[[Request, Refusing], Response]


@dataclass(frozen=True, kw_only=True)
class OnRequests(Often):
    """Which requests; every selector that is given must fit.

    Args:
        paths: patterns with `*`, of whole paths without query.
    """

    surfaces: tuple[str, ...] = CLIENTS
    methods: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    def is_about(self, surface: str, method: str, path: str) -> bool:
        return (
            surface in self.surfaces
            and (not self.methods or method in self.methods)
            and (not self.paths or any(fnmatchcase(path, pattern) for pattern in self.paths))
        )

    def must_be_possible(self) -> None:
        super().must_be_possible()
        if unknown := sorted(set(self.surfaces) - set(SURFACES)):
            raise ValueError(f"there is no surface {unknown[0]}; there are {', '.join(SURFACES)}")
        if small := [method for method in self.methods if method != method.upper()]:
            raise ValueError(f"methods are written in capitals: {small[0].upper()}")
        if lost := [path for path in self.paths if path[:1] not in ("/", "*")]:
            raise ValueError(f"paths begin with / or *: {lost[0]}")

    @property
    def which(self) -> str:
        what = f"{' and '.join(self.methods)} requests" if self.methods else "requests"
        where = f" for {' and '.join(self.paths)}" if self.paths else ""
        return f"{what}{where} by {' and '.join(self.surfaces)}"


@dataclass(frozen=True, kw_only=True)
class Error(OnRequests):
    """An error is answered.

    Args:
        carried_out: after the request was, so that only its answer is lost.
    """

    status: int
    message: str = SENTENCE
    retry_after_s: int | None = None
    carried_out: bool = False

    def must_be_possible(self) -> None:
        super().must_be_possible()
        if self.status not in STATUSES:
            raise ValueError(f"status should be one of {', '.join(map(str, STATUSES))}")
        if self.retry_after_s is not None and self.retry_after_s < 0:
            raise ValueError("retry_after_s should be 0 or more")

    def __str__(self) -> str:
        after = ", after they were carried out" if self.carried_out else ""
        return f"{self.which} are answered {self.status}{after}{self.rate}"


@dataclass(frozen=True, kw_only=True)
class Cut(OnRequests):
    """The connection is cut, and nothing answered.

    Args:
        carried_out: as of an `Error`.
    """

    carried_out: bool = False

    def __str__(self) -> str:
        after = ", after they were carried out" if self.carried_out else ""
        return f"connections of {self.which} are cut{after}{self.rate}"


@dataclass(frozen=True, kw_only=True)
class Slow(OnRequests):
    """It takes so long before anything is done."""

    seconds: Seconds

    def must_be_possible(self) -> None:
        super().must_be_possible()
        must_be_lengths(self.seconds)

    def __str__(self) -> str:
        return f"{self.which} take {lengths(self.seconds)} longer{self.rate}"


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What happens to one request."""

    slow_s: float = 0.0
    end: Error | Cut | None = None


@dataclass(frozen=True, kw_only=True)
class HttpPlan:
    """All that goes wrong on purpose with HTTP. Of several rules that hit a request with an error or
    a cut, the first counts, cuts before errors."""

    seed: int = 0
    slow: Sequence[Slow] = ()
    cut: Sequence[Cut] = ()
    error: Sequence[Error] = ()

    @property
    def rules(self) -> Sequence[Slow | Cut | Error]:
        return (*self.slow, *self.cut, *self.error)

    def sentences(self) -> list[str]:
        return [str(rule) for rule in self.rules]


NO_HTTP = HttpPlan()


class HttpFaults:
    """Whose turn each fault is, since this start of the server.

    Requests are counted by method and path, ids apart: the third submission has the same fate however
    often somebody asked for news between.

    Args:
        pause: waits so many seconds.
    """

    def __init__(self, plan: HttpPlan, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._plan = plan
        self._pause = pause
        self._counted: Counter[tuple[int, str]] = Counter()

    def on(self, surface: str, answer: Answer) -> list[Middleware]:
        """What stands before the routes of a surface: nothing, where nothing is to go wrong."""
        if not any(surface in rule.surfaces for rule in self._plan.rules):
            return []
        return [Middleware(_Faulty, faults=self, surface=surface, answer=answer, pause=self._pause)]

    def trouble(self, surface: str, method: str, path: str) -> Trouble:
        """What happens to the next request of this kind."""
        kind = f"{method} {_IDS.sub('*', path)}"
        slow_s, end = 0.0, None
        for place, rule in enumerate(self._plan.rules):
            if not rule.is_about(surface, method, path):
                continue
            number = self._turn(place, kind)
            if not rule.hits(number, drawn(self._plan.seed, place, kind, number)):
                continue
            if isinstance(rule, Slow):
                slow_s += length(rule.seconds, drawn(self._plan.seed, "length", place, kind, number))
            elif end is None:
                end = rule
        return Trouble(slow_s=slow_s, end=end)

    def _turn(self, place: int, kind: str) -> int:
        key = (place, kind if len(self._counted) < _MAX_KINDS else "")
        self._counted[key] += 1
        return self._counted[key]


NO_HTTP_FAULTS = HttpFaults(NO_HTTP)


class _Faulty:
    """ASGI middleware: hits requests as it is told to."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        faults: HttpFaults,
        surface: str,
        answer: Answer,
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._app = app
        self._faults = faults
        self._surface = surface
        self._answer = answer
        self._pause = pause

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trouble = self._faults.trouble(self._surface, scope["method"], scope["path"])
        if trouble.slow_s:
            await self._pause(trouble.slow_s)
        end = trouble.end
        if end is None:
            await self._app(scope, receive, send)
            return
        if end.carried_out:
            await self._app(scope, receive, _to_nobody)
        if isinstance(end, Cut):
            await _hang_up(scope, receive)
            return
        refusing = Refusing(status=end.status, message=end.message, retry_after_s=end.retry_after_s)
        await self._answer(Request(scope), refusing)(scope, receive, send)


async def _to_nobody(message: Message) -> None:
    """An answer that is lost."""


async def _hang_up(scope: Scope, receive: Receive) -> None:
    scope["extensions"][CUT]["now"]()
    while (await receive())["type"] != "http.disconnect":
        pass
