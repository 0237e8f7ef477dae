"""accounts make real sign-ins; who may grant what; handed-over work; changes of responsible people

Revision ID: 0010
Revises: 0007
"""

from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None

# Settings are read and written by the system alone: the page that changes them asks for the right first.
HIDE_SETTINGS = (
    'DROP INDEX IF EXISTS "find_setting_words"',
    'DROP INDEX IF EXISTS "find_setting_order_0"',
    'DROP POLICY rows_everyone ON "setting"',
    'REVOKE ALL ON "setting" FROM viewer_line, viewer_region',
)
SHOW_SETTINGS = (
    'CREATE POLICY rows_everyone ON "setting" FOR ALL TO "viewer_line", "viewer_region" USING (true) WITH CHECK (true)',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON "setting" TO viewer_line, viewer_region',
    'CREATE INDEX "find_setting_words" ON "setting" USING gin (public.grams(VARIADIC ARRAY["code"::text]))',
    'COMMENT ON INDEX "find_setting_words" IS \'gin (public.grams(VARIADIC ARRAY["code"::text]))\'',
    'ALTER INDEX "find_setting_words" ALTER COLUMN 1 SET STATISTICS 3000',
    'CREATE INDEX "find_setting_order_0" ON "setting" USING btree ("code", "id")',
    'COMMENT ON INDEX "find_setting_order_0" IS \'btree ("code", "id")\'',
)


def upgrade() -> None:
    for statement in HIDE_SETTINGS:
        op.execute(statement)


def downgrade() -> None:
    for statement in SHOW_SETTINGS:
        op.execute(statement)
