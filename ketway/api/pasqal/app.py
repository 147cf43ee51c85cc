"""The applications that speak this dialect: one a base path."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from ketway.api.pasqal import account, auth, batches, devices, errors, jobs
from ketway.services.core import Core


def surface(core: Core, *, public_url: str | None, max_body_bytes: int) -> dict[str, ASGIApp]:
    """What to mount where.

    Args:
        public_url: this server's address as clients see it; None takes each request's own.
        max_body_bytes: of a request, before and after inflation.
    """

    def application(*routers: APIRouter, prefix: str = "") -> FastAPI:
        app = FastAPI(title="core-fast", redirect_slashes=False, docs_url=None, redoc_url=None)
        app.state.core = core
        app.state.public_url = public_url
        app.state.max_body_bytes = max_body_bytes
        errors.install(app)
        for router in routers:
            app.include_router(router, prefix=prefix)
        return app

    return {
        "/core-fast": application(batches.router, jobs.router, devices.router),
        "/account": application(account.router),
        "/oauth": application(auth.router),
        "/realms": application(auth.router, prefix="/{realm}/protocol/openid-connect"),
    }
