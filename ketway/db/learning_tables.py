"""The tables of learning."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text

from ketway.db.tables import metadata
from ketway.db.types import Id, Json, Moment, Word
from ketway.domain.learning import Standing

learners = Table(
    "learners",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("package", String(255), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("progress", Json, nullable=False),
    Index("uq_learners_package", "account_id", "package", unique=True),
)

use_cases = Table(
    "use_cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("project_id", Id, ForeignKey("projects.id"), nullable=False),
    Column("creator_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("standing", Word(Standing), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("summary", Text, nullable=False),
    Column("questionnaire_id", BigInteger),
    Column("answers", Json, nullable=False),
    Column("review", Json, nullable=False),
    Column("last_reviewed_at", Moment),
    Index("ix_use_cases_project", "project_id", "created_at", "id"),
    Index("ix_use_cases_creator", "creator_id", "created_at", "id"),
)

quizzes = Table(
    "quizzes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id"), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("data", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("uq_quizzes_subject", "account_id", "subject", unique=True),
)
