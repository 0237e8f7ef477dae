"""Rows out: the current filter as a workbook, and the empty workbook that people fill in."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import request, send_file
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.history import events
from app.console.view.frame import Frame
from app.console.view.list.asked import parsed, read_asked
from app.console.view.list.bulk_page import chosen_keys
from app.console.view.list.columns import chosen_fields
from app.core import clock, query
from app.core.errors import Refused
from app.core.messages import N_
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
        is_csv = request.args.get("format") == "csv"
        stream = tempfile.TemporaryFile()  # noqa: SIM115 - send_file closes it with the response
        self._one_at_a_time()
        if request.args.get("seen") == "1":
            fields = chosen_fields(self.table, request.args.get("cols", ""))
            columns = [field.name for field in fields]
            number = seen.write(
                stream,
                self.table,
                fields,
                seen.rows_of(db.session(), self.table, criteria, fields, keys),
                as_csv=is_csv,
            )
        else:
            may_write = self.can()["import"]
            rows = export.rows_of(db.session(), self.table, criteria, may_write=may_write, keys=keys)
            columns = [column.field.name for column in export.columns_of(self.table)]
            number = export.write(stream, self.table, rows, as_csv=is_csv)
        stream.seek(0)
        suffix = "csv" if is_csv else "xlsx"
        filters = events.filters_of(criteria) | ({"ids": str(len(keys))} if keys is not None else {})
        events.exported(db.session(), self.table, number, form=suffix, filters=filters, columns=columns)
        db.session.commit()
        name = file_name(self.viewer().department, str(self.table.__label__), clock.today(), suffix)
        kind = "text/csv; charset=utf-8" if is_csv else XLSX
        return send_file(stream, mimetype=kind, as_attachment=True, download_name=name)

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
