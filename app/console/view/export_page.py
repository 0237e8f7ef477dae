"""Rows out: the current filter as a workbook, and the empty workbook that people fill in."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import request, send_file
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import unmask
from app.console.history import events
from app.console.sign_in import step_up
from app.console.tally import Question, at_least
from app.console.view.frame import Frame
from app.console.view.list.asked import parsed, read_asked
from app.console.view.list.bulk_page import chosen_keys
from app.console.view.list.columns import chosen_fields
from app.core import clock, query
from app.core.errors import Invalid, Refused
from app.core.messages import N_
from app.core.query import Criteria
from app.extensions import db
from app.transfer import export, seen
from app.transfer.template import write_template
from app.transfer.writer import file_name

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ExportPage(Frame):
    """``/<table>/export`` and ``/<table>/template``."""

    @expose("/export", methods=["GET", "POST"])
    @has_access
    @permission_name("export")
    def export(self) -> Any:
        """All rows of the current filter (or those a form chose), never cut.

        ``seen=1``: the columns of the list as it shows them; otherwise all columns, to be imported again unchanged.
        """
        criteria = query.read_criteria(self.table, request.args.items(multi=True))
        keys = chosen_keys(self.table, self.viewer()) if request.method == "POST" else None
        if keys is not None and not keys:
            raise Refused(N_("请先选择记录"))
        if keys is not None:  # in the order of the list they were chosen in
            order = read_asked(self.table, parsed(request.form.get("asked", ""))).criteria.order
            criteria = replace(criteria, order=order)
        return self._file(criteria, keys, request.args)

    def _file(self, criteria: Criteria, keys: list[Any] | None, how: Mapping[str, str], reason: str = "") -> Any:
        """The file of the rows, which is on the log; with a reason it holds hidden values in full."""
        full = bool(reason)
        is_csv = how.get("format") == "csv"
        stream = tempfile.TemporaryFile()  # noqa: SIM115 - send_file closes it with the response
        self._one_at_a_time()
        if request.args.get("seen") == "1":
            fields = chosen_fields(self.table, request.args.get("cols", ""))
            columns = [field.name for field in fields]
            number = seen.write(
                stream,
                self.table,
                fields,
                seen.rows_of(db.session(), self.table, criteria, fields, keys, full=full),
                as_csv=is_csv,
            )
        else:
            rows = export.rows_of(db.session(), self.table, criteria, keys=keys, full=full)
            columns = [column.field.name for column in export.columns_of(self.table)]
            number = export.write(stream, self.table, rows, as_csv=is_csv)
        stream.seek(0)
        suffix = "csv" if is_csv else "xlsx"
        filters = events.filters_of(criteria) | ({"ids": str(len(keys))} if keys is not None else {})
        told = {"full": True, "reason": reason} if full else {}
        events.exported(db.session(), self.table, number, form=suffix, filters=filters, columns=columns, **told)
        db.session.commit()
        name = file_name(self.viewer().department, str(self.table.__label__), clock.today(), suffix)
        kind = "text/csv; charset=utf-8" if is_csv else XLSX
        return send_file(stream, mimetype=kind, as_attachment=True, download_name=name)

    @expose("/export_full", methods=["GET", "POST"])
    @has_access
    @permission_name("unmask")
    def export_full(self) -> Any:
        """The export with hidden values in full, for who may see them, gives a reason and has just proved himself."""
        if not self.can()["export"]:
            raise Refused(N_("您的角色不能进行这项操作；如有需要，请联系本单位的部门管理员"), status=403)
        criteria = query.read_criteria(self.table, request.args.items(multi=True))
        step_up.must_be_fresh()  # many values at once: whoever takes them out has just proved who he is
        if request.method == "GET":
            return self._ask_export(criteria)
        try:
            reason = unmask.reason_of(request.form)
        except Invalid as error:
            return self._ask_export(criteria, str(error)), 422
        answer = self._file(criteria, None, request.form, reason)
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _ask_export(self, criteria: Criteria, problem: str | None = None) -> str:
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

    def _one_at_a_time(self) -> None:
        """An account may run one export at a time: each keeps a server thread busy until its file is written."""
        taken = db.session.scalar(
            sa.text("SELECT pg_try_advisory_xact_lock(hashtext('export'), :account)"),
            {"account": self.viewer().user_id},
        )
        if not taken:
            raise Refused(N_("您有一个导出正在进行，请等它完成后再试"), status=429)

    @expose("/template")
    @has_access
    @permission_name("import")
    def template(self) -> Any:
        """The workbook people fill in: headers, drop-downs, a sample row, the rules."""
        stream = BytesIO()
        write_template(self.table, stream)
        stream.seek(0)
        title = str(N_("{table}导入模板", table=self.table.__label__))
        name = file_name(self.viewer().department, title, clock.today())
        return send_file(stream, mimetype=XLSX, as_attachment=True, download_name=name)
