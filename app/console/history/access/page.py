"""``/access/``: why somebody can, or cannot, see a record. Asking is an act of its own, and on the log."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import dictionary, guard
from app.console.history.access import facts, words
from app.console.history.access.decision import decide
from app.console.history.asked import found_by_words
from app.core import audit, clock
from app.core.errors import Refused
from app.core.messages import N_
from app.core.roles import ACTIONS
from app.core.saving import visible
from app.core.table import TABLES, Table, tables_with_pages
from app.extensions import db

TITLE = N_("谁能看到，为什么")
_LONGEST = 100


class AccessPage(BaseView):
    """Choose a person and a record (or a table); the answer says step by step what decides."""

    route_base = "/access"
    class_permission_name = "access"
    base_permissions = ["can_read"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> str:
        """The question, filled in with what the address gives."""
        return self._page(request.args)

    @expose("/ask", methods=["POST"])
    @has_access
    @permission_name("read")
    def ask(self) -> Any:
        """The answer; that it was asked is on the log."""
        form = request.form
        try:
            answer = self._answer(form)
        except Refused as error:
            db.session.rollback()
            return self._page(form, problem=str(error)), error.status
        db.session.commit()
        return self._page(form, answer=answer)

    def _answer(self, form: Any) -> dict[str, Any]:
        session = db.session()
        table = _table(form.get("table", ""))
        people = facts.accounts(session, _word(form.get("person", "")))
        if not people:
            raise Refused(N_("没有找到这个人员，或不在您的管理范围之内"), status=404)
        if len(people) > 1:
            same = [
                {"key": str(each.id), "name": str(each), "username": each.username, "department": str(each.department)}
                for each in people
            ]
            return {"same": same}
        known = facts.known(session, people[0])
        word = _word(form.get("key", ""), must=False)
        row = _row(table, word) if word else None
        record = facts.record(row) if row is not None else None
        decision = decide(known.person, table.__rows__, facts.grants(session, table), record, clock.today())
        allowed = [action for action in ACTIONS if decision.verdicts[action].allowed]
        audit.note(
            session,
            "asked",
            table=table.__tablename__,
            key=str(row.id) if row is not None else "",
            person=known.username,
            answer=allowed or ["-"],
        )
        may_read = guard.may("read", table.__tablename__)
        return {
            "known": known,
            "table": str(table.__label__),
            "record": None if row is None else (row.title() if may_read else str(row.id)),
            "url": url_for(f"{table.__tablename__}.show", pk=row.id) if row is not None and may_read else None,
            "unseen": bool(word) and row is None,
            "steps": words.steps(known, table, decision, _owner(row) if row is not None else None),
            "results": words.results(decision, row is not None),
            "sees": decision.verdicts["read"].allowed,
            "has_row": row is not None,
        }

    def _page(self, typed: Any, answer: dict[str, Any] | None = None, problem: str | None = None) -> str:
        person = typed.get("person", "")
        picked = []
        if person and guard.may("read", "account"):
            picked = [[str(each.id), str(each)] for each in facts.accounts(db.session(), person[:_LONGEST])]
        return render_template(
            "console/access.html",
            title=str(TITLE),
            typed={name: typed.get(name, "")[:_LONGEST] for name in ("person", "table", "key")},
            picked=[each for each in picked if each[0] == person],
            pick_url=url_for("account.pick") if guard.may("read", "account") else None,
            chapters=_chapters(),
            answer=answer,
            problem=problem,
            url_ask=url_for("AccessPage.ask"),
            crumbs=[(str(TITLE), None)],
            printed=clock.told(clock.now()),
        )


def _word(text: str, *, must: bool = True) -> str:
    word = text.strip()
    if len(word) > _LONGEST or not word.isprintable():
        raise Refused(N_("查询条件含有不能识别的字符或过长"), status=400)
    if must and not word:
        raise Refused(N_("请选择人员"), status=422)
    return word


def _table(name: str) -> type[Table]:
    table = tables_with_pages().get(name)
    if table is None:
        raise Refused(N_("请选择数据表"), status=422)
    return table


def _row(table: type[Table], word: str) -> Table | None:
    """The row that is meant, as far as the one who asks may see it: he learns of no other."""
    viewer, session = guard.must_view(), db.session()
    key = table.key_of(word)
    keys = [key] if key is not None else found_by_words(session, table, word, viewer)
    if not keys:
        return None
    if len(keys) > 1:
        raise Refused(N_("有 {n} 条记录符合“{word}”，请填写编码或记录标识", n=len(keys), word=word), status=422)
    row: Table | None = session.scalar(visible(table, viewer).where(table.id == table.key_of(keys[0])))
    return row


def _owner(row: Table) -> str:
    """The department that a row belongs to."""
    if not type(row).__rows__.is_scoped:
        return ""
    department = TABLES["department"].__table__.c
    number: Any = row.department_id
    return db.session.scalar(sa.select(department.name).where(department.id == number)) or ""


def _chapters() -> list[tuple[str, list[tuple[str, str]]]]:
    found = []
    for chapter in dictionary.chapters():
        tables = [(t.__tablename__, str(t.__label__)) for t in chapter.tables if t.__tablename__ in tables_with_pages()]
        if tables:
            found.append((str(chapter.label), tables))
    return found
