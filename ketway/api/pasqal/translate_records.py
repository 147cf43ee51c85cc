"""Between the dialect and the core: workloads, banners, figures, reports, estimates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ketway.api.pasqal import wire
from ketway.api.pasqal.translate import BATCH_STATUS, JOB_STATUS, moment
from ketway.domain.batches import Batch, BatchStatus
from ketway.domain.errors import BadField
from ketway.domain.estimates import Estimate
from ketway.domain.jobs import JobStatus
from ketway.domain.notices import Level, Notice
from ketway.domain.platforms import PlatformId
from ketway.domain.processes import Process
from ketway.services.prospects import Prospect
from ketway.services.reports import Span

LEVELS = {level.name: level for level in Level}

#: What operators may set; a cancel that is asked for is one.
REPORTED_JOB = {word: status for status, word in JOB_STATUS.items()} | {"CANCELING": JobStatus.CANCELLED}
REPORTED_BATCH = {
    "PENDING": BatchStatus.QUEUED,
    "RUNNING": BatchStatus.ACTIVE,
    "PAUSED": BatchStatus.PAUSED,
    "DONE": BatchStatus.DONE,
    "CANCELED": BatchStatus.CANCELLED,
    "CANCELING": BatchStatus.CANCELLED,
    "TIMED_OUT": BatchStatus.TIMED_OUT,
    "ERROR": BatchStatus.FAILED,
}

_DAY = timedelta(days=1)
#: What is counted together in the database; months are put together of days here.
SCOPES = {"HOUR": timedelta(hours=1), "DAY": _DAY, "MONTH": _DAY}


def true_status(batch: Batch) -> str:
    """With the word that clients are never shown."""
    return "PAUSED" if batch.status is BatchStatus.PAUSED else BATCH_STATUS[batch.status]


def span_of_batch(said: wire.BatchReport) -> Span:
    return _span(said.start_datetime, said.end_datetime, "end_datetime")


def span(said: wire.JobReport) -> Span:
    return _span(said.start_timestamp, said.end_timestamp, "end_timestamp")


def _span(started: datetime | None, ended: datetime | None, last: str) -> Span:
    found = Span(started_at=started, ended_at=ended)
    if found.started_at and found.ended_at and found.ended_at < found.started_at:
        raise BadField(("body", last), "is before its start")
    return found


def workload(kept: Process) -> dict[str, Any]:
    """A workload as lists have it: without its result."""
    return {
        "id": str(kept.id),
        "project_id": str(kept.project_id),
        "user_id": str(kept.creator_id),
        "status": JOB_STATUS[kept.status],
        "workload_type": kept.kind,
        "backend": kept.backend,
        "config": dict(kept.configuration),
        "queue_priority": kept.priority.name,
        "created_at": moment(kept.created_at),
        "updated_at": moment(kept.updated_at),
        "start_timestamp": moment(kept.started_at),
        "end_timestamp": moment(kept.ended_at),
        "errors": list(kept.errors) or None,
    }


def banner(kept: Notice) -> dict[str, Any]:
    return {
        "id": str(kept.id),
        "banner_message": kept.text,
        "level": kept.level.name,
        "start_datetime": moment(kept.starts_at),
        "end_datetime": moment(kept.ends_at),
        "created_at": moment(kept.created_at),
        "updated_at": moment(kept.updated_at),
    }


def frequency(
    found: Mapping[datetime, Mapping[PlatformId, int]], scope: str, names: Mapping[PlatformId, str]
) -> list[dict[str, Any]]:
    """Jobs by device, for each hour, day or month that has any."""
    periods: dict[datetime, Counter[str]] = {}
    for began, by_platform in found.items():
        period = began.replace(day=1) if scope == "MONTH" else began
        counted = periods.setdefault(period, Counter())
        counted.update({names[id]: number for id, number in by_platform.items()})
    return [{"datetime": moment(period), "devices": dict(counted)} for period, counted in periods.items()]


def estimate(found: Estimate | None) -> dict[str, Any] | None:
    """Seconds with the range of eight in ten; memory is null where it was never measured."""
    if found is None:
        return None
    return {
        "seconds": found.seconds,
        "seconds_low": found.low_s,
        "seconds_high": found.high_s,
        "memory_bytes": found.memory_bytes,
        "runs_measured": found.runs,
        "extrapolated": found.is_extrapolated,
    }


def prospect(found: Prospect) -> dict[str, Any]:
    """What a job read by its id says beside what the published API has."""
    start = found.start
    return {
        "estimate": estimate(found.estimate),
        "queue_position": found.position,
        "estimated_start": start
        and {
            "earliest": moment(start.earliest),
            "expected": moment(start.expected),
            "latest": moment(start.latest),
        },
    }
