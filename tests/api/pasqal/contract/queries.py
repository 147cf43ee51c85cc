"""Parameters of queries, and what each must not be."""

from __future__ import annotations

PAGE = ("limit", "offset")
PAGING = (*PAGE, "order_by", "order_by_direction")
BATCH_FILTERS = (
    *("id", "id__starts_with", "project_id", "user_id", "device_type", "status", "complete", "open"),
    *("min_jobs", "max_jobs", "start_date", "end_date", "queue_priority", "tag"),
)
JOB_FILTERS = (
    *("id", "id__starts_with", "batch_id", "project_id", "user_id", "status", "min_runs", "max_runs"),
    *("errors", "origin", "start_date", "end_date"),
)
WORKLOAD_FILTERS = ("id", "id__starts_with", "project_id", "status", "start_date", "end_date")
DEVICE_FILTERS = ("device_type", "availability", "public")

#: What each parameter must not be; those left out may be any text.
WRONG = {
    "limit": ("0", "101", "-1", "ten"),
    "offset": ("-1", "ten"),
    "order_by": ("nonsense",),
    "order_by_direction": ("UP",),
    "id": ("7",),
    "project_id": ("7",),
    "batch_id": ("7",),
    "status": ("NONSENSE",),
    "complete": ("perhaps",),
    "open": ("perhaps",),
    "errors": ("perhaps",),
    "public": ("perhaps",),
    "dry_run": ("perhaps",),
    "min_jobs": ("ten",),
    "max_jobs": ("1.5",),
    "min_runs": ("ten",),
    "max_runs": ("1.5",),
    "start_date": ("yesterday",),
    "end_date": ("2026-13-01",),
    "queue_priority": ("URGENT",),
    "origin": ("MARS",),
    "availability": ("PERHAPS",),
    "scope": ("YEAR",),
}
