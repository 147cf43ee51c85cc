"""`ketway jobs`: what is queued, running, done; watch, cancel, fetch."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from rich.live import Live
from rich.table import Table

from ketway.cli.own import OwnClient

_LOOK_AGAIN_S = 0.5
_COLUMNS = ("id", "platform", "door", "status", "progress", "position", "starts", "shots", "created", "error")


class Jobs:
    """The jobs of a project."""

    def __init__(self, own: OwnClient) -> None:
        self._own = own

    def list(self, *, statuses: list[str], limit: int) -> list[dict[str, Any]]:
        answer = self._own.told("GET", "/jobs", params={"status": statuses, "limit": limit})
        jobs: list[dict[str, Any]] = answer["jobs"]
        return jobs

    def cancel(self, id: str) -> dict[str, Any]:
        return self._own.told("POST", f"/jobs/{id}/cancel")

    def fetch(self, id: str) -> bytes:
        return self._own.ask("GET", f"/jobs/{id}/result").content


def table(jobs: list[dict[str, Any]]) -> Table:
    """One row per job, as the server lists them."""
    shown = Table(box=None, header_style="bold")
    for column in _COLUMNS:
        # An id is there to be copied: it is never cut.
        shown.add_column(
            column, no_wrap=column in ("id", "starts", "created"), min_width=36 if column == "id" else None
        )
    for job in jobs:
        shown.add_row(
            job["id"],
            job["platform"],
            job["door"],
            job["status"],
            f"{job['progress']} %" if job["status"] == "running" else "",
            "" if job["queue_position"] is None else str(job["queue_position"]),
            _start(job["estimated_start"]),
            "" if job["shots"] is None else str(job["shots"]),
            job["created_at"][:19].replace("T", " "),
            "; ".join(job["errors"])[:60],
        )
    return shown


def _start(estimated: dict[str, str] | None) -> str:
    """When, and between which times; with how many days lie between those, if any."""
    if estimated is None:
        return ""
    earliest, expected, latest = (
        datetime.fromisoformat(estimated[name]) for name in ("earliest", "expected", "latest")
    )
    if earliest == latest:
        return f"{expected:%H:%M:%S}"
    days = (latest.date() - earliest.date()).days
    return f"{expected:%H:%M:%S} ({earliest:%H:%M:%S} to {latest:%H:%M:%S}{f' +{days} d' if days else ''})"


def watch(client: Jobs, *, limit: int) -> None:
    """Show the newest jobs until none of them waits or runs."""
    with Live(refresh_per_second=4) as live:
        while True:
            jobs = client.list(statuses=[], limit=limit)
            live.update(table(jobs))
            if not any(job["status"] in ("queued", "running") for job in jobs):
                return
            time.sleep(_LOOK_AGAIN_S)
