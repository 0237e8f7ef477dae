"""The form of a row: add, edit, copy, delete."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import flash, jsonify, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name
from flask_login import current_user
from werkzeug.datastructures import FileStorage, MultiDict

from app.console import attachments, drafts, guard, offline, paging, record
from app.console.once import digest_of, once
from app.console.view.form import conflict, fields, helps, lines, starting, twins
from app.console.view.form.opened import Opened
from app.console.view.frame import Frame
from app.core import corrections, saving
from app.core.context import context_of
from app.core.errors import Invalid, Problem, Refused
from app.core.judge import foretold
from app.core.messages import N_
from app.core.table import Table
from app.core.workflow import locks
from app.extensions import appbuilder, db

#: Tells the browser which submission was saved, so that it forgets its own copy of what was typed.
_SAVED_COOKIE = "jg_saved"


class Unconfirmed(Invalid):
    """The row may be a duplicate, and nobody has said yet that it is none."""


class EntryPages(Frame):
    """``/<table>/add``, ``edit/…``, ``delete/…``."""

    @expose("/add", methods=["GET", "POST"])
    @has_access
    @permission_name("add")
    def add(self) -> Any:
        """A form as the unit begins one, filled from the address, from another row or the viewer's ``last`` one
        (``?copy=``), with what repeats from the row before (``?after=``), or from a draft (``?draft=1``). A device
        keeps it with ``?blank=1``: as it is for somebody who has begun nothing.
        """
        if request.method == "POST":
            return self._save(None)
        asked = {k: v for k, v in request.args.items() if k in self.table.__fields__}
        opened = Opened(
            given=starting.usual(self.table, self.viewer())
            | helps.follows(self.table, self.viewer(), asked.items())
            | asked,
            draft=None if request.args.get("blank") else self._draft_of(drafts.NEW),
        )
        if request.args.get("copy"):
            opened.given, note = starting.copy(self.table, self.viewer(), request.args["copy"])
            opened.notes.append(str(note))
        elif request.args.get("after"):
            opened.given = {**opened.given, **starting.after(self.table, self.viewer(), request.args["after"])}
        if request.args.get("draft"):
            opened.restore()
        return self._form(opened)

    @expose("/edit/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("edit")
    def edit(self, pk: str) -> Any:
        """The form of a stored row; saving it is refused when somebody else changed the row meanwhile."""
        row = self.own_row(pk)
        if request.method == "POST":
            return self._save(row)
        if not self.can_with(row)["edit"]:
            flash(str(N_("“{title}”现在不能编辑，请按它的状态办理", title=row.title())), "warning")
            return redirect(self.to("show", pk=row.id))
        opened = Opened(given=fields.being_written(row), row=row, draft=self._draft_of(str(row.id)))
        if locks.proposes(row):
            opened.notes.append(str(N_("您编辑的是下一版的内容，审核发布之前现行版本不变")))
        if request.args.get("draft"):
            opened.restore()
        return self._form(opened)

    def _draft_of(self, name: str) -> drafts.Kept | None:
        return drafts.find(db.session(), self.viewer(), self.table, name)

    def _save(self, row: Table | None) -> Any:
        """The row is stored. A browser is led on, a script that sends what waited on a device is told."""
        form, session = request.form, db.session()
        given, pk, asked = fields.given(self.table, form), None, None
        by_script = request.accept_mimetypes.best == "application/json"
        if row is not None:
            pk, asked = row.id, paging.whole(form.get("version", ""))
            if asked is None:
                raise Refused(N_("页面已过期，请刷新后重新提交"), status=400)
            given = conflict.taken(row, given, form)
        if form.get("_load"):  # without scripts, lines of a child table are asked for by a button
            opened = Opened(given=given, row=row)
            self._remember(opened)
            return self._form(opened)
        try:
            key = form.get("_once", "")
            what = digest_of(
                self.table.__tablename__, str(pk), asked, given, form.getlist("_file"), self._typed_lines(form)
            )
            answer = once(session, key, what, lambda: self._write(row, asked, given)) if key else None
            answer = answer or self._write(row, asked, given)
            session.commit()
        except Refused as error:
            session.rollback()
            if by_script:
                return jsonify(message=str(error)), error.status
            return self._refused(error, pk, asked, given), error.status
        if by_script:
            return jsonify(title=answer["title"], url=self.to("show", pk=answer["id"]), warnings=answer["warnings"])
        flash(str(N_("已保存：{title}", title=answer["title"])), "success")
        for warning in answer["warnings"]:
            flash(warning, "warning")
        again = {"after": answer["id"]} if self.table.__repeats__ else {}
        done = redirect(self.to("add", **again) if form.get("_again") else self.to("show", pk=answer["id"]))
        if key:
            done.set_cookie(_SAVED_COOKIE, key, max_age=300, samesite="Lax", secure=request.is_secure)
        return done

    def _write(self, row: Table | None, asked: int | None, given: Mapping[str, Any]) -> dict[str, Any]:
        """The row, its files and the end of its draft, in one transaction."""
        session, viewer = db.session(), self.viewer()
        form_name, before = str(row.id) if row is not None else drafts.NEW, twins.watched(row)
        saved, warnings = saving.save(session, self.table, given, row=row, version=asked, by_id=True)
        suspects = [
            w for w in warnings if (w.code, w.fields) in {(d.code, d.fields) for d in self.table.__duplicates__}
        ]
        if suspects and (row is None or twins.watched(saved) != before):
            found = twins.alike(self.table, twins.as_stored(saved), saved.id, viewer)
            if request.form.get("_no_twin") != twins.mark(found):
                raise Unconfirmed(suspects)
        plan = lines.of(self.table)
        if plan is not None:
            warnings = [*warnings, *lines.save(session, plan, saved, given, request.form)]
        if attachments.holds(self.table):
            attachments.settle(
                session,
                viewer,
                saved,
                staged_keys=request.form.getlist("_file"),
                removed=request.form.getlist("_remove"),
                uploads=_uploads(),
            )
        if request.form.get("_draft") == "1":
            drafts.drop(session, viewer, self.table, form_name)
        told = [f"{w.code or ''} {w.message}".strip() for w in warnings]
        return {"id": str(saved.id), "title": saved.title(), "warnings": told}

    def _typed_lines(self, form: MultiDict[str, str]) -> list[Mapping[str, Any]]:
        plan = lines.of(self.table)
        return list(lines.sent(plan, form)) if plan is not None else []

    def _refused(self, error: Refused, pk: Any, asked: int | None, given: Mapping[str, Any]) -> Any:
        """The form again, with everything that was typed and chosen, and what is wrong."""
        row = saving.find(db.session(), self.table, pk) if pk is not None else None
        problems = list(error.problems) if isinstance(error, Invalid) else [Problem(error.message)]
        opened = Opened(given=given, row=row, problems=problems)
        self._remember(opened)
        if row is not None and row.version != asked:
            opened.conflict = conflict.between(row, given, conflict.read_marks(request.form.get("_loaded", "")))
            opened.problems = [each for each in problems if each.fields] if opened.conflict else problems
        self._keep_files(opened)
        if isinstance(error, Invalid):
            self._say_more(opened)
        if isinstance(error, Unconfirmed):
            opened.problems = []
        return self._form(opened)

    def _say_more(self, opened: Opened) -> None:
        """What else is wrong as far as rules can tell by now, and which rows it may be a duplicate of."""
        session, table = db.session(), self.table
        judged, _, row_id = saving.weigh(session, table, opened.given, self.viewer(), row=opened.row, by_id=True)
        told = {name for problem in opened.problems for name in problem.fields}
        early = [p for p in foretold(table, judged.values, context_of(session)) if not told.intersection(p.fields)]
        opened.problems = [*opened.problems, *(problem for problem in early if not problem.is_warning)]
        codes = {each.code for each in table.__duplicates__} | {"KEY"}
        if any(problem.code in codes for problem in opened.problems):
            opened.twins = twins.alike(table, judged.values, row_id, self.viewer())

    def _keep_files(self, opened: Opened) -> None:
        """Files that were sent with a refused form are kept with its draft, so that nobody chooses them again."""
        uploads, session, viewer = _uploads(), db.session(), self.viewer()
        if not uploads or not attachments.holds(self.table):
            return
        version = opened.row.version if opened.row is not None else None
        draft = drafts.keep(session, viewer, self.table, opened.name, opened.given, version)
        for upload in uploads:
            upload.stream.seek(0)
            with suppress(Refused):  # what is wrong with a file has been said already
                opened.files.append(attachments.stage(session, viewer, draft.id, upload)["id"])
        session.commit()
        opened.owns_draft, opened.draft = True, None

    def _remember(self, opened: Opened) -> None:
        """Files and draft of the sent form; a draft that is not its own is still offered."""
        opened.remember(request.form)
        opened.lines = self._typed_lines(request.form)
        if not opened.owns_draft:
            opened.draft = self._draft_of(opened.name)

    def typed_again(self) -> Any:
        """What answers a form whose token is not valid any more: nothing is written and nothing typed is lost.

        Somebody who is signed in gets his form again, with a new token. Who is not signs in and is led back to the
        form, where his browser has kept what he typed. ``None`` for other requests.
        """
        page = (request.endpoint or "").rpartition(".")[2]
        if request.method != "POST" or page not in ("add", "edit"):
            return None
        if not current_user.is_authenticated:
            flash(str(N_("登录已失效，请重新登录；已填写的内容保存在这台电脑的浏览器中，登录后自动恢复")), "warning")
            return redirect(appbuilder.get_url_for_login_with(request.path))
        if not guard.may(page, self.table.__tablename__):
            return None
        pk = (request.view_args or {}).get("pk")
        try:
            row = self.own_row(pk) if pk is not None else None
        except Refused:
            return None
        told = Problem(N_("页面已过期，填写的内容没有丢失，请核对后再保存一次"))
        opened = Opened(given=fields.given(self.table, request.form), row=row, problems=[told])
        self._remember(opened)
        if row is not None and row.version != paging.whole(request.form.get("version", "")):
            marks = conflict.read_marks(request.form.get("_loaded", ""))
            opened.conflict = conflict.between(row, opened.given, marks)
        return self._form(opened), 400

    def _form(self, opened: Opened) -> str:
        row, table, viewer = opened.row, self.table, self.viewer()
        form = {} if row is None else {"pk": row.id}
        hidden: dict[str, Any] = {"csrf_token": fields.csrf_token(), "_once": secrets.token_urlsafe(16)}
        hidden["_draft"] = "1" if opened.owns_draft else ""
        if row is not None:
            hidden |= {"version": row.version, "_loaded": conflict.marks(table, fields.being_written(row))}
        files = None
        if attachments.holds(table):
            files = attachments.limits() | {
                "stored": attachments.of(row) if row is not None else [],
                "staged": attachments.chosen(db.session(), viewer, opened.files),
                "removed": opened.removed,
            }
        asked = {"check": "check_typed", "draft": "draft", "discard": "discard_draft", "stage": "stage"}
        addresses = {key: self.to(page if row is None else f"{page}_row", **form) for key, page in asked.items()}
        addresses["action"] = self.to("add" if row is None else "edit", **form)
        addresses["list"] = self.to("index") if row is None else self.to("show", pk=row.id)
        is_out = row is not None and corrections.is_out(row)
        cards = fields.groups(table, opened.given, opened.problems, is_out=is_out)
        plan = lines.of(table)
        order = [each["name"] for card in cards for each in card["fields"]]
        return self.page(
            "form",
            (str(N_("新增")) if row is None else row.title(), None),
            form=cards,
            errors=opened.told(table, order),
            conflict=opened.conflict,
            twins=opened.twins,
            twin_mark=twins.mark(opened.twins),
            notes=opened.notes,
            inherited=record.inherited(row) if row is not None else [],
            draft=opened.draft,
            is_restored=opened.is_restored,
            files=files,
            lines=lines.card(db.session(), plan, opened.given, row, opened.lines) if plan is not None else None,
            copies=row is None and bool(table.__repeats__),
            urls=addresses,
            hidden=hidden,
            mode="add" if row is None else "edit",
            person=viewer.user_id,
            device=offline.of_form(),
            form_name=f"{table.__tablename__}/{opened.name}",
        )

    @expose("/delete/<pk>", methods=["POST"])
    @has_access
    @permission_name("delete")
    def delete(self, pk: str) -> Any:
        """Remove one row, if nothing else needs it."""
        row = saving.find(db.session(), self.table, pk)
        title = row.title()
        saving.delete(db.session(), row)
        db.session.commit()
        flash(str(N_("已删除：{title}", title=title)), "success")
        return redirect(self.to("index"))


def _uploads() -> list[FileStorage]:
    """The files that came with the form itself (where scripts are off)."""
    return [upload for upload in request.files.getlist("_files") if upload.filename]
