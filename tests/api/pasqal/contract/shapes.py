"""What is shown; exactly, so that a field that is not named here must not be answered."""

from __future__ import annotations

from tests.api.surface.schemas import (
    ANYTHING,
    BOOLEAN,
    NUMBER,
    TEXT,
    URL,
    UUID,
    WHOLE,
    Schema,
    by_key,
    exactly,
    many,
    maybe,
    one_of,
    without,
)

MOMENT: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
}

# What is shown. Neither PAUSED nor CANCELING, which clients cannot read, except to operators.
BATCH_STATUSES = ("PENDING", "RUNNING", "DONE", "CANCELED", "TIMED_OUT", "ERROR")
JOB_STATUSES = ("PENDING", "RUNNING", "DONE", "ERROR", "CANCELED")
PRIORITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "FREE")
ORIGIN = one_of("CLIENT", "OVH")
COUNTS = exactly(dict.fromkeys(JOB_STATUSES, WHOLE))
COUNTER = by_key(WHOLE, {"pattern": "^[01]+$"})

#: As lists have it.
BATCH: dict[str, Schema] = {
    "id": UUID,
    "parent_id": maybe(UUID),
    "status": one_of(*BATCH_STATUSES),
    "open": BOOLEAN,
    "complete": BOOLEAN,
    "priority": WHOLE,
    "device_type": TEXT,
    "user_id": TEXT,
    "project_id": UUID,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "start_datetime": maybe(MOMENT),
    "end_datetime": maybe(MOMENT),
    "jobs_count": WHOLE,
    "jobs_count_per_status": COUNTS,
    "job_ids": many(UUID),
    "tags": many(TEXT),
    "configuration": maybe(ANYTHING),
    "backend_configuration": maybe(TEXT),
    "webhook": maybe(TEXT),
    "queue_priority": one_of(*PRIORITIES),
    "device_status": maybe(TEXT),
    "origin": ORIGIN,
}

_JOB: dict[str, Schema] = {
    "id": UUID,
    "batch_id": UUID,
    "project_id": UUID,
    "parent_id": maybe(UUID),
    "status": one_of(*JOB_STATUSES),
    "runs": maybe(WHOLE),
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "start_timestamp": maybe(MOMENT),
    "end_timestamp": maybe(MOMENT),
    "variables": maybe(ANYTHING),
    "errors": maybe(many(TEXT)),
    "progress": WHOLE | {"maximum": 100},
    "creation_order": WHOLE | {"minimum": 1},
    "origin": ORIGIN,
}
#: As version 1 has it where there are no results.
JOB = exactly(_JOB, sequence=maybe(TEXT))
#: As version 2 has it; a null `sequence` would keep clients from asking for it.
LISTED_JOB = exactly(_JOB, slurm_job_id=maybe(TEXT), slurm_cluster_name=maybe(TEXT))
_RESULT = {
    "sequence": maybe(TEXT),
    "result": maybe(COUNTER),
    "full_result": maybe(exactly({"counter": COUNTER, "raw": many(TEXT)})),
}
JOB_WITH_RESULT = exactly(_JOB, **_RESULT)
#: Beside what the published API has: how long it takes, and when it may start.
_PROSPECT: dict[str, Schema] = {
    "estimate": maybe(
        exactly(
            {
                "seconds": NUMBER,
                "seconds_low": NUMBER,
                "seconds_high": NUMBER,
                "memory_bytes": maybe(WHOLE),
                "runs_measured": WHOLE,
                "extrapolated": BOOLEAN,
            }
        )
    ),
    "queue_position": maybe(WHOLE),
    "estimated_start": maybe(exactly(dict.fromkeys(("earliest", "expected", "latest"), MOMENT))),
}
#: As each version reads one by its id.
JOB_V1 = exactly(_JOB, **_RESULT, **_PROSPECT, logs_link=maybe(TEXT))
JOB_V2 = exactly(
    _JOB,
    **_PROSPECT,
    sequence=maybe(TEXT),
    logs_link=maybe(TEXT),
    slurm_job_id=maybe(TEXT),
    slurm_cluster_name=maybe(TEXT),
)

LISTED_BATCH = exactly(BATCH)
#: With the sequence, which clients up to 0.9 need wherever a version 1 answer has one batch.
NEW_BATCH = exactly(BATCH, sequence_builder=maybe(TEXT), jobs=many(JOB))
BATCH_WITH_JOBS = exactly(BATCH, jobs=many(LISTED_JOB))
BATCH_V1 = exactly(BATCH, sequence_builder=maybe(TEXT), child_ids=many(UUID), jobs=many(JOB_WITH_RESULT))
BATCH_V2 = exactly(BATCH, sequence_builder=maybe(TEXT), child_ids=many(UUID))
TRUE_BATCH = exactly(BATCH | {"status": one_of(*BATCH_STATUSES, "PAUSED")})
QUEUED_BATCH = exactly(without(BATCH, "complete", "priority", "webhook"))
BATCH_STATUS = exactly(
    {key: BATCH[key] for key in ("id", "status", "open", "jobs_count", "jobs_count_per_status")}
)
JOB_STATUS = exactly({"id": UUID, "status": one_of(*JOB_STATUSES)})
REASONS = by_key(TEXT)

DEVICE = exactly(
    {
        "id": UUID,
        "name": TEXT,
        "device_type": TEXT,
        "status": one_of("UP", "DOWN"),
        "availability": one_of("ACTIVE", "INACTIVE", "RETIRED"),
        "active": BOOLEAN,
        "average_queue_time": NUMBER,
        "max_atom_num": WHOLE,
        "is_emulator": BOOLEAN,
        "channels": many(TEXT),
        "status_message": TEXT,
        "allowed_result_types": many(TEXT),
        "default_result_types": many(TEXT),
        "description": TEXT,
        "bill_usage": BOOLEAN,
        "has_execution_logs": BOOLEAN,
        "public": BOOLEAN,
    }
)
SPECS = exactly({"device_type": TEXT, "specs": TEXT})

_WORKLOAD: dict[str, Schema] = {
    "id": UUID,
    "project_id": UUID,
    "status": one_of(*JOB_STATUSES),
    "backend": TEXT,
    "workload_type": TEXT,
    "config": ANYTHING,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "user_id": TEXT,
    "start_timestamp": maybe(MOMENT),
    "end_timestamp": maybe(MOMENT),
    "errors": maybe(many(TEXT)),
    "queue_priority": one_of(*PRIORITIES),
}
WORKLOAD_V1 = exactly(_WORKLOAD, result=maybe(ANYTHING))
WORKLOAD_V2 = exactly(_WORKLOAD, result_link=maybe(URL))
LISTED_WORKLOAD = exactly(_WORKLOAD)

BANNER = exactly(
    {
        "id": UUID,
        "banner_message": TEXT,
        "level": one_of("INFO", "WARNING"),
        "start_datetime": MOMENT,
        "end_datetime": MOMENT,
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
)

_PERSON: dict[str, Schema] = {"id": TEXT, "email": TEXT, "given_name": TEXT, "family_name": TEXT}
PERSON = exactly(_PERSON)
PROJECT = exactly(
    {
        "id": UUID,
        "project_id": UUID,
        "name": TEXT,
        "description": TEXT,
        "company": maybe(TEXT),
        "email_domain": maybe(TEXT),
        "package": maybe(TEXT),
        "project_type": one_of("INTERNAL", "CLIENT", "ACADEMIC", "GCP", "AZURE", "STARTER"),
        "project_status": one_of("ACTIVE"),
        "queue_priority": one_of(*PRIORITIES),
        "allowed_device_types": maybe(many(TEXT)),
        "allowed_workload_types": maybe(many(TEXT)),
        "additional_access_grants": many(exactly({"grant": TEXT, "role": maybe(TEXT)})),
        "account_manager": maybe(exactly({key: maybe(schema) for key, schema in _PERSON.items()})),
        "main_admin": maybe(PERSON),
        "count": exactly({"ACTIVE_ADMIN": WHOLE, "ACTIVE_MEMBER": WHOLE, "PENDING": WHOLE}),
        "last_activity_date": maybe(MOMENT),
        "created_at": MOMENT,
    }
)
_MEMBERSHIP: dict[str, Schema] = {
    "id": UUID,
    "project_id": UUID,
    "user_id": TEXT,
    "role": one_of("ADMIN", "MEMBER"),
    "status": one_of("PENDING", "ACTIVE"),
    "project_allowed_device_types": maybe(many(TEXT)),
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
MEMBER = exactly(_MEMBERSHIP, user=PERSON)
CALLER = exactly(
    _PERSON,
    email_verified=BOOLEAN,
    type=one_of("USER", "SERVICE_ACCOUNT"),
    superuser=BOOLEAN,
    acl=many(exactly(_MEMBERSHIP)),
    projects=many(UUID),
    allowed_device_types=maybe(many(TEXT)),
    created_at=MOMENT,
)
