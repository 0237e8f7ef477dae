"""Which to-dos are whose: the tabs of the page as questions, each the application's own wall beside the policies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.core import clock
from app.core.choices import Choice
from app.core.deadlines import Lights
from app.core.errors import NotVisible
from app.core.messages import N_
from app.core.sight import visible
from app.core.table import TABLES
from app.core.viewer import Viewer
from app.core.workflow import passing
from app.core.workflow.models import Todo, TodoKind, TodoState

#: Permissions as (action, table).
Allowed = frozenset[tuple[str, str]]
#: The permission that opens the to-dos of a unit's people.
ASSIGN = ("assign", Todo.__tablename__)


class Tab(Choice):
    """The parts of the page; the last is there for admins, whose people are absent now and then."""

    PENDING = "pending", N_("待办")
    DONE = "done", N_("已办")
    SENT = "sent", N_("我发起的")
    COPIES = "copies", N_("抄送")
    UNIT = "unit", N_("本单位在办")


def tabs_of(allowed: Allowed) -> tuple[Tab, ...]:
    """The tabs that the viewer has."""
    return tuple(tab for tab in Tab if tab is not Tab.UNIT or ASSIGN in allowed)


def _needs_one_of(allowed: Allowed) -> Any:
    """The to-do asks for something that the viewer's roles allow."""
    pairs = sorted(f"{table}.{action}" for action, table in allowed if table in TABLES)
    return sa.func.concat(Todo.table_name, ".", Todo.needs) == sa.any_(sa.literal(pairs, ARRAY(sa.Text)))


def _holder_has_gone() -> Any:
    """It was given to somebody who is not at work in the handling department any more: it is the department's again."""
    a, u = TABLES["account"].__table__, sa.table("ab_user", sa.column("id"), sa.column("username"))
    in_post = sa.and_(
        u.c.id == Todo.account_id, u.c.username == a.c.username, a.c.department_id == Todo.department_id,
        a.c.employment == "in_post", a.c.access == "open",
        sa.or_(a.c.valid_to.is_(None), a.c.valid_to >= clock.today()),
    )  # fmt: skip
    return ~sa.exists(sa.select(1).select_from(a.join(u, u.c.username == a.c.username)).where(in_post))


def condition(tab: Tab, viewer: Viewer, allowed: Allowed) -> Any:
    """What makes a to-do one of that tab for this viewer."""
    here = Todo.department_id == viewer.department_id
    if tab is Tab.PENDING:
        free = sa.or_(Todo.account_id.is_(None), _holder_has_gone())
        his = sa.or_(Todo.account_id == viewer.user_id, sa.and_(free, _needs_one_of(allowed)))
        return sa.and_(Todo.kind == TodoKind.TASK, Todo.state == TodoState.OPEN, here, his)
    if tab is Tab.DONE:
        return sa.and_(Todo.kind == TodoKind.TASK, Todo.state == TodoState.DONE, Todo.done_by == viewer.user_id)
    if tab is Tab.SENT:
        return Todo.created_by == viewer.user_id
    if tab is Tab.UNIT:
        readable = sorted(table for action, table in allowed if action == "read") if ASSIGN in allowed else []
        kept = Todo.department_id.between(*passing.kept_by(viewer))
        return sa.and_(Todo.kind == TodoKind.TASK, Todo.state == TodoState.OPEN, kept, Todo.table_name.in_(readable))
    return sa.and_(Todo.kind == TodoKind.COPY, Todo.state != TodoState.RECALLED, here, _needs_one_of(allowed))


def of(tab: Tab, viewer: Viewer, allowed: Allowed) -> sa.Select[Any]:
    """The viewer's to-dos of that tab, in no order yet."""
    return visible(Todo, viewer).where(condition(tab, viewer, allowed))


def found(
    session: Session, viewer: Viewer, allowed: Allowed, keys: Iterable[Any], tabs: Iterable[Tab] = tuple(Tab)
) -> list[Todo]:
    """The to-dos of those tabs with these identifiers, in the order given. Raises NotVisible when one is not his."""
    wanted: dict[UUID, Todo | None] = {}
    for key in keys:
        known = Todo.key_of(key)
        if known is None:
            raise NotVisible
        wanted[known] = None
    if not wanted:
        return []
    either = sa.or_(*(condition(tab, viewer, allowed) for tab in tabs))
    query = visible(Todo, viewer).where(Todo.id.in_(wanted), either).execution_options(populate_existing=True)
    for todo in session.scalars(query).unique():
        wanted[todo.id] = todo
    got = [todo for todo in wanted.values() if todo is not None]
    if len(got) != len(wanted):
        raise NotVisible
    return got


def is_his(session: Session, viewer: Viewer, allowed: Allowed, todo: Todo) -> bool:
    """True for what waits for the viewer and for copies to his department: when he opens them they are read."""
    either = sa.or_(*(condition(tab, viewer, allowed) for tab in (Tab.PENDING, Tab.COPIES)))
    return session.scalar(sa.select(Todo.id).where(Todo.id == todo.id, either)) is not None


@dataclass
class Counts:
    """The true numbers of every tab: by process, by state, what is late and what is due soon."""

    tabs: Counter[Tab] = field(default_factory=Counter)
    processes: dict[Tab, Counter[str]] = field(default_factory=lambda: {tab: Counter() for tab in Tab})
    states: dict[Tab, Counter[str]] = field(default_factory=lambda: {tab: Counter() for tab in Tab})
    late: Counter[Tab] = field(default_factory=Counter)
    soon: Counter[Tab] = field(default_factory=Counter)


def holders(session: Session, viewer: Viewer, allowed: Allowed) -> dict[int | None, int]:
    """By whom the unit's to-dos are held, with how many each has; None for what is the whole department's."""
    wanted = of(Tab.UNIT, viewer, allowed).with_only_columns(Todo.account_id, sa.func.count())
    return {row[0]: row[1] for row in session.execute(wanted.group_by(Todo.account_id))}


def is_late(lights: Lights) -> Any:
    """Open, and its last day has passed."""
    return sa.and_(Todo.state == TodoState.OPEN, Todo.due_on < lights.today)


def is_soon(lights: Lights) -> Any:
    """Open, and its last day is today or comes soon."""
    return sa.and_(Todo.state == TodoState.OPEN, Todo.due_on.between(lights.today, lights.yellow_until))


def counted(
    session: Session, viewer: Viewer, allowed: Allowed, lights: Lights, tabs: Iterable[Tab] = tuple(Tab)
) -> Counts:
    """All numbers of the page, in one question."""
    tabs = tuple(tabs)
    late, near = sa.func.count().filter(is_late(lights)), sa.func.count().filter(is_soon(lights))
    parts = [
        of(tab, viewer, allowed)
        .with_only_columns(sa.literal(tab.value), Todo.process, Todo.state, sa.func.count(), late, near)
        .group_by(Todo.process, Todo.state)
        for tab in tabs
    ]
    counts = Counts(Counter(dict.fromkeys(tabs, 0)))
    for name, process, state, number, behind, ahead in session.execute(sa.union_all(*parts)):
        tab = Tab(name)
        counts.tabs[tab] += number
        counts.processes[tab][process] += number
        counts.states[tab][state] += number
        counts.late[tab] += behind
        counts.soon[tab] += ahead
    return counts
