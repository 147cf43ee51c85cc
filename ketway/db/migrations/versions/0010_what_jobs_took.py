"""What jobs took."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run_records",
        sa.Column("platform_id", sa.String(length=36), nullable=False),
        sa.Column("qubits", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("runs", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform_id", "qubits", name=op.f("pk_run_records")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("qubits", sa.Integer(), nullable=True))
