"""Given values as people carry them: cells of a workbook, fields of a form, a JSON body."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session
from xlsxwriter import Workbook

from app.core.fields.write import SEPARATOR
from app.core.lookup import Lookup
from app.core.table import Table

Given = Mapping[str, Any]


def cell(table: type[Table], name: str, value: Any) -> str:
    """The value as people write it into a sheet."""
    field = table.__fields__[name]
    if isinstance(value, list):
        return SEPARATOR.join(field.show([each]) if field.choices else str(each) for each in value)
    return field.show(value) if field.choices and isinstance(value, str) and _is_member(field, value) else str(value)


def _is_member(field: Any, value: str) -> bool:
    return any(member.value == value for member in field.choices)


def workbook(table: type[Table], rows: Iterable[Given]) -> bytes:
    """A plain workbook of the rows: labels in the first line, text below."""
    rows = list(rows)
    names = [name for name in table.__fields__ if any(name in row for row in rows)]
    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, [str(table.__fields__[name].label) for name in names])
    for line, row in enumerate(rows, 1):
        for at, name in enumerate(names):
            if row.get(name) is not None:
                sheet.write_string(line, at, cell(table, name, row[name]))
    book.close()
    return stream.getvalue()


def form(session: Session, table: type[Table], given: Given) -> dict[str, Any]:
    """The fields of a form: references by identifier."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        field = table.__fields__[name]
        if field.kind == "ref":
            found[name] = str(Lookup(session, field).one(value).id)
        elif field.kind == "many":
            found[name] = [str(Lookup(session, field).one(each).id) for each in value]
        else:
            found[name] = field.read(value) if field.choices else value
    return found
