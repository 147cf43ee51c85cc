"""Requests that may come twice: what each looks like, and whether its answer reached the caller."""

from __future__ import annotations

import hashlib
from uuid import uuid4

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ketway.api import bodies
from ketway.domain.accounts import Actor
from ketway.domain.errors import BadField
from ketway.domain.requests import Asked, RequestId
from ketway.services.requests import Requests

HEADER = "Idempotency-Key"
_MAX_KEY = 255


def asked(request: Request, caller: Actor) -> Asked:
    """What is asked, to be handed to the use case that makes something of it.

    To be called when the body, if there is one, has been read.

    Raises:
        BadField: a key that is no key.
    """
    key = request.headers.get(HEADER)
    if key is not None and not (0 < len(key) <= _MAX_KEY and key.isprintable()):
        raise BadField(("header", HEADER), f"must be 1 to {_MAX_KEY} printable characters", "format")
    digest = hashlib.sha256(f"{request.url.query} {bodies.digest_of(request)}".encode())
    found = Asked(
        id=RequestId(uuid4()),
        caller_id=caller.account_id,
        route=f"{request.method} {request.url.path}",
        digest=digest.hexdigest(),
        key=key,
    )
    request.state.asked = found
    return found


class Once:
    """ASGI middleware: tells the core which answers were sent to the end."""

    def __init__(self, app: ASGIApp, requests: Requests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        status, is_sent = 500, False

        async def watch(message: Message) -> None:
            nonlocal status, is_sent
            is_last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if message["type"] == "http.response.start":
                status = message["status"]
            # A server drops what it sends to nobody without a word, so the question comes before.
            is_heard = not (is_last and "asked" in state and await Request(scope, receive).is_disconnected())
            await send(message)
            is_sent = is_sent or (is_last and is_heard)

        try:
            await self._app(scope, receive, watch)
        finally:
            found: Asked | None = state.get("asked")
            # A refusal says nothing of what was made, so whoever gets one may come again; but what is
            # gone is gone.
            if found is not None and is_sent and (status < 400 or status == 410):
                await self._requests.answered(found)
            elif found is not None:
                await self._requests.abandoned(found)
