"""English names of regions and of the bureau."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (("region", "name_en"), ("city", "bureau_en")):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column(column, sa.String(length=200), nullable=False, server_default=""))
    # the default was for the rows there were; the profile fills both at the next start
    for table, column in (("region", "name_en"), ("city", "bureau_en")):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(column, server_default=None)


def downgrade() -> None:
    for table, column in (("region", "name_en"), ("city", "bureau_en")):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(column)
