"""a session is judged by the database's clock; refresh tokens take turns; keys have addresses

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OLD_ENDS = "'signed_out', 'idle', 'expired', 'replaced', 'password', 'role', 'deactivated', 'killed', 'rotated'"
NEW_ENDS = OLD_ENDS.replace("rotated", "reused")

# What is stored may be anything; what counts is a number, otherwise the default of app/core/settings.py.
SETTING_OF = """
CREATE FUNCTION setting_of(asked varchar, usual integer) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce((SELECT value::integer FROM setting WHERE code = asked AND value ~ '^[0-9]{1,6}$'), usual)
$$
"""

# Everything a request must know of who sends it, in one question: the session, what is wrong with it, whether its
# holder proved himself lately, and the viewer of its account. Only who holds the secret knows its hash.
SESSION_SCOPE = """
CREATE FUNCTION session_scope(asked varchar, idle integer, fresh integer)
RETURNS TABLE (session_id uuid, account_id integer, kind varchar, why varchar, ended_at timestamptz, ends_at timestamptz,
               is_due boolean, is_fresh boolean, turn integer, reads_only boolean, addresses varchar[],
               department_id bigint, department_name varchar, real_name varchar, is_lead_office boolean,
               low bigint, high bigint, roles varchar[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT s.id, s.account_id, s.kind,
           CASE WHEN s.ended_at IS NOT NULL THEN coalesce(s.ended_why, 'killed')
                WHEN s.ends_at <= now() THEN 'expired'
                WHEN s.kind <> 'key' AND s.seen_at <= now() - make_interval(mins => setting_of('session_idle_minutes', idle))
                THEN 'idle'
                WHEN NOT u.active OR (v.department_id IS NULL AND EXISTS
                     (SELECT FROM account a WHERE a.username = u.username)) THEN 'deactivated'
           END,
           s.ended_at, s.ends_at, s.seen_at <= now() - interval '1 minute',
           coalesce(s.kind <> 'key' AND s.verified_at > now() - make_interval(mins => setting_of('step_up_minutes', fresh)),
                    false),
           s.turn, s.reads_only, s.addresses,
           v.department_id, v.department_name, v.real_name, v.is_lead_office, v.low, v.high, v.roles
    FROM user_session s
    JOIN ab_user u ON u.id = s.account_id
    LEFT JOIN LATERAL viewer_scope(s.account_id) v ON true
    WHERE s.digest = asked
$$
"""


def upgrade() -> None:
    op.add_column(
        "user_session",
        sa.Column("turn", sa.Integer(), nullable=False, server_default="0", comment="刷新次数"),
    )
    op.alter_column("user_session", "turn", server_default=None)
    op.add_column(
        "user_session",
        sa.Column("reads_only", sa.Boolean(), nullable=False, server_default="false", comment="只读"),
    )
    op.alter_column("user_session", "reads_only", server_default=None)
    op.add_column("user_session", sa.Column("hint", sa.String(length=16), nullable=True, comment="密钥开头"))
    op.add_column(
        "user_session",
        sa.Column(
            "addresses", postgresql.ARRAY(sa.String(length=64)), nullable=True, comment="networks a key works from"
        ),
    )
    op.execute("UPDATE user_session SET ended_why = 'killed' WHERE ended_why = 'rotated'")
    op.drop_constraint("ck_user_session_ended_why", "user_session")
    op.create_check_constraint("ck_user_session_ended_why", "user_session", f"ended_why IN ({NEW_ENDS})")
    for function, kinds in (
        (SETTING_OF, "setting_of(varchar, integer)"),
        (SESSION_SCOPE, "session_scope(varchar, integer, integer)"),
    ):
        op.execute(function)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {kinds} FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION session_scope(varchar, integer, integer) TO app")


def downgrade() -> None:
    op.execute("DROP FUNCTION session_scope(varchar, integer, integer)")
    op.execute("DROP FUNCTION setting_of(varchar, integer)")
    op.execute("UPDATE user_session SET ended_why = 'killed' WHERE ended_why = 'reused'")
    op.drop_constraint("ck_user_session_ended_why", "user_session")
    op.create_check_constraint("ck_user_session_ended_why", "user_session", f"ended_why IN ({OLD_ENDS})")
    for name in ("addresses", "hint", "reads_only", "turn"):
        op.drop_column("user_session", name)
