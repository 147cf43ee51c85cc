"""People, projects and keys."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("given_name", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("family_name", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("is_service", sa.Boolean(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("disabled_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("tokens_from", sa.BigInteger(), nullable=True))

    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("created_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("updated_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.create_index("ix_members_project", ["project_id", "created_at", "account_id"], unique=False)

    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("description", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("priority", sa.Integer(), server_default=sa.text("2"), nullable=False))
        batch_op.add_column(sa.Column("allowed_platforms", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("echo", sa.Text(), server_default="{}", nullable=False))

    # By hand.
    op.execute(
        "UPDATE members SET created_at ="
        " (SELECT projects.created_at FROM projects WHERE projects.id = members.project_id)"
    )
    op.execute("UPDATE members SET updated_at = created_at")
