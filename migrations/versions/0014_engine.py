"""the states that batches of imports may have: jobs work on them

Staging tables of batches that wait for a person are written to the log from now on; those that are there stay as they
are, and a commit that finds rows missing says so.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATES = "'uploaded', 'checking', 'checked', 'committing', 'committed', 'undoing', 'undone', 'discarded'"
EARLIER = "'uploaded', 'checked', 'committed', 'discarded'"


def upgrade() -> None:
    _may_be(STATES)


def downgrade() -> None:
    op.execute(
        "UPDATE import_batch SET state = CASE state WHEN 'checking' THEN 'uploaded' WHEN 'committing' THEN 'checked' "
        f"ELSE 'committed' END WHERE state NOT IN ({EARLIER})"
    )
    _may_be(EARLIER)


def _may_be(states: str) -> None:
    op.execute("ALTER TABLE import_batch DROP CONSTRAINT IF EXISTS ck_import_batch_state")
    op.execute(f"ALTER TABLE import_batch ADD CONSTRAINT ck_import_batch_state CHECK (state IN ({states}))")
