"""Rows out: the current filter as a workbook, and the empty workbook that people fill in."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, copy_current_request_context, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import download, export_work, unmask
from app.console.export_work import Wanted
from app.console.outgoing import Around, Outgoing, as_it_is
from app.console.sign_in import step_up
from app.console.tally import Number, Question, at_least, count
from app.console.view.frame import Frame
from app.console.view.list import counts
from app.console.view.list.asked import LONGEST, parsed, read_asked
from app.console.view.list.bulk_page import chosen_keys
from app.console.view.list.columns import chosen_fields
from app.core import clock, query
from app.core.errors import Invalid, Refused
from app.core.messages import N_
from app.core.query import Criteria
from app.extensions import db
from app.transfer.export import Export
from app.transfer.sheets.signs import LAST_ROW
from app.transfer.template import write_template
from app.transfer.writer import file_name


class ExportPage(Frame):
    """``/<table>/export``, ``/<table>/export_as`` and ``/<table>/template``."""

    @expose("/export", methods=["GET", "POST"])
    @has_access
    @permission_name("export")
    def export(self) -> Any:
        """All rows of the current filter (or those a form chose), never cut; sent while they are read.

        ``seen=1``: the columns of the list as it shows them; otherwise all columns, to be imported again unchanged.
        Where the rows are very many, one is asked first whether to wait for them.
        """
        asked = request.args
        if request.method == "GET":
            return self._now_or_ask(self._wanted(asked.items(multi=True), asked.get("format")))
        given = parsed(request.form.get("asked", ""))
        criteria = read_asked(self.table, given).criteria
        wanted = self._wanted(asked.items(multi=True), asked.get("format"))
        if request.form.get("all") == "1":  # every row of the list they were chosen in
            return self._now_or_ask(replace(wanted, criteria=criteria))
        keys = chosen_keys(self.table, self.viewer())
        if not keys:
            raise Refused(N_("请先选择记录"))
        criteria = replace(wanted.criteria, order=criteria.order)
        return self._sent(replace(wanted.export(), criteria=criteria, keys=keys))

    def _now_or_ask(self, wanted: Wanted) -> Any:
        if self._expected(wanted.criteria).rows <= export_work.MANY:
            return self._sent(wanted.export())
        return redirect(f"{self.to('export_as')}?{urlencode(wanted.parameters())}", 303)

    @expose("/export_as", methods=["GET", "POST"])
    @has_access
    @permission_name("export")
    def export_as(self) -> Any:
        """How many rows, how long, in which form; now, or as a job whose file is kept for a week."""
        asked = request.args
        wanted = self._wanted(asked.items(multi=True), request.form.get("format") or asked.get("format"))
        number = self._expected(wanted.criteria)
        if request.method == "GET":
            return self._ask_how(wanted, number)
        if request.form.get("do") == "now":
            return self._sent(wanted.export())
        export_work.defer(db.session(), wanted, number.rows)
        db.session.commit()
        return redirect(export_work.page_of_jobs())

    def _wanted(self, given: Any, form: str | None) -> Wanted:
        """What the address asks for. Raises Refused (400)."""
        pairs = [(name, value) for name, value in given]
        last = dict(pairs)
        fields = chosen_fields(self.table, last.get("cols", "")[:LONGEST]) if last.get("seen") == "1" else None
        return Wanted(self.table, query.read_criteria(self.table, pairs), fields, form == "csv")

    def _expected(self, criteria: Criteria) -> Number:
        """How many rows: counted while they are few, the planner's guess beyond."""
        return count(db.session(), Question.of(self.table, criteria, self.viewer()))

    def _ask_how(self, wanted: Wanted, number: Number) -> str:
        rows = number.rows
        seconds = export_work.seconds_for(rows)
        criteria = wanted.criteria.parameters()
        return self.page(
            "export",
            (str(N_("导出")), None),
            count_text=counts.total_text(number),
            sheets=-(-rows // LAST_ROW),
            takes=str(export_work.told(seconds)),
            is_large=rows > export_work.MANY,
            columns=[column.header for column in wanted.export().columns],
            is_seen=wanted.fields is not None,
            is_csv=wanted.as_csv,
            is_filtered=any(name != "order" for name, _ in criteria),
            urls={
                "back": f"{self.to('index')}?{urlencode(criteria)}" if criteria else self.to("index"),
                "do": f"{self.to('export_as')}?{urlencode(wanted.parameters())}",
            },
        )

    def _sent(self, export: Export, **told: Any) -> Response:
        """The file, while it is made. It is on the log before its first byte, and its rows before its last."""
        export.check(db.session())
        # What is opened in Python is put into the reader's words there, which the request knows.
        around: Around = copy_current_request_context if export.full else as_it_is
        leaving = Outgoing(db.session(), export, around=around, **told)
        try:
            leaving.begin()
        except BaseException:
            leaving.close()
            raise
        name = file_name(self.viewer().department, str(self.table.__label__), clock.today(), export.suffix)
        answer = Response(leaving, mimetype=export.media_type)
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lstrip("_") or "export"
        answer.headers.set(
            "Content-Disposition", "attachment", filename=plain, **{"filename*": f"UTF-8''{quote(name)}"}
        )
        answer.headers["X-Accel-Buffering"] = "no"  # a proxy in front sends it on as it comes
        return answer

    @expose("/export_full", methods=["GET", "POST"])
    @has_access
    @permission_name("unmask")
    def export_full(self) -> Any:
        """The export with hidden values in full, for who may see them, gives a reason and has just proved himself.

        It is never made by a job: no file with opened values is kept.
        """
        if not self.can()["export"]:
            raise Refused(N_("您的角色不能进行这项操作；如有需要，请联系本单位的部门管理员"), status=403)
        criteria = query.read_criteria(self.table, request.args.items(multi=True))
        step_up.must_be_fresh()  # many values at once: whoever takes them out has just proved who he is
        if request.method == "GET":
            return self._ask_reason(criteria)
        try:
            reason = unmask.reason_of(request.form)
        except Invalid as error:
            return self._ask_reason(criteria, str(error)), 422
        wanted = self._wanted(request.args.items(multi=True), request.form.get("format"))
        return self._sent(replace(wanted.export(), full=True), full=True, reason=reason)

    def _ask_reason(self, criteria: Criteria, problem: str | None = None) -> str:
        rows, is_capped = at_least(db.session(), Question.of(self.table, criteria, self.viewer()))
        asked = request.query_string.decode(errors="replace")
        return self.page(
            "unmask",
            (str(N_("导出完整敏感信息")), None),
            export={"rows": f"{rows}+" if is_capped else rows},
            reasons=[(code, str(label)) for code, label in unmask.REASONS.items()],
            usual=request.form.get("usual", ""),
            words=request.form.get("reason", ""),
            longest=unmask.LONGEST,
            problem=problem,
            urls={"show": self.to("index"), "unmask": f"{self.to('export_full')}?{asked}"},
        )

    @expose("/template")
    @has_access
    @permission_name("import")
    def template(self) -> Any:
        """The workbook people fill in: headers, drop-downs, a sample row, the rules."""
        title = str(N_("{table}导入模板", table=self.table.__label__))
        return download.workbook(title, lambda stream: write_template(self.table, stream))
