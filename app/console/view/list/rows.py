"""The rows of a page as the template prints them. What a column needs is found out once, not for each of its cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flask import url_for

from app.console import cells, guard
from app.core.fields import Field
from app.core.judge import is_inside
from app.core.messages import joined
from app.core.table import Table, by_class
from app.core.viewer import Viewer
from app.core.workflow import lines, locks


class Cell(NamedTuple):
    """One cell: what is read, the colour of a badge, the address of the row it names."""

    text: str
    tone: str | None = None
    url: str | None = None


def address_of(table: str, page: str) -> str:
    """The address of a page of a row, to which the row's identifier is added."""
    return url_for(f"{table}.{page}", pk="0")[:-1]


def writer(field: Field) -> Callable[[Table], Cell]:
    """How the field's cells are written, for this request's viewer and language."""
    if field.kind == "ref":
        target = by_class(str(field.target)).__tablename__
        prefix = address_of(target, "show") if guard.may("read", target) else None
        name = field.name

        def reference(row: Table) -> Cell:
            other = getattr(row, name)
            if other is None:
                return Cell("")
            return Cell(other.title(), None, f"{prefix}{other.id}" if prefix else None)

        return reference
    if field.kind in ("choice", "boolean", "flags"):
        known: dict[Any, Cell] = {}
        name = field.name

        def short(row: Table) -> Cell:
            value = getattr(row, name)
            key = tuple(value) if isinstance(value, list) else value
            if key not in known:
                known[key] = Cell(row.shown(field), cells.tone(field, value))
            return known[key]

        return short
    if field.kind == "many":
        return lambda row: Cell(joined(sorted(filter(None, (other.title() for other in getattr(row, field.name))))))
    return lambda row: Cell(row.shown(field))


def rows_of(
    table: type[Table], rows: Sequence[Table], start: int, fields: Sequence[Field], can: dict[str, bool], viewer: Viewer
) -> list[dict[str, Any]]:
    """The rows with their cells, numbers and what may be done with each."""
    writers = [writer(field) for field in fields]
    scoped, result = table.__rows__.is_scoped, []
    lines.learn(rows)
    for number, row in enumerate(rows, start):
        own = not scoped or is_inside(viewer, row.department_id, row.scope_region)
        result.append(
            {
                "id": row.id,
                "number": number,
                "title": row.title(),
                "cells": [write(row) for write in writers],
                "edit": own and can["edit"] and locks.is_editable(row, viewer),
                "delete": own and can["delete"] and locks.in_the_way_of_deleting(row, viewer) is None,
            }
        )
    return result
