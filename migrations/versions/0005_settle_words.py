"""what an import has added to the search index is put in order by the import, not by the next reader

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Only the owner of an index may put its pending list in order; an import may ask for it, and for nothing else.
SETTLE = """
CREATE FUNCTION settle_words(wanted text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    index regclass := to_regclass(format('public.%I', 'find_' || wanted || '_words'));
BEGIN
    IF index IS NOT NULL THEN
        PERFORM gin_clean_pending_list(index);
    END IF;
END $$
"""


def upgrade() -> None:
    op.execute(SETTLE)
    op.execute("REVOKE ALL ON FUNCTION settle_words(text) FROM PUBLIC")
    op.execute('GRANT EXECUTE ON FUNCTION settle_words(text) TO "app", viewer_line, viewer_region, viewer_system')


def downgrade() -> None:
    op.execute("DROP FUNCTION settle_words(text)")
