"""corrections: why a record that was published or reported was corrected stands in the record itself

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("inspection", "inspection_item_result", "penalty", "coercion", "other_action")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("correction_reason", sa.Text(), nullable=True, comment="更正理由"))
    op.create_index("ix_correction_row", "correction", ["table_name", "row_key"])


def downgrade() -> None:
    op.drop_index("ix_correction_row", table_name="correction")
    for table in TABLES:
        op.drop_column(table, "correction_reason")
