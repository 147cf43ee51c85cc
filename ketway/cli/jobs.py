"""`ketway jobs`: what is queued, running, done; watch, cancel, fetch."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from rich.live import Live
from rich.table import Table

from ketway.cli.own import OwnClient

_LOOK_AGAIN_S = 0.5
_COLUMNS = ("id", "platform", "status", "shots", "created", "note")
#: Together no more than a terminal of 80 columns has.
_NARROWEST = {"id": 36, "platform": 8, "status": 8, "shots": 5, "created": 7, "note": 9}


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
    """One row per job, as the server lists them: what went wrong, or when it may start, is its note."""
    shown = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    for column in _COLUMNS:
        # An id is there to be copied: it stays on one line. The others are folded where there is little
        # room, and nothing is cut.
        shown.add_column(column, no_wrap=column == "id", overflow="fold", min_width=_NARROWEST[column])
    for job in jobs:
        shown.add_row(
            job["id"],
            job["platform"],
            _status(job),
            "" if job["shots"] is None else str(job["shots"]),
            job["created_at"][5:16].replace("T", " "),
            _start(job["estimated_start"]) or "; ".join(job["errors"]),
        )
    return shown


def _status(job: dict[str, Any]) -> str:
    """With how far it is, or its place among those that wait."""
    if job["status"] == "running":
        return f"running {job['progress']} %"
    return job["status"] if job["queue_position"] is None else f"{job['status']} {job['queue_position']}"


def _start(estimated: dict[str, str] | None) -> str:
    """When, and between which times; with how many days lie between those, if any."""
    if estimated is None:
        return ""
    earliest, expected, latest = (
        datetime.fromisoformat(estimated[name]) for name in ("earliest", "expected", "latest")
    )
    if earliest == latest:
        return f"starts {expected:%H:%M:%S}"
    days = (latest.date() - earliest.date()).days
    later = f" +{days} d" if days else ""
    return f"starts {expected:%H:%M:%S} ({earliest:%H:%M:%S} to {latest:%H:%M:%S}{later})"


def watch(client: Jobs, *, limit: int) -> None:
    """Show the newest jobs until none of them waits or runs."""
    with Live(refresh_per_second=4) as live:
        while True:
            jobs = client.list(statuses=[], limit=limit)
            live.update(table(jobs))
            if not any(job["status"] in ("queued", "running") for job in jobs):
                return
            time.sleep(_LOOK_AGAIN_S)
