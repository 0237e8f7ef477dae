"""``/urging/``: the list of the lead office, and the same for a department about itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import download, guard, paging
from app.console.todo import listing as shown
from app.console.view.list.asked import local
from app.core import clock, settings
from app.core.context import context_of
from app.core.deadlines import days_late
from app.core.errors import Refused
from app.core.messages import N_, Message
from app.core.table import tables_with_pages
from app.core.viewer import Viewer
from app.core.workflow import passing, urging
from app.core.workflow.models import FlowStep, Todo, Urgency
from app.domains.org.operations import urging as leading
from app.domains.org.pages.urging.listing import Part, keys_of, number, of, units
from app.domains.org.pages.urging.sweep import LIST_URL, TODO_URL
from app.extensions import db

#: To-dos and departments on one page.
SIZE = 50
TITLE = N_("催办督办")
_TONES = {Urgency.NONE: "mute", Urgency.REMINDED: "warn", Urgency.SUPERVISED: "bad", Urgency.REPORTED: "bad"}
_STEPS: dict[str, Message] = {
    urging.URGED: N_("系统催办"), urging.SUPERVISE: N_("主管部门督办"), urging.RELEASE: N_("主管部门撤销"),
    passing.ASSIGNED: N_("改派"),
}  # fmt: skip
_HEADERS = (
    N_("序号"), N_("承办单位"), N_("事项"), N_("流程"), N_("要做的事"), N_("送达时间"), N_("首次查阅时间"),
    N_("办理期限"), N_("超期工作日"), N_("催办次数"), N_("催办情况"), N_("最近催办时间"), N_("处理时间"),
)  # fmt: skip


class UrgingPage(BaseView):
    """What is overdue, supervised and named, by department; the lead office supervises and takes off the list."""

    route_base = LIST_URL.rstrip("/")
    class_permission_name = "urging"
    base_permissions = ["can_read", "can_decide"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> Any:
        """One part of the list with the numbers of all."""
        return self._page()

    def _page(self, problem: Refused | None = None) -> Any:
        viewer, part, unit = guard.must_view(), _part(), paging.whole(request.values.get("unit", ""))
        session, today = db.session(), clock.today()
        found = units(session, viewer, _readable(), today)
        if unit is not None and unit not in {each.id for each in found}:
            unit = None
        query = of(viewer, _readable(), part, today, unit)
        total = number(session, query)
        values = request.values
        board = paging.numbered(
            values.get("units", ""), len(found), SIZE, lambda at: f"{_url(part, unit, units=at)}#units"
        )
        page = paging.numbered(
            values.get("page", ""), total, SIZE, lambda at: _url(part, unit, page=at, units=board.number)
        )
        rows = list(session.scalars(query.offset(page.offset).limit(page.size)))
        steps = urging.history(session, [row.id for row in rows])
        told = {each: settings.value(session, each) for each in ("urge_every_days", "supervise_at", "report_at")}
        answer = render_template(
            "org/urging.html",
            title=str(TITLE),
            part=part.value,
            parts=[
                {"value": each.value, "label": str(each.label), "url": _url(each, unit),
                 "number": sum(u.numbers[each.value] for u in found if unit in (None, u.id))}
                for each in Part
            ],
            units=[
                {"name": u.name, "url": _url(part, u.id, units=board.number), "active": u.id == unit,
                 "numbers": [(u.numbers[each.value], _url(each, u.id)) for each in Part]}
                for u in found[board.part]
            ],
            units_number=len(found),
            board=board,
            totals=[(sum(u.numbers[each.value] for u in found), _url(each, None)) for each in Part],
            unit=next((u.name for u in found if u.id == unit), ""),
            rows=[_row(row, steps.get(str(row.id), []), n) for n, row in enumerate(rows, page.offset + 1)],
            total=total,
            verb=_verb(part) if guard.may("decide", "urging") else "",
            here=_url(part, unit, page=page.number, units=board.number),
            asked=_asked(part, unit, page=page.number, units=board.number),
            url_export=url_for("UrgingPage.export", **_asked(part, unit)),
            url_all=_url(part, None),
            url_assign=url_for("TodoPage.index", tab="unit", standing="late") if guard.may("assign", "todo") else "",
            url_settings=url_for("UrgingSettingsPage.settings") if guard.may("read", settings.URGING) else "",
            told=told,
            pager=page.pager,
            problem=str(problem) if problem else "",
            reason=request.form.get("reason", ""),
            picked=set(request.form.getlist("ids")),
            when=clock.told(clock.now()),
            crumbs=[(str(TITLE), None)],
        )  # fmt: skip
        return (answer, problem.status) if problem else answer

    @expose("/decide", methods=["POST"])
    @has_access
    @permission_name("decide")
    def decide(self) -> Any:
        """The chosen to-dos are supervised, or taken off the list: all of them with the same reason, or none."""
        guard.must_view()
        verb = request.form.get("verb", "")
        if verb not in (urging.SUPERVISE, urging.RELEASE):
            raise Refused(N_("页面已过期，请刷新后重新提交"), status=400)
        reason = request.form.get("reason", "").strip()
        try:
            done = leading.decide(db.session(), keys_of(request.form.getlist("ids")), verb, reason)
        except Refused as error:
            db.session.rollback()
            return self._page(error)
        if verb == urging.SUPERVISE:
            leading.tell(db.session(), done, url=TODO_URL, url_list=LIST_URL)
        db.session.commit()
        said = N_("已督办 {n} 件", n=len(done)) if verb == urging.SUPERVISE else N_("已撤销 {n} 件", n=len(done))
        flash(str(said), "success")
        return redirect(local(request.form.get("back", ""), url_for("UrgingPage.index")))

    @expose("/export")
    @has_access
    @permission_name("read")
    def export(self) -> Any:
        """The whole part as a workbook, noted on the log before it leaves."""
        part, title = _part(), str(_part().label)
        lines = _lines(guard.must_view(), part, paging.whole(request.args.get("unit", "")))
        return download.sheet(title, _HEADERS, lines, table=Todo.__tablename__, filters={"tab": title})


def _part() -> Part:
    known = {each.value: each for each in Part}
    return known.get(request.values.get("tab", ""), Part.OVERDUE)


def _verb(part: Part) -> str:
    return {Part.OVERDUE: urging.SUPERVISE, Part.SUPERVISED: urging.RELEASE, Part.REPORTED: urging.RELEASE}.get(
        part, ""
    )


def _readable() -> set[str]:
    return {name for name in tables_with_pages() if guard.may("read", name)}


def _asked(part: Part, unit: int | None, **pages: int) -> dict[str, Any]:
    given = {"tab": part.value, "unit": unit, **{name: page for name, page in pages.items() if page > 1}}
    return {name: value for name, value in given.items() if value is not None}


def _url(part: Part, unit: int | None, **pages: int) -> str:
    return url_for("UrgingPage.index", **_asked(part, unit, **pages))


def _row(todo: Todo, steps: list[FlowStep], n: int) -> dict[str, Any]:
    level = Urgency(todo.urgency)
    return {
        "no": n,
        "id": str(todo.id),
        "unit": todo.department.name,
        "title": todo.title_text,
        "url": url_for(f"{todo.table_name}.show", pk=todo.row_key),
        "process": shown.process_label(todo.process),
        "step": shown.state_label(todo.table_name, todo.step),
        "todo": str(Message(todo.todo or "")),
        "due_on": todo.due_on.isoformat() if todo.due_on else "",
        "late": _late(todo),
        "sent": clock.told(todo.sent_at),
        "read": clock.told(todo.first_read_at) if todo.first_read_at else "",
        "done": clock.told(todo.done_at) if todo.done_at else "",
        "urged": todo.urged,
        "level": str(level.label),
        "tone": _TONES[level],
        "can": (level in (Urgency.NONE, Urgency.REMINDED)) == (_part() is Part.OVERDUE),
        "steps": [
            {"when": clock.told(each.made_at), "what": str(_STEPS.get(each.move, each.move)),
             "who": each.person or "", "level": str(Urgency(each.target).label), "reason": each.opinion or ""}
            for each in steps
        ],
    }  # fmt: skip


def _late(todo: Todo) -> int:
    return days_late(context_of(db.session()).calendar, todo.due_on, shown.ended_on(todo))


def _lines(viewer: Viewer, part: Part, unit: int | None) -> Iterator[list[Any]]:
    found = db.session.scalars(of(viewer, _readable(), part, clock.today(), unit))
    for n, todo in enumerate(found, 1):
        yield [
            n, todo.department.name, todo.title_text, shown.process_label(todo.process),
            str(Message(todo.todo or "")), clock.told(todo.sent_at),
            clock.told(todo.first_read_at) if todo.first_read_at else "", todo.due_on, _late(todo),
            todo.urged, str(Urgency(todo.urgency).label), clock.told(todo.urged_at) if todo.urged_at else "",
            clock.told(todo.done_at) if todo.done_at else "",
        ]  # fmt: skip


def due(viewer: Viewer) -> list[dict[str, Any]]:
    """What is on the list, for those who watch over it; nothing that is zero."""
    if not guard.may("read", "urging"):
        return []
    found = []
    for part, tone in ((Part.REPORTED, "bad"), (Part.SUPERVISED, "warn")):
        count = number(db.session(), of(viewer, _readable(), part, clock.today(), None))
        if count:
            url = _url(part, None)
            found.append({"label": str(part.label), "text": str(count), "number": count, "url": url, "tone": tone})
    return found
