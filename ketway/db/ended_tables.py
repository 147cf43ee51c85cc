"""Tables that lists are counted by: how many jobs and batches have ended, so that a list need not read them
all to say how many it has. What was deleted is not among them.

Each is read in the order of its key, which is all that it has.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table

from ketway.db.tables import metadata
from ketway.db.types import Id, Moment, Rank, Word
from ketway.domain.batches import BatchStatus
from ketway.domain.jobs import JobStatus
from ketway.domain.priorities import Priority

ended_jobs = Table(
    "ended_jobs",
    metadata,
    Column("project_id", Id, ForeignKey("projects.id"), primary_key=True),
    Column("creator_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("door", String(20), primary_key=True),
    Column("status", Word(JobStatus), primary_key=True),
    Column("has_errors", Boolean, primary_key=True),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# The same jobs once more, by their shots (-1 where nobody knows them): there may be as many numbers as
# jobs, and only who asks by shots is to read those.
ended_shots = Table(
    "ended_shots",
    metadata,
    Column("project_id", Id, ForeignKey("projects.id"), primary_key=True),
    Column("shots", Integer, primary_key=True, autoincrement=False),
    Column("creator_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("door", String(20), primary_key=True),
    Column("status", Word(JobStatus), primary_key=True),
    Column("has_errors", Boolean, primary_key=True),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

ended_batches = Table(
    "ended_batches",
    metadata,
    Column("project_id", Id, ForeignKey("projects.id"), primary_key=True),
    Column("creator_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("door", String(20), primary_key=True),
    Column("platform_id", Id, primary_key=True),
    Column("status", Word(BatchStatus), primary_key=True),
    Column("priority", Rank(Priority), primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# The same batches once more, by how many jobs they have.
ended_sizes = Table(
    "ended_sizes",
    metadata,
    Column("project_id", Id, ForeignKey("projects.id"), primary_key=True),
    Column("size", Integer, primary_key=True, autoincrement=False),
    Column("door", String(20), primary_key=True),
    Column("status", Word(BatchStatus), primary_key=True),
    Column("number", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# A row for each tag of a batch that is not deleted: whoever asks by a tag finds and counts these.
batch_tags = Table(
    "batch_tags",
    metadata,
    Column("tag", String(255), primary_key=True),
    Column("project_id", Id, ForeignKey("projects.id"), primary_key=True),
    Column("created_at", Moment, primary_key=True),
    Column("batch_id", Id, ForeignKey("batches.id"), primary_key=True),
    Column("door", String(20), primary_key=True),
    sqlite_with_rowid=False,
)
