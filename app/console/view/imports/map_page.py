"""Which column carries which field: said by a person, remembered for the next upload."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.paging import whole
from app.console.view.imports.preview import DONE
from app.console.view.imports.work_page import BUSY, WorkPage
from app.core import sealing
from app.core.fields import Grade
from app.core.fields.write import masked
from app.core.messages import N_, joined
from app.extensions import db
from app.transfer import first_sight, headers
from app.transfer.batch import ImportBatch
from app.transfer.columns import import_columns
from app.transfer.sighting import Sighting


class MapPage(WorkPage):
    """``/<table>/import/<batch>/map``."""

    @expose("/import/<pk>/map", methods=["GET", "POST"])
    @has_access
    @permission_name("import")
    def map(self, pk: str) -> Any:
        """Say which column carries which field; what is said is remembered for the next upload."""
        batch, session = self._batch(pk), db.session()
        if batch.state in BUSY or batch.state in DONE:
            return redirect(self.to("check", pk=batch.id))
        given = request.values
        number = whole(given.get("header_row", ""), least=1)
        sheet = given.get("sheet") or (batch.sheet if batch.book_id else None)
        seen = first_sight.sighting_of(session, batch, sheet=sheet, header_row=number)
        if request.method == "GET":
            answer = self._map_page(batch, seen, dict(seen.match.fields))
            session.commit()
            return answer
        chosen = {h.index: request.form.get(f"map.{h.index}", "") for h in seen.header.headers}
        inputs = {column.field.name for column in import_columns(self.table)}
        mapping = {index: name for index, name in chosen.items() if name in inputs}
        repeated = {name for name in mapping.values() if list(mapping.values()).count(name) > 1}
        if repeated or not mapping:
            labels = joined(self.table.__fields__[name].label for name in sorted(repeated))
            problem = N_("“{labels}”对应了不止一列", labels=labels) if repeated else N_("请至少对应一列")
            return self._map_page(batch, seen, mapping, str(problem)), 422
        if any(sealing.looks_personal(h.text) for h in seen.header.headers):
            told = N_(
                "第 {row} 行有证件号码或电话号码，是数据而不是表头；请选择表头所在的行", row=seen.header.row_number
            )
            return self._map_page(batch, seen, mapping, str(told)), 422
        said = {h.text: chosen[h.index] for h in seen.header.headers if h.text and not h.is_serial}
        headers.remember(session, self.table, said)
        address = self._begin_check(batch, seen, mapping)
        session.commit()
        return redirect(address)

    @expose("/import/<pk>/forget", methods=["POST"])
    @has_access
    @permission_name("import")
    def forget(self, pk: str) -> Any:
        """What the department said about a header is forgotten; the next upload asks again."""
        batch, header = self._batch(pk), request.form.get("forget", "")
        if headers.forget(db.session(), self.table, header):
            flash(str(N_("已忘记表头“{header}”的对应关系", header=header[:60])), "info")
        db.session.commit()
        asked = {name: request.form.get(name) or None for name in ("sheet", "header_row")}
        return redirect(self.to("map", pk=batch.id, **asked))

    def _map_page(self, batch: ImportBatch, seen: Sighting, mapping: dict[int, str], problem: str | None = None) -> str:
        said = headers.said_of(db.session(), self.table)
        shown = [
            {
                "index": h.index,
                "letter": h.letter,
                "text": masked(h.text) if sealing.looks_personal(h.text) else h.text,
                "samples": [self._sample(mapping.get(h.index), each) for each in seen.samples[h.index]],
                "field": mapping.get(h.index),
                "is_remembered": headers.key_of(h.text) in said,
            }
            for h in seen.header.headers
            if not h.is_serial
        ]
        fields = [{"name": c.field.name, "label": c.header, "required": c.required} for c in import_columns(self.table)]
        return self.page(
            "import_map",
            (str(N_("批量导入")), self.to("upload")),
            (str(N_("对应表头")), None),
            headers=shown,
            fields=fields,
            sheets=list(seen.sheets),
            sheet=seen.sheet,
            header_row=seen.header.row_number,
            file=batch.file_name,
            remembered=any(each["is_remembered"] for each in shown),
            notes=self._template_notes(batch),
            failed=self._failed_job(batch),
            problem=problem,
            urls=self._batch_addresses(batch),
        )

    def _sample(self, name: str | None, cell: str) -> str:
        """A cell of the file as its first rows show it; what a row may hide is masked, so is the number of a person."""
        field = self.table.__fields__.get(name or "")
        is_hidden = sealing.looks_personal(cell) if field is None else field.grade is Grade.SENSITIVE
        return masked(cell) if is_hidden else sealing.without_persons(cell)
