"""jobs: the row of a job, and the queue that calls workers to it

The queue is procrastinate's, in a schema of its own (version 3.10; a later version of it changes its schema by a
migration of ours, from `procrastinate/sql/migrations`). Its functions find their tables whoever calls them. Only the
console's login and the system reach it, no viewer.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

USERS = '"app", viewer_system'
OWN_PATH = """
DO $$
DECLARE
    each regprocedure;
BEGIN
    FOR each IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'procrastinate'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = procrastinate, pg_temp', each);
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column(
            "title_words",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what it is called, in its person's words",
        ),
        sa.Column(
            "asked_as",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="department and roles at that time",
        ),
        sa.Column("args", sa.Text(), nullable=False, comment="what the task was given, sealed JSON"),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True, comment="numbers of the result"),
        sa.Column("file_id", sa.Uuid(), nullable=True, comment="the stored result file"),
        sa.Column("done", sa.BigInteger(), nullable=True, comment="so much of total is done"),
        sa.Column("total", sa.BigInteger(), nullable=True, comment="so much there is to do"),
        sa.Column(
            "message",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="what it is at, or what came of it",
        ),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True, comment="when progress was told last"),
        sa.Column("call_id", sa.BigInteger(), nullable=True, comment="the call of the queue that is to start it"),
        sa.Column("worker", sa.String(length=100), nullable=True, comment="the process that has begun it last"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("task_name", sa.String(length=63), nullable=False, comment="任务种类"),
        sa.Column("queue", sa.String(length=63), nullable=False, comment="队列"),
        sa.Column("state", sa.String(length=40), nullable=False, comment="状态"),
        sa.Column("about_table", sa.String(length=63), nullable=True, comment="相关数据表"),
        sa.Column("about_key", sa.String(length=64), nullable=True, comment="相关记录"),
        sa.Column("once", sa.String(length=200), nullable=True, comment="唯一标识"),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="尝试次数"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, comment="提交时间"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True, comment="开始时间"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="结束时间"),
        sa.Column("cancel_at", sa.DateTime(timezone=True), nullable=True, comment="要求取消的时间"),
        sa.Column("url", sa.String(length=500), nullable=True, comment="结果页面"),
        sa.Column("file_until", sa.DateTime(timezone=True), nullable=True, comment="结果文件保留至"),
        sa.CheckConstraint("state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="ck_job_state"),
        sa.PrimaryKeyConstraint("id"),
        comment="后台任务",
    )
    op.create_index("ix_job_person", "job", ["created_by", "id"])
    active = sa.text("state IN ('waiting', 'running')")
    op.create_index("ix_job_active", "job", ["created_by"], postgresql_where=active)
    op.create_index("uq_job_once", "job", ["once"], unique=True, postgresql_where=active)
    mine = "created_by = NULLIF(current_setting('app.actor'::text, true), ''::text)::integer"
    for statement in (
        'ALTER TABLE "job" ENABLE ROW LEVEL SECURITY',
        'ALTER TABLE "job" FORCE ROW LEVEL SECURITY',
        'CREATE POLICY rows_system ON "job" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)',
        f'CREATE POLICY rows_personal ON "job" FOR ALL TO "viewer_line", "viewer_region" USING ({mine}) WITH CHECK ({mine})',
        'GRANT SELECT, INSERT, UPDATE, DELETE ON "job" TO "app", viewer_line, viewer_region, viewer_system',
        "CREATE SCHEMA procrastinate",
        "SET LOCAL search_path = procrastinate, pg_catalog",
    ):
        op.execute(statement)
    # By the driver's own cursor: the text is full of signs that SQLAlchemy would take for parameters.
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(SchemaManager.get_schema())
    for statement in (
        "SET LOCAL search_path TO DEFAULT",
        OWN_PATH,
        "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA procrastinate FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA procrastinate TO {USERS}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA procrastinate TO {USERS}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA procrastinate TO {USERS}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA procrastinate TO {USERS}",
    ):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP SCHEMA procrastinate CASCADE")
    op.drop_table("job")
