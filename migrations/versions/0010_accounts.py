"""accounts make real sign-ins; who may grant what; handed-over work; changes of responsible people

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SEPARATED = "NOT (roles && ARRAY['sys_admin', 'sec_admin', 'audit_admin']::varchar[]) OR cardinality(roles) = 1"

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

TODAY = "(now() AT TIME ZONE 'Asia/Shanghai')::date"
#: Whether an account may sign in, from its row ``n``.
IS_OPEN = f"(n.employment = 'in_post' AND n.access = 'open' AND (n.valid_to IS NULL OR n.valid_to >= {TODAY}))"
#: A changed account before (o) and after (n), for each kind of statement.
CHANGES = {
    "insert": "new_rows n LEFT JOIN account o ON false",
    "update": "new_rows n JOIN old_rows o ON o.id = n.id",
    "delete": "old_rows o LEFT JOIN account n ON false",
}

# The same decision as domains/org/rules/granting.py, for whoever writes accounts as a person. What he is, what he may
# grant and where he stands is looked up here, never taken from what the application says beside the viewer's settings.
GUARD = """
CREATE FUNCTION account_guard_{kind}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
DECLARE
    asker text := current_setting('role', true);
    actor integer := NULLIF(current_setting('app.actor', true), '')::integer;
    seen_low bigint := NULLIF(current_setting('app.low', true), '')::bigint;
    seen_high bigint := NULLIF(current_setting('app.high', true), '')::bigint;
    me record;
    bad record;
BEGIN
    IF coalesce(asker, '') NOT IN ('viewer_line', 'viewer_region') THEN
        RETURN NULL;
    END IF;
    SELECT u.username, d.id, d.high,
           coalesce((SELECT max({rank}) FROM ab_user_role x JOIN ab_role r ON r.id = x.role_id,
                     LATERAL (SELECT r.name AS role) each WHERE x.user_id = u.id), 0) AS rank
      INTO me
      FROM ab_user u JOIN account a ON a.username = u.username JOIN department d ON d.id = a.department_id
     WHERE u.id = actor;
    SELECT coalesce(o.username, n.username) AS username INTO bad FROM {changes}
     WHERE coalesce(me.username, '') IN (o.username, n.username) AND {guarded} LIMIT 1;
    IF FOUND OR me.username IS NULL THEN
        RAISE EXCEPTION 'nobody changes his own account' USING ERRCODE = 'JG002';
    END IF;
    IF EXISTS (SELECT FROM {changes} WHERE 'break-glass' IN (o.username, n.username) AND {guarded}) THEN
        RAISE EXCEPTION 'the emergency account is kept on the host' USING ERRCODE = 'JG004';
    END IF;
    WITH rights AS (
        SELECT r.name AS by_role, substr(v.name, 6) AS role
          FROM ab_user_role x
          JOIN ab_role r ON r.id = x.role_id
          JOIN ab_permission_view_role pr ON pr.role_id = r.id
          JOIN ab_permission_view pv ON pv.id = pr.permission_view_id
          JOIN ab_permission p ON p.id = pv.permission_id AND p.name = 'can_grant'
          JOIN ab_view_menu v ON v.id = pv.view_menu_id
         WHERE x.user_id = actor
    ), asked AS (
        SELECT each.role, o.department_id, o.scope_region
          FROM {changes}, unnest(coalesce(o.roles, '{{}}') || NULL::varchar) each (role)
         WHERE o.id IS NOT NULL AND {guarded}
        UNION
        SELECT each.role, n.department_id, n.scope_region
          FROM {changes}, unnest(coalesce(n.roles, '{{}}') || NULL::varchar) each (role)
         WHERE n.id IS NOT NULL AND {guarded}
    )
    SELECT each.role, d.name AS unit INTO bad
      FROM asked each JOIN department d ON d.id = each.department_id
     WHERE NOT EXISTS (
        SELECT FROM rights g
         WHERE (each.role IS NULL OR (g.role = each.role AND {rank} <= me.rank))
           AND CASE WHEN g.by_role IN ('sec_admin', 'supervision_office', 'Admin')
                    THEN (CASE asker WHEN 'viewer_region' THEN each.scope_region ELSE each.department_id END)
                         BETWEEN seen_low AND seen_high
                    ELSE each.department_id BETWEEN me.id AND me.high
                         AND NOT (coalesce(each.role, '') = 'dept_admin' AND each.department_id = me.id) END)
     ORDER BY each.role NULLS FIRST LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'not his to grant' USING ERRCODE = 'JG001',
              DETAIL = json_build_object('role', bad.role, 'unit', bad.unit);
    END IF;
    RETURN NULL;
END $$
"""
RANK = (
    "CASE WHEN each.role IN ('sys_admin', 'sec_admin', 'audit_admin', 'Admin') THEN 4 WHEN each.role = 'supervision_office' THEN 3 "
    "WHEN each.role IN ('dept_admin', 'auditor', 'evaluator') THEN 2 "
    "WHEN each.role IN ('catalog_editor', 'catalog_reviewer', 'clerk', 'inspector', 'handler') THEN 1 ELSE 0 END"
)
_FIELDS = "username, real_name, citizen_no, staff_number, department_id, roles, employment, valid_to, access".split(
    ", "
)
GUARDED = {
    "insert": "true",
    "update": f"({', '.join(f'o.{f}' for f in _FIELDS)}) IS DISTINCT FROM ({', '.join(f'n.{f}' for f in _FIELDS)})",
    "delete": "true",
}

# An account is what its row says: the sign-in (ab_user), its roles (ab_user_role) and its sessions follow the row, for a
# form, a request and an import of thousands alike. A new sign-in has no password until one is issued.
KEEP = """
CREATE FUNCTION account_keep_{kind}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
DECLARE
    taken text;
BEGIN
    {body}
    RETURN NULL;
END $$
"""
NEW_SIGN_INS = """
    IF coalesce(current_setting('role', true), '') IN ('viewer_line', 'viewer_region') THEN
        SELECT u.username INTO taken FROM new_rows n JOIN ab_user u ON lower(u.username) = n.username LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'the sign-in is there already' USING ERRCODE = 'JG003',
                  DETAIL = json_build_object('username', taken);
        END IF;
    END IF;
    INSERT INTO ab_user (id, first_name, last_name, username, password, active, email, created_on, changed_on)
    SELECT nextval(pg_get_serial_sequence('public.ab_user', 'id')), n.real_name, '', n.username, NULL, false,
           n.username || '@account.invalid', now(), now()
      FROM new_rows n WHERE NOT EXISTS (SELECT FROM ab_user u WHERE u.username = n.username);
"""
FOLLOW = """
    UPDATE ab_user u
       SET username = n.username, first_name = n.real_name, last_name = '', active = {is_open}, changed_on = now(),
           email = CASE WHEN u.username = n.username THEN u.email ELSE n.username || '@account.invalid' END
      FROM {changes}
     WHERE u.username = coalesce(o.username, n.username)
       AND (u.username, u.first_name, u.last_name, u.active) IS DISTINCT FROM (n.username, n.real_name, '', {is_open});
    DELETE FROM ab_user_role x
     USING ab_user u, {changes}
     WHERE u.username = n.username AND x.user_id = u.id AND coalesce(n.roles, '{{}}') IS DISTINCT FROM o.roles
       AND NOT EXISTS (SELECT FROM ab_role r WHERE r.id = x.role_id AND r.name = ANY (coalesce(n.roles, '{{}}')));
    INSERT INTO ab_user_role (id, user_id, role_id)
    SELECT nextval(pg_get_serial_sequence('public.ab_user_role', 'id')), u.id, r.id
      FROM {changes}, ab_user u, ab_role r
     WHERE u.username = n.username AND r.name = ANY (n.roles) AND n.roles IS DISTINCT FROM o.roles
    ON CONFLICT (user_id, role_id) DO NOTHING;
"""
END_SESSIONS = """
    UPDATE user_session s
       SET ended_at = now(), ended_why = CASE WHEN {is_open} THEN 'role' ELSE 'deactivated' END, updated_at = now()
      FROM ab_user u, {changes}
     WHERE u.username = n.username AND s.account_id = u.id AND s.ended_at IS NULL
       AND (coalesce(o.roles, '{{}}'), o.department_id, o.username, o.employment, o.valid_to, o.access)
           IS DISTINCT FROM
           (coalesce(n.roles, '{{}}'), n.department_id, n.username, n.employment, n.valid_to, n.access);
"""
# The sign-in of an account that was deleted stays, so that old entries keep their name; it opens nothing any more.
GONE = """
    UPDATE user_session s SET ended_at = now(), ended_why = 'deactivated', updated_at = now()
      FROM ab_user u, old_rows o WHERE u.username = o.username AND s.account_id = u.id AND s.ended_at IS NULL;
    DELETE FROM ab_user_role x USING ab_user u, old_rows o WHERE u.username = o.username AND x.user_id = u.id;
    UPDATE ab_user u SET active = false, password = NULL, changed_on = now(),
           username = left(o.username, 100) || '#' || u.id, email = u.id || '@gone.invalid'
      FROM old_rows o WHERE u.username = o.username;
"""
# Every department whose admin is another than before tells its lead office (Xi'an measures, art. 26).
REPORT_ADMIN = """
    INSERT INTO responsible_change (id, department_id, scope_region, kind, before, after, state, reported_at, created_by)
    SELECT gen_random_uuid(), unit.id, unit.region_id, 'dept_admin', was.names, now.names, 'pending', now(),
           NULLIF(NULLIF(current_setting('app.who', true), '')::json ->> 'actor', '0')::integer
      FROM (SELECT o.department_id AS id FROM {changes} WHERE {was_admin} IS DISTINCT FROM {is_admin}
            UNION SELECT n.department_id FROM {changes} WHERE {was_admin} IS DISTINCT FROM {is_admin}
            UNION SELECT o.department_id FROM {changes} WHERE {was_admin} AND o.department_id <> n.department_id
            UNION SELECT n.department_id FROM {changes} WHERE {was_admin} AND o.department_id <> n.department_id) touched
      JOIN department unit ON unit.id = touched.id
     CROSS JOIN LATERAL (SELECT string_agg(a.real_name, '、' ORDER BY a.username) AS names FROM account a
                          WHERE a.department_id = unit.id AND 'dept_admin' = ANY (a.roles)
                            AND a.employment = 'in_post' AND a.access <> 'locked') now
     CROSS JOIN LATERAL (SELECT string_agg(e.real_name, '、' ORDER BY e.username) AS names FROM (
                          SELECT a.username, a.real_name FROM account a
                           WHERE a.department_id = unit.id AND 'dept_admin' = ANY (a.roles)
                             AND a.employment = 'in_post' AND a.access <> 'locked'
                             AND NOT EXISTS (SELECT FROM {changes} WHERE n.id = a.id)
                          UNION ALL
                          SELECT o.username, o.real_name FROM {changes} WHERE {was_admin} AND o.department_id = unit.id) e) was
     WHERE was.names IS DISTINCT FROM now.names;
"""
_ADMIN = "('dept_admin' = ANY (coalesce({r}.roles, '{{}}')) AND coalesce({r}.employment = 'in_post' AND {r}.access <> 'locked', false))"

REPORT_CONTACT = """
CREATE FUNCTION department_report() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    INSERT INTO responsible_change (id, department_id, scope_region, kind, before, after, state, reported_at, created_by)
    SELECT gen_random_uuid(), n.id, n.region_id, told.kind, told.before, told.after, 'pending', now(),
           NULLIF(NULLIF(current_setting('app.who', true), '')::json ->> 'actor', '0')::integer
      FROM new_rows n JOIN old_rows o ON o.name = n.name
     CROSS JOIN LATERAL (VALUES
        ('leader', o.leader_name, n.leader_name, o.leader_name IS DISTINCT FROM n.leader_name),
        ('contact', NULLIF(concat_ws(' ', o.contact_name, seen_phone(o.contact_phone)), ''),
                    NULLIF(concat_ws(' ', n.contact_name, seen_phone(n.contact_phone)), ''),
                    (o.contact_name, o.contact_phone) IS DISTINCT FROM (n.contact_name, n.contact_phone)
                    AND current_setting('app.resealing', true) IS DISTINCT FROM 'on')
     ) told (kind, before, after, differs)
     WHERE told.differs;
    RETURN NULL;
END $$
"""
# What everybody may see of a telephone number: the part before the bar of a sealed one, the masked form of a plain one.
SEEN_PHONE = """
CREATE FUNCTION seen_phone(given text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN position('|' IN given) > 0 THEN split_part(given, '|', 1)
                ELSE regexp_replace(given, '^(.{3}).*(.{4})$', '\\1****\\2') END
$$
"""
# Accounts whose validity has run out, and those nobody has used for so many days, sign in no more. Run by a command.
SETTLE = f"""
CREATE FUNCTION settle_accounts(unused_days integer, only_one text) RETURNS TABLE (username varchar, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    RETURN QUERY
    WITH idle AS (
        UPDATE account a SET access = 'unused', version = a.version + 1
          FROM ab_user u LEFT JOIN credential c ON c.account_id = u.id
         WHERE u.username = a.username AND u.active AND unused_days > 0 AND (only_one IS NULL OR a.username = only_one)
           AND greatest(c.last_at, c.password_at, a.created_at, a.updated_at) < now() - make_interval(days => unused_days)
        RETURNING a.username
    ), past AS (
        UPDATE ab_user u SET active = false, changed_on = now()
          FROM account n WHERE u.username = n.username AND u.active AND n.valid_to < {TODAY}
           AND (only_one IS NULL OR n.username = only_one)
        RETURNING u.id, u.username
    ), ended AS (
        UPDATE user_session s SET ended_at = now(), ended_why = 'deactivated', updated_at = now()
          FROM past WHERE s.account_id = past.id AND s.ended_at IS NULL
    )
    SELECT idle.username, 'unused' FROM idle UNION ALL SELECT past.username, 'expired' FROM past;
END $$
"""
FUNCTIONS = (
    *(f"account_{part}_{kind}()" for part in ("guard", "keep") for kind in CHANGES),
    "department_report()",
    "settle_accounts(integer, text)",
)
TRIGGERS = {
    "insert": "INSERT ON account REFERENCING NEW TABLE AS new_rows",
    "update": "UPDATE ON account REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "DELETE ON account REFERENCING OLD TABLE AS old_rows",
}


def _make_functions() -> None:
    op.execute(SEEN_PHONE)
    for kind, changes in CHANGES.items():
        given = {
            "kind": kind, "changes": changes, "rank": RANK, "guarded": GUARDED[kind], "is_open": IS_OPEN,
            "was_admin": _ADMIN.format(r="o").replace("{", "{{").replace("}", "}}").format(),
            "is_admin": _ADMIN.format(r="n").replace("{", "{{").replace("}", "}}").format(),
        }  # fmt: skip
        parts = {"insert": (NEW_SIGN_INS, FOLLOW, REPORT_ADMIN), "update": (FOLLOW, END_SESSIONS, REPORT_ADMIN)}
        body = "".join(part if part is NEW_SIGN_INS else part.format(**given) for part in parts.get(kind, (GONE,)))
        op.execute(sa.text((GUARD.format(**given)).replace(":", "\\:")))
        op.execute(sa.text(KEEP.format(kind=kind, body=body).replace(":", "\\:")))
        # Triggers of one event run in the order of their names: what may not be is refused before anything follows.
        for number, part in enumerate(("guard", "keep"), 1):
            op.execute(
                f"CREATE TRIGGER account_{number}_{part}_{kind} AFTER {TRIGGERS[kind]} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION account_{part}_{kind}()"
            )
    op.execute(REPORT_CONTACT)
    op.execute(
        "CREATE TRIGGER department_report AFTER UPDATE ON department REFERENCING OLD TABLE AS old_rows "
        "NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION department_report()"
    )
    op.execute(sa.text(SETTLE.replace(":", "\\:")))
    for function in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION settle_accounts(integer, text) TO viewer_system")


def _drop_functions() -> None:
    op.execute("DROP TRIGGER department_report ON department")
    for kind in CHANGES:
        for number, part in enumerate(("guard", "keep"), 1):
            op.execute(f"DROP TRIGGER account_{number}_{part}_{kind} ON account")
    for function in (*FUNCTIONS, "seen_phone(text)"):
        op.execute(f"DROP FUNCTION {function}")


def upgrade() -> None:
    for statement in HIDE_SETTINGS:
        op.execute(statement)
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("for_name", sa.String(length=50), nullable=False, comment="使用人"),
        sa.Column("reason", sa.String(length=500), nullable=False, comment="启用原因"),
        sa.Column("opened_by", sa.String(length=100), nullable=True, comment="启用人"),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="启用时间"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, comment="失效时间"),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True, comment="关闭时间"),
        sa.Column("acknowledged_by", sa.String(length=50), nullable=True, comment="确认人"),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True, comment="确认时间"),
        sa.PrimaryKeyConstraint("id"),
        comment="应急登录",
    )
    op.create_table(
        "responsible_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False, comment="所属部门"),
        sa.Column("kind", sa.String(length=40), nullable=True, comment="变更类别"),
        sa.Column("before", sa.String(length=200), nullable=True, comment="变更前"),
        sa.Column("after", sa.String(length=200), nullable=True, comment="变更后"),
        sa.Column("effective_day", sa.Date(), nullable=True, comment="生效日期"),
        sa.Column("reason", sa.String(length=500), nullable=True, comment="变更原因"),
        sa.Column("state", sa.String(length=40), nullable=True, comment="状态"),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True, comment="报备时间"),
        sa.Column("received_unit", sa.String(length=200), nullable=True, comment="回执单位"),
        sa.Column("received_by", sa.String(length=50), nullable=True, comment="回执人"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True, comment="回执时间"),
        sa.Column("scope_region", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('dept_admin', 'leader', 'contact')", name="ck_responsible_change_kind"),
        sa.CheckConstraint("state IN ('pending', 'submitted', 'received')", name="ck_responsible_change_state"),
        sa.ForeignKeyConstraint(
            ["department_id", "scope_region"],
            ["department.id", "department.region_id"],
            name="fk_responsible_change_scope",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id"),
        comment="负责人变更报备",
    )
    op.create_index("ix_responsible_change_line", "responsible_change", ["department_id", "id"], unique=False)
    op.create_index("ix_responsible_change_region", "responsible_change", ["scope_region", "id"], unique=False)
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False, comment="所属部门"),
        sa.Column("number", sa.String(length=32), nullable=False, comment="交接单编号"),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="移交人"),
        sa.Column("receiver_id", sa.Uuid(), nullable=True, comment="接收人"),
        sa.Column("employment", sa.String(length=40), nullable=False, comment="移交后人员状态"),
        sa.Column("handed_when", sa.DateTime(timezone=True), nullable=False, comment="交接时间"),
        sa.Column("item_count", sa.Integer(), nullable=True, comment="移交件数"),
        sa.Column("content", sa.Text(), nullable=True, comment="移交清单"),
        sa.Column("note", sa.String(length=500), nullable=True, comment="说明"),
        sa.Column("scope_region", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "employment IN ('in_post', 'seconded', 'on_leave', 'retired', 'left')", name="ck_handover_employment"
        ),
        sa.ForeignKeyConstraint(
            ["department_id", "scope_region"],
            ["department.id", "department.region_id"],
            name="fk_handover_scope",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["account.id"], name="fk_handover_person_id"),
        sa.ForeignKeyConstraint(["receiver_id"], ["account.id"], name="fk_handover_receiver_id"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("department_id", "number", name="uq_handover_key", postgresql_nulls_not_distinct=True),
        comment="离岗交接",
    )
    op.create_index("ix_handover_line", "handover", ["department_id", "id"], unique=False)
    op.create_index(op.f("ix_handover_person_id"), "handover", ["person_id"], unique=False)
    op.create_index(op.f("ix_handover_receiver_id"), "handover", ["receiver_id"], unique=False)
    op.create_index("ix_handover_region", "handover", ["scope_region", "id"], unique=False)
    op.add_column(
        "account", sa.Column("access", sa.String(length=40), nullable=False, server_default="open", comment="登录状态")
    )
    op.alter_column("account", "access", server_default=None)
    op.create_check_constraint("ck_account_access", "account", "access IN ('open', 'locked', 'unused')")
    op.create_check_constraint("ck_account_separated", "account", SEPARATED)
    op.create_check_constraint("ck_account_username", "account", "username = lower(username)")
    op.create_unique_constraint("uq_account_staff_number", "account", ["department_id", "staff_number"])
    op.execute('ALTER TABLE "break_glass" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "break_glass" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "break_glass" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "break_glass" TO "app", viewer_system')
    op.execute('ALTER TABLE "responsible_change" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "responsible_change" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "responsible_change" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute(
        "CREATE POLICY rows_line ON \"responsible_change\" FOR ALL TO \"viewer_line\" USING (department_id >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND department_id <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint) WITH CHECK (department_id >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND department_id <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint)"
    )
    op.execute(
        "CREATE POLICY rows_region ON \"responsible_change\" FOR ALL TO \"viewer_region\" USING (scope_region >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND scope_region <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint) WITH CHECK (scope_region >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND scope_region <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint)"
    )
    op.execute(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON "responsible_change" TO "app", viewer_line, viewer_region, viewer_system'
    )
    op.execute('ALTER TABLE "handover" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "handover" FORCE ROW LEVEL SECURITY')
    op.execute(
        'CREATE POLICY rows_system ON "handover" FOR ALL TO "viewer_system", "owner" USING (true) WITH CHECK (true)'
    )
    op.execute(
        "CREATE POLICY rows_line ON \"handover\" FOR ALL TO \"viewer_line\" USING (department_id >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND department_id <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint) WITH CHECK (department_id >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND department_id <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint)"
    )
    op.execute(
        "CREATE POLICY rows_region ON \"handover\" FOR ALL TO \"viewer_region\" USING (scope_region >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND scope_region <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint) WITH CHECK (scope_region >= NULLIF(current_setting('app.low'::text, true), ''::text)::bigint AND scope_region <= NULLIF(current_setting('app.high'::text, true), ''::text)::bigint)"
    )
    op.execute('GRANT SELECT, INSERT, UPDATE, DELETE ON "handover" TO "app", viewer_line, viewer_region, viewer_system')
    op.execute(
        'CREATE INDEX "find_responsible_change_words" ON "responsible_change" USING gin (public.grams(VARIADIC ARRAY["reason"::text]))'
    )
    op.execute(
        'COMMENT ON INDEX "find_responsible_change_words" IS \'gin (public.grams(VARIADIC ARRAY["reason"::text]))\''
    )
    op.execute('ALTER INDEX "find_responsible_change_words" ALTER COLUMN 1 SET STATISTICS 3000')
    op.execute(
        'CREATE INDEX "find_responsible_change_order_0" ON "responsible_change" USING btree ("reported_at" DESC NULLS LAST, "id" DESC, "department_id", "scope_region")'
    )
    op.execute(
        'COMMENT ON INDEX "find_responsible_change_order_0" IS \'btree ("reported_at" DESC NULLS LAST, "id" DESC, "department_id", "scope_region")\''
    )
    op.execute(
        'CREATE INDEX "find_handover_words" ON "handover" USING gin (public.grams(VARIADIC ARRAY["note"::text, "number"::text]))'
    )
    op.execute(
        'COMMENT ON INDEX "find_handover_words" IS \'gin (public.grams(VARIADIC ARRAY["note"::text, "number"::text]))\''
    )
    op.execute('ALTER INDEX "find_handover_words" ALTER COLUMN 1 SET STATISTICS 3000')
    op.execute(
        'CREATE INDEX "find_handover_order_0" ON "handover" USING btree ("handed_when" DESC, "id" DESC, "department_id", "scope_region")'
    )
    op.execute(
        'COMMENT ON INDEX "find_handover_order_0" IS \'btree ("handed_when" DESC, "id" DESC, "department_id", "scope_region")\''
    )
    _make_functions()


def downgrade() -> None:
    _drop_functions()
    op.drop_constraint("uq_account_staff_number", "account", type_="unique")
    op.drop_constraint("ck_account_username", "account", type_="check")
    op.drop_constraint("ck_account_separated", "account", type_="check")
    op.drop_column("account", "access")
    op.drop_table("handover")
    op.drop_table("responsible_change")
    op.drop_table("break_glass")
    for statement in SHOW_SETTINGS:
        op.execute(statement)
