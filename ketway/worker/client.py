"""The worker's end of the wire: asks, tells, and asks again when an answer is lost."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec

from ketway import protocol

#: Beyond the server's own longest wait.
_PATIENCE_S = 15.0

T = TypeVar("T")


class ServerAway(Exception):
    """No answer, or one that says to try again: the same question may be asked again."""


class NotWelcome(Exception):
    """The server does not take this worker's token."""


class UnknownHere(Exception):
    """The server does not know this worker; register again."""


class WorkClient:
    """`/work/v1` of one server.

    Args:
        url: of the server, without path.
        token: worker token.
        trusted: PEM file; over TLS, a server with one of these certificates is believed whatever
            its name. None takes the authorities that this machine trusts.
    """

    def __init__(self, url: str, token: str, *, trusted: Path | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/work/v1",
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            timeout=_PATIENCE_S,
            trust_env=False,
            verify=True if trusted is None else _believing(trusted),
        )

    async def register(self, name: str, engines: dict[str, str], slots: int) -> protocol.Registered:
        said = protocol.Register(name=name, engines=engines, slots=slots)
        return await self._ask("/workers", said, protocol.Registered)

    async def claim(self, worker_id: str, request_id: str, *, most: int, wait_s: float) -> protocol.Claimed:
        said = protocol.Claim(worker_id=worker_id, request_id=request_id, most=most, wait_s=wait_s)
        return await self._ask("/leases", said, protocol.Claimed, patience_s=wait_s + _PATIENCE_S)

    async def heartbeat(self, worker_id: str, beats: list[protocol.Beat]) -> dict[str, str]:
        said = protocol.Beats(worker_id=worker_id, beats=beats)
        return (await self._ask("/heartbeats", said, protocol.Words)).words

    async def outcomes(self, outcomes: Sequence[protocol.Outcome]) -> Sequence[protocol.Answer]:
        said = protocol.Outcomes(outcomes=list(outcomes))
        return (await self._ask("/outcomes", said, protocol.Answers, patience_s=120)).answers

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(
        self, path: str, said: msgspec.Struct, kind: type[T], *, patience_s: float = _PATIENCE_S
    ) -> T:
        try:
            answer = await self._http.post(path, content=msgspec.json.encode(said), timeout=patience_s)
        except httpx.HTTPError as error:
            raise ServerAway(f"{type(error).__name__}: {error}") from None
        if answer.is_success:
            try:
                return msgspec.json.decode(answer.content, type=kind)
            except msgspec.DecodeError as error:
                raise ServerAway(f"an answer that is not the protocol's: {error}") from None
        sentence = answer.text[:500]
        if answer.status_code in (401, 403):
            raise NotWelcome(sentence)
        if answer.status_code == 404:
            raise UnknownHere(sentence)
        if answer.status_code in (413, 422):
            raise Rejected(sentence)
        raise ServerAway(f"{answer.status_code}: {sentence}")


class Rejected(Exception):
    """The server will never take what was said."""


def _believing(certificates: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates))
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
