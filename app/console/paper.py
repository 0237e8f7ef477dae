"""The sheet of a row as people sign it: its cells in lines, boxes that are ticked, room for what is written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.console import cells, guard
from app.core import saving
from app.core.fields import Field
from app.core.messages import N_, joined
from app.core.paper import Parts
from app.core.table import Table, by_class
from app.core.viewer import Viewer
from app.extensions import db

#: Lines for what is written by hand where nothing is known of the parts of a row.
_FREE_LINES = 5
#: Boxes to tick in a cell over the whole width, and over half of it; where there are more, what was chosen is told.
_MOST_WIDE, _MOST_HALF = 14, 3
#: Rows of parts on one sheet: an inspection has some dozens of check items.
_MOST = 200


def lines(row: Table) -> list[list[dict[str, Any]]]:
    """The cells of the sheet, line by line; a table that declares none shows every field that is filled in."""
    declared = type(row).__paper__
    if declared is None:
        return list(_all(row))
    return [[_cell(row, name, len(line) == 1) for name in line] for line in declared.lines]


def _all(row: Table) -> Iterator[list[dict[str, Any]]]:
    pair: list[dict[str, Any]] = []
    for name, field in type(row).__fields__.items():
        if field.kind == "flags" or not row.shown(field):
            continue
        cell = _cell(row, name, field.kind in ("long_text", "many", "choices"))
        if cell["wide"]:
            yield from ([pair] if pair else [])
            yield [cell]
            pair = []
        elif pair:
            yield [*pair, cell]
            pair = []
        else:
            pair = [cell]
    if pair:
        yield pair


def _cell(row: Table, name: str, wide: bool) -> dict[str, Any]:
    """One field with its label; ``ticks`` are its choices, each with whether it was chosen, where there is room."""
    first, _, rest = name.partition(".")
    field, holder = type(row).__fields__[first], row
    if rest:
        holder, field = getattr(row, first), by_class(str(field.target)).__fields__[rest]
    ticks = _ticks(field, getattr(holder, field.name) if holder is not None else None)
    return {
        "label": str(field.label),
        "text": told(holder, field) if holder is not None else "",
        "ticks": ticks if len(ticks) <= (_MOST_WIDE if wide else _MOST_HALF) else [],
        "wide": wide,
    }


def _ticks(field: Field, value: Any) -> list[tuple[str, bool]]:
    if field.kind == "boolean":
        return [(field.show(each), value is each) for each in (True, False)]
    chosen = value if isinstance(value, list | tuple) else [value]
    return [(str(each.label), each.value in chosen) for each in field.choices or ()]


def told(row: Table, field: Field) -> str:
    """The value as papers write it: 2026年3月5日, references with name and code."""
    value = getattr(row, field.name)
    if field.is_reference and value:
        return joined(_named(each, field) for each in (value if field.is_plural else [value]))
    if field.kind == "day" and value is not None and not cells.hides(row, field):
        return str(N_("{year}年{month}月{day}日", year=value.year, month=value.month, day=value.day))
    text = row.shown(field)
    return str(N_("{amount} 元", amount=text)) if field.kind == "money" and text else text


def _named(row: Table, field: Field) -> str:
    """The row referred to, by its name and by what people look it up by."""
    by = type(row).__fields__.get(field.by[0]) if field.by else None
    code = row.shown(by) if by is not None and not by.is_secret else ""
    title = row.title()
    return str(N_("{title}（{code}）", title=title, code=code)) if code and code != title else title


def parts(row: Table, viewer: Viewer) -> dict[str, Any] | None:
    """The rows that belong to the row, with the heads of their columns; lines for the pen while there are none."""
    sheet = type(row).__paper__
    declared = sheet.parts if sheet is not None else None
    if declared is None:
        return None
    table = by_class(declared.table)
    fields = [table.__fields__[name] for name in declared.columns]
    found = [
        [told(each, field) for field in fields] for each in _rows(table, str(table.__rows__.field), row.id, viewer)
    ]
    if not found:
        room = [""] * (len(fields) - 1)
        found = [[title, *room] for title in _otherwise(row, declared, viewer)] or [["", *room]] * _FREE_LINES
    return {"label": str(table.__label__), "heads": [str(field.label) for field in fields], "rows": found}


def _otherwise(row: Table, declared: Parts, viewer: Viewer) -> list[str]:
    if not declared.otherwise:
        return []
    key = getattr(row, type(row).__fields__[declared.by].column)
    return [each.title() for each in _rows(by_class(declared.otherwise), declared.by, key, viewer)]


def _rows(table: type[Table], by: str, key: Any, viewer: Viewer) -> list[Table]:
    if not guard.may("read", table.__tablename__):
        return []
    wanted = saving.visible(table, viewer).where(getattr(table, table.__fields__[by].column) == key)
    return list(db.session.scalars(wanted.order_by(table.id).limit(_MOST)).unique())
