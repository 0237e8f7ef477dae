"""what an upload does with rows that are stored already is one of three things; staged rows know what was decided

Undo needs no column: what an import wrote, and what stood there before, is found on the audit log by the batch's own
entry (app/transfer/undo/written.py).

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE import_batch DROP CONSTRAINT IF EXISTS ck_import_batch_duplicates")
    op.execute(
        "ALTER TABLE import_batch ADD CONSTRAINT ck_import_batch_duplicates "
        "CHECK (duplicates IN ('update', 'skip', 'only_update'))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE import_batch DROP CONSTRAINT IF EXISTS ck_import_batch_duplicates")
