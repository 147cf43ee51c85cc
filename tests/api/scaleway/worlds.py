"""A ketway whose one surface is this dialect's, and clients that believe no answer unseen."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount

from ketway.api import blobs
from ketway.api.scaleway import surface
from ketway.api.scaleway.translate import DOOR
from ketway.domain.platforms import Platform
from ketway.domain.slots import BookingRules
from ketway.services.core import Core, Limits
from tests.builders import a_platform, an_application

ORIGIN = "http://ketway.test:8750"
PREFIX = "/qaas/v1alpha1"
MAX_BODY_BYTES = 2 * 2**20
SHOWN: Mapping[str, Any] = {
    "provider_name": "scaleway",
    "backend_name": "aer",
    "type": "simulator",
    "technology": "general_purpose",
    "version": "1",
    "max_circuit_count": 300,
    "metadata": "",
    "documentation_url": "https://qiskit.github.io/qiskit-aer/",
    "aliases": ["aer_old"],
}


def an_aer(**changes: Any) -> Platform:
    """Shared by all: a session on it is running at once."""
    plain = {"name": "EMU-AER", "default_idle_s": 600.0, "default_total_s": 3600.0, "shown": {DOOR: SHOWN}}
    return a_platform(**plain | changes)


def a_qpu(**changes: Any) -> Platform:
    """One session at a time."""
    shown = {
        **SHOWN,
        "provider_name": "aqt",
        "backend_name": "ibex",
        "type": "qpu",
        "technology": "trapped_ion",
    }
    plain = {"name": "QPU-IBEX", "is_exclusive": True, "shown": {DOOR: shown}}
    return a_platform(**plain | changes)


def a_bookable_qpu(**changes: Any) -> Platform:
    """As many slots as anybody wants."""
    rules = BookingRules(max_per_day=10_000, max_per_week=10_000)
    return a_qpu(**{"name": "QPU-BOOKABLE", "booking": rules} | changes)


#: That somebody here runs, and one that nobody does.
APPLICATIONS = [
    an_application(platforms=("EMU-AER", "QPU-IBEX")),
    an_application(name="another-vqe", platforms=("QPU-IBEX",), input_template="{}"),
    an_application(name="vqe-of-nobody", platforms=("EMU-AER",)),
]
RUN = Limits(process_kinds=("vqe-h2", "another-vqe"))


@asynccontextmanager
async def a_client(
    core: Core,
    secret: str | None,
    *,
    public_url: str | None = None,
    max_body_bytes: int = MAX_BODY_BYTES,
    linked: blobs.Linked | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """Args: linked: where links lead; None where nobody follows any."""
    mounts = surface(core, public_url=public_url, max_body_bytes=max_body_bytes)
    links = [] if linked is None else [blobs.route(linked, core.documents.read, core.clock)]
    app = Starlette(routes=[*links, *[Mount(prefix, app) for prefix, app in mounts.items()]])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url=ORIGIN + PREFIX,
        headers={} if secret is None else {"X-Auth-Token": secret},
        event_hooks={"response": [_must_be_readable]},
    ) as client:
        yield client


async def _must_be_readable(response: httpx.Response) -> None:
    """What no client survives: nulls, errors that are not JSON, redirects, a total in a header."""
    await response.aread()
    if response.request.url.path.startswith("/blobs/"):
        return  # anybody's bytes
    assert "x-total-count" not in response.headers
    if response.status_code == 204:
        assert response.content == b""
        return
    assert response.status_code == 200 or response.status_code >= 400, response.status_code
    assert response.headers["content-type"] == "application/json"
    answer = json.loads(response.content)
    assert not has_null(answer), answer
    if response.status_code >= 400:
        assert isinstance(answer["type"], str), answer
        assert isinstance(answer["message"], str), answer


def has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(has_null(member) for member in value.values())
    if isinstance(value, list):
        return any(has_null(member) for member in value)
    return value is None
