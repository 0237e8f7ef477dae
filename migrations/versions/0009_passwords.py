"""hashes of passwords move to the hidden table of credentials; places from which sign-in failed

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# The audit log wants to know who moves them.
ACTING = """SET LOCAL app.who = '{"actor": 0, "name": "system", "via": "command"}'"""

# A password that was there before counts as chosen today: its age is not known, and it is good for one term more.
MOVE = """
INSERT INTO credential (id, account_id, password, password_at, must_change, failures, failures_since)
SELECT gen_random_uuid(), id, password, now(), false, 0, 0 FROM ab_user WHERE password IS NOT NULL
ON CONFLICT (account_id) DO UPDATE SET password = excluded.password, password_at = excluded.password_at
"""
MOVE_BACK = """
UPDATE ab_user u SET password = c.password FROM credential c
WHERE c.account_id = u.id AND length(c.password) <= 256
"""


def upgrade() -> None:
    op.add_column(
        "credential",
        sa.Column("password", sa.Text(), nullable=True, comment="argon2id, then HMAC-SM3 with a key outside"),
    )
    op.create_table(
        "sign_in_brake",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False, comment="来源地址"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="失败次数"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False, comment="开始时间"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("address", name="uq_sign_in_brake_key", postgresql_nulls_not_distinct=True),
        comment="登录来源",
    )
    op.execute('ALTER TABLE "sign_in_brake" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "sign_in_brake" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "sign_in_brake" FOR ALL TO "viewer_system", "owner" '
        "USING (true) WITH CHECK (true)"
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "sign_in_brake" TO "app", viewer_system')
    op.execute(ACTING)
    op.execute(MOVE)
    op.execute("UPDATE ab_user SET password = NULL WHERE password IS NOT NULL")
    # Many statements of Flask-AppBuilder read every column of this table: the column stays, and holds nothing.
    op.execute("ALTER TABLE ab_user ADD CONSTRAINT ck_ab_user_password CHECK (password IS NULL)")
    op.create_index("ix_ab_user_name", "ab_user", [sa.text("lower(username)")])


def downgrade() -> None:
    op.drop_index("ix_ab_user_name", table_name="ab_user")
    op.execute("ALTER TABLE ab_user DROP CONSTRAINT ck_ab_user_password")
    op.execute(ACTING)
    op.execute(MOVE_BACK)
    op.drop_table("sign_in_brake")
    op.drop_column("credential", "password")
