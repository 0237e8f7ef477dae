"""workflow: claims, reformed approvals, patterns of codes; steps, editions, to-dos, notices; corrections

An edition is counted when an item is published: what never was has none any more.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


ITEMS = ("supervision_item", "supervision_sub_item", "implementation_list")
EARLIER = (
    "'template', 'not_applicable', 'claimed', 'drafting', 'submitted', 'returned', 'approved', 'published', "
    "'changing', 'suspended', 'abolished'"
)
STATES = EARLIER.replace("'submitted',", "'submitted', 'second_review',")


def _may_be(states: str) -> None:
    for table in ITEMS:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS ck_{table}_status")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_status CHECK (status IN ({states}))")


def upgrade() -> None:
    op.create_table(
        "code_pattern",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="编码种类"),
        sa.Column("name", sa.String(length=200), nullable=False, comment="规则名称"),
        sa.Column("pattern", sa.String(length=500), nullable=False, comment="正则表达式"),
        sa.Column("explanation", sa.String(length=300), nullable=False, comment="不符时的提示"),
        sa.Column("is_hard", sa.Boolean(), nullable=False, comment="不符时是否拒绝"),
        sa.Column("valid_from", sa.Date(), nullable=True, comment="生效日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="有效期至"),
        sa.CheckConstraint("kind IN ('sub_item', 'implementation_list')", name="ck_code_pattern_kind"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "name", name="uq_code_pattern_key", postgresql_nulls_not_distinct=True),
        comment="编码规则",
    )
    op.create_table(
        "correction",
        sa.Column(
            "changes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="field -> [before, after] as shown; values of persons are masked",
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False, comment="数据表"),
        sa.Column("row_key", sa.String(length=64), nullable=False, comment="记录"),
        sa.Column("reason", sa.Text(), nullable=False, comment="更正理由"),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False, comment="更正时间"),
        sa.Column("person", sa.String(length=100), nullable=True, comment="更正人"),
        sa.Column("unit", sa.String(length=200), nullable=True, comment="更正单位"),
        sa.PrimaryKeyConstraint("id"),
        comment="更正记录",
    )
    op.create_table(
        "edition",
        sa.Column(
            "contents",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="values by field name, see editions.kept",
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False, comment="数据表"),
        sa.Column("row_key", sa.String(length=64), nullable=False, comment="记录"),
        sa.Column("number", sa.Integer(), nullable=False, comment="版本号"),
        sa.Column("state", sa.String(length=40), nullable=False, comment="版本状态"),
        sa.Column("change_kind", sa.String(length=40), nullable=True, comment="变更类型"),
        sa.Column("doc_no", sa.String(length=200), nullable=True, comment="依据文号"),
        sa.Column("reason", sa.Text(), nullable=True, comment="变更说明"),
        sa.Column("valid_from", sa.Date(), nullable=True, comment="生效日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="有效期至"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True, comment="发布时间"),
        sa.Column("publisher", sa.String(length=100), nullable=True, comment="发布人"),
        sa.CheckConstraint(
            "change_kind IN ('add', 'approval_cancelled', 'approval_delegated', 'approval_to_filing', 'approval_to_commitment', 'element_changed', 'law_revised', 'org_changed', 'merged', 'split', 'abolish')",
            name="ck_edition_change_kind",
        ),
        sa.CheckConstraint("state IN ('proposed', 'in_force', 'superseded', 'dropped')", name="ck_edition_state"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "table_name", "row_key", "number", name="uq_edition_key", postgresql_nulls_not_distinct=True
        ),
        comment="版本",
    )
    op.create_table(
        "flow_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("table_name", sa.String(length=63), nullable=False, comment="数据表"),
        sa.Column("row_key", sa.String(length=64), nullable=False, comment="记录"),
        sa.Column("move", sa.String(length=63), nullable=False, comment="步骤"),
        sa.Column("source", sa.String(length=63), nullable=True, comment="原状态"),
        sa.Column("target", sa.String(length=63), nullable=False, comment="新状态"),
        sa.Column("opinion", sa.Text(), nullable=True, comment="意见"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="办理时间"),
        sa.Column("person", sa.String(length=100), nullable=True, comment="办理人"),
        sa.Column("unit", sa.String(length=200), nullable=True, comment="办理单位"),
        sa.PrimaryKeyConstraint("id"),
        comment="办理过程",
    )
    op.create_index("ix_flow_step_row", "flow_step", ["table_name", "row_key", "id"], unique=False)
    op.create_table(
        "notice",
        sa.Column(
            "words",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="what is said, in the reader's language",
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=True, comment="页面"),
        sa.Column("is_urgent", sa.Boolean(), nullable=False, comment="是否紧急"),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False, comment="提醒时间"),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True, comment="阅读时间"),
        sa.PrimaryKeyConstraint("id"),
        comment="消息",
    )
    op.create_index("ix_notice_person", "notice", ["created_by", "id"], unique=False)
    op.create_index(
        "ix_notice_unread", "notice", ["created_by"], unique=False, postgresql_where=sa.text("read_at IS NULL")
    )
    op.create_table(
        "todo",
        sa.Column(
            "account_id", sa.Integer(), nullable=True, comment="the person it is asked of; empty for whoever may"
        ),
        sa.Column("done_by", sa.Integer(), nullable=True, comment="the account that did it"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="类别"),
        sa.Column("state", sa.String(length=40), nullable=False, comment="状态"),
        sa.Column("process", sa.String(length=63), nullable=False, comment="流程"),
        sa.Column("title_text", sa.String(length=500), nullable=False, comment="标题"),
        sa.Column("step", sa.String(length=63), nullable=True, comment="当前步骤"),
        sa.Column("todo", sa.String(length=200), nullable=True, comment="要做的事"),
        sa.Column("table_name", sa.String(length=63), nullable=False, comment="数据表"),
        sa.Column("row_key", sa.String(length=64), nullable=False, comment="记录"),
        sa.Column("needs", sa.String(length=63), nullable=False, comment="所需权限"),
        sa.Column("department_id", sa.BigInteger(), nullable=False, comment="承办单位"),
        sa.Column("sender", sa.String(length=100), nullable=True, comment="提交人"),
        sa.Column("sender_unit", sa.String(length=200), nullable=True, comment="提交单位"),
        sa.Column("sender_department_id", sa.BigInteger(), nullable=True, comment="提交部门"),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True, comment="提交时间"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False, comment="送达时间"),
        sa.Column("first_read_at", sa.DateTime(timezone=True), nullable=True, comment="首次查阅时间"),
        sa.Column("reader", sa.String(length=100), nullable=True, comment="首次查阅人"),
        sa.Column("limit_code", sa.String(length=64), nullable=True, comment="期限规则"),
        sa.Column("starts_on", sa.Date(), nullable=True, comment="起算日"),
        sa.Column("due_on", sa.Date(), nullable=True, comment="办理期限"),
        sa.Column("urgency", sa.String(length=40), nullable=False, comment="催办情况"),
        sa.Column("urged", sa.Integer(), nullable=False, comment="催办次数"),
        sa.Column("urged_at", sa.DateTime(timezone=True), nullable=True, comment="最近催办时间"),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True, comment="处理时间"),
        sa.Column("done_name", sa.String(length=100), nullable=True, comment="处理人"),
        sa.Column("done_move", sa.String(length=63), nullable=True, comment="处理结果"),
        sa.Column("opinion", sa.Text(), nullable=True, comment="处理意见"),
        sa.Column("scope_region", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('task', 'copy')", name="ck_todo_kind"),
        sa.CheckConstraint("state IN ('open', 'done', 'recalled')", name="ck_todo_state"),
        sa.CheckConstraint("urgency IN ('none', 'reminded', 'supervised', 'reported')", name="ck_todo_urgency"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["department_id", "scope_region"],
            ["department.id", "department.region_id"],
            name="fk_todo_scope",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["done_by"],
            ["ab_user.id"],
        ),
        sa.ForeignKeyConstraint(
            ["sender_department_id"], ["department.id"], name="fk_todo_sender_department_id", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="待办事项",
    )
    op.create_index(
        "ix_todo_done_by", "todo", ["done_by", "done_at"], unique=False, postgresql_where=sa.text("done_by IS NOT NULL")
    )
    op.create_index("ix_todo_line", "todo", ["department_id", "id"], unique=False)
    op.create_index("ix_todo_made", "todo", ["created_by", "id"], unique=False)
    op.create_index(
        "ix_todo_open", "todo", ["department_id", "due_on"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index("ix_todo_region", "todo", ["scope_region", "id"], unique=False)
    op.create_index(
        "ix_todo_row", "todo", ["table_name", "row_key"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.create_index(op.f("ix_todo_sender_department_id"), "todo", ["sender_department_id"], unique=False)
    op.create_table(
        "approval_reform_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("doc_no", sa.String(length=200), nullable=False, comment="改革文号"),
        sa.Column("approval_name", sa.String(length=500), nullable=False, comment="审批事项名称"),
        sa.Column("reform_kind", sa.String(length=40), nullable=False, comment="改革方式"),
        sa.Column("decided_on", sa.Date(), nullable=False, comment="决定日期"),
        sa.Column("permit_item_id", sa.Uuid(), nullable=True, comment="对应的许可事项"),
        sa.Column("sub_item_id", sa.Uuid(), nullable=True, comment="对应的监管事项"),
        sa.Column("gap_note", sa.Text(), nullable=True, comment="缺口说明"),
        sa.Column("status", sa.String(length=40), nullable=False, comment="核查状态"),
        sa.Column("due_on", sa.Date(), nullable=True, comment="补齐期限"),
        sa.Column("done_on", sa.Date(), nullable=True, comment="完成日期"),
        sa.Column("department_id", sa.BigInteger(), nullable=False, comment="核查部门"),
        sa.Column("scope_region", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "reform_kind IN ('approval_cancelled', 'approval_delegated', 'approval_to_filing', 'approval_to_commitment')",
            name="ck_approval_reform_case_reform_kind",
        ),
        sa.CheckConstraint("status IN ('open', 'gap', 'done')", name="ck_approval_reform_case_status"),
        sa.ForeignKeyConstraint(
            ["department_id", "scope_region"],
            ["department.id", "department.region_id"],
            name="fk_approval_reform_case_scope",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["permit_item_id"], ["permit_item.id"], name="fk_approval_reform_case_permit_item_id"),
        sa.ForeignKeyConstraint(
            ["sub_item_id"], ["supervision_sub_item.id"], name="fk_approval_reform_case_sub_item_id"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "department_id",
            "doc_no",
            "approval_name",
            name="uq_approval_reform_case_key",
            postgresql_nulls_not_distinct=True,
        ),
        comment="审批改革台账",
    )
    op.create_index(
        "ix_approval_reform_case_line", "approval_reform_case", ["department_id", "decided_on"], unique=False
    )
    op.create_index(
        op.f("ix_approval_reform_case_permit_item_id"), "approval_reform_case", ["permit_item_id"], unique=False
    )
    op.create_index(
        "ix_approval_reform_case_region", "approval_reform_case", ["scope_region", "decided_on"], unique=False
    )
    op.create_index(op.f("ix_approval_reform_case_sub_item_id"), "approval_reform_case", ["sub_item_id"], unique=False)
    op.create_table(
        "item_claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("sub_item_id", sa.Uuid(), nullable=False, comment="监管事项目录编码"),
        sa.Column("item_title", sa.String(length=520), nullable=True, comment="监管事项"),
        sa.Column("status", sa.String(length=40), nullable=False, comment="认领状态"),
        sa.Column("process_text", sa.Text(), nullable=True, comment="本部门监管流程"),
        sa.Column("result_text", sa.Text(), nullable=True, comment="本部门处理方式"),
        sa.Column("supervision_modes", postgresql.ARRAY(sa.String(length=40)), nullable=True, comment="本部门监管方式"),
        sa.Column("power_item_code", sa.String(length=36), nullable=True, comment="本部门权力事项编码"),
        sa.Column("contact_way", sa.String(length=500), nullable=True, comment="咨询监督方式"),
        sa.Column("reason", sa.Text(), nullable=True, comment="说明"),
        sa.Column("pushed_on", sa.Date(), nullable=True, comment="下发日期"),
        sa.Column("edition", sa.Integer(), nullable=True, comment="版本号"),
        sa.Column("valid_from", sa.Date(), nullable=True, comment="生效日期"),
        sa.Column("valid_to", sa.Date(), nullable=True, comment="有效期至"),
        sa.Column("department_id", sa.BigInteger(), nullable=False, comment="认领部门"),
        sa.Column("scope_region", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'excusing', 'excused', 'claimed', 'submitted', 'returned', 'approved', 'published', 'changing', 'suspended', 'abolished')",
            name="ck_item_claim_status",
        ),
        sa.CheckConstraint(
            "supervision_modes <@ ARRAY['double_random', 'key', 'credit', 'joint', 'collaborative', 'off_site', 'smart', 'prudent', 'daily', 'special']::varchar[]",
            name="ck_item_claim_supervision_modes",
        ),
        sa.ForeignKeyConstraint(
            ["department_id", "scope_region"],
            ["department.id", "department.region_id"],
            name="fk_item_claim_scope",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["sub_item_id"], ["supervision_sub_item.id"], name="fk_item_claim_sub_item_id"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "department_id", "sub_item_id", name="uq_item_claim_key", postgresql_nulls_not_distinct=True
        ),
        comment="事项认领",
    )
    op.create_index("ix_item_claim_line", "item_claim", ["department_id", "id"], unique=False)
    op.create_index("ix_item_claim_region", "item_claim", ["scope_region", "id"], unique=False)
    op.create_index(op.f("ix_item_claim_sub_item_id"), "item_claim", ["sub_item_id"], unique=False)
    op.alter_column(
        "implementation_list", "edition", existing_type=sa.INTEGER(), nullable=True, existing_comment="版本号"
    )
    op.alter_column("supervision_item", "edition", existing_type=sa.INTEGER(), nullable=True, existing_comment="版本号")
    op.alter_column(
        "supervision_sub_item", "edition", existing_type=sa.INTEGER(), nullable=True, existing_comment="版本号"
    )
    _may_be(STATES)
    for table in ITEMS:
        op.execute(
            f"UPDATE {table} SET edition = NULL WHERE status NOT IN ('published', 'changing', 'suspended', 'abolished')"
        )
    op.execute('ALTER TABLE "code_pattern" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "code_pattern" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "code_pattern" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute(
        'CREATE POLICY rows_everyone ON "code_pattern" FOR ALL TO "viewer_line", "viewer_region" USING (true) WITH CHECK (true)'
    )
    op.execute(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON "code_pattern" TO "app", viewer_line, viewer_region, viewer_system'
    )
    op.execute('ALTER TABLE "correction" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "correction" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "correction" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "correction" TO "app", viewer_system')
    op.execute('ALTER TABLE "edition" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "edition" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "edition" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "edition" TO "app", viewer_system')
    op.execute('ALTER TABLE "flow_step" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "flow_step" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "flow_step" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "flow_step" TO "app", viewer_system')
    op.execute('ALTER TABLE "notice" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "notice" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "notice" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute(
        "CREATE POLICY rows_personal ON \"notice\" FOR ALL TO \"viewer_line\", \"viewer_region\" USING (created_by = NULLIF(current_setting('app.actor'::text, true), ''::text)::integer) WITH CHECK (created_by = NULLIF(current_setting('app.actor'::text, true), ''::text)::integer)"
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "notice" TO "app", viewer_line, viewer_region, viewer_system')
    op.execute('ALTER TABLE "todo" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "todo" FORCE ROW LEVEL SECURITY')
    op.execute('CREATE POLICY rows_system ON "todo" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)')
    op.execute(
        "CREATE POLICY rows_line ON \"todo\" FOR ALL TO \"viewer_line\" USING (department_id >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND department_id <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint) WITH CHECK (department_id >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND department_id <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint)"
    )
    op.execute(
        "CREATE POLICY rows_region ON \"todo\" FOR ALL TO \"viewer_region\" USING (scope_region >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND scope_region <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint) WITH CHECK (scope_region >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND scope_region <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint)"
    )
    op.execute(
        'CREATE POLICY rows_made ON "todo" FOR SELECT TO "viewer_line", "viewer_region" USING (created_by = NULLIF(current_setting(\'app.actor\'::text, true), \'\'::text)::integer)'
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "todo" TO "app", viewer_line, viewer_region, viewer_system')
    op.execute('ALTER TABLE "approval_reform_case" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "approval_reform_case" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "approval_reform_case" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute(
        "CREATE POLICY rows_line ON \"approval_reform_case\" FOR ALL TO \"viewer_line\" USING (department_id >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND department_id <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint) WITH CHECK (department_id >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND department_id <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint)"
    )
    op.execute(
        "CREATE POLICY rows_region ON \"approval_reform_case\" FOR ALL TO \"viewer_region\" USING (scope_region >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND scope_region <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint) WITH CHECK (scope_region >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND scope_region <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint)"
    )
    op.execute(
        'CREATE POLICY rows_read ON "approval_reform_case" FOR SELECT TO "viewer_line", "viewer_region" USING (true)'
    )
    op.execute(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON "approval_reform_case" TO "app", viewer_line, viewer_region, viewer_system'
    )
    op.execute('ALTER TABLE "item_claim" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "item_claim" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "item_claim" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute(
        "CREATE POLICY rows_line ON \"item_claim\" FOR ALL TO \"viewer_line\" USING (department_id >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND department_id <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint) WITH CHECK (department_id >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND department_id <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint)"
    )
    op.execute(
        "CREATE POLICY rows_region ON \"item_claim\" FOR ALL TO \"viewer_region\" USING (scope_region >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND scope_region <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint) WITH CHECK (scope_region >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND scope_region <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint)"
    )
    op.execute('CREATE POLICY rows_read ON "item_claim" FOR SELECT TO "viewer_line", "viewer_region" USING (true)')
    op.execute(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON "item_claim" TO "app", viewer_line, viewer_region, viewer_system'
    )
    op.execute(
        'CREATE INDEX "find_item_claim_words" ON "item_claim" USING gin (public.grams(VARIADIC ARRAY["item_title"::text]))'
    )
    op.execute('COMMENT ON INDEX "find_item_claim_words" IS \'gin (public.grams(VARIADIC ARRAY["item_title"::text]))\'')
    op.execute('ALTER INDEX "find_item_claim_words" ALTER COLUMN 1 SET STATISTICS 3000')
    op.execute(
        'CREATE INDEX "find_approval_reform_case_words" ON "approval_reform_case" USING gin (public.grams(VARIADIC ARRAY["approval_name"::text, "doc_no"::text]))'
    )
    op.execute(
        'COMMENT ON INDEX "find_approval_reform_case_words" IS \'gin (public.grams(VARIADIC ARRAY["approval_name"::text, "doc_no"::text]))\''
    )
    op.execute('ALTER INDEX "find_approval_reform_case_words" ALTER COLUMN 1 SET STATISTICS 3000')
    op.execute(
        'CREATE INDEX "find_code_pattern_words" ON "code_pattern" USING gin (public.grams(VARIADIC ARRAY["name"::text]))'
    )
    op.execute('COMMENT ON INDEX "find_code_pattern_words" IS \'gin (public.grams(VARIADIC ARRAY["name"::text]))\'')
    op.execute('ALTER INDEX "find_code_pattern_words" ALTER COLUMN 1 SET STATISTICS 3000')


def downgrade() -> None:
    for table in ITEMS:
        op.execute(f"UPDATE {table} SET status = 'submitted' WHERE status = 'second_review'")
        op.execute(f"UPDATE {table} SET edition = 1 WHERE edition IS NULL")
    _may_be(EARLIER)
    op.alter_column(
        "supervision_sub_item", "edition", existing_type=sa.INTEGER(), nullable=False, existing_comment="版本号"
    )
    op.alter_column(
        "supervision_item", "edition", existing_type=sa.INTEGER(), nullable=False, existing_comment="版本号"
    )
    op.alter_column(
        "implementation_list", "edition", existing_type=sa.INTEGER(), nullable=False, existing_comment="版本号"
    )
    op.drop_index(op.f("ix_item_claim_sub_item_id"), table_name="item_claim")
    op.drop_index("ix_item_claim_region", table_name="item_claim")
    op.drop_index("ix_item_claim_line", table_name="item_claim")
    op.drop_table("item_claim")
    op.drop_index(op.f("ix_approval_reform_case_sub_item_id"), table_name="approval_reform_case")
    op.drop_index("ix_approval_reform_case_region", table_name="approval_reform_case")
    op.drop_index(op.f("ix_approval_reform_case_permit_item_id"), table_name="approval_reform_case")
    op.drop_index("ix_approval_reform_case_line", table_name="approval_reform_case")
    op.drop_table("approval_reform_case")
    op.drop_index(op.f("ix_todo_sender_department_id"), table_name="todo")
    op.drop_index("ix_todo_row", table_name="todo", postgresql_where=sa.text("state = 'open'"))
    op.drop_index("ix_todo_region", table_name="todo")
    op.drop_index("ix_todo_open", table_name="todo", postgresql_where=sa.text("state = 'open'"))
    op.drop_index("ix_todo_made", table_name="todo")
    op.drop_index("ix_todo_line", table_name="todo")
    op.drop_index("ix_todo_done_by", table_name="todo", postgresql_where=sa.text("done_by IS NOT NULL"))
    op.drop_table("todo")
    op.drop_index("ix_notice_unread", table_name="notice", postgresql_where=sa.text("read_at IS NULL"))
    op.drop_index("ix_notice_person", table_name="notice")
    op.drop_table("notice")
    op.drop_index("ix_flow_step_row", table_name="flow_step")
    op.drop_table("flow_step")
    op.drop_table("edition")
    op.drop_table("correction")
    op.drop_table("code_pattern")
