"""The applications that speak this dialect: one a base path."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.types import ASGIApp

import ketway
from ketway.api import openapi
from ketway.api.faults import NO_HTTP_FAULTS, Answer, HttpFaults
from ketway.api.once import Once
from ketway.api.openapi import Manners
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
    shapes,
    statistics,
    translate,
    workloads,
)
from ketway.services.core import Core

_DESCRIPTION = (
    "The dialect of Pasqal Cloud, spoken by ketway. Log in at `/oauth/token`, with a password or with a key, "
    "and send the token as a bearer's."
)


def _manners(refusal: type[BaseModel]) -> Manners:
    return Manners(
        refusal=lambda status: refusal,
        no_id=422,
        reading=frozenset({422}),
        body=frozenset({400, 413, 415, 422}),
    )


def surface(
    core: Core, *, public_url: str | None, max_body_bytes: int, faults: HttpFaults = NO_HTTP_FAULTS
) -> dict[str, ASGIApp]:
    """What to mount where.

    Args:
        public_url: this server's address as clients see it; None takes each request's own.
        max_body_bytes: of a request, before and after inflation.
        faults: what goes wrong on purpose.
    """

    def application(
        title: str,
        *routers: APIRouter,
        prefix: str = "",
        refusal: type[BaseModel] | None = None,
        rehearse: Answer = errors.rehearse,
    ) -> FastAPI:
        app = FastAPI(
            title=f"ketway: {title}",
            servers=[{"url": f"/{title}"}],
            root_path_in_servers=False,
            version=ketway.__version__,
            description=_DESCRIPTION,
            redirect_slashes=False,
            openapi_url=None if refusal is None else "/openapi.json",
            docs_url=None,
            redoc_url=None,
            middleware=faults.on(translate.DOOR, rehearse),
        )
        app.state.core = core
        app.state.public_url = public_url
        app.state.max_body_bytes = max_body_bytes
        app.add_middleware(Once, requests=core.requests)
        app.state.has_integer_codes = refusal is shapes.AccountRefusal
        errors.install(app)
        for router in routers:
            app.include_router(router, prefix=prefix)
        if refusal is not None:
            openapi.install(app, _manners(refusal))
        return app

    return {
        # Where two paths fit, the first one counts: words before ids.
        "/core-fast": application(
            "core-fast",
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
            refusal=shapes.Refusal,
        ),
        "/account": application("account", account.router, projects.router, refusal=shapes.AccountRefusal),
        "/oauth": application("oauth", auth.router, rehearse=auth.rehearse),
        "/realms": application(
            "realms", auth.router, prefix="/{realm}/protocol/openid-connect", rehearse=auth.rehearse
        ),
    }
