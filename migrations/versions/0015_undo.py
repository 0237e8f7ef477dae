"""the states that batches of imports may have, and what is done with rows that are stored already

Undo needs no column of its own: what an import wrote, and what stood there before, is found on the audit log by the
batch's own entry (app/transfer/undo/written.py).

Revision ID: 0015
Revises: 0013
"""

from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

STATES = "'uploaded', 'checking', 'checked', 'committing', 'committed', 'undoing', 'undone', 'discarded'"
EARLIER = "'uploaded', 'checked', 'committed', 'discarded'"


def upgrade() -> None:
    op.execute("ALTER TABLE import_batch DROP CONSTRAINT IF EXISTS ck_import_batch_state")
    op.execute(f"ALTER TABLE import_batch ADD CONSTRAINT ck_import_batch_state CHECK (state IN ({STATES}))")
    op.execute("ALTER TABLE import_batch DROP CONSTRAINT IF EXISTS ck_import_batch_duplicates")
    op.execute(
        "ALTER TABLE import_batch ADD CONSTRAINT ck_import_batch_duplicates "
        "CHECK (duplicates IN ('update', 'skip', 'only_update'))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE import_batch DROP CONSTRAINT IF EXISTS ck_import_batch_duplicates")
    op.execute("ALTER TABLE import_batch DROP CONSTRAINT IF EXISTS ck_import_batch_state")
    op.execute(
        "UPDATE import_batch SET state = CASE state WHEN 'checking' THEN 'uploaded' WHEN 'committing' THEN 'checked' "
        "ELSE 'committed' END WHERE state NOT IN (" + EARLIER + ")"
    )
    op.execute(f"ALTER TABLE import_batch ADD CONSTRAINT ck_import_batch_state CHECK (state IN ({EARLIER}))")
