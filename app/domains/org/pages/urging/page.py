"""``/urging/``: the list of the lead office, and the same for a department about itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import urlencode

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import download, guard
from app.console.paging import whole
from app.console.view.list.asked import local
from app.core import audit, clock, settings
from app.core.calendar import WorkCalendar
from app.core.context import context_of
from app.core.errors import Refused
from app.core.messages import N_, Message
from app.core.table import TABLES, tables_with_pages
from app.core.viewer import Viewer
from app.core.workflow import urging
from app.core.workflow.models import FlowStep, Todo, TodoState, Urgency
from app.domains.org.operations import urging as leading
from app.domains.org.pages.urging.listing import Part, keys_of, number, of, units
from app.domains.org.pages.urging.sweep import LIST_URL, TODO_URL
from app.extensions import db
from app.transfer.writer import write_sheet

SIZE = 50
TITLE = N_("催办督办")
_TONES = {Urgency.NONE: "mute", Urgency.REMINDED: "warn", Urgency.SUPERVISED: "bad", Urgency.REPORTED: "bad"}
_STEPS: dict[str, Message] = {
    urging.URGED: N_("系统催办"), urging.SUPERVISE: N_("主管部门督办"), urging.RELEASE: N_("主管部门撤销"),
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
        viewer, part, unit = guard.must_view(), _part(), whole(request.values.get("unit", ""))
        session, today = db.session(), clock.today()
        found = units(session, viewer, _readable(), today)
        if unit is not None and unit not in {each.id for each in found}:
            unit = None
        query = of(viewer, _readable(), part, today, unit)
        total = number(session, query)
        at = min(whole(request.values.get("page", ""), least=1) or 1, max(1, -(-total // SIZE)))
        rows = list(session.scalars(query.offset((at - 1) * SIZE).limit(SIZE)))
        steps = urging.history(session, [row.id for row in rows])
        told = {each: settings.value(session, each) for each in ("urge_every_days", "supervise_at", "report_at")}
        page = render_template(
            "org/urging.html",
            title=str(TITLE),
            part=part.value,
            parts=[
                {"value": each.value, "label": str(each.label), "url": _url(each, unit),
                 "number": sum(u.numbers[each.value] for u in found if unit in (None, u.id))}
                for each in Part
            ],
            units=[
                {"name": u.name, "url": _url(part, u.id), "active": u.id == unit,
                 "numbers": [(u.numbers[each.value], _url(each, u.id)) for each in Part]}
                for u in found
            ],
            totals=[(sum(u.numbers[each.value] for u in found), _url(each, None)) for each in Part],
            unit=next((u.name for u in found if u.id == unit), ""),
            rows=[_row(row, steps.get(str(row.id), []), at, n) for n, row in enumerate(rows)],
            total=total,
            verb=_verb(part) if guard.may("decide", "urging") else "",
            here=f"{_url(part, unit)}",
            url_export=url_for("UrgingPage.export", **_asked(part, unit)),
            url_all=_url(part, None),
            url_settings=url_for("UrgingSettingsPage.settings") if guard.may("read", settings.URGING) else "",
            told=told,
            pager=_pager(part, unit, at, total),
            problem=str(problem) if problem else "",
            reason=request.form.get("reason", ""),
            picked=set(request.form.getlist("ids")),
            when=clock.told(clock.now()),
            crumbs=[(str(TITLE), None)],
        )  # fmt: skip
        return (page, problem.status) if problem else page

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
        viewer, part, unit, session = guard.must_view(), _part(), whole(request.args.get("unit", "")), db.session()
        title = str(part.label)

        def write(stream: IO[bytes]) -> None:
            rows = _lines(viewer, part, unit)
            count = write_sheet(stream, title, [str(each) for each in _HEADERS], rows)
            audit.note(session, "export", table=Todo.__tablename__, rows=count, format="xlsx", filters={"tab": title})
            session.commit()

        return download.workbook(title, write)


def _part() -> Part:
    known = {each.value: each for each in Part}
    return known.get(request.values.get("tab", ""), Part.OVERDUE)


def _verb(part: Part) -> str:
    return {Part.OVERDUE: urging.SUPERVISE, Part.SUPERVISED: urging.RELEASE, Part.REPORTED: urging.RELEASE}.get(
        part, ""
    )


def _readable() -> set[str]:
    return {name for name in tables_with_pages() if guard.may("read", name)}


def _asked(part: Part, unit: int | None, page: int = 1) -> dict[str, Any]:
    given = {"tab": part.value, "unit": unit, "page": page if page > 1 else None}
    return {name: value for name, value in given.items() if value is not None}


def _url(part: Part, unit: int | None, page: int = 1) -> str:
    return f"{url_for('UrgingPage.index')}?{urlencode(_asked(part, unit, page))}"


def _pager(part: Part, unit: int | None, at: int, total: int) -> dict[str, Any] | None:
    last = max(1, -(-total // SIZE))
    if last == 1:
        return None
    return {
        "first": _url(part, unit) if at > 1 else None,
        "prev": _url(part, unit, at - 1) if at > 1 else None,
        "next": _url(part, unit, at + 1) if at < last else None,
        "last": _url(part, unit, last) if at < last else None,
    }


def late_days(calendar: WorkCalendar, todo: Todo) -> int:
    """Working days for which it has been overdue, or was when it was done; a day that has begun counts."""
    if todo.due_on is None:
        return 0
    end = todo.done_at.astimezone(clock.ZONE).date() if todo.done_at and todo.state != TodoState.OPEN else clock.today()
    return max(1, calendar.working_days_between(todo.due_on, end)) if end > todo.due_on else 0


def _row(todo: Todo, steps: list[FlowStep], at: int, n: int) -> dict[str, Any]:
    calendar, level = context_of(db.session()).calendar, Urgency(todo.urgency)
    flow = TABLES[todo.table_name].__flow__
    step = next((str(s.label) for s in flow.states if s.value == todo.step), "") if flow is not None else ""
    return {
        "no": (at - 1) * SIZE + n + 1,
        "id": str(todo.id),
        "unit": todo.department.name,
        "title": todo.title_text,
        "url": url_for(f"{todo.table_name}.show", pk=todo.row_key),
        "process": str(TABLES[todo.table_name].__label__),
        "step": step,
        "todo": str(Message(todo.todo)) if todo.todo else "",
        "due_on": todo.due_on.isoformat() if todo.due_on else "",
        "late": late_days(calendar, todo),
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


def _lines(viewer: Viewer, part: Part, unit: int | None) -> Iterator[list[Any]]:
    calendar = context_of(db.session()).calendar
    found = db.session.scalars(of(viewer, _readable(), part, clock.today(), unit))
    for n, todo in enumerate(found, 1):
        yield [
            n, todo.department.name, todo.title_text, str(TABLES[todo.table_name].__label__),
            str(Message(todo.todo)) if todo.todo else "", clock.told(todo.sent_at),
            clock.told(todo.first_read_at) if todo.first_read_at else "", todo.due_on, late_days(calendar, todo),
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
