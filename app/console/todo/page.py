"""``/todo/``: what waits for whoever asks, what he did, what he asked for, what he is told."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import redirect, render_template, request, session, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from sqlalchemy.orm import joinedload

from app.console import guard, paging
from app.console.todo import listing, verbs
from app.console.todo.asked import LATE, NOBODY, SOON, SORTED, Asked, narrowed, ordering, read_asked
from app.console.todo.tabs import Allowed, Counts, Tab, counted, found, holders, is_his, of, tabs_of
from app.console.view.list.asked import local
from app.core import clock
from app.core.deadlines import Lights
from app.core.errors import NotVisible, Refused
from app.core.messages import N_, Message
from app.core.table import Table
from app.core.viewer import Viewer
from app.core.workflow import passing, urging
from app.core.workflow.models import Todo, TodoState
from app.extensions import db

#: Where the browser's session keeps from which list of to-dos a record was opened.
_BACK = "todo_back"


def allowed() -> Allowed:
    """What the roles of whoever asks allow, as (action, table)."""
    viewer = guard.must_view()
    held = guard.permissions_of(viewer.user_id) if viewer.user_id is not None else frozenset()
    return frozenset((name.removeprefix("can_"), table) for name, table in held)


def index_of(back: str) -> str:
    """The address of the list somebody came from; the list itself for anything else."""
    return local(back, url_for("TodoPage.index"))


class TodoPage(BaseView):
    """``/todo/``: its tabs, and the way from a to-do to its record and back."""

    route_base = "/todo"
    class_permission_name = "todo"
    base_permissions = ["can_read"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> str:
        """One tab of to-dos, with the true numbers of all."""
        viewer, asked, may = guard.must_view(), read_asked(request.args), allowed()
        lights, tabs = urging.lights(db.session()), tabs_of(may)
        if asked.tab not in tabs:
            raise Refused(N_("您的角色不能查看本单位人员的待办"), status=403)
        counts = counted(db.session(), viewer, may, lights, tabs)
        query = narrowed(of(asked.tab, viewer, may), asked, lights)
        number = _number(query) if asked.is_narrowed else counts.tabs[asked.tab]
        shown = query.options(joinedload(Todo.department))
        page = paging.page(db.session(), shown, ordering(asked), asked.size, asked.after, asked.before)
        rows = listing.listed(db.session(), viewer, asked.tab, page.rows)
        offered = (
            verbs.verbs((todo.table_name, todo.step, todo.needs) for todo in page.rows)
            if asked.tab is Tab.PENDING
            else []
        )
        url = url_for("TodoPage.index")
        return render_template(
            "console/todo.html",
            tabs=_tabs(asked, counts, url),
            tab=asked.tab.value,
            asked=asked,
            chips=_chips(asked, counts, url),
            processes=_processes(asked, counts),
            holders=_holders(asked, viewer, may) if asked.tab is Tab.UNIT else None,
            columns=_columns(asked, url),
            rows=rows,
            verbs=offered,
            number=number,
            here=f"{url}?{asked.parameters(after=asked.after, before=asked.before)}".rstrip("?"),
            url=url,
            url_clear=f"{url}?{Asked(tab=asked.tab, size=asked.size).parameters()}".rstrip("?"),
            pager=_pager(asked, page, url),
            empty=str(_EMPTY[asked.tab] if not asked.is_narrowed else N_("没有符合条件的事项")),
            crumbs=[(str(N_("待办")), None)],
        )

    @expose("/<pk>/open", methods=["POST"])
    @has_access
    @permission_name("read")
    def open(self, pk: str) -> Any:
        """The record behind a to-do; that it was read, by whom and when, is kept (Xi'an art. 27)."""
        viewer = guard.must_view()
        todo = found(db.session(), viewer, allowed(), [pk])[0]
        behind = listing.rows_behind(db.session(), viewer, [todo])
        if (todo.table_name, todo.row_key) not in behind:
            raise NotVisible
        session[_BACK] = {"row": f"{todo.table_name}/{todo.row_key}", "url": index_of(request.form.get("back", ""))}
        if is_his(db.session(), viewer, allowed(), todo):
            passing.read(db.session(), todo)
        db.session.commit()
        return redirect(url_for(f"{todo.table_name}.show", pk=todo.row_key))


_EMPTY = {
    Tab.PENDING: N_("没有待办事项"),
    Tab.DONE: N_("还没有办过的事项"),
    Tab.SENT: N_("还没有发起过事项"),
    Tab.COPIES: N_("没有抄送给本单位的事项"),
    Tab.UNIT: N_("本单位及下级单位没有待处理的事项"),
}


def way_back(row: Table) -> list[dict[str, str]]:
    """On the page of a record that was opened from a list of to-dos: the way back to it, as it was."""
    kept = session.get(_BACK)
    if not isinstance(kept, dict) or kept.get("row") != f"{row.__tablename__}/{row.id}":
        return []
    return [{"label": str(N_("返回待办")), "icon": "checklist", "url": index_of(str(kept.get("url", "")))}]


def _number(query: sa.Select[Any]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def _tabs(asked: Asked, counts: Counts, url: str) -> list[dict[str, Any]]:
    """The tabs with their numbers; words and process stay when one changes between them."""
    return [
        {
            "label": str(tab.label), "number": counts.tabs[tab], "active": tab is asked.tab,
            "late": counts.late[tab] if tab is Tab.PENDING else 0,
            "unread": counts.states[tab][TodoState.OPEN] if tab is Tab.COPIES else 0,
            "url": f"{url}?{Asked(tab=tab, size=asked.size).parameters()}".rstrip("?"),
        }
        for tab in counts.tabs
    ]  # fmt: skip


def _chips(asked: Asked, counts: Counts, url: str) -> list[dict[str, Any]]:
    """Parts of the tab with their true numbers; a part that is shown leads back to the whole."""
    tab = asked.tab
    known: list[tuple[str, Message, int, str]] = []
    if tab in (Tab.PENDING, Tab.SENT, Tab.UNIT):
        known += [(LATE, N_("超期"), counts.late[tab], "bad"), (SOON, N_("临期"), counts.soon[tab], "warn")]
    if tab is Tab.SENT:
        known += [(each.value, each.label, counts.states[tab][each.value], "mute") for each in TodoState]
    if tab is Tab.COPIES:
        known += [("open", N_("未阅"), counts.states[tab]["open"], "warn")]
        known += [("done", N_("已阅"), counts.states[tab]["done"], "mute")]
    return [
        {
            "label": str(label), "number": number, "tone": tone, "active": asked.standing == name,
            "url": f"{url}?{asked.parameters(standing='' if asked.standing == name else name)}".rstrip("?"),
        }
        for name, label, number, tone in known
        if number or asked.standing == name
    ]  # fmt: skip


def _processes(asked: Asked, counts: Counts) -> list[tuple[str, str, int]]:
    """The processes of the tab with their numbers, the most frequent first."""
    known = counts.processes[asked.tab]
    if asked.process and asked.process not in known:
        known = known + type(known)({asked.process: 0})
    return [(name, listing.process_label(name), number) for name, number in known.most_common()] or []


def _holders(asked: Asked, viewer: Viewer, may: Allowed) -> list[tuple[str, str, int]]:
    """The people who hold to-dos of the unit with their numbers, the busiest first; what nobody holds comes last."""
    counted = holders(db.session(), viewer, may)
    if asked.holder and (key := paging.whole(asked.holder)) not in counted:
        counted[key] = 0
    names = listing.names_of(db.session(), viewer, counted)
    known = sorted((-number, names.get(key, "—"), key) for key, number in counted.items() if key is not None)
    found = [(str(key), name, -number) for number, name, key in known]
    return found + ([(NOBODY, str(listing.UNHELD), counted[None])] if None in counted else [])


def _columns(asked: Asked, url: str) -> list[dict[str, Any]]:
    """The heads of the table, with the address that sorts by each."""
    heads = []
    for name, label in listing.COLUMNS[asked.tab]:
        direction = {name: "asc", f"-{name}": "desc"}.get(asked.sort)
        turned = f"-{name}" if direction == "asc" else name
        sort_url = f"{url}?{asked.parameters(order=turned)}" if name in SORTED else None
        heads.append({"name": name, "label": str(label), "sort": direction, "sort_url": sort_url})
    return heads


def _pager(asked: Asked, page: paging.Page, url: str) -> dict[str, Any] | None:
    if not page.rows and not asked.after and not asked.before:
        return None

    def to(**more: Any) -> str:
        return f"{url}?{asked.parameters(**more)}".rstrip("?")

    return {
        "first": to() if not page.first else None,
        "prev": to(before=page.previous) if page.previous else None,
        "next": to(after=page.next) if page.next else None,
        "last": to(before="end") if page.next else None,
        "sizes": [(n, to(size=n), n == asked.size) for n in paging.SIZES],
    }


def due(viewer: Viewer) -> list[dict[str, Any]]:
    """What waits for a person, for his first page: to-dos, those that are late, copies not read."""
    tabs = (Tab.PENDING, Tab.COPIES)
    today = clock.today()  # what is due soon is not told here, so that nobody asks for the calendar
    counts = counted(db.session(), viewer, allowed(), Lights(today, today), tabs)
    url = url_for("TodoPage.index")
    told = [
        (N_("待办事项"), counts.tabs[Tab.PENDING], "", "warn"),
        (N_("超期待办"), counts.late[Tab.PENDING], "?standing=late", "bad"),
        (N_("未阅抄送"), counts.states[Tab.COPIES]["open"], "?tab=copies&standing=open", "info"),
    ]
    return [
        {"label": str(label), "text": f"{number:,}", "number": number, "url": url + query, "tone": tone}
        for label, number, query, tone in told
        if number
    ]
