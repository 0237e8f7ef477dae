"""To-dos as the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import url_for
from sqlalchemy.orm import Session

from app.console import guard
from app.console.todo import verbs
from app.console.todo.tabs import Tab
from app.core import clock
from app.core.calendar import WorkCalendar
from app.core.context import context_of
from app.core.deadlines import Light, Lights, days_late
from app.core.messages import N_, Message
from app.core.sight import visible
from app.core.table import TABLES
from app.core.viewer import Viewer
from app.core.workflow import passing, todos, urging
from app.core.workflow.models import Todo, TodoState, Urgency

_TONES = {TodoState.OPEN: "warn", TodoState.DONE: "good", TodoState.RECALLED: "mute"}
#: States of rows that are the end of a matter, or its being in force.
_GOOD, _BAD = {"published", "approved", "done", "excused"}, {"returned", "abolished", "suspended"}

#: What is said of a to-do that no one person holds.
UNHELD = N_("未指定")
Column = tuple[str, Message]
_TITLE, _PROCESS, _STEP = ("title_text", N_("标题")), ("process", N_("流程")), ("step", N_("当前步骤"))
_SENDER, _SUBMITTED = ("sender", N_("提交人")), ("submitted_at", N_("提交时间"))
_SENT, _READ, _DUE = ("sent_at", N_("接收时间")), ("first_read_at", N_("首次查阅")), ("due_on", N_("办理期限"))
_HOLDER = ("holder", N_("承办人"))
_DONE, _RESULT = ("done_at", N_("处理时间")), ("done_move", N_("处理结果"))
#: What each tab shows; a name that is no column of to-dos cannot be sorted by.
COLUMNS: dict[Tab, tuple[Column, ...]] = {
    Tab.PENDING: (_TITLE, ("todo", N_("要做的事")), _DUE, _PROCESS, _STEP, _SENDER, _SUBMITTED, _SENT),
    Tab.DONE: (
        _TITLE, _RESULT, ("opinion", N_("处理意见")), ("now", N_("记录现状")), _PROCESS, _STEP, _SENDER, _SUBMITTED,
        _SENT, _DONE,
    ),
    Tab.SENT: (
        _TITLE, ("state", N_("办理情况")), ("now", N_("记录现状")), ("unit", N_("承办单位")), _PROCESS, _STEP, _DUE,
        _SUBMITTED, _READ, _DONE,
    ),
    Tab.UNIT: (
        _TITLE, _HOLDER, ("todo", N_("要做的事")), _DUE, ("unit", N_("承办单位")), _PROCESS, _STEP, _SENDER,
        _SENT, _READ,
    ),
    Tab.COPIES: (_TITLE, ("note", N_("附言")), _PROCESS, ("now", N_("记录现状")), _SENDER, _SENT, _READ),
}  # fmt: skip


def process_label(process: str) -> str:
    """What people call a process: a table, or what a domain named it."""
    if process in todos.PROCESSES:
        return str(todos.PROCESSES[process])
    table = TABLES.get(process.partition(".")[0])
    return str(table.__label__) if table is not None else process


def state_label(table: str, state: str | None) -> str:
    """What people call a state of the rows of a table."""
    flow = verbs.flow_of(table)
    known = {each.value: each for each in flow.states} if flow is not None else {}
    return str(known[state].label) if state in known else (state or "")


def move_label(table: str, name: str | None) -> str:
    """What people call a move of the rows of a table."""
    flow = verbs.flow_of(table)
    move = flow.named(name) if flow is not None and name else None
    return str(move.label) if move is not None else ""


def rows_behind(session: Session, viewer: Viewer, shown: Iterable[Todo]) -> dict[tuple[str, str], str | None]:
    """The state of every row that the viewer may see behind these to-dos, in one question whatever their number."""
    keys: dict[str, set[Any]] = {}
    for todo in shown:
        table = TABLES.get(todo.table_name)
        key = table.key_of(todo.row_key) if table is not None else None
        if table is not None and key is not None and table.__pages__ and guard.may("read", todo.table_name):
            keys.setdefault(todo.table_name, set()).add(key)
    parts = []
    for name, wanted in sorted(keys.items()):
        table, flow = TABLES[name], TABLES[name].__flow__
        state: Any = getattr(table, flow.field) if flow is not None else sa.null()
        columns = (sa.literal(name), sa.cast(table.id, sa.Text), sa.cast(state, sa.Text))
        parts.append(visible(table, viewer).where(table.id.in_(wanted)).with_only_columns(*columns))
    if not parts:
        return {}
    return {(name, key): state for name, key, state in session.execute(sa.union_all(*parts))}


def ended_on(todo: Todo) -> date:
    """The day on which it was dealt with or taken back; today as long as it was not."""
    return todo.done_at.astimezone(clock.ZONE).date() if todo.done_at is not None else clock.today()


def due(todo: Todo, lights: Lights, calendar: WorkCalendar) -> dict[str, Any] | None:
    """The last day with its light: red when it has passed, amber when it comes soon."""
    if todo.due_on is None:
        return None
    day = todo.due_on.isoformat()
    if todo.state != TodoState.OPEN:
        late = days_late(calendar, todo.due_on, ended_on(todo))
        return {"day": day, "text": str(N_("超期办结")) if late else "", "tone": "bad" if late else ""}
    light, today = lights.of(todo.due_on), lights.today
    if light is Light.RED:
        passed = days_late(calendar, todo.due_on, today)
        return {"day": day, "text": str(N_("超期 {n} 个工作日", n=passed)), "tone": "bad"}
    if light is Light.GREEN:
        return {"day": day, "text": "", "tone": ""}
    left = calendar.working_days_between(today, todo.due_on)
    text = N_("今天到期") if todo.due_on == today else N_("还剩 {n} 个工作日", n=left)
    return {"day": day, "text": str(text), "tone": "warn"}


def listed(session: Session, viewer: Viewer, tab: Tab, shown: Sequence[Todo]) -> list[dict[str, Any]]:
    """The to-dos of a page with their cells, and what can be done with each."""
    lights, calendar = urging.lights(session), context_of(session).calendar
    behind = rows_behind(session, viewer, shown)
    holders = names_of(session, viewer, {todo.account_id for todo in shown})
    rows = [_listed(todo, tab, lights, calendar, behind, holders) for todo in shown]
    steps = urging.history(session, [todo.id for todo in shown]) if tab is Tab.UNIT else {}
    for row in rows:  # beside its holder stands who had it before, and why
        given = [each.opinion for each in steps.get(row["id"], ()) if each.move == passing.ASSIGNED]
        row["cells"] |= {"holder": row["cells"]["holder"] | {"small": given[-1]}} if given else {}
    return rows


def names_of(session: Session, viewer: Viewer, keys: Iterable[int | None]) -> dict[int, str]:
    """The names of those to whom to-dos were given, as far as the viewer sees their accounts."""
    wanted = {key for key in keys if key is not None}
    if not wanted:
        return {}
    u, account = sa.table("ab_user", sa.column("id"), sa.column("username")), TABLES["account"]
    named = visible(account, viewer).join(u, u.c.username == account.__table__.c.username).where(u.c.id.in_(wanted))
    found = session.execute(named.with_only_columns(u.c.id, account.__table__.c.real_name))
    return {row.id: row.real_name for row in found}


def _listed(
    todo: Todo, tab: Tab, lights: Lights, calendar: WorkCalendar, behind: Any, holders: dict[int, str]
) -> dict[str, Any]:
    place = (todo.table_name, todo.row_key)
    is_open = todo.state == TodoState.OPEN
    light = due(todo, lights, calendar)
    cells = {name: _cell(todo, tab, name, light, behind.get(place), holders) for name, _ in COLUMNS[tab]}
    urged_today = todo.urged_at is not None and todo.urged_at.astimezone(clock.ZONE).date() == lights.today
    is_copy = todo.kind == "copy"
    return {
        "id": str(todo.id),
        "title": todo.title_text,
        "cells": cells,
        "is_late": bool(light and light["tone"] == "bad" and is_open),
        "is_new": is_open and todo.first_read_at is None and tab in (Tab.PENDING, Tab.COPIES),
        "open": url_for("TodoPage.open", pk=todo.id) if place in behind else None,
        "urge": tab is Tab.SENT and is_open and not is_copy and not urged_today,
        "recall": tab is Tab.SENT
        and is_open
        and (is_copy or (bool(verbs.recall(todo.table_name, todo.step)) and place in behind)),
        "give": tab is Tab.PENDING,
        "assign": tab is Tab.UNIT,
        "urged": _urged(todo),
        "holder": holders.get(todo.account_id or 0, ""),
        "is_copy": is_copy and tab is Tab.SENT,
    }


def _cell(
    todo: Todo, tab: Tab, name: str, light: dict[str, Any] | None, now: str | None, holders: dict[int, str]
) -> dict[str, Any]:
    """One cell: a text, a second line, a badge."""
    if name in _CELLS:
        return _CELLS[name](todo)
    if name == "due_on":
        return {"text": light["day"], "badge": light["text"], "tone": light["tone"]} if light else {}
    if name == "now":
        tone = "good" if now in _GOOD else "bad" if now in _BAD else "info"
        return {"badge": state_label(todo.table_name, now), "tone": tone} if now else {}
    held = holders.get(todo.account_id or 0, "")
    if name == "holder":
        return {"text": held or "—"} if todo.account_id is not None else {"badge": str(UNHELD), "tone": "mute"}
    if name == "unit":
        return {"text": todo.department.name if todo.department else "", "small": held if tab is Tab.SENT else ""}
    value = getattr(todo, name)
    return {"text": clock.told(value) if name.endswith("_at") and value else str(value or "")}


def _result(todo: Todo) -> str:
    """What came of it, in words: the move that was made, and by whom."""
    if todo.kind == "copy" or todo.state == TodoState.OPEN:
        return ""
    return " · ".join(filter(None, (move_label(todo.table_name, todo.done_move), todo.done_name)))


def _urged(todo: Todo) -> str:
    if not todo.urged or todo.state != TodoState.OPEN:
        return ""
    label = Urgency(todo.urgency).label
    return f"{label} {N_('{n} 次', n=todo.urged)}" if todo.urged > 1 else str(label)


def _read(todo: Todo) -> dict[str, Any]:
    """When it was read first, and by whom."""
    if todo.first_read_at is None:
        return {"badge": str(N_("未阅")), "tone": "warn"}
    return {"text": clock.told(todo.first_read_at), "small": todo.reader or ""}


#: Cells that the to-do alone tells.
_CELLS: dict[str, Callable[[Todo], dict[str, Any]]] = {
    "state": lambda todo: {
        "badge": str(TodoState(todo.state).label), "tone": _TONES[TodoState(todo.state)], "small": _result(todo)
    },
    "done_move": lambda todo: {"text": _result(todo)},
    "step": lambda todo: {"text": state_label(todo.table_name, todo.step)},
    "process": lambda todo: {"text": process_label(todo.process)},
    "todo": lambda todo: {"text": str(Message(todo.todo or ""))},
    "sender": lambda todo: {"text": todo.sender or str(N_("系统")), "small": todo.sender_unit or ""},
    "note": lambda todo: {"text": todo.opinion or ""},
    "first_read_at": _read,
}  # fmt: skip
