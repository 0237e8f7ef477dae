"""an undo tells how many rows stayed because the public or a level above knows them

Revision ID: 0020
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

from app.core import audit

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "import_batch",
        sa.Column("undo_out", sa.Integer(), nullable=True, comment="因已公示、报送或发布而保留的行数"),
    )


def downgrade() -> None:
    op.drop_column("import_batch", "undo_out")
    audit.install(op.get_bind())  # what goes down further writes to this table, and its capture names the columns
