"""The emergency account: opened on the host for a named person and a reason, closed by itself, told to who watches.

Flask-AppBuilder's role ``Admin`` carries no permission. While the account is open it holds what the security admin and
the system admin hold, and nobody else ever does (GB/T 22239-2019, 8.1.4.2; Xi'an measures, art. 26: real names).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console.sign_in import passwords
from app.core import audit, clock
from app.core.errors import Refused
from app.core.messages import N_
from app.core.roles import Role
from app.core.viewer import THE_SYSTEM, looking_as, must_have
from app.domains.org.models import BreakGlass

USERNAME = "break-glass"
#: The role of Flask-AppBuilder that is given to this account alone, and whose permissions it has while it is open.
ROLE, LENT = "Admin", (Role.SYS_ADMIN.value, Role.SEC_ADMIN.value)
MOST_MINUTES = 240

_PLACE = """
    INSERT INTO account (id, username, real_name, department_id, scope_region, roles, employment, access, post)
    SELECT gen_random_uuid(), :username, :name, d.id, d.region_id, '{}', 'in_post', 'open', :post
      FROM department d JOIN region r ON r.id = d.region_id
     WHERE d.is_lead_office ORDER BY position(r.level in 'national province city county town'), d.id LIMIT 1
"""
_ROLE = """
    INSERT INTO ab_role (id, name)
    SELECT nextval(pg_get_serial_sequence('public.ab_role', 'id')), :role
     WHERE NOT EXISTS (SELECT FROM ab_role WHERE name = :role)
"""
_HOLD = """
    INSERT INTO ab_user_role (id, user_id, role_id)
    SELECT nextval(pg_get_serial_sequence('public.ab_user_role', 'id')), :user, r.id FROM ab_role r WHERE r.name = :role
    ON CONFLICT DO NOTHING
"""
_LEND = """
    INSERT INTO ab_permission_view_role (id, permission_view_id, role_id)
    SELECT nextval(pg_get_serial_sequence('public.ab_permission_view_role', 'id')), lent.permission_view_id, mine.id
      FROM ab_role mine, (SELECT DISTINCT x.permission_view_id FROM ab_permission_view_role x
                            JOIN ab_role r ON r.id = x.role_id WHERE r.name = ANY (:lent)) lent
     WHERE mine.name = :role
    ON CONFLICT DO NOTHING
"""


def open_account(session: Session, *, name: str, reason: str, minutes: int, by: str) -> tuple[str, datetime]:
    """The emergency account opens once with the password that is answered, until the moment that is answered."""
    if not name.strip() or not reason.strip():
        raise Refused(N_("请写明使用人的真实姓名和启用原因"))
    if not 1 <= minutes <= MOST_MINUTES:
        raise Refused(N_("启用时间应为 1 到 {most} 分钟", most=MOST_MINUTES))
    until = clock.now() + timedelta(minutes=minutes)
    with looking_as(session, THE_SYSTEM):
        close(session, why="opened anew")
        given = {"username": USERNAME, "name": name.strip()[:50], "post": str(N_("应急登录"))}
        changed = sa.text(
            "UPDATE account SET real_name = :name, employment = 'in_post', access = 'open', version = version + 1 "
            "WHERE username = :username RETURNING id"
        )
        if session.execute(changed, {"name": given["name"], "username": USERNAME}).first() is None:
            session.execute(sa.text(_PLACE), given)
        account = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": USERNAME})
        if account is None:
            raise Refused(N_("还没有主管部门，不能启用应急账号"))
        session.execute(sa.text(_ROLE), {"role": ROLE})
        session.execute(sa.text(_HOLD), {"user": account, "role": ROLE})
        session.execute(sa.text(_LEND), {"lent": list(LENT), "role": ROLE})
        password = passwords.issue(session, int(account))
        session.flush()
        opened = BreakGlass(
            for_name=given["name"], reason=reason.strip()[:500], opened_by=by[:100], opened_at=clock.now(), until=until
        )
        session.add(opened)
        session.flush()
        audit.note(
            session, "break_glass", table="break_glass", key=opened.id, by=by, until=until.isoformat(),
            reason=opened.reason, used_by=opened.for_name,
        )  # fmt: skip
    return password, until


def close(session: Session, *, why: str = "closed") -> int:
    """The emergency account signs in no more, holds nothing, and its sessions are over. Returns how many were open."""
    with looking_as(session, THE_SYSTEM):
        done = session.execute(
            sa.text("UPDATE break_glass SET closed_at = now() WHERE closed_at IS NULL RETURNING id, for_name")
        ).all()
        session.execute(sa.text("DELETE FROM ab_permission_view_role x USING ab_role r WHERE r.id = x.role_id "
                                "AND r.name IN ('Admin', 'Public')"))  # fmt: skip
        session.execute(
            sa.text(
                "UPDATE account SET access = 'locked', version = version + 1 WHERE username = :name AND access = 'open'"
            ),
            {"name": USERNAME},
        )
        for row in done:
            audit.note(session, "break_glass", table="break_glass", key=row.id, closed=why)
    return len(done)


def expire(session: Session) -> bool:
    """Close the account when its time is over. True when it was."""
    with looking_as(session, THE_SYSTEM):
        over = session.scalar(
            sa.text("SELECT count(*) FROM break_glass WHERE closed_at IS NULL AND until <= :now"), {"now": clock.now()}
        )
    return bool(over) and close(session, why="expired") > 0


def alarms(session: Session) -> list[BreakGlass]:
    """The openings that are not over, or that nobody has taken note of."""
    with looking_as(session, THE_SYSTEM):
        wanted = sa.select(BreakGlass).where(
            sa.or_(BreakGlass.closed_at.is_(None), BreakGlass.acknowledged_at.is_(None))
        )
        return list(session.scalars(wanted.order_by(BreakGlass.opened_at.desc()).limit(5)))


def acknowledge(session: Session, key: str) -> str:
    """Whoever asks has taken note of the opening, which is closed with that. Answers for whom it was opened."""
    viewer = must_have(session)
    with looking_as(session, THE_SYSTEM):
        value = BreakGlass.key_of(key)
        row = session.get(BreakGlass, value) if value is not None else None
        if row is None:
            raise Refused(N_("没有找到这次应急登录"), status=404)
        if row.closed_at is None:
            close(session, why=f"closed by {viewer.name}")
            session.refresh(row)
        row.acknowledged_by, row.acknowledged_at = viewer.name, clock.now()
        session.flush()
        audit.note(session, "break_glass", table="break_glass", key=row.id, acknowledged=viewer.name)
        return row.for_name
