"""Between the dialect and the core: pure functions and whole tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ketway.api.pasqal import wire
from ketway.domain.batches import Batch, BatchId, BatchStatus
from ketway.domain.errors import BadField
from ketway.domain.jobs import Job, JobId, JobStatus
from ketway.domain.platforms import Door
from ketway.services.drafts import NewJob
from ketway.services.listing import Order

DOOR = Door("pasqal")
#: The mirror that a second kind of client talks to.
OVH = Door("pasqal/ovh")
ORIGINS = {DOOR: "CLIENT", OVH: "OVH"}

JOB_STATUS: dict[JobStatus, str] = {
    JobStatus.QUEUED: "PENDING",
    # Also while a cancel is asked for: clients fail on CANCELING.
    JobStatus.RUNNING: "RUNNING",
    JobStatus.DONE: "DONE",
    # Clients read ERROR as final; they poll for ever on any unknown word.
    JobStatus.FAILED: "ERROR",
    JobStatus.CANCELLED: "CANCELED",
}

BATCH_STATUS: dict[BatchStatus, str] = {
    BatchStatus.QUEUED: "PENDING",
    BatchStatus.ACTIVE: "RUNNING",
    # Clients fail on PAUSED; it waits until an operator lets it go on.
    BatchStatus.PAUSED: "PENDING",
    BatchStatus.STOPPING: "RUNNING",
    BatchStatus.DONE: "DONE",
    BatchStatus.CANCELLED: "CANCELED",
    BatchStatus.TIMED_OUT: "TIMED_OUT",
    BatchStatus.FAILED: "ERROR",
}

ORDERS: dict[str, Order] = {
    "created_at": Order.CREATED,
    "updated_at": Order.UPDATED,
    "start_timestamp": Order.STARTED,
    "start_datetime": Order.STARTED,
    "end_timestamp": Order.ENDED,
    "end_datetime": Order.ENDED,
    "status": Order.STATUS,
    "runs": Order.SHOTS,
    "creation_order": Order.POSITION,
    # What SDK 0.10.1 to 0.20.3 call it.
    "ordered_id": Order.POSITION,
}


def new_job(position: int, said: wire.CreateJob, *, has_sequence: bool) -> NewJob:
    """
    Args:
        position: in the request, from 0.
        has_sequence: the batch has one of its own.
    Raises:
        BadField: no sequence at all, or one with variables.
    """
    where = ("body", "jobs", str(position))
    if said.sequence is not None and said.variables:
        raise BadField(where, "A job cannot have both its own sequence and variables.")
    if said.sequence is None and not has_sequence:
        raise BadField(
            (*where, "sequence"), "The batch has no sequence, so each job needs its own.", "required"
        )
    return NewJob(program=said.sequence, shots=said.runs, parameters=said.variables or {})


def is_open(said: wire.CreateBatch) -> bool:
    """
    Raises:
        BadField: `open` and `complete` disagree.
    """
    if said.open is not None and said.complete is not None and said.open == said.complete:
        raise BadField(("body", "open"), "`open` and `complete` are opposites; send one of them.")
    if said.open is not None:
        return said.open
    return said.complete is False


def device_named_in(sequence: str | None) -> str | None:
    """Name of the device that a sequence was made for; None where it says none."""
    try:
        read = json.loads(sequence or "null")
    except (ValueError, RecursionError):
        return None
    device = read.get("device") if isinstance(read, dict) else None
    if isinstance(device, dict):
        device = device.get("name")
    return device if isinstance(device, str) else None


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="microseconds")


def counts(by_status: Mapping[JobStatus, int]) -> dict[str, int]:
    """One number per status word, zeros included."""
    return {word: by_status.get(status, 0) for status, word in JOB_STATUS.items()}


def batch(
    kept: Batch,
    device_type: str,
    by_status: Mapping[JobStatus, int],
    job_ids: Sequence[JobId],
) -> dict[str, Any]:
    """A batch as lists have it: without jobs and sequence."""
    return {
        "id": str(kept.id),
        "parent_id": kept.parent_id and str(kept.parent_id),
        "status": BATCH_STATUS[kept.status],
        "open": kept.is_open,
        "complete": not kept.is_open,
        "priority": 0,
        "queue_priority": kept.priority.name,
        "device_type": device_type,
        "user_id": str(kept.creator_id),
        "project_id": str(kept.project_id),
        "created_at": moment(kept.created_at),
        "updated_at": moment(kept.updated_at),
        "start_datetime": moment(kept.started_at),
        "end_datetime": moment(kept.ended_at),
        "jobs_count": sum(by_status.values()),
        "jobs_count_per_status": counts(by_status),
        "job_ids": [str(id) for id in job_ids],
        "tags": list(kept.tags),
        "configuration": kept.echo.get("configuration"),
        "backend_configuration": kept.echo.get("backend_configuration", kept.configuration),
        "webhook": kept.echo.get("webhook"),
        "device_status": None,
        "origin": ORIGINS[kept.door],
    }


def batch_with_sequence(
    shown: dict[str, Any], sequence: str | None, children: Sequence[BatchId]
) -> dict[str, Any]:
    """A batch read by its id: with its sequence, exactly as received, and its repetitions."""
    return shown | {"sequence_builder": sequence, "child_ids": [str(id) for id in children]}


def job(kept: Job) -> dict[str, Any]:
    """A job as version 2 lists have it.

    `sequence` is left out: null there would tell the client that there is none, and keep it
    from asking for it.
    """
    return _job(kept) | {"slurm_job_id": None, "slurm_cluster_name": None}


def job_v1(kept: Job, sequence: str | None) -> dict[str, Any]:
    """A job as version 1 has it where there are no results; `sequence` as in `job_with_sequence`."""
    return _job(kept) | {"sequence": sequence}


def job_with_sequence(kept: Job, sequence: str | None) -> dict[str, Any]:
    """A job read by its id in version 2; `sequence` is its own, or null for the batch's."""
    return job(kept) | {"sequence": sequence, "logs_link": None}


def job_with_result(kept: Job, sequence: str | None, document: Mapping[str, Any] | None) -> dict[str, Any]:
    """A job as version 1 has it.

    Args:
        document: what the results link downloads, or None where there is no result.
    """
    full = document and {"counter": document["counter"], "raw": document["raw"]}
    return job_v1(kept, sequence) | {"result": full and full["counter"], "full_result": full}


def job_status(kept: Job) -> dict[str, Any]:
    return {"id": str(kept.id), "status": JOB_STATUS[kept.status]}


def batch_status(kept: Batch, by_status: Mapping[JobStatus, int]) -> dict[str, Any]:
    return {
        "id": str(kept.id),
        "status": BATCH_STATUS[kept.status],
        "open": kept.is_open,
        "jobs_count": sum(by_status.values()),
        "jobs_count_per_status": counts(by_status),
    }


def counted(jobs: Sequence[Job]) -> dict[JobStatus, int]:
    return dict(Counter(job.status for job in jobs))


def _job(kept: Job) -> dict[str, Any]:
    return {
        "id": str(kept.id),
        "parent_id": kept.parent_id and str(kept.parent_id),
        "batch_id": str(kept.batch_id),
        "project_id": str(kept.project_id),
        "status": JOB_STATUS[kept.status],
        "runs": kept.shots,
        "created_at": moment(kept.created_at),
        "updated_at": moment(kept.updated_at),
        "start_timestamp": moment(kept.started_at),
        "end_timestamp": moment(kept.ended_at),
        "variables": dict(kept.parameters) or None,
        "errors": list(kept.errors) or None,
        "progress": kept.progress,
        "creation_order": kept.position,
        "origin": ORIGINS[kept.door],
    }
