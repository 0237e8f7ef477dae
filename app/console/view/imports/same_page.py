"""Rows of the file that are stored already or look so: both side by side, and what is to become of each."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.paging import whole
from app.console.view.imports import same_rows
from app.console.view.imports.frame import BatchFrame
from app.core.errors import Refused
from app.core.messages import N_
from app.extensions import db
from app.transfer import duplicates
from app.transfer.batch import BatchState, Duplicates, ImportBatch
from app.transfer.duplicates import Choice, Kind, Numbers

#: Rows of one page.
ROWS_SHOWN = 20
_KINDS: tuple[Kind, ...] = ("stored", "suspect")
_CHOICES: tuple[Choice, ...] = ("keep", "take")


class SamePage(BatchFrame):
    """``/<table>/import/<batch>/same``."""

    @expose("/import/<pk>/same", methods=["GET", "POST"])
    @has_access
    @permission_name("import")
    def same(self, pk: str) -> Any:
        """Rows that are stored already or look like stored ones, with both sides; what is decided can be changed."""
        batch = self._batch(pk)
        if batch.state == BatchState.UPLOADED.value:
            return redirect(self.to("map", pk=batch.id))
        if batch.state != BatchState.CHECKED.value:
            raise Refused(N_("只有核对完、还没有提交的文件可以处理重复的行"), status=409)
        kind = self._kind()
        return self._decide(batch, kind) if request.method == "POST" else self._same_page(batch, kind)

    @staticmethod
    def _kind() -> Kind:
        asked = request.values.get("kind", "")
        return next((kind for kind in _KINDS if kind == asked), "")

    def _decide(self, batch: ImportBatch, kind: Kind) -> Any:
        """What the form says: about all rows, about all of its page, or about each as its own choice is."""
        session, form = db.session(), request.form
        shown = [number for number in map(whole, form.getlist("row")) if number is not None][:ROWS_SHOWN]
        done = 0
        for choice in _CHOICES:
            if form.get("all") == choice:
                done += duplicates.decide(session, batch, choice, kind=kind)
            elif form.get("page") == choice:
                done += duplicates.decide(session, batch, choice, shown)
            elif not (form.get("all") or form.get("page")):
                wanted = [number for number in shown if form.get(f"r{number}") == choice]
                done += duplicates.decide(session, batch, choice, wanted) if wanted else 0
        session.commit()
        flash(str(N_("已改 {n} 行的处理方式", n=done) if done else N_("处理方式没有变化")), "info")
        after, is_on = whole(form.get("after", "")) or 0, form.get("go") == "next" and shown
        return redirect(self._at(batch, kind, shown[-1] if is_on else after))

    def _same_page(self, batch: ImportBatch, kind: Kind) -> str:
        session, start = db.session(), whole(request.args.get("after", "")) or 0
        counted = duplicates.numbers(session, batch)
        found = duplicates.rows(session, batch, kind=kind, after=start, limit=ROWS_SHOWN + 1)
        column_of = {name: index for index, name in batch.columns.items()}
        told = same_rows.tell(session, self.table, found[:ROWS_SHOWN], column_of)
        more = found[ROWS_SHOWN - 1].number if len(found) > ROWS_SHOWN else None
        pager: dict[str, Any] = {
            "first": self._at(batch, kind) if start else None, "prev": None, "last": None, "sizes": [],
            "next": self._at(batch, kind, more) if more else None,
        }  # fmt: skip
        urls = {name: self.to(name, pk=batch.id) for name in ("check", "same")}
        crumbs = [
            (str(N_("批量导入")), self.to("upload")),
            (batch.file_name, urls["check"]),
            (str(N_("重复的行")), None),
        ]
        mode = Duplicates(batch.duplicates or Duplicates.UPDATE.value)
        return self.page(
            "import_same", *crumbs, rows=told, counts=counted, tabs=self._tabs_of(batch, counted, kind), pager=pager,
            urls=urls, file=batch.file_name, mode=str(mode.label), kind=kind, after=start,
        )  # fmt: skip

    def _tabs_of(self, batch: ImportBatch, counted: Numbers, now: Kind) -> list[dict[str, Any]]:
        tabs: tuple[tuple[Kind, Any, int], ...] = (
            ("", N_("全部"), counted.rows),
            ("stored", N_("已有记录"), counted.stored),
            ("suspect", N_("疑似重复"), counted.suspect),
        )
        return [
            {"label": str(label), "url": self._at(batch, kind), "active": kind == now, "count": n}
            for kind, label, n in tabs
        ]

    def _at(self, batch: ImportBatch, kind: Kind, after: int | None = None) -> str:
        return self.to("same", pk=batch.id, kind=kind or None, after=after or None)
