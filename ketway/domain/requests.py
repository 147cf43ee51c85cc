"""A request that makes something, remembered so that its repetition makes nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

from ketway.domain.accounts import AccountId
from ketway.domain.errors import KeyReused

RequestId = NewType("RequestId", UUID)

#: How long a repetition with the same idempotency key gets the first answer.
KEY_LIFE = timedelta(hours=24)
#: How long an identical request is taken for the repetition of one that was never answered.
#: Clients repeat up to five times in 31 s, each time with a time-out of 30 s.
UNANSWERED_LIFE = timedelta(minutes=5)


#: The server of a request that nobody answers.
NOBODY = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as it came in.

    Args:
        id: fresh for each; the same request come again has another.
        route: method and path.
        digest: SHA-256 of what was asked, query and inflated body.
        key: the caller's idempotency key, if they sent one.
    """

    id: RequestId
    caller_id: AccountId
    route: str
    digest: str
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request that made something.

    Args:
        made: ids of what it made.
        server: which run of which server answers it; "" if none does.
        expires_at: until then a repetition gets what was made.
    """

    id: RequestId
    caller_id: AccountId
    route: str
    digest: str
    key: str | None
    made: tuple[str, ...]
    server: str
    created_at: datetime
    expires_at: datetime


def remember(asked: Asked, made: tuple[str, ...], server: str, now: datetime) -> Request:
    return Request(
        id=asked.id,
        caller_id=asked.caller_id,
        route=asked.route,
        digest=asked.digest,
        key=asked.key,
        made=made,
        server=server,
        created_at=now,
        expires_at=now + (UNANSWERED_LIFE if asked.key is None else KEY_LIFE),
    )


def must_be_same(earlier: Request, asked: Asked) -> None:
    """
    Raises:
        KeyReused: the same key for something else.
    """
    if asked.key is not None and earlier.digest != asked.digest:
        raise KeyReused(asked.key)
