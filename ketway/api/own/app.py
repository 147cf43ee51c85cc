"""The application of ketway's own interface."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from ketway.api.answers import answer, break_down, refuse, rehearse
from ketway.api.faults import NO_HTTP_FAULTS, HttpFaults
from ketway.api.own import accounts, jobs, keys, platforms, processes, projects, retention, usage
from ketway.domain.errors import Refusal
from ketway.services.core import Core

_NOUNS = (accounts, projects, usage, retention, keys, platforms, jobs, processes)


def surface(core: Core, *, faults: HttpFaults = NO_HTTP_FAULTS) -> Starlette:
    """The application to mount at `/ketway/v1`."""
    return Starlette(
        routes=[route for noun in _NOUNS for route in noun.routes(core)],
        middleware=faults.on("own", rehearse),
        exception_handlers={404: _nowhere, 405: _not_so, Refusal: refuse, Exception: break_down},
    )


async def _nowhere(request: Request, error: Exception) -> Response:
    return answer({"error": "NotFound", "message": f"There is nothing at {request.url.path}."}, 404)


async def _not_so(request: Request, error: Exception) -> Response:
    sentence = f"{request.method} is not for {request.url.path}."
    return answer({"error": "MethodNotAllowed", "message": sentence}, 405)
