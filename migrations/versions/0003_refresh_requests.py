"""Needs whose suggestions wait to be made anew."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refresh_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("corpus_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_refresh_request_need_id_need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_request")),
    )
    with op.batch_alter_table("refresh_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refresh_request_need_id"), ["need_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("refresh_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refresh_request_need_id"))
    op.drop_table("refresh_request")
