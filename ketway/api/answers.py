"""Refusals and answers of our own interfaces: `{"error": <type>, "message": <sentence>}`."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from ketway.api.faults import Refusing
from ketway.domain.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    OverQuota,
    Precondition,
    Refusal,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

log = structlog.get_logger()

HTTP: dict[type[Refusal], int] = {
    Unauthenticated: 401,
    Forbidden: 403,
    OverQuota: 403,
    NotFound: 404,
    Gone: 410,
    Conflict: 409,
    Precondition: 409,
    Invalid: 422,
    TooLarge: 413,
    Unavailable: 503,
}


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, headers=headers, media_type="application/json")


async def refuse(request: Request, error: Exception) -> Response:
    """A refusal as status, type and sentence."""
    status = next(code for branch, code in HTTP.items() if isinstance(error, branch))
    return answer({"error": type(error).__name__, "message": str(error)}, status)


def rehearse(request: Request, refusing: Refusing) -> Response:
    """An error on purpose."""
    return answer({"error": "rehearsed", "message": refusing.message}, refusing.status, refusing.headers)


async def break_down(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, exc_info=error)
    return answer({"error": "internal", "message": "The server failed; its log says why."}, 500)
