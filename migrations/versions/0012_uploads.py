"""uploads of any size: stored files, what is known of a batch

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False, comment="文件名"),
        sa.Column("media_type", sa.String(length=100), nullable=True, comment="文件类型"),
        sa.Column("size", sa.Integer(), nullable=True, comment="字节数"),
        sa.Column("digest", sa.String(length=64), nullable=True, comment="内容摘要"),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True, comment="保留至"),
        sa.PrimaryKeyConstraint("id"),
        comment="暂存文件",
    )
    op.create_table(
        "stored_piece",
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="sealed bytes"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("file_key", sa.String(length=36), nullable=False, comment="文件标识"),
        sa.Column("place", sa.Integer(), nullable=False, comment="序号"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("file_key", "place", name="uq_stored_piece_key", postgresql_nulls_not_distinct=True),
        comment="暂存文件分块",
    )
    op.add_column(
        "import_batch",
        sa.Column("file_id", sa.Uuid(), nullable=True, comment="the stored file, until it is committed or discarded"),
    )
    op.add_column(
        "import_batch",
        sa.Column("file_digest", sa.String(length=64), nullable=True, comment="tells the same file again (keyed)"),
    )
    op.add_column("import_batch", sa.Column("file_size", sa.Integer(), nullable=True, comment="bytes"))
    op.add_column(
        "import_batch", sa.Column("job_id", sa.Uuid(), nullable=True, comment="the job that works on it, or did last")
    )
    op.add_column(
        "import_batch",
        sa.Column("staged_rows", sa.Integer(), nullable=True, comment="Excel's number of the last row that is staged"),
    )
    op.add_column(
        "import_batch",
        sa.Column(
            "sighting",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="sheets, header and samples of a large file",
        ),
    )
    op.add_column(
        "import_batch",
        sa.Column(
            "summary",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="kinds of problems: counts and first rows",
        ),
    )
    op.add_column(
        "import_batch",
        sa.Column(
            "template",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="what changed since its template was made",
        ),
    )
    op.add_column(
        "import_batch",
        sa.Column("book_id", sa.Uuid(), nullable=True, comment="the same for all tables of one workbook"),
    )
    op.add_column(
        "import_batch",
        sa.Column("book_place", sa.Integer(), nullable=True, comment="the turn of this table in the workbook"),
    )
    op.add_column("import_batch", sa.Column("skipped", sa.Integer(), nullable=True, comment="跳过行数"))
    op.add_column(
        "import_batch", sa.Column("duplicates", sa.String(length=40), nullable=True, comment="已有记录的处理")
    )
    op.add_column(
        "import_batch", sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True, comment="提交时间")
    )
    op.add_column("import_batch", sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True, comment="撤销时间"))
    op.add_column("import_batch", sa.Column("undo_reversed", sa.Integer(), nullable=True, comment="已撤销行数"))
    op.add_column("import_batch", sa.Column("undo_kept", sa.Integer(), nullable=True, comment="已另行修改而保留的行数"))
    op.add_column(
        "import_batch", sa.Column("undo_refused", sa.Integer(), nullable=True, comment="被引用而不能撤销的行数")
    )
    # A file that waited for its headers has to be uploaded again: it was sealed as a whole and is now kept in pieces.
    op.execute("UPDATE import_batch SET state = 'discarded' WHERE state = 'uploaded'")
    op.drop_column("import_batch", "content")
    op.execute('ALTER TABLE "stored_file" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "stored_file" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "stored_file" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "stored_file" TO "app", viewer_system')
    op.execute('ALTER TABLE "stored_piece" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "stored_piece" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "stored_piece" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "stored_piece" TO "app", viewer_system')


def downgrade() -> None:
    op.add_column(
        "import_batch",
        sa.Column(
            "content",
            postgresql.BYTEA(),
            autoincrement=False,
            nullable=True,
            comment="the uploaded file, until it is committed or discarded",
        ),
    )
    op.drop_column("import_batch", "undo_refused")
    op.drop_column("import_batch", "undo_kept")
    op.drop_column("import_batch", "undo_reversed")
    op.drop_column("import_batch", "undone_at")
    op.drop_column("import_batch", "committed_at")
    op.drop_column("import_batch", "duplicates")
    op.drop_column("import_batch", "skipped")
    op.drop_column("import_batch", "book_place")
    op.drop_column("import_batch", "book_id")
    op.drop_column("import_batch", "template")
    op.drop_column("import_batch", "summary")
    op.drop_column("import_batch", "sighting")
    op.drop_column("import_batch", "staged_rows")
    op.drop_column("import_batch", "job_id")
    op.drop_column("import_batch", "file_size")
    op.drop_column("import_batch", "file_digest")
    op.drop_column("import_batch", "file_id")
    op.drop_table("stored_piece")
    op.drop_table("stored_file")
