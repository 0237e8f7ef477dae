"""what ten million rows need: offices' rows by day, search indexes known to the planner and kept in order

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
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

#: Tables whose rows tell of a day, and that day: the indexes of the row policies go on with it instead of the id.
DAYS = {
    "abnormal_listing": "listed_on",
    "coercion": "started_on",
    "inspection": "checked_on",
    "other_action": "started_on",
    "penalty": "decided_on",
    "recusal_declaration": "valid_from",
    "serious_listing": "listed_on",
    "subject_permit": "approved_on",
}
WORDS = "SELECT relname FROM pg_class WHERE relkind = 'i' AND relname LIKE 'find\\_%\\_words' ORDER BY 1"


def lines(second: dict[str, str]) -> None:
    for table, column in second.items():
        for name, first in (("line", "department_id"), ("region", "scope_region")):
            op.drop_index(f"ix_{table}_{name}", table_name=table)
            op.create_index(f"ix_{table}_{name}", table, [first, column])


def upgrade() -> None:
    lines(DAYS)
    # Otherwise a word of 2,047 rows of 10,000,000 is taken for one of 49,999.
    for (index,) in op.get_bind().execute(sa.text(WORDS)).all():
        op.execute(f'ALTER INDEX "{index}" ALTER COLUMN 1 SET STATISTICS 3000')
    op.execute(SETTLE)
    op.execute("REVOKE ALL ON FUNCTION settle_words(text) FROM PUBLIC")
    op.execute('GRANT EXECUTE ON FUNCTION settle_words(text) TO "app", viewer_line, viewer_region, viewer_system')


def downgrade() -> None:
    op.execute("DROP FUNCTION settle_words(text)")
    lines(dict.fromkeys(DAYS, "id"))
