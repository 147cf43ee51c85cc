"""What signed links fetch: strangers' bytes, handed out so that no browser runs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ketway.api.faults import NO_HTTP_FAULTS, HttpFaults, Refusing
from ketway.domain.errors import BadToken, Gone, NotFound, StoreBusy
from ketway.services.ports import Clock


class Linked(Protocol):
    """Knows its links, which lead to this server."""

    def named(self, key: str, query: Mapping[str, str], now: datetime) -> str:
        """The name to give to what is fetched.

        Raises:
            BadToken
        """


def route(
    linked: Linked,
    read: Callable[[str], Awaitable[bytes]],
    clock: Clock,
    *,
    faults: HttpFaults = NO_HTTP_FAULTS,
) -> Route:
    """`GET /blobs/{key}`: no login, the link is the proof.

    Args:
        read: what is kept under a key; raises Unknown, ResultExpired, StoreBusy.
    """

    async def fetch(request: Request) -> Response:
        try:
            key = request.path_params["key"]
            filename = linked.named(key, request.query_params, clock.now())
            body = await read(key)
        except BadToken:
            return _refuse(403, "This link is not valid, or not any more; ask for a new one.")
        except Gone as gone:
            return _refuse(410, str(gone))
        except NotFound:
            return _refuse(404, "Nothing is kept under this link any more.")
        except StoreBusy as busy:
            return _refuse(503, str(busy))
        headers = {
            "Content-Disposition": f'attachment; filename="{filename}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        }
        return Response(body, media_type="application/json", headers=headers)

    middleware = faults.on("results", _rehearse)
    return Route("/blobs/{key:path}", fetch, methods=["GET"], middleware=middleware)


def _rehearse(request: Request, refusing: Refusing) -> Response:
    return JSONResponse({"message": refusing.message}, refusing.status, headers=refusing.headers)


def _refuse(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status)
