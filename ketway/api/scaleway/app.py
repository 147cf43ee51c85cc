"""The application that speaks this dialect."""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI
from starlette.types import ASGIApp

from ketway.api.once import Once
from ketway.api.scaleway import errors, jobs, models, platforms, sessions, unoffered
from ketway.api.scaleway.auth import caller
from ketway.services.core import Core

PREFIX = "/qaas/v1alpha1"


def surface(core: Core, *, public_url: str | None, max_body_bytes: int) -> dict[str, ASGIApp]:
    """What to mount where.

    Args:
        public_url: this server's address as clients see it; None takes each request's own.
        max_body_bytes: of a request, before and after inflation.
    """
    app = FastAPI(title="qaas", redirect_slashes=False, openapi_url=None)
    app.state.core = core
    app.state.public_url = public_url
    app.state.max_body_bytes = max_body_bytes
    app.add_middleware(Once, requests=core.requests)
    errors.install(app)
    routes = _routes()
    app.include_router(routes)
    # Some clients are given an address that ends in the prefix, others add it themselves; one
    # who does both is forgiven.
    app.include_router(routes, prefix=PREFIX)
    return {PREFIX: app}


def _routes() -> APIRouter:
    routes = APIRouter(dependencies=[Depends(caller)])
    for noun in (platforms, sessions, jobs, models, unoffered):
        routes.include_router(noun.router)
    return routes
