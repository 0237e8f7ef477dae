"""lines: check items and contents belong to editions of their sub-item; what was never published is not for everybody

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core import audit

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

HEADS = ("supervision_item", "supervision_sub_item", "implementation_list", "item_claim")
LINES = ("check_item", "check_content")
_LOW = "NULLIF(current_setting('app.low'::text, true), ''::text)::bigint"
_HIGH = "NULLIF(current_setting('app.high'::text, true), ''::text)::bigint"


def upgrade() -> None:
    op.add_column(
        "edition",
        sa.Column(
            "lines",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="values of the rows that are part of it, by table and identifier (core/workflow/lines.py)",
        ),
    )
    for table in LINES:
        op.add_column(table, sa.Column("edition", sa.Integer(), nullable=True, comment="起始版本"))
        op.add_column(table, sa.Column("edition_to", sa.Integer(), nullable=True, comment="截止版本"))
    # What stands under a published sub-item is in force with it.
    op.execute(
        "UPDATE check_item c SET edition = s.edition FROM supervision_sub_item s "
        "WHERE s.id = c.sub_item_id AND s.edition IS NOT NULL"
    )
    op.execute(
        "UPDATE check_content c SET edition = i.edition FROM check_item i "
        "WHERE i.id = c.check_item_id AND i.edition IS NOT NULL"
    )
    for table in (*HEADS, *LINES):
        op.add_column(
            table,
            sa.Column(
                "asked_of", sa.BigInteger(), nullable=True, comment="the department outside that was asked to review it"
            ),
        )
        op.execute(f"DROP POLICY rows_read ON {table}")
        op.execute(
            f'CREATE POLICY rows_read ON "{table}" FOR SELECT TO "viewer_line", "viewer_region" '
            "USING (edition IS NOT NULL)"
        )
        op.execute(
            f'CREATE POLICY rows_asked ON "{table}" FOR SELECT TO "viewer_line" '
            f"USING (asked_of >= {_LOW} AND asked_of <= {_HIGH})"
        )
    for table in HEADS[:2]:
        op.execute(
            f"UPDATE {table} r SET asked_of = t.department_id FROM todo t WHERE t.table_name = '{table}' "
            "AND t.row_key = r.id::text AND t.step = 'second_review' AND t.state = 'open'"
        )


def downgrade() -> None:
    for table in (*HEADS, *LINES):
        op.execute(f"DROP POLICY rows_asked ON {table}")
        op.execute(f"DROP POLICY rows_read ON {table}")
        op.execute(f'CREATE POLICY rows_read ON "{table}" FOR SELECT TO "viewer_line", "viewer_region" USING (true)')
        op.drop_column(table, "asked_of")
    for table in LINES:
        op.drop_column(table, "edition_to")
        op.drop_column(table, "edition")
    op.drop_column("edition", "lines")
    audit.install(op.get_bind())  # what goes down further writes to these tables, and their capture names the columns
