"""Hidden values in full: the page that asks why, and the answer that shows them once."""

from __future__ import annotations

from typing import Any

from flask import make_response, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import record, unmask
from app.console.view.show_page import ShowPage
from app.core import saving
from app.core.errors import Invalid, Refused
from app.core.messages import N_
from app.extensions import db


class UnmaskPage(ShowPage):
    """``/<table>/unmask/…``."""

    @expose("/unmask/<pk>", methods=["GET", "POST"])
    @has_access
    @permission_name("unmask")
    def unmask(self, pk: str) -> Any:
        """Asks for the reason; given one, shows the row with those values in full, on this page and nowhere else."""
        row = saving.find(db.session(), self.table, pk)
        names = (request.form if request.method == "POST" else request.args).getlist("field")
        if not unmask.is_possible(row):
            raise Refused(N_("您无权查看这条记录的完整敏感信息；如工作需要，请联系数据所属单位"), status=403)
        if request.method == "GET":
            return self._ask_why(pk, names)
        try:
            reason = unmask.reason_of(request.form)
            if not names:
                raise Refused(N_("请选择要显示的内容"))
            full = unmask.opened(db.session(), row, names, reason)
        except Invalid as error:
            return self._ask_why(pk, names, str(error)), 422
        db.session.commit()
        answer = make_response(self.shown(pk, full))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _ask_why(self, pk: str, names: list[str], problem: str | None = None) -> str:
        row = saving.find(db.session(), self.table, pk)
        fields = unmask.hidden_fields(row)
        chosen = [each.name for each in fields if each.name in names] or [each.name for each in fields]
        return self.page(
            "unmask",
            (row.title(), self.to("show", pk=row.id)),
            (str(N_("显示完整信息")), None),
            record={"id": str(row.id), "title": row.title()},
            fields=[record.value(row, each) | {"chosen": each.name in chosen} for each in fields],
            reasons=[(code, str(label)) for code, label in unmask.REASONS.items()],
            usual=request.form.get("usual", ""),
            words=request.form.get("reason", ""),
            longest=unmask.LONGEST,
            problem=problem,
            urls={"show": self.to("show", pk=row.id), "unmask": self.to("unmask", pk=row.id)},
        )
