"""What is done with to-dos: decided many at once, given to a colleague, urged, taken back, copied to others.

Each of these first asks on a page of its own (``sure`` is missing), then does it to all of the to-dos or to none; where
some cannot be done, the page asks again, names them with the reason, and leaves them out of the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy as copied
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name
from sqlalchemy.orm import Session

from app.console import guard
from app.console.flow import bulk, words
from app.console.paging import whole
from app.console.todo import listing, verbs
from app.console.todo.asked import Asked
from app.console.todo.page import allowed, index_of
from app.console.todo.tabs import Tab, found
from app.console.view.form import fields
from app.core import saving
from app.core.errors import BadValue, Refused
from app.core.lookup import Lookup
from app.core.messages import N_, Message, joined
from app.core.table import TABLES
from app.core.workflow import editions, moving, passing
from app.core.workflow.models import Todo, TodoKind, TodoState
from app.extensions import db

#: To-dos dealt with at once.
MOST = 200
_UNIT = Todo.__fields__["sender_department"]


class TodoActs(BaseView):
    """``/todo/decide``, ``/todo/give``, ``/todo/assign``, ``/todo/copy``, ``/todo/urge``, ``/todo/recall``."""

    route_base = "/todo"
    class_permission_name = "todo"
    base_permissions = ["can_handle", "can_assign"]
    default_view = "decide"

    @expose("/decide", methods=["POST"])
    @has_access
    @permission_name("handle")
    def decide(self) -> Any:
        """The records behind the chosen to-dos make the move that the verb stands for: all of them or none."""
        chosen, form = _chosen(Tab.PENDING), request.form
        known = verbs.verbs((todo.table_name, todo.step, todo.needs) for todo in chosen)
        verb = next((each for each in known if each.name == form.get("verb")), None)
        if verb is None:
            raise Refused(N_("所选待办不能这样批量办理，请打开记录办理"))
        opinion = form.get("opinion", "").strip()[:1000]
        fitting = [t for t in chosen if verbs.candidates(verb.name, t.table_name, t.step, t.needs)]
        moves = [m for t in fitting for m in verbs.moves(t.table_name, t.step, t.needs) if verbs.verb_of(m) == verb]
        more = {
            "verb": verb.name,
            "reason": verb.reason,
            "phrases": words.offered(db.session(), moves),
        }
        ask = _Ask("decide", verb.label, verb.tone, more)
        elsewhere = str(N_("这件待办要到记录页面办理"))
        failures = [bulk.InTheWay(str(t.id), t.title_text, elsewhere) for t in chosen if t not in fitting]
        if failures or form.get("sure") != "1":
            return ask.page(fitting, failures)
        if verb.reason and not opinion:
            return ask.page(fitting, [], N_("“{move}”须填写理由", move=verb.label))
        return ask.done(
            fitting, lambda session, todo: _decide(session, todo, verb.name, opinion), N_("已办理 {n} 件").msgid
        )

    @expose("/give", methods=["POST"])
    @has_access
    @permission_name("handle")
    def give(self) -> Any:
        """The chosen to-dos are one colleague's, or the whole department's again."""
        chosen, form = _chosen(Tab.PENDING), request.form
        viewer = guard.must_view()
        wanted = [(todo.table_name, todo.needs) for todo in chosen]
        people = passing.colleagues(db.session(), viewer.department_id or 0, wanted)
        held = any(todo.account_id is not None for todo in chosen)
        more = {"people": [p for p in people if p.id != viewer.user_id], "unit": viewer.department, "held": held}
        ask = _Ask("give", N_("转办"), "primary", more)
        if form.get("sure") != "1":
            return ask.page(chosen, [])
        to = form.get("to", "")
        person = whole(to)
        if person is None and to != "unit":
            return ask.page(chosen, [], N_("请选择转办给谁"))
        note = form.get("note", "").strip()
        return ask.done(
            chosen,
            lambda session, todo: passing.give(session, todo, person, note=note, url=_place(todo)),
            N_("已转办 {n} 件").msgid,
        )

    @expose("/assign", methods=["POST"])
    @has_access
    @permission_name("assign")
    def assign(self) -> Any:
        """What the people of one of the admin's departments had to do is another colleague's, or all of theirs."""
        chosen, form = _chosen(Tab.UNIT), request.form
        unit, holders = chosen[0].department, {todo.account_id for todo in chosen}
        if any(todo.department_id != unit.id for todo in chosen):
            raise Refused(N_("所选待办由不同的单位承办，请分单位改派"))
        people = passing.colleagues(db.session(), unit.id, [(todo.table_name, todo.needs) for todo in chosen])
        more = {
            "people": [p for p in people if holders != {p.id}], "unit": unit.name, "held": holders != {None},
            "before": listing.names_of(db.session(), guard.must_view(), holders),
        }  # fmt: skip
        ask = _Ask("assign", N_("改派"), "primary", more)
        if form.get("sure") != "1":
            return ask.page(chosen, [])
        to, reason = form.get("to", ""), form.get("note", "").strip()
        if whole(to) is None and to != "unit":
            return ask.page(chosen, [], N_("请选择改派给谁"))
        if not reason:
            return ask.page(chosen, [], N_("请填写改派的理由"))
        return ask.done(
            chosen,
            lambda session, todo: passing.assign(session, todo, whole(to), reason=reason, url=_place(todo)),
            N_("已改派 {n} 件，原承办人和新承办人会收到提醒").msgid,
        )

    @expose("/copy", methods=["POST"])
    @has_access
    @permission_name("handle")
    def copy(self) -> Any:
        """The chosen to-dos' records are brought to the knowledge of other departments."""
        chosen, form = _chosen(*Tab), request.form
        typed = [part for part in form.get("units", "").replace("，", ",").split(",") if part.strip()]
        ask = _Ask("copy", N_("抄送"), "primary", {"units": _picker(typed)})
        if form.get("sure") != "1":
            return ask.page(chosen, [])
        try:
            units = _units(db.session(), typed)
        except BadValue as error:
            return ask.page(chosen, [], error.message)
        if not units:
            return ask.page(chosen, [], N_("请选择要抄送的部门"))
        note = form.get("note", "").strip()
        return ask.done(
            chosen, lambda session, todo: passing.copy(session, todo, units, note=note), N_("已抄送 {n} 件").msgid
        )

    @expose("/urge", methods=["POST"])
    @has_access
    @permission_name("handle")
    def urge(self) -> Any:
        """Whoever the chosen to-dos wait for is told at once."""
        told = N_("已催办 {n} 件，承办人会立即收到提醒").msgid
        return _Ask("urge", N_("催办"), "primary", {}).done(
            _chosen(Tab.SENT), lambda session, todo: passing.urge(session, todo, url=_place(todo)), told
        )

    @expose("/recall", methods=["POST"])
    @has_access
    @permission_name("handle")
    def recall(self) -> Any:
        """What was handed in is taken back, as long as nobody has dealt with it."""
        return _Ask("recall", N_("撤回"), "primary", {}).done(_chosen(Tab.SENT), _recall, N_("已撤回 {n} 件").msgid)


@dataclass(frozen=True)
class _Ask:
    """A deed with the page that asks for it."""

    act: str
    label: Message
    tone: str
    more: Mapping[str, Any]

    def page(self, chosen: Sequence[Todo], failures: Sequence[bulk.InTheWay], problem: Message | None = None) -> Any:
        """What will be done, with what it needs; what cannot be done is named and not among it."""
        back = index_of(request.form.get("back", ""))
        page = render_template(
            "console/todo_ask.html",
            act=self.act,
            label=str(self.label),
            tone=self.tone,
            todos=[{"id": str(todo.id), "title": todo.title_text} for todo in chosen],
            failures=failures,
            problem=str(problem) if problem else None,
            opinion=request.form.get("opinion", ""),
            note=request.form.get("note", ""),
            to=request.form.get("to", ""),
            url=url_for(f"TodoActs.{self.act}"),
            back=back,
            crumbs=[(str(N_("待办")), back), (str(self.label), None)],
            **self.more,
        )
        return page, 422 if problem or failures else 200

    def done(self, chosen: Sequence[Todo], do: Callable[[Session, Todo], object], told: str) -> Any:
        """It is done to all of them; where it cannot be, nothing is done and the page says why and asks again."""
        session, keys = db.session(), [str(todo.id) for todo in chosen]
        failures = bulk.done_to_all(session, chosen, lambda todo: do(session, todo))
        if not failures:
            session.commit()
            flash(str(Message(told, {"n": len(keys)})), "success")
            return redirect(index_of(request.form.get("back", "")))
        if self.act in ("urge", "recall"):  # these ask in the list itself
            raise Refused(
                N_(
                    "没有办理：{problems}",
                    problems=joined((f"{f.title}（{f.why}）" for f in failures[:10]), N_("；")),
                ),
                status=409,
            )
        failed = {each.key for each in failures}
        left = [key for key in keys if key not in failed]
        return self.page(found(session, guard.must_view(), allowed(), left), failures)


def _chosen(*tabs: Tab) -> list[Todo]:
    """The to-dos that the form chose, if all of them are of these tabs. Raises Refused where none or too many are."""
    keys = list(dict.fromkeys(request.form.getlist("ids")))
    if not keys:
        raise Refused(N_("请先选择事项"))
    if len(keys) > MOST:
        raise Refused(N_("一次最多办理 {most} 件", most=MOST))
    return found(db.session(), guard.must_view(), allowed(), keys, tabs)


def _place(todo: Todo) -> str:
    """Where whoever is told of the to-do finds it."""
    return f"{url_for('TodoPage.index')}?{Asked(words=todo.title_text[:80].strip()).parameters()}"


def _decide(session: Session, todo: Todo, verb: str, opinion: str) -> None:
    names = verbs.candidates(verb, todo.table_name, todo.step, todo.needs)
    _make(session, todo, names, opinion, N_("记录的状态已经变化，请打开记录查看"))


def _recall(session: Session, todo: Todo) -> None:
    if todo.kind == TodoKind.COPY:
        passing.withdraw(session, todo)
    else:
        _make(session, todo, verbs.recall(todo.table_name, todo.step), "", N_("已经办理，不能撤回"))


def _make(session: Session, todo: Todo, names: Sequence[str], opinion: str, over: Message) -> None:
    """The record behind the to-do makes the first of those moves that is open to it as it would be with its proposal.

    Raises Refused: with ``over`` where none is open any more, and for whoever may not make it.
    """
    row = saving.find(session, TABLES[todo.table_name], todo.row_key)
    flow, seen = moving.flow_of(type(row)), editions.as_proposed(session, row)
    move = next((m for m in map(flow.named, names) if m is not None and flow.is_open(m, seen)), None)
    if move is None or todo.state != TodoState.OPEN:
        raise Refused(over, status=409)
    if not guard.may(move.may, todo.table_name):
        raise Refused(N_("您的角色不能“{move}”", move=move.label), status=403)
    moving.move(session, row, move.name, opinion=opinion)


def _picker(typed: list[str]) -> dict[str, Any]:
    """The picker of departments."""
    several = copied(_UNIT)
    several.name, several.label = "units", N_("抄送部门")
    return fields._field(several, typed, []) | {"multiple": True, "required": True}


def _units(session: Session, typed: Sequence[str]) -> list[int]:
    """The departments meant: by identifier from the picker, by name where scripts are off. Raises BadValue."""
    lookup, known = Lookup(session, _UNIT), TABLES["department"]
    units = []
    for each in typed:
        given = each.strip()
        fact = lookup.by_id(given) if known.key_of(given) is not None else lookup.one(given)
        units.append(int(fact.id))
    return list(dict.fromkeys(units))
