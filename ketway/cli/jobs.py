"""`ketway jobs`: what is queued, running, done; watch, cancel, fetch."""

from __future__ import annotations

import time
from typing import Any

import httpx
from rich.live import Live
from rich.table import Table

from ketway.credentials_file import Credentials

_LOOK_AGAIN_S = 0.5
_COLUMNS = ("id", "platform", "door", "status", "progress", "shots", "created", "error")


class JobsFailed(Exception):
    """What the server refused, or that it is not there; the sentence is for the person who asked."""


class OwnClient:
    """ketway's own interface of one server."""

    def __init__(self, known: Credentials) -> None:
        self._url = known.url
        self._http = httpx.Client(
            base_url=f"{known.url}/ketway/v1",
            headers={"Authorization": f"Bearer {known.secret_key}"},
            timeout=30,
            trust_env=False,
        )

    def list(self, *, statuses: list[str], limit: int) -> list[dict[str, Any]]:
        answer = self._ask("GET", "/jobs", params={"status": statuses, "limit": limit})
        jobs: list[dict[str, Any]] = answer.json()["jobs"]
        return jobs

    def cancel(self, id: str) -> dict[str, Any]:
        job: dict[str, Any] = self._ask("POST", f"/jobs/{id}/cancel").json()
        return job

    def fetch(self, id: str) -> bytes:
        return self._ask("GET", f"/jobs/{id}/result").content

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise JobsFailed(f"No server answers at {self._url} ({error}); start it: ketway serve") from None
        if answer.is_success:
            return answer
        try:
            sentence = str(answer.json()["message"])
        except (ValueError, KeyError):
            sentence = answer.text[:200]
        raise JobsFailed(sentence)


def table(jobs: list[dict[str, Any]]) -> Table:
    """One row per job, as the server lists them."""
    shown = Table(box=None, header_style="bold")
    for column in _COLUMNS:
        # An id is there to be copied: it is never cut.
        shown.add_column(
            column, no_wrap=column in ("id", "created"), min_width=36 if column == "id" else None
        )
    for job in jobs:
        shown.add_row(
            job["id"],
            job["platform"],
            job["door"],
            job["status"],
            f"{job['progress']} %" if job["status"] == "running" else "",
            "" if job["shots"] is None else str(job["shots"]),
            job["created_at"][:19].replace("T", " "),
            "; ".join(job["errors"])[:60],
        )
    return shown


def watch(client: OwnClient, *, limit: int) -> None:
    """Show the newest jobs until none of them waits or runs."""
    with Live(refresh_per_second=4) as live:
        while True:
            jobs = client.list(statuses=[], limit=limit)
            live.update(table(jobs))
            if not any(job["status"] in ("queued", "running") for job in jobs):
                return
            time.sleep(_LOOK_AGAIN_S)
