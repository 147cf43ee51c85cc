"""Servers that are measured: warm, with the platforms of the bench."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.system.processes import Client, Server, a_server, until

CATALOGUE = Path(__file__).with_name("catalogue.toml")
_ENGINES = ("noop", "pulser-qutip", "aer")


@contextmanager
def a_warm_server(folder: Path, **settings: Any) -> Iterator[tuple[Server, Client]]:
    """With a worker of two children and every engine; and a user who has logged in.

    Args:
        settings: as `KETWAY_*` variables, in lower case.
    """
    with a_server(folder, workers=2, catalogue=str(CATALOGUE), lease_s=30.0, **settings) as server:
        client = Client(server).login()
        until(lambda: _serves_all(client), "workers with every engine")
        yield server, client


def waiting(client: Client) -> int:
    """How many jobs wait or run."""
    answer = client.ask("GET", "/api/v2/jobs", status=["PENDING", "RUNNING"], limit=1)
    return int(answer.raise_for_status().json()["pagination"]["total"])


def _serves_all(client: Client) -> bool:
    engines = client.http.get("/readyz").json()["engines"]
    return all(engines.get(name, False) for name in _ENGINES)
