"""To-dos pass from hand to hand: read, given to a colleague, urged, taken back, copied to others. Never commits.

Whoever calls has found the to-do among the viewer's (console/todo/tabs.py); what he may do with it is asked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import NotVisible, Refused
from app.core.messages import N_
from app.core.rows import REGION
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, Viewer, looking_as, must_have
from app.core.workflow import notices, people, steps, todos
from app.core.workflow.models import Todo, TodoKind, TodoState, Urgency
from app.core.workflow.people import Unit

#: The step of a to-do that an admin has given to somebody else, and to whom where it is nobody's alone.
ASSIGNED, WHOLE = "assign", N_("承办单位")


@dataclass(frozen=True)
class Colleague:
    """Somebody of a department who may do what its to-dos ask for."""

    id: int
    name: str
    post: str


_COLLEAGUES = sa.text(
    f"""SELECT u.id, a.real_name, coalesce(a.post, '') AS post
          FROM account a JOIN ab_user u ON u.username = a.username
         WHERE a.department_id = :unit AND u.active AND {notices.IN_POST}
           AND NOT EXISTS (SELECT FROM unnest(CAST(:tables AS text[]), CAST(:needs AS text[])) AS w(table_name, needs)
                            WHERE NOT EXISTS (SELECT FROM ({notices.MAY}) m WHERE m.user_id = u.id
                                                 AND m.table_name = w.table_name AND m.needs = w.needs))
         ORDER BY a.real_name, u.id"""  # noqa: S608 - of our own words only
)


def colleagues(session: Session, unit: int, wanted: Sequence[tuple[str, str]]) -> list[Colleague]:
    """The people of that department who hold every one of the permissions (table, action)."""
    asked = sorted(set(wanted))
    given = {"unit": unit, "today": clock.today(), "tables": [t for t, _ in asked], "needs": [n for _, n in asked]}
    with looking_as(session, THE_SYSTEM):
        return [Colleague(row.id, row.real_name, row.post) for row in session.execute(_COLLEAGUES, given)]


def able(session: Session, todo: Todo) -> frozenset[int]:
    """The accounts of the handling department that may do it."""
    return frozenset(each.id for each in colleagues(session, todo.department_id, [(todo.table_name, todo.needs)]))


def asked_of(session: Session, todo: Todo) -> frozenset[int]:
    """The accounts whose to-do it is."""
    may = able(session, todo)
    return frozenset({todo.account_id}) if todo.account_id in may else may


def _write(session: Session, todo: Todo, **values: Any) -> None:
    """The open to-do has those values. Raises Refused (409) where somebody has closed it meanwhile."""
    with looking_as(session, THE_SYSTEM):
        wanted = sa.update(Todo).where(Todo.id == todo.id, Todo.state == TodoState.OPEN)
        told = wanted.values(values | {"updated_at": clock.now(), "version": Todo.version + 1})
        found: Any = session.execute(told.execution_options(synchronize_session=False))
    if found.rowcount != 1:
        raise Refused(N_("“{title}”已经办结，请刷新后再看", title=todo.title_text[:60]), status=409)
    session.expire(todo)


def read(session: Session, todo: Todo) -> None:
    """The first reader of the handling department and the moment are kept (Xi'an art. 27); a copy is then over."""
    viewer = must_have(session)
    if todo.first_read_at is not None or todo.state != TodoState.OPEN or todo.department_id != viewer.department_id:
        return
    now = clock.now()
    values: dict[str, Any] = {"first_read_at": now, "reader": viewer.name}
    if todo.kind == TodoKind.COPY:
        values |= {"state": TodoState.DONE, "done_at": now, "done_by": viewer.user_id, "done_name": viewer.name}
    with looking_as(session, THE_SYSTEM):
        wanted = sa.update(Todo).where(Todo.id == todo.id, Todo.first_read_at.is_(None))
        told = wanted.values(values | {"updated_at": now, "version": Todo.version + 1})
        session.execute(told.execution_options(synchronize_session=False))
    session.expire(todo)


def give(session: Session, todo: Todo, to: int | None, *, note: str = "", url: str = "") -> None:
    """The to-do is that colleague's alone, and he is told at once; ``None`` gives it back to the whole department.

    Raises Refused for anybody who is not of the handling department or does not hold what the to-do needs.
    """
    viewer = must_have(session)
    if todo.kind != TodoKind.TASK:
        raise Refused(N_("抄送件不能转办"))
    if to is not None:
        if to not in able(session, todo):
            raise Refused(N_("只能转办给本单位有权办理的在岗人员"))
        if to == viewer.user_id and todo.account_id == to:
            raise Refused(N_("这件待办已经由您办理"))
    _write(session, todo, account_id=to)
    if to is not None and to != viewer.user_id:
        said = (
            N_("{name} 转办给您：{title}。{note}", name=viewer.name, title=todo.title_text, note=note[:200])
            if note
            else N_("{name} 转办给您：{title}", name=viewer.name, title=todo.title_text)
        )
        notices.tell(session, [to], said, url=url)


def kept_by(viewer: Viewer) -> tuple[int, int]:
    """The first and the last number of the departments whose to-dos an admin assigns: his own and those in line below.

    A lead office watches over its region, but the people of other departments are not its to employ.
    """
    own = viewer.department_id or 0
    return (own, own) if viewer.kind == REGION else (viewer.low, viewer.high)


def assign(session: Session, todo: Todo, to: int | None, *, reason: str, url: str = "") -> None:
    """The admin of the handling department, or of one above it, has given the to-do to that colleague, or to all of
    the department (``None``). Whoever held it and whoever has it now are told, and why stands among its steps.

    Raises Refused without a reason, for what is no open task, and for whoever is not of the department or may not.
    """
    viewer, before = must_have(session), todo.account_id
    low, high = kept_by(viewer)
    if not low <= todo.department_id <= high:
        raise NotVisible
    if todo.kind != TodoKind.TASK:
        raise Refused(N_("抄送件不能改派"))
    if not (reason := reason.strip()[:200]):
        raise Refused(N_("请填写改派的理由"))
    if to is not None and to not in able(session, todo):
        raise Refused(N_("只能改派给承办单位有权办理的在岗人员"))
    if to == before:
        raise Refused(N_("“{title}”已经由其办理，不需要改派", title=todo.title_text[:60]), status=409)
    names = _names(session, {before, to})
    said = {"name": viewer.name, "title": todo.title_text, "reason": reason}
    _write(session, todo, account_id=to)
    passed = [(todo.id, todo.urgency, todo.urgency)]
    told = f"{names.get(before, WHOLE.msgid)} → {names.get(to, WHOLE.msgid)}；{reason}"
    steps.write(session, Todo.__tablename__, ASSIGNED, passed, viewer, told)
    if to is not None and to != viewer.user_id:
        notices.tell(session, [to], N_("{name} 指派您办理：{title}。{reason}", **said), url=url)
    if before is not None and before != viewer.user_id:
        lost = N_("{name} 已将您承办的“{title}”改派给{to}：{reason}", **said, to=names.get(to, WHOLE))
        notices.tell(session, [before], lost, urgent=False)


def _names(session: Session, keys: set[int | None]) -> dict[int | None, str]:
    """The people behind those accounts."""
    account, u = TABLES["account"].__table__.c, sa.table("ab_user", sa.column("id"), sa.column("username"))
    wanted = sa.select(u.c.id, account.real_name).join(u, u.c.username == account.username)
    with looking_as(session, THE_SYSTEM):
        return {row.id: row.real_name for row in session.execute(wanted.where(u.c.id.in_(keys - {None})))}


def urge(session: Session, todo: Todo, *, url: str = "") -> int:
    """Whoever the to-do waits for is told at once; returns their number. Once a day: more would be noise.

    Raises Refused for what is not open, was not asked by the viewer, or was urged today.
    """
    viewer = must_have(session)
    if todo.created_by != viewer.user_id or todo.kind != TodoKind.TASK:
        raise Refused(N_("只能催办自己发起的事项"), status=403)
    now = clock.now()
    if todo.urged_at is not None and todo.urged_at.astimezone(clock.ZONE).date() == now.date():
        raise Refused(N_("“{title}”今天已经催办过", title=todo.title_text[:60]), status=409)
    first = Todo.urgency == Urgency.NONE
    _write(
        session, todo, urged=Todo.urged + 1, urged_at=now,
        urgency=sa.case((first, Urgency.REMINDED.value), else_=Todo.urgency),
    )  # fmt: skip
    said = N_("{unit} {name} 催办：{title}", unit=viewer.department, name=viewer.name, title=todo.title_text)
    return notices.tell(session, asked_of(session, todo), said, url=url)


def withdraw(session: Session, todo: Todo) -> None:
    """A copy that nobody has read yet is taken back by whoever sent it."""
    viewer = must_have(session)
    if todo.created_by != viewer.user_id or todo.kind != TodoKind.COPY:
        raise Refused(N_("只能撤回自己发出的抄送"), status=403)
    _write(session, todo, state=TodoState.RECALLED.value, done_at=clock.now(), done_by=viewer.user_id)


_SEES = sa.text(
    f"""SELECT d.id, d.region_id, d.name,
               (d.id <= :unit AND d.high >= :unit)
               OR (d.is_lead_office AND :region BETWEEN r.id AND {people.HIGH}) AS sees
          FROM department d JOIN region r ON r.id = d.region_id WHERE d.id = ANY(:keys)"""  # noqa: S608 - our own words
)


#: So many departments get a copy at a time.
MOST_COPIES = 20


def copy(session: Session, todo: Todo, units: Sequence[int], *, note: str = "") -> int:
    """Those departments have a copy to read, each once; returns how many were sent.

    Raises Refused (403) for a department that does not see the row: nobody is shown by a copy what he may not see.
    """
    if len(set(units)) > MOST_COPIES:
        raise Refused(N_("一次最多抄送 {n} 个单位", n=MOST_COPIES))
    table = TABLES.get(todo.table_name)
    row = None
    if table is not None and (key := table.key_of(todo.row_key)) is not None:
        with looking_as(session, THE_SYSTEM):
            row = session.get(table, key)
    if table is None or row is None:
        raise Refused(N_("这条记录已经不存在，不能抄送"), status=404)
    unit, region = getattr(row, "department_id", 0), getattr(row, "scope_region", 0)
    with looking_as(session, THE_SYSTEM):
        found = session.execute(_SEES, {"unit": unit, "region": region, "keys": list(units)}).all()
        again = sa.select(Todo.department_id).where(
            Todo.table_name == todo.table_name, Todo.row_key == todo.row_key, Todo.kind == TodoKind.COPY,
            Todo.state == TodoState.OPEN,
        )  # fmt: skip
        have = set(session.scalars(again))
    if len(found) != len(set(units)):
        raise Refused(N_("请选择要抄送的部门"))
    sent = 0
    for each in found:
        if not table.__rows__.opens(row) and not each.sees:
            raise Refused(N_("“{unit}”无权查看这条记录，不能抄送", unit=each.name), status=403)
        if each.id not in have:
            made = todos.ask(
                session, row, Unit(each.id, each.region_id, each.name), needs="read", what=N_("阅知"),
                process=todo.process, step=todo.step, kind=TodoKind.COPY.value,
            )  # fmt: skip
            with looking_as(session, THE_SYSTEM):
                made.opinion = note[:1000] or None
                session.flush()
            sent += 1
    return sent
