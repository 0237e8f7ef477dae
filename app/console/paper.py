"""The sheet of a row as people sign it: its cells in lines, boxes that are ticked, room for what is written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.console import cells, guard
from app.core import saving
from app.core.fields import Field
from app.core.messages import N_
from app.core.paper import Parts
from app.core.table import Table, by_class
from app.core.viewer import Viewer
from app.extensions import db

#: Lines for what is written by hand where nothing is known of the parts of a row.
_FREE_LINES = 5
#: Rows of parts on one sheet: an inspection has some dozens of check items.
_MOST = 200


def lines(row: Table) -> list[list[dict[str, Any]]]:
    """The cells of the sheet, line by line; a table that declares none shows every field that is filled in."""
    declared = type(row).__paper__
    if declared is None:
        return list(_all(row))
    return [[_cell(row, name) for name in line] for line in declared.lines]


def _all(row: Table) -> Iterator[list[dict[str, Any]]]:
    pair: list[dict[str, Any]] = []
    for name, field in type(row).__fields__.items():
        if field.kind == "flags" or not cells.text(row, field):
            continue
        cell = _cell(row, name)
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


def _cell(row: Table, name: str) -> dict[str, Any]:
    """One field with its label; ``ticks`` are its choices, each with whether it was chosen."""
    first, _, rest = name.partition(".")
    field, holder = type(row).__fields__[first], row
    if rest:
        holder, field = getattr(row, first), by_class(str(field.target)).__fields__[rest]
    value = getattr(holder, field.name) if holder is not None else None
    return {
        "label": str(field.label),
        "text": told(holder, field) if holder is not None else "",
        "ticks": _ticks(field, value),
        "wide": field.kind in ("long_text", "many", "choices"),
    }


def _ticks(field: Field, value: Any) -> list[tuple[str, bool]]:
    if field.kind == "boolean":
        return [(field.show(each), value is each) for each in (True, False)]
    chosen = value if isinstance(value, list | tuple) else [value]
    return [(str(each.label), each.value in chosen) for each in field.choices or ()]


def told(row: Table, field: Field) -> str:
    """The value as papers write it: 2026年3月5日."""
    value = getattr(row, field.name)
    if field.kind == "day" and value is not None and not cells.hides(row, field):
        return str(N_("{year}年{month}月{day}日", year=value.year, month=value.month, day=value.day))
    return cells.text(row, field)


def parts(row: Table, viewer: Viewer) -> dict[str, Any] | None:
    """The rows that belong to the row, with the heads of their columns; lines to fill in by hand while there are none."""
    declared = type(row).__paper__.parts if type(row).__paper__ is not None else None
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
