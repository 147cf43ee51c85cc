"""Totals of every filter."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Counted anew: a key cannot be widened in place.
    op.drop_table("ended_jobs")
    op.create_table(
        "ended_jobs",
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("creator_id", sa.String(length=36), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("has_errors", sa.Boolean(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["creator_id"], ["accounts.id"], name=op.f("fk_ended_jobs_creator_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_ended_jobs_project_id")),
        sa.PrimaryKeyConstraint(
            "project_id", "creator_id", "door", "status", "has_errors", name=op.f("pk_ended_jobs")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ended_batches",
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("creator_id", sa.String(length=36), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("platform_id", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("priority", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["creator_id"], ["accounts.id"], name=op.f("fk_ended_batches_creator_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_ended_batches_project_id")),
        sa.PrimaryKeyConstraint(
            "project_id",
            "creator_id",
            "door",
            "platform_id",
            "status",
            "priority",
            name=op.f("pk_ended_batches"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ended_shots",
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("shots", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("creator_id", sa.String(length=36), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("has_errors", sa.Boolean(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["creator_id"], ["accounts.id"], name=op.f("fk_ended_shots_creator_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_ended_shots_project_id")),
        sa.PrimaryKeyConstraint(
            "project_id", "shots", "creator_id", "door", "status", "has_errors", name=op.f("pk_ended_shots")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ended_sizes",
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_ended_sizes_project_id")),
        sa.PrimaryKeyConstraint("project_id", "size", "door", "status", name=op.f("pk_ended_sizes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batch_tags",
        sa.Column("tag", sa.String(length=255), nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_tags_batch_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_batch_tags_project_id")),
        sa.PrimaryKeyConstraint(
            "tag", "project_id", "created_at", "batch_id", "door", name=op.f("pk_batch_tags")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_batches_open"), sqlite_where=sa.text("is_open"))
        batch_op.create_index(
            "ix_batches_open",
            ["project_id", "created_at", "id"],
            unique=False,
            sqlite_where=sa.text("is_open"),
            postgresql_where=sa.text("is_open"),
        )
        batch_op.create_index(
            "ix_batches_creator", ["project_id", "creator_id", "created_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_batches_platform", ["project_id", "platform_id", "created_at", "id"], unique=False
        )

    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_jobs_creator", ["project_id", "creator_id", "created_at", "id"], unique=False
        )

    # By hand.
    op.execute(
        "INSERT INTO ended_shots (project_id, shots, creator_id, door, status, has_errors, number) "
        "SELECT project_id, COALESCE(shots, -1), creator_id, door, status, errors <> '[]', COUNT(*) "
        "FROM jobs WHERE deleted_at IS NULL AND status IN ('done', 'failed', 'cancelled') "
        "GROUP BY project_id, COALESCE(shots, -1), creator_id, door, status, errors <> '[]'"
    )
    op.execute(
        "INSERT INTO ended_jobs (project_id, creator_id, door, status, has_errors, number) "
        "SELECT project_id, creator_id, door, status, has_errors, CAST(SUM(number) AS BIGINT) "
        "FROM ended_shots GROUP BY project_id, creator_id, door, status, has_errors"
    )
    op.execute(
        "INSERT INTO ended_batches (project_id, creator_id, door, platform_id, status, priority, number) "
        "SELECT project_id, creator_id, door, platform_id, status, priority, COUNT(*) FROM batches "
        "WHERE deleted_at IS NULL AND status IN ('done', 'cancelled', 'timed out', 'failed') "
        "GROUP BY project_id, creator_id, door, platform_id, status, priority"
    )
    op.execute(
        "INSERT INTO ended_sizes (project_id, size, door, status, number) "
        "SELECT project_id, size, door, status, COUNT(*) FROM (SELECT project_id, door, status, "
        "(SELECT COUNT(*) FROM jobs WHERE jobs.batch_id = batches.id) AS size FROM batches "
        "WHERE deleted_at IS NULL AND status IN ('done', 'cancelled', 'timed out', 'failed')) AS sized "
        "GROUP BY project_id, size, door, status"
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "INSERT INTO batch_tags (tag, project_id, created_at, batch_id, door) "
            "SELECT DISTINCT SUBSTR(value, 1, 255), project_id, created_at, batches.id, door "
            "FROM batches, json_each(batches.tags) WHERE deleted_at IS NULL AND tags <> '[]'"
        )
    else:
        op.execute(
            "INSERT INTO batch_tags (tag, project_id, created_at, batch_id, door) "
            "SELECT DISTINCT SUBSTR(value, 1, 255), project_id, created_at, batches.id, door "
            "FROM batches, json_array_elements_text(CAST(tags AS json)) AS listed(value) "
            "WHERE deleted_at IS NULL AND tags <> '[]'"
        )
