"""Bookings."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("creator_id", sa.String(length=36), nullable=False),
        sa.Column("platform_id", sa.String(length=36), nullable=False),
        sa.Column("batch_id", sa.String(length=36), nullable=False),
        sa.Column("door", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("time_zone", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("cancel_ahead_s", sa.Float(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_bookings_batch_id")),
        sa.ForeignKeyConstraint(["creator_id"], ["accounts.id"], name=op.f("fk_bookings_creator_id")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_bookings_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    with op.batch_alter_table("bookings", schema=None) as batch_op:
        batch_op.create_index("ix_bookings_platform", ["platform_id", "starts_at", "id"], unique=False)
        batch_op.create_index("ix_bookings_project", ["project_id", "created_at", "id"], unique=False)

    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.add_column(sa.Column("booking_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("slot_starts_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("slot_ends_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(
            sa.Column("yields", sa.String(length=20), server_default="pauses", nullable=False)
        )
        batch_op.add_column(sa.Column("yielded_at", sa.BigInteger(), nullable=True))
        batch_op.create_index(
            "ix_batches_booked",
            ["platform_id", "slot_starts_at"],
            unique=False,
            sqlite_where=sa.text("slot_ends_at IS NOT NULL AND status IN ('queued', 'active', 'paused')"),
            postgresql_where=sa.text("slot_ends_at IS NOT NULL AND status IN ('queued', 'active', 'paused')"),
        )
        batch_op.create_index(
            "ix_batches_slots",
            ["platform_id", "slot_starts_at"],
            unique=False,
            sqlite_where=sa.text("booking_id IS NOT NULL"),
            postgresql_where=sa.text("booking_id IS NOT NULL"),
        )

    # By hand.
    # Sessions are ended by a slot that begins; batches of the other door are paused.
    op.execute("UPDATE batches SET yields = 'ends' WHERE door = 'scaleway'")
    # A paused batch keeps its key from now on; two that share one since a pause do so no more.
    op.execute("UPDATE batches SET deduplication_key = NULL WHERE status = 'paused'")
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.drop_index("uq_batches_deduplication")
        batch_op.create_index(
            "uq_batches_deduplication",
            ["project_id", "platform_id", "deduplication_key"],
            unique=True,
            sqlite_where=sa.text(
                "deduplication_key IS NOT NULL AND status IN ('queued', 'active', 'paused')"
            ),
            postgresql_where=sa.text(
                "deduplication_key IS NOT NULL AND status IN ('queued', 'active', 'paused')"
            ),
        )
