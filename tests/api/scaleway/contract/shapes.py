"""What is shown; exactly: a field that is not named here must not be answered, and none is ever null."""

from __future__ import annotations

from tests.api.surface.schemas import (
    BOOLEAN,
    NUMBER,
    TEXT,
    URL,
    UUID,
    WHOLE,
    Schema,
    exactly,
    many,
    one_of,
    with_unset,
)

#: UTC with six digits; lower-case ids.
MOMENT: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$"}
ID: Schema = UUID | {"pattern": "^[0-9a-f-]{36}$"}
SECONDS: Schema = {"type": "string", "pattern": r"^(0|[1-9]\d*)(\.\d{0,8}[1-9])?s$"}
MONEY = exactly(
    {
        "currency_code": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "units": WHOLE,
        "nanos": WHOLE | {"maximum": 999_999_999},
    }
)
SOMETHING: Schema = TEXT | {"minLength": 1}

PLATFORM = with_unset(
    {
        "id": ID,
        "version": TEXT,
        "name": SOMETHING,
        "provider_name": SOMETHING,
        "backend_name": SOMETHING,
        "type": one_of("simulator", "qpu"),
        "technology": one_of(
            *("photonic", "general_purpose", "trapped_ion", "superconducting", "neutral_atom")
        ),
        "max_qubit_count": WHOLE,
        "max_shot_count": WHOLE,
        "max_circuit_count": WHOLE,
        "availability": one_of("available", "shortage", "scarce", "maintenance"),
        "metadata": TEXT,
        "price_per_hour": MONEY,
        "price_per_shot": MONEY,
        "price_per_circuit": MONEY,
        "description": TEXT,
        "documentation_url": TEXT,
        "is_bookable": BOOLEAN,
    },
    hardware=exactly(
        {
            "name": TEXT,
            "vcpus": WHOLE,
            "gpus": WHOLE,
            "gpus_network": TEXT,
            "ram": WHOLE,
            "vram": WHOLE,
        }
    ),
    booking_requirement=exactly(
        {
            "min_duration": SECONDS,
            "max_duration": SECONDS,
            "max_cancellation_duration": SECONDS,
            "max_planification_duration": SECONDS,
            "min_planification_duration": SECONDS,
            "max_booking_per_week": WHOLE,
            "max_booking_per_day": WHOLE,
        }
    ),
)

_SESSION: dict[str, Schema] = {
    "id": ID,
    "name": SOMETHING,
    "platform_id": ID,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "max_idle_duration": SECONDS,
    "max_duration": SECONDS,
    "waiting_job_count": WHOLE,
    "finished_job_count": WHOLE,
    "status": one_of("starting", "running", "stopping", "stopped"),
    "project_id": ID,
    "tags": many(TEXT),
    "deduplication_id": TEXT,
    "origin_type": one_of("customer", "process"),
    "progress_message": TEXT,
}
SESSION = with_unset(
    _SESSION,
    started_at=MOMENT,
    terminated_at=MOMENT,
    booking_id=ID,
    model_id=ID,
    origin_id=ID,
    parameters=TEXT,
)
STARTING_SESSION = exactly(_SESSION | {"status": one_of("starting")})
RUNNING_SESSION = exactly(_SESSION | {"status": one_of("running")}, started_at=MOMENT)
STOPPED_SESSION = exactly(_SESSION | {"status": one_of("stopped")}, started_at=MOMENT, terminated_at=MOMENT)
#: With all that may be brought along.
FULL_SESSION = exactly(_SESSION, started_at=MOMENT, model_id=ID, parameters=TEXT)

_JOB: dict[str, Schema] = {
    "id": ID,
    "name": SOMETHING,
    "tags": many(TEXT),
    "session_id": ID,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "status": one_of("waiting", "error", "running", "completed", "cancelling", "cancelled"),
    "progress_message": TEXT,
    "result_distribution": {"const": ""},
}
JOB = with_unset(_JOB, started_at=MOMENT, job_duration=SECONDS, model_id=ID, parameters=TEXT)
#: As one is read by its id: beside what the published API has, how long it takes, and when it may start.
SINGLE_JOB = with_unset(
    _JOB,
    started_at=MOMENT,
    job_duration=SECONDS,
    model_id=ID,
    parameters=TEXT,
    estimate=with_unset(
        {
            "seconds": NUMBER,
            "seconds_low": NUMBER,
            "seconds_high": NUMBER,
            "runs_measured": WHOLE,
            "extrapolated": BOOLEAN,
        },
        memory_bytes=WHOLE,
    ),
    queue_position=WHOLE,
    estimated_start=exactly(dict.fromkeys(("earliest", "expected", "latest"), MOMENT)),
)
WAITING_JOB = exactly(_JOB | {"status": one_of("waiting")}, parameters=TEXT)
DONE_JOB = exactly(
    _JOB | {"status": one_of("completed")}, started_at=MOMENT, job_duration=SECONDS, parameters=TEXT
)
CANCELLED_JOB = exactly(_JOB | {"status": one_of("cancelled")}, parameters=TEXT)

BOOKING = exactly(
    {
        "id": ID,
        "created_at": MOMENT,
        "started_at": MOMENT,
        "updated_at": MOMENT,
        "finished_at": MOMENT,
        "status": one_of("waiting", "validating", "validated", "cancelling", "cancelled", "error"),
        "description": TEXT,
        "progress_message": TEXT,
        "time_zone": SOMETHING,
    }
)

ACCESS = one_of(
    *("full", "read_session", "read_write_session", "read_job_result", "read_job_circuit"),
    *("read_job", "read_write_job"),
)
RESULT = exactly({"job_id": ID, "result": TEXT, "url": TEXT, "created_at": MOMENT})
MODEL = exactly({"id": ID, "created_at": MOMENT, "url": URL, "project_id": ID})

APPLICATION = exactly(
    {
        "id": ID,
        "name": SOMETHING,
        "type": one_of("vqe"),
        "compatible_platform_ids": many(ID, minItems=1),
        "input_template": SOMETHING,
    }
)
_PROCESS: dict[str, Schema] = {
    "id": ID,
    "name": SOMETHING,
    "application_id": ID,
    "platform_id": ID,
    "attached_session_ids": many(ID),
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "status": one_of("error", "starting", "running", "completed", "cancelling", "cancelled"),
    "project_id": ID,
    "tags": many(TEXT),
    "progress": WHOLE | {"maximum": 100},
    "progress_message": TEXT,
    "input": TEXT,
}
PROCESS = with_unset(_PROCESS, started_at=MOMENT, finished_at=MOMENT)
STARTING_PROCESS = exactly(_PROCESS | {"status": one_of("starting")})
DONE_PROCESS = exactly(_PROCESS | {"status": one_of("completed")}, started_at=MOMENT, finished_at=MOMENT)
CANCELLED_PROCESS = exactly(_PROCESS | {"status": one_of("cancelled")}, started_at=MOMENT, finished_at=MOMENT)
PROCESS_RESULT = exactly({"process_id": ID, "result": SOMETHING, "created_at": MOMENT})

#: What each type of error has beside its message.
ERRORS: dict[str, Schema] = {
    word: exactly({"type": {"const": word}, "message": SOMETHING}, **fields)
    for word, fields in {
        "invalid_arguments": {
            "details": many(
                exactly(
                    {
                        "argument_name": SOMETHING,
                        "reason": one_of("required", "format", "constraint", "unknown"),
                        "help_message": SOMETHING,
                    }
                ),
                minItems=1,
            )
        },
        "denied_authentication": {
            "method": one_of("api_key"),
            "reason": one_of("invalid_argument", "not_found", "expired"),
        },
        "permissions_denied": {
            "details": many(exactly({"resource": SOMETHING, "action": one_of("read", "write")}), minItems=1)
        },
        "not_found": {"resource": SOMETHING, "resource_id": SOMETHING},
        "method_not_allowed": {},
        "transient_state": {"resource": SOMETHING, "resource_id": ID, "current_state": SOMETHING},
        "precondition_failed": {"precondition": SOMETHING, "help_message": SOMETHING},
        "out_of_stock": {"resource": one_of("qaas_platform")},
    }.items()
}
STATUSES = {
    "invalid_arguments": 400,
    "denied_authentication": 401,
    "permissions_denied": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "transient_state": 409,
    "precondition_failed": 412,
    "out_of_stock": 503,
}
