"""accounts hold roles, credentials and sessions; settings of sign-in

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

RENAME = """
DO $$
DECLARE
    each record;
BEGIN
    ALTER TABLE {old} RENAME TO {new};
    FOR each IN SELECT conname FROM pg_constraint WHERE conrelid = '{new}'::regclass AND conname LIKE '%{old}%' LOOP
        EXECUTE format('ALTER TABLE {new} RENAME CONSTRAINT %I TO %I', each.conname, replace(each.conname, '{old}', '{new}'));
    END LOOP;
    FOR each IN SELECT relname FROM pg_class WHERE relkind = 'i' AND relname LIKE '%{old}%' LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', each.relname, replace(each.relname, '{old}', '{new}'));
    END LOOP;
END $$
"""

VIEWER_SCOPE = """
CREATE OR REPLACE FUNCTION viewer_scope(account integer)
RETURNS TABLE (department_id bigint, department_name varchar, real_name varchar, is_lead_office boolean,
               low bigint, high bigint, roles varchar[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT d.id, d.name, p.real_name, d.is_lead_office,
           CASE WHEN d.is_lead_office THEN r.id::bigint ELSE d.id END,
           CASE WHEN NOT d.is_lead_office THEN d.high
                WHEN r.level = 'national' THEN 999999999
                WHEN r.level = 'province' THEN r.id + 9999999
                WHEN r.level = 'city' THEN r.id + 99999
                WHEN r.level = 'county' THEN r.id + 999
                ELSE r.id END::bigint,
           ARRAY(SELECT a.name FROM ab_user_role x JOIN ab_role a ON a.id = x.role_id WHERE x.user_id = u.id)::varchar[]
    FROM ab_user u
    JOIN {places} p ON p.username = u.username
    JOIN department d ON d.id = p.department_id
    JOIN region r ON r.id = d.region_id
    WHERE u.id = $1 AND u.active AND p.employment = 'in_post'{valid}
$$
"""
VALID = " AND (p.valid_to IS NULL OR p.valid_to >= (now() AT TIME ZONE 'Asia/Shanghai')::date)"


def upgrade() -> None:
    op.execute(RENAME.format(old="user_place", new="account"))
    op.create_table(
        "credential",
        sa.Column(
            "history", postgresql.ARRAY(sa.Text()), nullable=True, comment="hashes of earlier passwords, newest first"
        ),
        sa.Column(
            "recovery",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="hashes of unused recovery codes",
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False, comment="账号"),
        sa.Column("password_at", sa.DateTime(timezone=True), nullable=True, comment="密码修改时间"),
        sa.Column("must_change", sa.Boolean(), nullable=False, comment="须修改密码"),
        sa.Column("initial_until", sa.DateTime(timezone=True), nullable=True, comment="初始密码有效至"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="连续失败次数"),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True, comment="锁定至"),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True, comment="上次登录时间"),
        sa.Column("last_address", sa.String(length=64), nullable=True, comment="上次登录地址"),
        sa.Column("failures_since", sa.Integer(), nullable=False, comment="上次登录后的失败次数"),
        sa.Column("factor_secret", sa.String(length=500), nullable=True, comment="动态口令密钥"),
        sa.Column("factor_step", sa.Integer(), nullable=True, comment="最近用过的口令步数"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", name="uq_credential_key", postgresql_nulls_not_distinct=True),
        comment="登录凭据",
    )
    op.create_table(
        "setting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False, comment="参数编码"),
        sa.Column("value", sa.String(length=200), nullable=False, comment="参数值"),
        sa.Column("note", sa.String(length=500), nullable=True, comment="说明"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", name="uq_setting_key", postgresql_nulls_not_distinct=True),
        comment="安全参数",
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="标识摘要"),
        sa.Column("account_id", sa.Integer(), nullable=False, comment="账号"),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="类型"),
        sa.Column("name", sa.String(length=100), nullable=True, comment="名称"),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, comment="最近使用"),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True, comment="最近验证身份"),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False, comment="最晚失效"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="结束时间"),
        sa.Column("ended_why", sa.String(length=40), nullable=True, comment="结束原因"),
        sa.Column("address", sa.String(length=64), nullable=True, comment="来源地址"),
        sa.Column("agent", sa.String(length=300), nullable=True, comment="浏览器"),
        sa.CheckConstraint(
            "ended_why IN ('signed_out', 'idle', 'expired', 'replaced', 'password', 'role', 'deactivated', 'killed', 'rotated')",
            name="ck_user_session_ended_why",
        ),
        sa.CheckConstraint("kind IN ('browser', 'token', 'key')", name="ck_user_session_kind"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest", name="uq_user_session_key", postgresql_nulls_not_distinct=True),
        comment="登录会话",
    )
    op.create_index("ix_user_session_account", "user_session", ["account_id", "ended_at"], unique=False)
    op.add_column("account", sa.Column("citizen_no", sa.String(length=18), nullable=True, comment="身份证号"))
    op.add_column("account", sa.Column("roles", postgresql.ARRAY(sa.String(length=40)), nullable=True, comment="角色"))
    op.add_column("account", sa.Column("valid_to", sa.Date(), nullable=True, comment="有效期至"))
    op.create_table_comment("account", "人员账号", existing_comment="人员岗位", schema=None)
    op.execute('ALTER TABLE "credential" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "credential" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "credential" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "credential" TO "app", viewer_system')
    op.execute('ALTER TABLE "setting" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "setting" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "setting" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute(
        'CREATE POLICY rows_everyone ON "setting" FOR ALL TO "viewer_line", "viewer_region" USING (true) WITH CHECK (true)'
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "setting" TO "app", viewer_line, viewer_region, viewer_system')
    op.execute('ALTER TABLE "user_session" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "user_session" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "user_session" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "user_session" TO "app", viewer_system')
    op.execute('CREATE INDEX "find_setting_words" ON "setting" USING gin (public.grams(VARIADIC ARRAY["code"::text]))')
    op.execute('COMMENT ON INDEX "find_setting_words" IS \'gin (public.grams(VARIADIC ARRAY["code"::text]))\'')
    op.execute('ALTER INDEX "find_setting_words" ALTER COLUMN 1 SET STATISTICS 3000')
    op.execute('CREATE INDEX "find_setting_order_0" ON "setting" USING btree ("code", "id")')
    op.execute('COMMENT ON INDEX "find_setting_order_0" IS \'btree ("code", "id")\'')
    op.execute(VIEWER_SCOPE.format(places="account", valid=VALID))


def downgrade() -> None:
    op.create_table_comment("account", "人员岗位", existing_comment="人员账号", schema=None)
    op.drop_column("account", "valid_to")
    op.drop_column("account", "roles")
    op.drop_column("account", "citizen_no")
    op.drop_index("ix_user_session_account", table_name="user_session")
    op.drop_table("user_session")
    op.drop_table("setting")
    op.drop_table("credential")
    op.execute(RENAME.format(old="account", new="user_place"))
    op.execute(VIEWER_SCOPE.format(places="user_place", valid=""))
