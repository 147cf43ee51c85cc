"""How the programs here are told where the server is, and how they tell what they saw.

A program is a list of scenes. Each gets a client of its own, all with one login, and says what it
saw as a JSON value.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from warnings import simplefilter

from pasqal_cloud import SDK, Endpoints
from pasqal_cloud.endpoints import Auth0Conf

from tests.parity.clients.scenes import played
from tests.parity.clients.scenes import refused as refused

NOBODY = "00000000-0000-4000-8000-000000000099"
PATIENCE_S = 60.0

Scene = Callable[[SDK], Any]


@dataclass(frozen=True)
class Setting:
    """What a test says on standard input."""

    url: str  #: over TLS, which the clients' own login needs
    username: str
    password: str
    project_id: str
    plain: Mapping[str, str]  #: another server, without TLS: its url, username, password, project_id
    open_batches: Sequence[str]  #: without jobs; clients before 0.5 cannot make one

    @property
    def endpoints(self) -> Endpoints:
        return endpoints(self.url)


@cache
def setting() -> Setting:
    return Setting(**json.load(sys.stdin))


def endpoints(url: str) -> Endpoints:
    """Clients before 0.20.4 know no account service."""
    if hasattr(Endpoints, "account"):
        return Endpoints(core=f"{url}/core-fast", account=f"{url}/account")
    return Endpoints(core=f"{url}/core-fast")


def logged_in(password: str | None = None) -> SDK:
    """A client that logs in by itself: as JSON up to 0.20.8, as a form later."""
    here = setting()
    return SDK(
        username=here.username,
        password=here.password if password is None else password,
        auth0=Auth0Conf(domain=here.url.removeprefix("https://"), public_client_id="local"),
        endpoints=here.endpoints,
        project_id=here.project_id,
    )


def sequence(name: str) -> str:
    return (Path(__file__).parent.parent / "sequences" / f"{name}.json").read_text()


def play(scenes: Sequence[Scene]) -> None:
    """Print what each scene saw, or how it failed, by its name."""
    simplefilter("ignore")
    setting()
    login = logged_in()._client.authenticator.token_provider

    def with_client(scene: Scene) -> Any:
        here = setting()
        return scene(SDK(token_provider=login, endpoints=here.endpoints, project_id=here.project_id))

    told = played({scene.__name__: partial(with_client, scene) for scene in scenes})
    print(json.dumps({"client": metadata.version("pasqal-cloud"), "scenes": told}))


def ended(sdk: SDK, id: str) -> Any:
    """The batch once it is final: a job that runs while its batch is cancelled ends a little later."""
    deadline = monotonic() + PATIENCE_S
    while (batch := sdk.get_batch(id)).status in ("PENDING", "RUNNING"):
        assert monotonic() < deadline, f"batch {id} did not end"
        sleep(0.2)
    return batch


def jobs_of(batch: Any) -> list[Any]:
    """In order of creation; 0.2 has a dictionary."""
    return list(getattr(batch, "ordered_jobs", None) or batch.jobs.values())


def told(batch: Any) -> dict[str, Any]:
    return {
        "id": batch.id,
        "status": batch.status,
        "complete": batch.complete,
        "device_type": batch.device_type,
        "jobs": [told_job(job) for job in jobs_of(batch)],
    }


def told_job(job: Any) -> dict[str, Any]:
    return {
        "id": job.id,
        "batch_id": job.batch_id,
        "status": job.status,
        "runs": job.runs,
        "variables": job.variables,
        "errors": job.errors,
        "result": job.result,
        "full_result": getattr(job, "full_result", None),
    }
