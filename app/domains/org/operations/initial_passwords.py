"""Initial passwords for chosen accounts: each is told once, to be handed to its person, and opens the account once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.console.sign_in import passwords
from app.core import clock, settings
from app.core.context import context_of
from app.core.errors import NotVisible, Refused
from app.core.lookup import among
from app.core.messages import N_, joined
from app.core.saving import visible
from app.core.viewer import THE_SYSTEM, looking_as, must_have
from app.domains.org.models import Account, Department
from app.domains.org.rules import granting

#: Slips printed at once: more are handed out by units, not from one desk.
MOST = 200
_LOOKED_AT = 1000
_WITHOUT = """
    SELECT u.username FROM ab_user u LEFT JOIN credential c ON c.account_id = u.id WHERE u.active AND c.password IS NULL
"""


@dataclass(frozen=True)
class Slip:
    """What one person is told on paper."""

    username: str
    real_name: str
    department: str
    post: str
    password: str
    until: datetime


def chosen(session: Session, keys: Sequence[Any]) -> list[Account]:
    """The chosen accounts, if whoever asks may keep every one of them and each may sign in. Raises Refused."""
    if not keys:
        raise Refused(N_("请先选择账号"))
    if len(keys) > MOST:
        raise Refused(N_("一次最多发放 {most} 个初始密码", most=MOST))
    found = list(
        session.scalars(visible(Account, must_have(session)).where(among(Account.id, keys)).order_by(Account.username))
    )
    if len(found) != len(set(keys)):
        raise NotVisible
    person = context_of(session).person
    closed = [each.real_name for each in found if each.employment != "in_post" or each.access != "open"]
    if closed:
        raise Refused(N_("以下账号不是在岗人员或已停用，不能发放密码：{names}", names=joined(closed[:5])))
    if person is not None:
        if any(each.username == person.username for each in found):
            raise Refused(N_("不能给本人发放初始密码，请使用“修改密码”"), status=403)
        foreign = [each.real_name for each in found if not granting.is_his(person, each)]
        if foreign:
            raise Refused(N_("以下账号的角色不由您管理，不能发放密码：{names}", names=joined(foreign[:5])), status=403)
    return found


def waiting(session: Session) -> list[Account]:
    """The accounts whose holders have no password yet, as far as whoever asks may give them one; those of an import."""
    with looking_as(session, THE_SYSTEM):
        names = session.scalars(sa.text(_WITHOUT)).all()
    open_ones = (Account.employment == "in_post", Account.access == "open", among(Account.username, names))
    wanted = visible(Account, must_have(session)).where(*open_ones).order_by(Account.department_id, Account.username)
    person = context_of(session).person
    found = session.scalars(wanted.options(joinedload(Account.department)).limit(_LOOKED_AT))
    return [each for each in found if person is None or granting.is_his(person, each)][:MOST]


def issue(session: Session, keys: Sequence[Any]) -> list[Slip]:
    """Every chosen account has a new initial password; what each was told stands on its slip and nowhere else."""
    accounts = chosen(session, keys)
    units: dict[Any, str] = {row.id: row.name for row in session.execute(sa.select(Department.id, Department.name))}
    numbers: dict[Any, int] = dict(
        session.execute(
            sa.text("SELECT username, id FROM ab_user WHERE username = ANY(:names)"),
            {"names": [each.username for each in accounts]},
        ).all()
    )
    until = clock.now() + timedelta(hours=settings.value(session, "initial_password_hours"))
    slips = []
    with looking_as(session, THE_SYSTEM):
        for each in accounts:
            password = passwords.issue(session, numbers[each.username])
            unit = units.get(each.department_id, "")
            slips.append(Slip(each.username, each.real_name, unit, each.post or "", password, until))
        session.flush()
    return slips
