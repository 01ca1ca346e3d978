"""Evidence may be voided and stays on file."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COLUMNS = ["meeting_id", "kind", "blob_sha256"]
FILED = sa.text("voided_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("voided_by", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_evidence_meeting_id_kind_blob_sha256"), type_="unique")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.alter_column("voided_by", server_default=None)
        batch_op.create_index(
            "ix_evidence_filed_once", COLUMNS, unique=True, sqlite_where=FILED, postgresql_where=FILED
        )


def downgrade() -> None:
    # without the column a voided file would count again
    op.execute("DELETE FROM evidence WHERE voided_at IS NOT NULL")
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index("ix_evidence_filed_once", sqlite_where=FILED, postgresql_where=FILED)
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_column("voided_at")
        batch_op.drop_column("voided_by")
        batch_op.create_unique_constraint(batch_op.f("uq_evidence_meeting_id_kind_blob_sha256"), COLUMNS)
