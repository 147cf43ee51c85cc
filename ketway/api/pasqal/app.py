"""The applications that speak this dialect: one a base path."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from ketway.api.once import Once
from ketway.api.pasqal import (
    account,
    auth,
    banners,
    batches,
    devices,
    errors,
    jobs,
    learning,
    ovh,
    projects,
    reports,
    results,
    statistics,
    workloads,
)
from ketway.services.core import Core


def surface(core: Core, *, public_url: str | None, max_body_bytes: int) -> dict[str, ASGIApp]:
    """What to mount where.

    Args:
        public_url: this server's address as clients see it; None takes each request's own.
        max_body_bytes: of a request, before and after inflation.
    """

    def application(*routers: APIRouter, prefix: str = "", has_integer_codes: bool = False) -> FastAPI:
        app = FastAPI(title="core-fast", redirect_slashes=False, docs_url=None, redoc_url=None)
        app.state.core = core
        app.state.public_url = public_url
        app.state.max_body_bytes = max_body_bytes
        app.add_middleware(Once, requests=core.requests)
        app.state.has_integer_codes = has_integer_codes
        errors.install(app)
        for router in routers:
            app.include_router(router, prefix=prefix)
        return app

    return {
        # Where two paths fit, the first one counts: words before ids.
        "/core-fast": application(
            statistics.router,
            batches.router,
            jobs.router,
            results.router,
            reports.router,
            devices.router,
            workloads.router,
            banners.router,
            ovh.router,
            learning.router,
        ),
        "/account": application(account.router, projects.router, has_integer_codes=True),
        "/oauth": application(auth.router),
        "/realms": application(auth.router, prefix="/{realm}/protocol/openid-connect"),
    }
