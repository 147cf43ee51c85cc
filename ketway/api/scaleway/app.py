"""The application that speaks this dialect."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

import ketway
from ketway.api import openapi
from ketway.api.faults import NO_HTTP_FAULTS, HttpFaults
from ketway.api.once import Once
from ketway.api.scaleway import (
    applications,
    bookings,
    errors,
    jobs,
    models,
    platforms,
    processes,
    sessions,
)
from ketway.api.scaleway.auth import caller
from ketway.api.scaleway.document import MANNERS
from ketway.api.scaleway.translate import DOOR
from ketway.services.core import Core

PREFIX = "/qaas/v1alpha1"
_DESCRIPTION = (
    "The dialect of Scaleway's Quantum as a Service, version v1alpha1, spoken by ketway. Send a secret key "
    "in `X-Auth-Token`. Fields and parameters are taken in `snake_case` and in `lowerCamelCase`."
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
    app = FastAPI(
        title="ketway: qaas",
        servers=[{"url": PREFIX}],
        root_path_in_servers=False,
        version=ketway.__version__,
        description=_DESCRIPTION,
        redirect_slashes=False,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        middleware=faults.on(DOOR, errors.rehearse),
    )
    app.state.core = core
    app.state.public_url = public_url
    app.state.max_body_bytes = max_body_bytes
    app.add_middleware(Once, requests=core.requests)
    errors.install(app)
    known = [Depends(caller)]
    for noun in (platforms, sessions, jobs, models, bookings, applications, processes):
        app.include_router(noun.router, dependencies=known)
        # Some clients are given an address that ends in the prefix, others add it themselves; one
        # who does both is forgiven.
        app.include_router(noun.router, dependencies=known, prefix=PREFIX, include_in_schema=False)
    openapi.install(app, MANNERS)
    return {PREFIX: app}
