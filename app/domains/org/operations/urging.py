"""Urging told to people, and what a lead office takes back of it. Never commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import NotVisible, Refused
from app.core.lookup import among
from app.core.messages import N_
from app.core.rows import REGION
from app.core.sight import visible
from app.core.viewer import THE_SYSTEM, looking_as, must_have
from app.core.workflow import notices, steps, urging
from app.core.workflow.models import Todo, TodoState, Urgency
from app.core.workflow.people import HIGH
from app.core.workflow.urging import SUPERVISE

_MOST = 1000

#: Whom each to-do waits for, and from the supervision on the administrators of the department as well.
_CONCERNED = sa.text(
    f"""SELECT DISTINCT t.id, u.id AS person
          FROM todo t
          JOIN account a ON a.department_id = t.department_id
          JOIN ab_user u ON u.username = a.username
          LEFT JOIN ({notices.MAY}) m ON m.user_id = u.id AND m.table_name = t.table_name AND m.needs = t.needs
         WHERE t.id = ANY(:keys) AND u.active AND {notices.IN_POST}
           AND (t.account_id = u.id OR (t.account_id IS NULL AND m.user_id IS NOT NULL)
                OR (:with_admins AND EXISTS (SELECT FROM ab_user_role ur JOIN ab_role r ON r.id = ur.role_id
                                              WHERE ur.user_id = u.id AND r.name = 'dept_admin')))"""  # noqa: S608
)
#: The lead offices of the regions in which these to-dos lie, at whichever level, with how many lie in each.
_LEADING = sa.text(
    f"""SELECT u.id AS person, count(*) AS number
          FROM todo t
          JOIN region mine ON mine.id = t.scope_region
          JOIN department d ON d.is_lead_office
          JOIN region r ON r.id = d.region_id AND mine.id BETWEEN r.id AND {HIGH}
          JOIN account a ON a.department_id = d.id
          JOIN ab_user u ON u.username = a.username
         WHERE t.id = ANY(:keys) AND u.active AND {notices.IN_POST}
           AND EXISTS (SELECT FROM ab_user_role ur JOIN ab_role o ON o.id = ur.role_id
                        WHERE ur.user_id = u.id AND o.name = 'supervision_office')
         GROUP BY u.id"""  # noqa: S608 - of our own words only
)
_SAID = {
    Urgency.REMINDED.value: N_("有 {n} 件待办已超期，系统自动催办，请尽快办理"),
    Urgency.SUPERVISED.value: N_("有 {n} 件待办多次催办仍未办理，已转为督办"),
    Urgency.REPORTED.value: N_("有 {n} 件待办督办后仍未办理，已列入通报名单"),
}


def tell(session: Session, urged: Sequence[urging.Urging], *, url: str, url_list: str) -> int:
    """Everybody concerned is told once for each level; lead offices of what was newly put on their list."""
    by_level: dict[str, list[UUID]] = defaultdict(list)
    for each in urged:
        by_level[each.level].append(each.todo_id)
    told = 0
    with looking_as(session, THE_SYSTEM):
        for level, message in _SAID.items():
            if not by_level[level]:
                continue
            given = {"keys": by_level[level], "today": clock.today(), "with_admins": level != Urgency.REMINDED}
            counts: dict[int, int] = defaultdict(int)
            for row in session.execute(_CONCERNED, given):
                counts[row.person] += 1
            for number in set(counts.values()):
                people = [person for person, of_him in counts.items() if of_him == number]
                told += notices.tell(session, people, N_(message.msgid, n=number), url=url)
        if listed := by_level[Urgency.REPORTED.value]:
            for row in session.execute(_LEADING, {"keys": listed, "today": clock.today()}):
                said = N_("本地区新增 {n} 件列入通报名单的待办", n=row.number)
                told += notices.tell(session, [row.person], said, url=url_list, urgent=False)
    return told


def decide(session: Session, keys: Sequence[UUID], verb: str, reason: str) -> list[urging.Urging]:
    """The lead office supervises these open to-dos at once, or takes them off the list; each with its reason.

    All of them or none. Raises Refused for whoever is no lead office, without a reason, or where a to-do is done.
    """
    viewer = must_have(session)
    if viewer.kind != REGION and not viewer.is_system:
        raise Refused(N_("只有主管部门（政府办）可以督办或撤销"), status=403)
    if not reason:
        raise Refused(N_("请填写理由"), status=422)
    if not keys or len(keys) > _MOST:
        raise Refused(N_("请先选择记录"))
    found = list(session.scalars(visible(Todo, viewer).where(among(Todo.id, list(keys))).with_for_update()))
    if len(found) != len(set(keys)):
        raise NotVisible
    target = Urgency.SUPERVISED if verb == SUPERVISE else Urgency.NONE
    for row in found:
        if row.state != TodoState.OPEN:
            raise Refused(N_("“{title}”已经办结，请刷新后再看", title=row.title_text[:60]), status=409)
        if (row.urgency in (Urgency.SUPERVISED, Urgency.REPORTED)) == (verb == SUPERVISE):
            told = Urgency(row.urgency).label
            raise Refused(
                N_("“{title}”现在是“{state}”，不能这样办理", title=row.title_text[:60], state=told), status=409
            )
    now = clock.now()
    made = [urging.Urging(row.id, row.department_id, row.urgency, target.value) for row in found]
    with looking_as(session, THE_SYSTEM):
        wanted = sa.update(Todo).where(among(Todo.id, list(keys)))
        values: dict[str, Any] = {"urgency": target.value, "updated_at": now, "version": Todo.version + 1}
        if verb == SUPERVISE:
            values |= {"urged": Todo.urged + 1, "urged_at": now}
        session.execute(wanted.values(values).execution_options(synchronize_session=False))
    passed = ((each.todo_id, each.before, each.level) for each in made)
    steps.write(session, Todo.__tablename__, verb, passed, viewer, reason[:1000])
    session.expire_all()
    return made
