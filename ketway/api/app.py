"""The web application: the surfaces side by side, and what belongs to none of them."""

from __future__ import annotations

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

import ketway
from ketway.api import blobs, own, pasqal, scaleway, work
from ketway.domain.errors import Unavailable
from ketway.services.core import Core

log = structlog.get_logger()


def create_app(
    core: Core,
    *,
    linked: blobs.Linked,
    public_url: str | None,
    max_body_bytes: int,
    max_result_bytes: int,
) -> Starlette:
    """Everything that is served over HTTP.

    Args:
        linked: where `/blobs/...` links lead.
        public_url: this server's address as clients see it; None takes each request's own.
        max_body_bytes: of a client's request, before and after inflation.
        max_result_bytes: of a worker's.
    """
    mounts: dict[str, ASGIApp] = {
        "/work/v1": work.surface(core, max_result_bytes=max_result_bytes),
        "/ketway/v1": own.surface(core),
    }
    for surface in (pasqal.surface, scaleway.surface):
        mounts |= surface(core, public_url=public_url, max_body_bytes=max_body_bytes)
    routes: list[BaseRoute] = [Mount(prefix, app) for prefix, app in mounts.items()]
    app = Starlette(
        routes=[blobs.route(linked, core.documents.read, core.clock), *_probes(core), *routes],
        exception_handlers={404: _nowhere, Exception: _break_down},
    )
    # Clients follow no redirect, and one that is not followed says less than "nothing is served here".
    app.router.redirect_slashes = False
    return app


def _probes(core: Core) -> list[BaseRoute]:
    async def healthy(request: Request) -> Response:
        return JSONResponse({"status": "alive", "version": ketway.__version__})

    async def ready(request: Request) -> Response:
        try:
            engines = await core.platforms.engines()
        except Unavailable as busy:
            return JSONResponse({"status": "not ready", "why": str(busy)}, 503)
        return JSONResponse({"status": "ready", "engines": engines})

    return [Route("/healthz", healthy), Route("/readyz", ready)]


async def _nowhere(request: Request, error: Exception) -> Response:
    return JSONResponse({"message": f"Nothing is served at {request.url.path}."}, 404)


async def _break_down(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.url.path, exc_info=error)
    return JSONResponse({"message": "The server failed; its log says why."}, 500)
