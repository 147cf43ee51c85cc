"""Every table but those of learning. Columns are named as the fields of the domain objects they keep.

`deleted_at` is the exception: what was deleted is hidden from reading and kept for the
record of use. A column that came after the first tables has a `server_default` for the rows
that were there before.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from ketway.db.types import Id, Json, Moment, PriceList, Rank, Time, Word, Words
from ketway.domain.accounts import Role
from ketway.domain.batches import BatchStatus, Yielding
from ketway.domain.bookings import BookingStatus
from ketway.domain.jobs import JobStatus
from ketway.domain.leases import LeaseStatus
from ketway.domain.notices import Level
from ketway.domain.priorities import Priority

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Conditions of the partial indexes. Queries use these very texts: SQLite takes such an index
# only for a condition that it can read, and a bound value cannot be read.
WAITS = text("status = 'queued'")
RUNS = text("status = 'running'")
UNFINISHED = text("status IN ('queued', 'running')")
LIVE = text("status = 'live'")
LIVES = text("status IN ('queued', 'active', 'stopping')")
PAUSED = text("status = 'paused'")
UNDONE = text("status <> 'done'")
BOOKED = text("slot_ends_at IS NOT NULL AND status IN ('queued', 'active', 'paused')")
OPEN = text("is_open")
HAS_SLOT = text("booking_id IS NOT NULL")
HOLDS = text("is_exclusive AND status IN ('active', 'stopping')")
OF_PROCESS = text("process_id IS NOT NULL")
KEPT = text("expired_at IS NULL")
KEYED = text("key IS NOT NULL")
KEYLESS = text("key IS NULL")
DEDUPLICATES = text("deduplication_key IS NOT NULL AND status IN ('queued', 'active', 'paused')")

#: As `PriceList` writes it.
_FREE = "0 0 0 EUR"

#: All that a list by status asks of a row.
_LISTED_BY_STATUS = ("status", "created_at", "id", "project_id", "door", "deleted_at")

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("password_hash", Text),
    Column("superuser", Boolean, nullable=False),
    Column("given_name", Text, nullable=False, server_default=""),
    Column("family_name", Text, nullable=False, server_default=""),
    Column("is_service", Boolean, nullable=False, server_default="0"),
    Column("disabled_at", Moment),
    Column("tokens_from", Moment),
)

projects = Table(
    "projects",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("priority", Rank(Priority), nullable=False, server_default=text("2")),
    Column("allowed_platforms", Words),
    Column("echo", Json, nullable=False, server_default="{}"),
    Column("weight", Double, nullable=False, server_default="1"),
    Column("quotas", Json, nullable=False, server_default="{}"),
    Column("retention", Json, nullable=False, server_default="{}"),
)

members = Table(
    "members",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("project_id", Id, ForeignKey("projects.id"), primary_key=True),
    Column("role", Word(Role), nullable=False),
    Column("created_at", Moment, nullable=False, server_default=text("0")),
    Column("updated_at", Moment, nullable=False, server_default=text("0")),
    Index("ix_members_project", "project_id", "created_at", "account_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("access_key", String(40), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("account_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("project_id", Id, ForeignKey("projects.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)

worker_tokens = Table(
    "worker_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("is_local", Boolean, nullable=False),
    Column("revoked_at", Moment),
)

workers = Table(
    "workers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_id", Id, ForeignKey("worker_tokens.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("engines", Json, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("registered_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

server_keys = Table(
    "server_keys",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

programs = Table(
    "programs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, ForeignKey("projects.id"), nullable=False),
    Column("creator_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("is_named", Boolean, nullable=False),
    Index(
        "ix_programs_named",
        "project_id",
        "created_at",
        "id",
        sqlite_where=text("is_named"),
        postgresql_where=text("is_named"),
    ),
    Index("ix_programs_text", "sha256"),
)

batches = Table(
    "batches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, ForeignKey("projects.id"), nullable=False),
    Column("creator_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("platform_id", Id, nullable=False),
    Column("door", String(20), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("name", Text, nullable=False),
    Column("tags", Words, nullable=False),
    Column("program_id", Id, ForeignKey("programs.id")),
    Column("configuration", Text),
    Column("priority", Rank(Priority), nullable=False),
    Column("status", Word(BatchStatus), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("is_exclusive", Boolean, nullable=False),
    Column("ends_as", Word(BatchStatus)),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("last_ended_at", Moment),
    Column("max_idle_s", Float, nullable=False),
    Column("max_total_s", Float, nullable=False),
    Column("deduplication_key", Text),
    Column("parent_id", Id),
    Column("process_id", Id),
    Column("booking_id", Id),
    Column("slot_starts_at", Moment),
    Column("slot_ends_at", Moment),
    Column("yields", Word(Yielding), nullable=False, server_default="pauses"),
    Column("yielded_at", Moment),
    Column("message", Text, nullable=False),
    Column("prices", PriceList, nullable=False, server_default=_FREE),
    Column("held_from", Moment),
    Column("held", Time, nullable=False, server_default="0"),
    Column("echo", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("deleted_at", Moment),
    Index("ix_batches_project", "project_id", "created_at", "id", "door", "deleted_at"),
    # For those who have, and platforms that saw, few of the many of their project.
    Index("ix_batches_creator", "project_id", "creator_id", "created_at", "id"),
    Index("ix_batches_platform", "project_id", "platform_id", "created_at", "id"),
    # As those of jobs below.
    Index("ix_batches_created", "created_at", "id", "door", "deleted_at"),
    Index("ix_batches_undone", *_LISTED_BY_STATUS, sqlite_where=UNDONE, postgresql_where=UNDONE),
    Index("ix_batches_parent", "parent_id", sqlite_where=text("parent_id IS NOT NULL")),
    Index("ix_batches_process", "process_id", sqlite_where=OF_PROCESS, postgresql_where=OF_PROCESS),
    Index("ix_batches_living", "platform_id", "created_at", sqlite_where=LIVES, postgresql_where=LIVES),
    # Sorted, or SQLite would go by the index above, which is.
    Index("ix_batches_open", "project_id", "created_at", "id", sqlite_where=OPEN, postgresql_where=OPEN),
    Index("ix_batches_activity", "project_id", "updated_at"),
    Index("ix_batches_paused", "platform_id", sqlite_where=PAUSED, postgresql_where=PAUSED),
    # Asked every second and with every claim: who may run now, and whose time has not come.
    Index("ix_batches_booked", "platform_id", "slot_starts_at", sqlite_where=BOOKED, postgresql_where=BOOKED),
    Index(
        "ix_batches_slots",
        "platform_id",
        "slot_starts_at",
        sqlite_where=HAS_SLOT,
        postgresql_where=HAS_SLOT,
    ),
    # One batch at a time on an exclusive platform, whatever the code above believes.
    Index("uq_batches_holder", "platform_id", unique=True, sqlite_where=HOLDS, postgresql_where=HOLDS),
    # Two creates at the same time with one key give one batch.
    Index(
        "uq_batches_deduplication",
        "project_id",
        "platform_id",
        "deduplication_key",
        unique=True,
        sqlite_where=DEDUPLICATES,
        postgresql_where=DEDUPLICATES,
    ),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("batch_id", Id, ForeignKey("batches.id"), nullable=False),
    Column("project_id", Id, ForeignKey("projects.id"), nullable=False),
    Column("creator_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("platform_id", Id, nullable=False),
    Column("door", String(20), nullable=False),
    Column("position", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("max_duration_s", Float, nullable=False),
    Column("name", Text, nullable=False),
    Column("tags", Words, nullable=False),
    Column("program_id", Id, ForeignKey("programs.id")),
    Column("shots", Integer),
    Column("qubits", Integer),
    Column("parameters", Json, nullable=False),
    Column("priority", Rank(Priority), nullable=False),
    Column("status", Word(JobStatus), nullable=False),
    Column("progress", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("child_deaths", Integer, nullable=False),
    Column("lost_leases", Integer, nullable=False),
    Column("errors", Words, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("cancel_requested_at", Moment),
    Column("parent_id", Id),
    Column("echo", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("deleted_at", Moment),
    # As its batch's, kept by the stores with every move of that: lines pass over such jobs at no cost. Of
    # what has ended it says nothing.
    Column("is_held_back", Boolean, nullable=False, server_default="0"),
    Index("uq_jobs_batch", "batch_id", "position", unique=True),
    Index("ix_jobs_unfinished", "batch_id", "position", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
    Index("ix_jobs_batch_status", "batch_id", "status"),
    Index("ix_jobs_project", "project_id", "created_at", "id", "door", "deleted_at"),
    Index("ix_jobs_creator", "project_id", "creator_id", "created_at", "id"),
    # Operators list all projects together, the newest first. It only ever grows at its end, which
    # costs a write next to nothing.
    Index("ix_jobs_created", "created_at", "id", "door", "deleted_at"),
    # What waits, runs or failed is a small part of all jobs and asked for the most; so this index
    # stays small, and a job that is done leaves it. Other filters read the rows of their project.
    Index("ix_jobs_undone", *_LISTED_BY_STATUS, sqlite_where=UNDONE, postgresql_where=UNDONE),
    # What was waited for, and what was done, lately on one platform.
    Index("ix_jobs_started", "platform_id", "started_at"),
    # Lines, see lines.py. It is walked as it stands: its order is that in which they are served.
    Index(
        "ix_jobs_waiting",
        "is_held_back",
        "platform_id",
        "priority",
        "project_id",
        "created_at",
        "batch_id",
        "position",
        # SQLite reads it though here it is always the same, and would look up every row for it.
        "status",
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    ),
    Index(
        "ix_jobs_running",
        "platform_id",
        "project_id",
        "started_at",
        "status",
        sqlite_where=RUNS,
        postgresql_where=RUNS,
    ),
)

bookings = Table(
    "bookings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, ForeignKey("projects.id"), nullable=False),
    Column("creator_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("platform_id", Id, nullable=False),
    Column("batch_id", Id, ForeignKey("batches.id"), nullable=False),
    Column("door", String(20), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("time_zone", String(255), nullable=False),
    Column("description", Text, nullable=False),
    Column("cancel_ahead_s", Float, nullable=False),
    Column("status", Word(BookingStatus), nullable=False),
    Column("message", Text, nullable=False),
    Column("cancelled_at", Moment),
    Column("version", Integer, nullable=False),
    Index("ix_bookings_project", "project_id", "created_at", "id"),
    Index("ix_bookings_platform", "platform_id", "starts_at", "id"),
)

results = Table(
    "results",
    metadata,
    Column("job_id", Id, ForeignKey("jobs.id"), primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("shots", Integer, nullable=False),
    Column("counts", Json, nullable=False),
    Column("metadata", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("document", LargeBinary),
    # Of its job, so that the oldest of one project are found.
    Column("project_id", Id, nullable=False, server_default=""),
    Column("expired_at", Moment),
    Index(
        "ix_results_kept",
        "project_id",
        "created_at",
        "job_id",
        "size",
        # As with lines, SQLite reads it.
        "expired_at",
        sqlite_where=KEPT,
        postgresql_where=KEPT,
    ),
)

leases = Table(
    "leases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("job_id", Id, ForeignKey("jobs.id"), nullable=False),
    Column("platform_id", Id, nullable=False),
    Column("worker_id", Id, ForeignKey("workers.id"), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("secret", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("granted_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("status", Word(LeaseStatus), nullable=False),
    Column("outcome", String(64)),
    Index("uq_leases_attempt", "job_id", "attempt", unique=True),
    Index("ix_leases_live", "expires_at", sqlite_where=LIVE, postgresql_where=LIVE),
    Index("ix_leases_worker", "worker_id", "request_id", sqlite_where=LIVE, postgresql_where=LIVE),
)

platform_states = Table(
    "platform_states",
    metadata,
    Column("platform_id", Id, primary_key=True),
    Column("is_down", Boolean, nullable=False),
    Column("why", Text, nullable=False),
    Column("specs", Text),
    Column("prices", PriceList),
    Column("made", Json),
)

usage = Table(
    "usage",
    metadata,
    Column("project_id", Id, ForeignKey("projects.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("platform_id", Id, primary_key=True),
    # Part of the key: what was used at one price stays at that price.
    Column("prices", PriceList, primary_key=True),
    Column("done", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("cancelled", BigInteger, nullable=False),
    Column("circuits", BigInteger, nullable=False),
    Column("shots", BigInteger, nullable=False),
    Column("computed", Time, nullable=False),
    Column("held", Time, nullable=False),
)

# One row each: read with every claim, written with every outcome.
shares = Table(
    "shares",
    metadata,
    Column("platform_id", Id, primary_key=True),
    Column("project_id", Id, ForeignKey("projects.id"), primary_key=True),
    Column("used_s", Double, nullable=False),
    Column("as_of", Moment, nullable=False),
)

# One row for each size on each platform: what the latest jobs took.
run_records = Table(
    "run_records",
    metadata,
    Column("platform_id", Id, primary_key=True),
    Column("qubits", Integer, primary_key=True, autoincrement=False),
    Column("runs", Json, nullable=False),
)

holdings = Table(
    "holdings",
    metadata,
    Column("project_id", Id, ForeignKey("projects.id"), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
)

processes = Table(
    "processes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, ForeignKey("projects.id"), nullable=False),
    Column("creator_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("door", String(20), nullable=False),
    Column("kind", Text, nullable=False),
    Column("backend", Text, nullable=False),
    Column("configuration", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("tags", Words, nullable=False, server_default="[]"),
    Column("platform_id", Id),
    Column("priority", Rank(Priority), nullable=False),
    Column("status", Word(JobStatus), nullable=False),
    Column("progress", Integer, nullable=False, server_default="0"),
    Column("message", Text, nullable=False, server_default=""),
    Column("errors", Words, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("result_key", Text),
    Column("echo", Json, nullable=False, server_default="{}"),
    Column("version", Integer, nullable=False),
    Column("deleted_at", Moment),
    Index("ix_processes_project", "project_id", "created_at", "id"),
)

process_results = Table(
    "process_results",
    metadata,
    Column("id", Id, primary_key=True),
    Column("process_id", Id, ForeignKey("processes.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("uq_process_results_position", "process_id", "position", unique=True),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("text", Text, nullable=False),
    Column("level", Word(Level), nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("caller_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("route", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("key", Text),
    Column("made", Words, nullable=False),
    Column("server", String(40), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    # Two requests at the same time with one key give one thing.
    Index(
        "uq_requests_key",
        "caller_id",
        "route",
        "key",
        unique=True,
        sqlite_where=KEYED,
        postgresql_where=KEYED,
    ),
    Index("ix_requests_digest", "caller_id", "digest", sqlite_where=KEYLESS, postgresql_where=KEYLESS),
    Index("ix_requests_expiry", "expires_at"),
)
