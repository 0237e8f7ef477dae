"""item flags: what the patterns of codes find unusual about a sub-item stands in the sub-item

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core import audit

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "supervision_sub_item",
        sa.Column("quality_flags", postgresql.ARRAY(sa.String(length=8)), nullable=True, comment="质量提示"),
    )


def downgrade() -> None:
    op.drop_column("supervision_sub_item", "quality_flags")
    audit.install(op.get_bind())  # what goes down further writes to this table, and its capture names the columns
